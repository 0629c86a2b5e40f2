"""The functions of a source file, each with the ways through it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coverage_gate.core.flow import Flow, flow_of, own_parts
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.reach import lines_in
from coverage_gate.core.syntax import Function, NotPythonError, parse_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A function, or what a module does when it is imported.

    Attributes:
        name: As in "Cart.discount"; None for the module.
        node: Its definition; None for the module.
        owner: The class that it is a method of.
        outer: Name of the function that it stands in.
        flow: The graph of its statements.
    """

    name: str | None
    node: Function | None
    owner: ast.ClassDef | None
    outer: str | None
    flow: Flow

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines of its own at which statements are counted."""
        return tuple(sorted({node.line for node in self.flow.nodes} - {0}))

    def mentions(self, path: Sequence[int]) -> frozenset[str]:
        """Names that some of its statements use, also those of attributes."""
        return frozenset(
            name
            for number in path
            for part in own_parts(self.flow.nodes[number].statement)
            for name in _names_in(part)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A source file.

    Attributes:
        tree: Its syntax tree.
        routines: The module itself, then its functions in the order of their lines.
    """

    tree: ast.Module
    routines: tuple[Routine, ...]


def module_of(text: str, file: FileCoverage) -> Module | None:
    """Read a file; None for what is no Python of this interpreter, too long or too deep."""
    try:
        tree = parse_source(text.encode("utf-8", "surrogatepass"))
        return Module(tree=tree, routines=tuple(_routines(tree, lines_in(text), file)))
    except (NotPythonError, RecursionError):
        return None


def _routines(tree: ast.Module, lines: Sequence[str], file: FileCoverage) -> Iterator[Routine]:
    counted = file.statements
    flow = flow_of(tree.body, lines, counted)
    yield Routine(name=None, node=None, owner=None, outer=None, flow=flow)
    for name, node, owner, outer in sorted(_definitions(tree), key=lambda each: each[1].lineno):
        flow = flow_of(node.body, lines, counted)
        yield Routine(name=name, node=node, owner=owner, outer=outer, flow=flow)


_Found = tuple[str, Function, ast.ClassDef | None, str | None]


def _definitions(tree: ast.Module) -> Iterator[_Found]:
    todo: list[tuple[ast.AST, str, ast.ClassDef | None, str | None]] = [(tree, "", None, None)]
    kept = (ast.stmt, ast.excepthandler, ast.match_case)
    while todo:
        above, prefix, owner, outer = todo.pop()
        for node in ast.iter_child_nodes(above):
            if isinstance(node, Function):
                name = prefix + node.name
                yield name, node, owner, outer
                todo.append((node, f"{name}.", None, name))
            elif isinstance(node, ast.ClassDef):
                todo.append((node, f"{prefix}{node.name}.", node, outer))
            elif isinstance(node, kept):
                todo.append((node, prefix, owner, outer))


def _names_in(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
