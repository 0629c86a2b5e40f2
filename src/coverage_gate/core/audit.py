"""What changed tests do that tests need not do, read out of their syntax; nothing of it runs.

It raises the price of pretending and names what a reviewer should look at. It proves nothing: code
can be written so that no reader of syntax sees what it does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from coverage_gate.core.changes import Changes, FileChange
from coverage_gate.core.replaced import Sources
from coverage_gate.core.scope import looks_like_test
from coverage_gate.core.suspicion import Suspicion, suspicions
from coverage_gate.core.syntax import (
    Function,
    NotPythonError,
    node_digest,
    parse_source,
    statements_within,
)
from coverage_gate.core.testcode import Code, code_of, subject_of

#: Statements that are audited by their parts.
_HOLDERS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.Try, ast.TryStar),
    *(ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Match),
)

#: Findings that are told of one change.
MAX_FINDINGS = 500


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that a changed test does.

    Attributes:
        path: The file, in the head.
        line: 1-based; 0 for the file as a whole.
        test: Id of the function without parameters; empty for code outside of functions.
        finding: What it is, in words.
    """

    path: str
    line: int
    test: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was looked at and found.

    Attributes:
        files: How many changed test files there are.
        findings: By place; at most `MAX_FINDINGS`.
    """

    files: int
    findings: tuple[Finding, ...]


def audited(changes: Changes) -> tuple[FileChange, ...]:
    """The test files that a change adds or edits."""
    return tuple(
        change
        for change in changes.touched_python
        if looks_like_test(change.path) and change.blob != change.old_blob
    )


def audit_sources(changes: Changes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whose texts are needed of base and head; none where no test file was added or edited."""
    files = audited(changes)
    tests = [change for change in changes.files if looks_like_test(change.old_path)]
    of_base = {change.old_path for change in tests if change.old_blob} if files else set()
    return tuple(sorted(of_base)), tuple(sorted(change.path for change in files))


def audit_tests(changes: Changes, sources: Sources, product: Sequence[str]) -> Audit:
    """Look at every function and statement of test files that the base did not have so.

    Args:
        changes: From the base to the head.
        sources: Texts of the changed test files on both sides.
        product: Paths of the product's files.
    """
    files = audited(changes)
    known = _known(sources) if files else frozenset()
    paths = frozenset(product)
    found = sorted(
        finding for change in files for finding in _audit_file(change.path, sources, known, paths)
    )
    return Audit(files=len(files), findings=tuple(found[:MAX_FINDINGS]))


def _audit_file(
    path: str, sources: Sources, known: frozenset[str | None], product: frozenset[str]
) -> Iterator[Finding]:
    try:
        tree = parse_source(_text(sources.head, path))
    except NotPythonError as error:
        yield Finding(path=path, line=0, test="", finding=f"cannot be read: {error}")
        return
    code = code_of(tree)
    for name, function in code.functions.items():
        if isinstance(function, Function) and node_digest(function) not in known:
            test = f"{path}::{name}"
            yield from _told(path, test, suspicions(function, code, product))
            if _is_idle(name, code, path):
                finding = str(Suspicion.NO_ASSERTION)
                yield Finding(path=path, line=function.lineno, test=test, finding=finding)
    for node in _statements(tree.body):
        if not isinstance(node, _HOLDERS) and node_digest(node) not in known:
            yield from _told(path, "", suspicions(node, code, product))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a file is imported: those of classes, too."""
    for node in statements_within(body):
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _statements(node.body)


def _text(texts: Mapping[str, bytes], path: str) -> bytes:
    try:
        return texts[path]
    except KeyError:
        raise NotPythonError("it is too large, or there are too many files") from None


def _told(path: str, test: str, found: Iterator[tuple[int, Suspicion]]) -> Iterator[Finding]:
    for line, suspicion in found:
        yield Finding(path=path, line=line, test=test, finding=str(suspicion))


def _known(sources: Sources) -> frozenset[str | None]:
    """Digests of what changed files had on the base: nobody is asked about old or moved code."""
    digests: set[str | None] = set()
    for path, text in sources.base.items():
        if looks_like_test(path):
            with suppress(NotPythonError):
                tree = parse_source(text)
                digests.update(map(node_digest, _statements(tree.body)))
                digests.update(map(node_digest, code_of(tree).functions.values()))
    return frozenset(digests - {None})


def _is_idle(name: str, code: Code, path: str) -> bool:
    """Whether a test can only fail by an error: neither it nor a helper in its file checks."""
    holder, _, last = name.rpartition("::")
    is_test = last.startswith("test") and not path.endswith("conftest.py")
    in_class = not holder or "test" in holder.lower()
    return is_test and in_class and subject_of(name, code).strength == 0
