"""What is told beside a verdict, and needs the text of the judged tree to be told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coverage_gate.boundary import Redactor, keep_text, never_raises
from coverage_gate.core.nearest import is_test_module, read_tests
from coverage_gate.core.ordering import Sources, paths_of, work_order
from coverage_gate.core.reach import lines_in, text_of
from coverage_gate.core.verdict import Verdict
from coverage_gate.core.work_order import Asked
from coverage_gate.ports import ChangeReader, TreeReader

if TYPE_CHECKING:
    from coverage_gate.core.explanation import Explanation
    from coverage_gate.core.picture import PictureFile

#: Bytes of source that are read for an order, and of tests.
_SOURCE_BYTES, _TEST_BYTES = 8_000_000, 8_000_000
_TESTS = 2_000


def with_order(
    verdict: Verdict, asked: Asked, reader: TreeReader, *, redact: Redactor = keep_text
) -> Verdict:
    """The verdict with its work order. No fault of the order's changes the verdict."""
    guard = never_raises(lambda _: verdict, last=verdict, redact=redact)
    return guard(_ordered)(verdict, asked, reader)


def _ordered(verdict: Verdict, asked: Asked, reader: TreeReader) -> Verdict:
    paths = paths_of(verdict)
    sources = Sources(texts={})
    if (paths or verdict.vanished) and verdict.tree is not None:
        sources = read_sources(reader, verdict.tree, paths)
    return replace(verdict, order=work_order(verdict, asked, sources))


def read_sources(reader: TreeReader, tree: str, paths: tuple[str, ...]) -> Sources:
    """Some files of a tree, and its test modules. Raises RepositoryError."""
    tests = [path for path in reader.paths(tree) if is_test_module(path)][:_TESTS]
    texts = reader.read_small(tree, paths, max_total=_SOURCE_BYTES)
    read = reader.read_small(tree, tests, max_total=_TEST_BYTES)
    return Sources(
        texts={path: text_of(content) for path, content in texts.items()},
        tests=read_tests({path: text_of(content) for path, content in read.items()}),
    )


def require_place(reader: TreeReader, tree: str, path: str, line: int | None) -> None:
    """Raise NoSuchPlaceError where a tree has no such file, or that one no such line.

    Raises:
        RepositoryError: If the tree cannot be read.
    """
    from coverage_gate.core.explanation import NoSuchPlaceError  # noqa: PLC0415 - as below
    from coverage_gate.core.similar import did_you_mean_file  # noqa: PLC0415 - as below

    paths = reader.paths(tree)
    if path not in paths:
        near = did_you_mean_file(path, paths)
        raise NoSuchPlaceError(f"{path} is no file of what is judged, which is committed{near}")
    read = reader.read_small(tree, (path,), max_total=_SOURCE_BYTES)
    lines = lines_in(text_of(read[path])) if path in read else []
    length = len(lines) - (lines[-1:] == [""])
    if line and lines and line > length:
        raise NoSuchPlaceError(f"{path} has no line {line} where it is judged, but {length}")


def explained(
    verdict: Verdict, reader: TreeReader, path: str, line: int | None
) -> Explanation | None:
    """Why a file or a line of the judged tree stands as it does; None where it was not measured.

    Raises:
        RepositoryError: If the tree cannot be read.
    """
    from coverage_gate.core.explanation import explain  # noqa: PLC0415 - few verdicts ask for it

    if verdict.measurement is None or verdict.tree is None:
        return None
    sources = read_sources(reader, verdict.tree, (path,))
    return explain(verdict, verdict.measurement, path, line, sources)


def pictured(verdict: Verdict, reader: ChangeReader) -> tuple[PictureFile, ...]:
    """The lines of the change, marked. No fault of the picture's changes the verdict."""
    guard = never_raises(lambda _: (), last=())
    found: tuple[PictureFile, ...] = guard(_pictured)(verdict, reader)
    return found


def _pictured(verdict: Verdict, reader: ChangeReader) -> tuple[PictureFile, ...]:
    from coverage_gate.core.picture import picture_of, pictured_paths  # noqa: PLC0415 - as above

    if verdict.tree is None or verdict.base_commit is None:
        return ()
    diffs = reader.diff(reader.resolve(verdict.base_commit).tree, verdict.tree)
    paths = pictured_paths(verdict, diffs)
    texts = reader.read_small(verdict.tree, paths, max_total=_SOURCE_BYTES)
    return picture_of(verdict, diffs, {path: text_of(each) for path, each in texts.items()})
