"""Paths of trees, as git writes them and as it never would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.git.trees import (
    MAX_FILES,
    TreeEntry,
    check_paths,
    parents_of,
    parse_tree,
)
from coverage_gate.ports import RepositoryError

_ID = b"a" * 40


def _line(mode: bytes, kind: bytes, path: bytes) -> bytes:
    return mode + b" " + kind + b" " + _ID + b"\t" + path + b"\0"


def _why(paths: list[str]) -> str | None:
    try:
        check_paths(paths)
    except RepositoryError as error:
        return error.code
    return None


def test_files_links_and_submodules_are_told_apart() -> None:
    lines = [
        (b"100644", b"blob"),
        (b"100755", b"blob"),
        (b"120000", b"blob"),
        (b"160000", b"commit"),
    ]
    output = b"".join(_line(*line, b"p%d" % number) for number, line in enumerate(lines))
    modes = {path: (entry.mode, entry.is_file) for path, entry in parse_tree(output).items()}
    assert modes == {
        "p0": ("100644", True),
        "p1": ("100755", True),
        "p2": ("120000", False),
        "p3": ("160000", False),
    }


def test_a_path_gives_its_bytes_back() -> None:
    path = b'a\n\t"\\ \xff'
    (entry,) = parse_tree(_line(b"100644", b"blob", path)).values()
    assert entry.path.encode("utf-8", "surrogateescape") == path


@pytest.mark.parametrize(
    "output",
    [
        b"garbage\0",
        _line(b"100664", b"blob", b"a"),
        _line(b"100644", b"tree", b"a"),
        _line(b"100644", b"blob", b""),
        _line(b"100644", b"blob", b"a") * 2,
    ],
)
def test_what_git_does_not_write_for_a_sound_tree_is_refused(output: bytes) -> None:
    with pytest.raises(RepositoryError) as caught:
        parse_tree(output)
    assert (caught.value.code, caught.value.branch_fault) == ("hostile-tree", True)


def test_too_many_files_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(RepositoryError) as caught:
        parse_tree(b"x\0" * (MAX_FILES + 1))
    assert caught.value.code == "tree-too-large"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_bytes_come_the_answer_is_entries_or_a_fault(output: bytes) -> None:
    try:
        entries = parse_tree(output)
    except RepositoryError:
        return
    assert all(isinstance(entry, TreeEntry) for entry in entries.values())


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "a/b.py",
        ".gitignore",
        ".github/x",
        "gitx/.gitattributes",
        "git~2",
        "ünï/日本",
        "a b",
        "...",
        "-x",
        "n" * 255,
        ".gi\u0442",
    ],
)
def test_usual_and_odd_but_harmless_paths_are_accepted(path: str) -> None:
    assert _why([path]) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/../b",
        "..",
        "a\\b",
        "a\0b",
        ".git",
        "a/.GIT/b",
        ".git. .",
        ".git::$INDEX_ALLOCATION",
        "GIT~1",
        ".g\u200cit",
        "\ufeff.git",
        "n" * 256,
        "ü" * 128,
        "/".join("n" * 200 for _ in range(6)),
    ],
)
def test_a_path_that_may_lead_elsewhere_is_refused(path: str) -> None:
    assert _why(["first", path]) == "hostile-tree"


def test_a_path_through_a_file_is_refused_in_any_order() -> None:
    assert [_why(paths) for paths in (["a", "a/b"], ["a/b/c", "a/b"])] == ["hostile-tree"] * 2


def test_the_folders_above_a_path_come_from_the_inside_out() -> None:
    assert [list(parents_of(path)) for path in ("a/b/c", "a")] == [["a/b", "a"], []]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab./\\:~gitGIT \u200c\0", max_size=12), max_size=4))
def test_accepted_paths_are_clean_whatever_is_offered(paths: list[str]) -> None:
    if _why(paths) is None:
        parts = [part for path in paths for part in path.split("/")]
        assert not {"", ".", "..", ".git"} & set(parts)
