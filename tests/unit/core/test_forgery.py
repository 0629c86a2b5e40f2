"""What is proof that claims are forged, and what is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coverage_gate.core.counting import RawFile, StaticFile
from coverage_gate.core.forgery import forged_files
from coverage_gate.core.linebits import bits_of

FILE = StaticFile(
    path="a.py",
    blob="1",
    is_listed=True,
    statements=bits_of(range(1, 40, 2)),
    silent=bits_of(range(2, 22, 2)),
)
ALL = RawFile(lines=bits_of(range(1, 50)))


def small(name: str, silent: int) -> StaticFile:
    return replace(FILE, path=name, silent=bits_of(range(2, 2 + silent)))


def test_a_file_whose_every_line_is_claimed_is_forged() -> None:
    assert forged_files([FILE], {"a.py": ALL}) == ("a.py",)


def test_the_ends_of_arcs_are_lines() -> None:
    arcs = frozenset({(-2, 4), (4, 6), (6, 8), (8, 10), (10, 12), (14, -16), (18, 20), (0, 1)})
    assert forged_files([FILE], {"a.py": RawFile(lines=0, arcs=arcs)}) == ("a.py",)


@pytest.mark.parametrize(
    "raw",
    [
        RawFile(lines=FILE.statements),
        RawFile(lines=0),
        RawFile(lines=bits_of(range(1, 20))),
        RawFile(lines=bits_of(range(1, 20)), arcs=frozenset({(18, 19)})),
    ],
    ids=["honest", "nothing", "a slip", "a slip of arcs"],
)
def test_less_than_every_line_is_no_proof(raw: RawFile) -> None:
    assert forged_files([FILE], {"a.py": raw}) == ()


def test_a_file_that_is_not_claimed_is_not_forged() -> None:
    assert forged_files([FILE], {}) == ()


def test_small_files_are_proof_together() -> None:
    files = [small(f"{place}.py", 4) for place in range(3)]
    claims = {file.path: ALL for file in files}
    assert forged_files(files[:2], claims) == ()
    assert forged_files(files, claims) == ("0.py", "1.py", "2.py")


def test_files_with_hardly_a_silent_line_tell_nothing() -> None:
    files = [small(f"{place}.py", 2) for place in range(20)]
    assert forged_files(files, {file.path: ALL for file in files}) == ()
