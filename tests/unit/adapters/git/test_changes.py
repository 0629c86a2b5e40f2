"""The raw form of a difference between trees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.git.changes import parse_changes
from coverage_gate.core.changes import ChangeKind, FileChange
from coverage_gate.ports import RepositoryError

_OLD, _NEW, _NONE = b"1" * 40, b"2" * 40, b"0" * 40


def _raw(status: bytes, *paths: bytes, modes: bytes = b"100644 100644") -> bytes:
    old = _NONE if modes.startswith(b"000000") else _OLD
    new = _NONE if modes.endswith(b"000000") else _NEW
    fields = [b":" + b" ".join([modes, old, new, status]), *paths]
    return b"".join(field + b"\0" for field in fields)


def test_no_output_is_no_change() -> None:
    assert parse_changes(b"") == ()


def test_changes_are_sorted_by_path() -> None:
    output = _raw(b"M", b"z") + _raw(b"M", b"a") + _raw(b"R090", b"b", b"m")
    assert [change.path for change in parse_changes(output)] == ["a", "m", "z"]


def test_a_rename_knows_both_paths() -> None:
    (change,) = parse_changes(_raw(b"R100", b"old\nname", b"new\tname"))
    assert (change.kind, change.old_path, change.path) == (
        ChangeKind.RENAMED,
        "old\nname",
        "new\tname",
    )


def test_a_deleted_file_has_no_mode_and_no_blob() -> None:
    (change,) = parse_changes(_raw(b"D", b"a", modes=b"100644 000000"))
    assert change == FileChange(
        kind=ChangeKind.DELETED, path="a", old_path="a", old_blob="1" * 40, blob=None, mode=None
    )


def test_an_added_file_has_no_old_blob() -> None:
    (change,) = parse_changes(_raw(b"A", b"a", modes=b"000000 100755"))
    assert (change.old_blob, change.blob, change.mode) == (None, "2" * 40, "100755")


@pytest.mark.parametrize(
    "output",
    [
        b"garbage\0",
        _raw(b"X", b"a"),
        _raw(b"U", b"a"),
        _raw(b"M"),
        _raw(b"M", b""),
        _raw(b"R100", b"a"),
        _raw(b"M", b"a", b"b"),
    ],
)
def test_what_git_does_not_write_is_refused(output: bytes) -> None:
    with pytest.raises(RepositoryError) as caught:
        parse_changes(output)
    assert (caught.value.code, caught.value.branch_fault) == ("hostile-tree", True)


@settings(deadline=None)
@given(st.lists(st.sampled_from([_raw(b"M", b"a"), b"M\0", b"\0", b"a\0", b":", b"x"]), max_size=6))
def test_whatever_bytes_come_the_answer_is_changes_or_a_fault(parts: list[bytes]) -> None:
    try:
        changes = parse_changes(b"".join(parts))
    except RepositoryError:
        return
    assert all(change.path for change in changes)
