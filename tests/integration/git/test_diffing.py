"""What differs line by line in Python files, in real repositories."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.git.hunks import DiffLimits, read_diffs
from coverage_gate.adapters.git.pairs import SourcePair
from coverage_gate.adapters.git.view import GitView, open_view
from coverage_gate.core.linemap import FileDiff, Hunk
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder, tree_line

Look = Callable[[Path], GitView]
BODY = "".join(f"line_{number} = {number}\n" for number in range(20))


def _diffs(
    repo: RepositoryBuilder,
    look: Look,
    before: Mapping[str, str | bytes],
    after: Mapping[str, str | bytes],
) -> dict[str, FileDiff]:
    repo.commit(files=before)
    repo.branch("topic")
    repo.delete(*(name for name in before if name not in after))
    repo.commit(files=after)
    view = look(repo.path)
    found = view.diff(view.resolve("main").tree, view.resolve("topic").tree)
    return {diff.path: diff for diff in found}


def _hunk(old: int, removed: list[bytes], new: int, added: list[bytes]) -> Hunk:
    return Hunk(
        old_start=old,
        old_count=len(removed),
        new_start=new,
        new_count=len(added),
        removed=tuple(removed),
        added=tuple(added),
    )


def test_hunks_tell_what_was_removed_and_added_where(repo: RepositoryBuilder, look: Look) -> None:
    after = BODY.replace("line_3 = 3\n", "").replace("line_9 = 9\n", "x = 1\ny = 2\n") + "z = 3\n"
    diff = _diffs(repo, look, {"m.py": BODY}, {"m.py": after})["m.py"]
    assert diff.hunks == (
        _hunk(4, [b"line_3 = 3"], 4, []),
        _hunk(10, [b"line_9 = 9"], 9, [b"x = 1", b"y = 2"]),
        _hunk(21, [], 21, [b"z = 3"]),
    )


def test_a_renamed_and_edited_file_is_compared_with_what_it_was(
    repo: RepositoryBuilder, look: Look
) -> None:
    found = _diffs(repo, look, {"m.py": BODY}, {"p/n.py": BODY.replace("= 5", "= 6")})
    diff = found["p/n.py"]
    assert (diff.old_path, len(found)) == ("m.py", 1)
    assert diff.hunks == (_hunk(6, [b"line_5 = 5"], 6, [b"line_5 = 6"]),)


def test_a_file_that_was_only_renamed_has_no_hunks(repo: RepositoryBuilder, look: Look) -> None:
    diff = _diffs(repo, look, {"m.py": BODY}, {"n.py": BODY})["n.py"]
    assert (diff.old_path, diff.hunks, diff.is_whole) == ("m.py", (), False)


def test_an_added_and_a_deleted_file_are_one_hunk_each(repo: RepositoryBuilder, look: Look) -> None:
    found = _diffs(repo, look, {"m.py": "a\nb\n"}, {"n.py": "c", "empty.py": ""})
    assert found["m.py"].hunks == (_hunk(1, [b"a", b"b"], 1, []),)
    assert found["n.py"].hunks == (_hunk(1, [], 1, [b"c"]),)
    assert found["empty.py"].hunks == ()


def test_a_change_of_the_mode_alone_has_no_hunks(repo: RepositoryBuilder, look: Look) -> None:
    repo.branch("topic")
    (repo.path / "src/a.py").chmod(0o755)
    repo.commit()
    view = look(repo.path)
    (diff,) = view.diff(view.resolve("main").tree, view.resolve("topic").tree)
    assert (diff.path, diff.hunks, diff.is_whole) == ("src/a.py", (), False)


@pytest.mark.parametrize(
    "name",
    [
        *("a b.py", 'q"uote.py', "new\nline.py", "tab\t.py", "ü.py", "ba\udcff.py", "-- x.py"),
        *("b/c.py => d.py", "@@ -1 +1 @@.py", "back\\slash.py", ":(top)x.pyw"),
    ],
)
def test_no_name_confuses_the_comparison(repo: RepositoryBuilder, look: Look, name: str) -> None:
    found = _diffs(repo, look, {name: "a\nb\n", "z.py": "a\n"}, {name: "a\nc\n", "z.py": "b\n"})
    assert found[name].hunks == (_hunk(2, [b"b"], 2, [b"c"]),)
    assert found["z.py"].hunks == (_hunk(1, [b"a"], 1, [b"b"]),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\n", b"a"),
        (b"a", b"a\n"),
        (b"a\r\n", b"a\n"),
    ],
)
def test_a_line_end_alone_is_a_hunk_with_equal_texts(
    repo: RepositoryBuilder, look: Look, before: bytes, after: bytes
) -> None:
    diff = _diffs(repo, look, {"m.py": before}, {"m.py": after})["m.py"]
    assert diff.hunks == (_hunk(1, [b"a"], 1, [b"a"]),)


def test_lines_are_numbered_as_python_does_where_git_sees_fewer(
    repo: RepositoryBuilder, look: Look
) -> None:
    before, after = b"a\rb\nc\nd\n", b"a\rb\nc # x\rnew()\nd\n"
    diff = _diffs(repo, look, {"m.py": before}, {"m.py": after})["m.py"]
    assert diff.hunks == (_hunk(3, [b"c"], 3, [b"c # x", b"new()"]),)


def test_an_encoding_that_may_hide_line_ends_makes_all_of_a_file_new(
    repo: RepositoryBuilder, look: Look
) -> None:
    text = "# coding: utf-7\na = 1\n"
    found = _diffs(
        repo, look, {"m.py": text, "r.py": text + BODY}, {"m.py": text + "b\n", "s.py": text + BODY}
    )
    assert (found["m.py"].is_whole, found["m.py"].hunks) == (True, ())
    assert (found["s.py"].is_whole, found["s.py"].old_path) == (False, "r.py")


def test_null_bytes_and_very_long_lines_are_compared_like_any(
    repo: RepositoryBuilder, look: Look
) -> None:
    long = b"x = '" + b"y" * 1_000_000 + b"'"
    before, after = b"a\0\n" + long + b"\nb\n", b"a\0\n" + long + b"\nc\n"
    diff = _diffs(repo, look, {"m.py": before}, {"m.py": after})["m.py"]
    assert diff.hunks == (_hunk(3, [b"b"], 3, [b"c"]),)


def test_other_files_links_and_submodules_are_not_compared(
    repo: RepositoryBuilder, look: Look
) -> None:
    sha = repo.head()
    repo.branch("topic")
    (repo.path / "link.py").symlink_to("src/a.py")
    repo.write({"data.json": "1\n"})
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{sha},module.py")
    repo.git("commit", "-q", "-m", "x")
    view = look(repo.path)
    assert view.diff(view.resolve("main").tree, view.resolve("topic").tree) == ()
    assert view.diff(view.resolve("topic").tree, view.resolve("main").tree) == ()


def test_a_file_that_was_a_link_is_an_added_one(repo: RepositoryBuilder, look: Look) -> None:
    (repo.path / "link.py").symlink_to("src/a.py")
    repo.commit()
    repo.branch("topic")
    repo.delete("link.py")
    repo.commit(files={"link.py": "a = 1\n"})
    view = look(repo.path)
    (diff,) = view.diff(view.resolve("main").tree, view.resolve("topic").tree)
    assert (diff.old_blob, diff.hunks) == (None, (_hunk(1, [], 1, [b"a = 1"]),))


def test_attributes_of_the_branch_do_not_decide_what_is_shown(
    repo: RepositoryBuilder, look: Look
) -> None:
    after = {"m.py": BODY + "x\n", ".gitattributes": "*.py -diff binary diff=evil\n"}
    diff = _diffs(repo, look, {"m.py": BODY}, after)["m.py"]
    assert diff.hunks == (_hunk(21, [], 21, [b"x"]),)


def test_files_above_a_limit_are_all_new_and_large_changes_keep_no_texts(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.commit(files={"m.py": BODY, "n.py": "a\n"})
    view = look(repo.path)
    old = repo.git("rev-parse", "HEAD:n.py")
    new = repo.git("rev-parse", "HEAD:m.py")
    pair = SourcePair(old_path="n.py", path="n.py", old=old, new=new)
    (large,) = read_diffs(view.objects, [pair], limits=DiffLimits(file=100))
    (silent,) = read_diffs(view.objects, [pair], limits=DiffLimits(text=10))
    assert (large.is_whole, large.hunks) == (True, ())
    assert silent.hunks == (Hunk(old_start=1, old_count=1, new_start=1, new_count=20),)


def test_many_files_are_compared_in_several_parts(repo: RepositoryBuilder, look: Look) -> None:
    contents = [f"{number}\nb\n".encode() for number in range(8)]
    blobs = [repo.write_object("blob", content) for content in contents]
    pairs = [
        SourcePair(old_path="m.py", path=f"{blob}.py", old=blobs[0], new=blob) for blob in blobs[1:]
    ]
    found = read_diffs(look(repo.path).objects, pairs, limits=DiffLimits(batch=20))
    assert [diff.hunks[0].added for diff in found] == [
        (str(number).encode(),) for number in range(1, 8)
    ]


@pytest.mark.parametrize(("is_missing_in_base", "branch_fault"), [(False, True), (True, False)])
def test_a_missing_blob_is_the_fault_of_the_side_that_names_it(
    repo: RepositoryBuilder, look: Look, *, is_missing_in_base: bool, branch_fault: bool
) -> None:
    blob = repo.write_object("blob", b"a = 1\n")
    trees = [
        repo.write_object("tree", tree_line("100644", b"m.py", each)) for each in (blob, "1" * 40)
    ]
    base, head = reversed(trees) if is_missing_in_base else trees
    with pytest.raises(RepositoryError) as caught:
        look(repo.path).diff(base, head)
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", branch_fault)


def test_a_repository_with_longer_ids_is_compared_too(tmp_path: Path, look: Look) -> None:
    builder = RepositoryBuilder.create(tmp_path / "long", object_format="sha256")
    builder.commit()
    diff = _diffs(builder, look, {"m.py": BODY}, {"m.py": BODY + "x\n"})["m.py"]
    assert diff.hunks == (_hunk(21, [], 21, [b"x"]),)


LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"@@ -1 +1 @@", b"--- a/0", b"\\ No", b"x\ry", b"z\r"]),
    max_size=8,
)


@pytest.fixture(scope="module")
def written() -> object:
    with tempfile.TemporaryDirectory() as folder:
        repo = RepositoryBuilder.create(Path(folder) / "repo")
        repo.commit()
        (Path(folder) / "scratch").mkdir()
        yield repo, open_view(repo.path, scratch=Path(folder) / "scratch")


@settings(deadline=None, max_examples=40)
@given(before=LINES, after=LINES, ends=st.tuples(st.booleans(), st.booleans()))
def test_the_hunks_make_the_new_file_of_the_old_one(
    written: tuple[RepositoryBuilder, GitView],
    before: list[bytes],
    after: list[bytes],
    ends: tuple[bool, bool],
) -> None:
    repo, view = written
    contents = [
        b"\n".join(lines) + b"\n" * end for lines, end in zip((before, after), ends, strict=True)
    ]
    old, new = (repo.write_object("blob", content) for content in contents)
    (diff,) = read_diffs(view.objects, [SourcePair(old_path="m.py", path="m.py", old=old, new=new)])
    lines = [text.decode().splitlines() for text in contents]
    made = list(lines[0])
    for hunk in reversed(diff.hunks):
        place = hunk.old_start - 1
        assert [line.encode() for line in made[place : place + hunk.old_count]] == [*hunk.removed]
        made[place : place + hunk.old_count] = [line.decode() for line in hunk.added]
    assert made == lines[1]
