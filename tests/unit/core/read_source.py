"""Source text as a measured file, counted as coverage.py counts it, with chosen lines run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from textwrap import dedent

from coverage.parser import PythonParser

from coverage_gate.core.functions import Module, module_of
from coverage_gate.core.linebits import bits_of, lines_of
from coverage_gate.core.measurement import FileCoverage, Span
from coverage_gate.testing.values import tree_id

PATH = "src/shop/a.py"


def measured(text: str, *, ran: Iterable[int] = (), path: str = PATH) -> FileCoverage:
    """The file with its branches, of which those between neighbours in `ran` were taken."""
    parser = PythonParser(text=text)
    parser.parse_source()
    exits = parser.exit_counts()
    branches = tuple(sorted(arc for arc in parser.arcs() if arc[0] > 0 and exits[arc[0]] > 1))
    order = list(ran)
    taken = set(pairwise([*order, -1])) & set(branches)
    return FileCoverage(
        path=path,
        blob=tree_id(path),
        statements=bits_of(parser.statements),
        executed=bits_of(order) & bits_of(parser.statements),
        branches=branches,
        taken=tuple(sorted(taken)),
    )


def with_spans(file: FileCoverage, text: str) -> FileCoverage:
    """The file with its functions, as gaps are named by them."""
    module = read(text, file)
    spans = [
        Span(name=each.name or "", kind="function", first=each.node.lineno, last=_last(each.node))
        for each in module.routines
        if each.node is not None
    ]
    return replace(file, spans=tuple(spans))


def _last(node: object) -> int:
    last: int = getattr(node, "end_lineno", 0)
    return last


def read(text: str, file: FileCoverage | None = None) -> Module:
    """The module of a text that can be read."""
    module = module_of(text, file or measured(text))
    assert module is not None
    return module


def source(text: str) -> str:
    """A text that is indented in its test."""
    return dedent(text).lstrip("\n")


def definitions_ran(text: str) -> list[int]:
    """The lines that run when the module is imported."""
    module = read(text)
    return sorted(set(module.routines[0].lines))


def statements(file: FileCoverage) -> list[int]:
    return list(lines_of(file.statements))
