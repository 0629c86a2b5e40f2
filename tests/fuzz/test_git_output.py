"""What git writes, as if somebody else wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fuzz.mutator import Mutator
from tests.fuzz.trial import Trial

from coverage_gate.adapters.git import refs, worktrees
from coverage_gate.adapters.git.blobs import _Stream
from coverage_gate.adapters.git.changes import parse_changes
from coverage_gate.adapters.git.hunks import parse_ranges, python_hunks
from coverage_gate.adapters.git.landing import parse_merge
from coverage_gate.adapters.git.location import Location
from coverage_gate.adapters.git.process import GitAnswer
from coverage_gate.adapters.git.source_lines import source_lines
from coverage_gate.adapters.git.trees import check_paths, parse_tree
from coverage_gate.ports import RepositoryError

A, B = b"1" * 40, b"a" * 40
TREES = (
    b"100644 blob " + A + b"\tsrc/a.py\0" + b"120000 blob " + B + b"\tlink\0",
    b"160000 commit " + A + b"\tsub\0" + b"100755 blob " + b"2" * 64 + b"\t\xc3\xa9 x\0",
)
CHANGES = (
    b":100644 100644 " + A + b" " + B + b" M\0src/a.py\0",
    b":100644 100755 " + A + b" " + B + b" R087\0old.py\0new.py\0"
    b":000000 100644 " + b"0" * 40 + b" " + B + b" A\0b.py\0",
)
DIFFS = (
    (
        b"diff --git a/0 b/0\nindex 1..2 100644\n--- a/0\n+++ b/0\n@@ -1,2 +1,3 @@\n-a\n-b\n"
        b"+a\n+c\n+d\n"
        b"@@ -9 +10,0 @@\n-x\n\\ No newline at end of file\n"
    ),
    b"diff --git a/1 b/1\n--- a/1\n+++ b/1\n@@ -0,0 +1 @@\n+@@ -1 +1 @@\n",
)
MERGES = (A + b"\0", B + b"\0src/a.py\0\xff.py\0")
REFS = (b"refs/heads/main " + A + b"\nrefs/remotes/origin/x " + B + b"\n",)
WORKTREES = (
    b"worktree /a\0HEAD "
    + A
    + b"\0branch refs/heads/main\0\0worktree /b\0HEAD "
    + B
    + b"\0detached\0\0",
)
REFUSES = (RepositoryError,)


def test_a_tree_is_read_or_refused() -> None:
    trial = Trial(name="tree")
    mutator = Mutator(corpus=TREES, random=trial.random())

    def parse(output: bytes) -> list[str]:
        paths = list(parse_tree(output))
        check_paths(paths)
        return paths

    def holds(paths: list[str]) -> bool:
        parts = [path.split("/") for path in paths]
        return not any({"", ".", "..", ".git"} & set(part) for part in parts)

    assert trial.run(mutator.next, parse, refuses=REFUSES, holds=holds) > 0


def test_changes_are_read_or_refused() -> None:
    trial = Trial(name="changes")
    mutator = Mutator(corpus=CHANGES, random=trial.random())
    assert trial.run(mutator.next, parse_changes, refuses=REFUSES) > 0


def test_differences_are_read_or_refused() -> None:
    trial = Trial(name="diffs")
    mutator = Mutator(corpus=DIFFS, random=trial.random())
    old, new = source_lines(b"a\nb\n" * 6), source_lines(b"a\nc\nd\n" * 6)
    assert old is not None
    assert new is not None

    def parse(output: bytes) -> object:
        return [list(python_hunks(ranges, old, new)) for ranges in parse_ranges(output).values()]

    assert trial.run(mutator.next, parse, refuses=REFUSES) > 0


@pytest.mark.parametrize("status", [0, 1])
def test_a_merge_is_read_or_refused(status: int) -> None:
    trial = Trial(name="merge")
    mutator = Mutator(corpus=MERGES, random=trial.random())

    def parse(output: bytes) -> object:
        return parse_merge(GitAnswer(status=status, output=output))

    assert trial.run(mutator.next, parse, refuses=REFUSES) > 0


LOCATION = Location(folder=Path("/g"), git_dir=Path("/g"), common_dir=Path("/g"), top=None)


def test_the_names_of_branches_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(name="refs")
    mutator = Mutator(corpus=REFS, random=trial.random())
    told: list[bytes] = []
    monkeypatch.setattr(refs, "_run", lambda *_, **__: GitAnswer(status=0, output=told[-1]))

    def parse(output: bytes) -> list[str]:
        told[:] = [output]
        return refs.branch_names(LOCATION)

    holds = lambda names: names == sorted(set(names))  # noqa: E731
    assert trial.run(mutator.next, parse, refuses=REFUSES, holds=holds) > 0


def test_the_list_of_worktrees_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(name="worktrees")
    mutator = Mutator(corpus=WORKTREES, random=trial.random())
    told: list[bytes] = []
    monkeypatch.setattr(worktrees, "_run", lambda *_, **__: told[-1])

    def parse(output: bytes) -> object:
        told[:] = [output]
        return list(worktrees._worktrees(LOCATION))

    assert trial.run(mutator.next, parse, refuses=REFUSES) > 0


def test_source_is_cut_into_lines() -> None:
    trial = Trial(name="source")
    source = b"import a\r\n\ndef f():\x0c\n    x = '''\n\xe2\x80\xa8'''\rreturn\n"
    mutator = Mutator(corpus=[source], random=trial.random())

    def holds(lines: object) -> bool:
        return lines is None or bool(lines)

    assert trial.run(mutator.next, source_lines, holds=holds) > 0


def test_a_stream_gives_all_its_bytes_in_order() -> None:
    trial = Trial(name="stream")
    mutator = Mutator(corpus=[A + b" blob 5\n12345\n" + B + b" missing\n"], random=trial.random())

    def parse(output: bytes) -> tuple[bytes, bytes]:
        def chunks() -> Iterator[bytes]:
            yield output[:7]
            yield output[7:]

        stream, found = _Stream(chunks=chunks()), b""
        line = stream.line()
        found = stream.take(5) + stream.take(len(output))
        return output, line + found

    def holds(both: tuple[bytes, bytes]) -> bool:
        return both[0].replace(b"\n", b"").startswith(both[1].replace(b"\n", b"")[:1])

    assert trial.run(mutator.next, parse, holds=holds) > 0
