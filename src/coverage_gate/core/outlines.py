"""What the text of a file tells without running it: what it imports, how complex it is."""

from __future__ import annotations

import ast
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from coverage_gate.core.importing import modules_by_name, place_of_import
from coverage_gate.core.syntax import Function, NotPythonError, imported_names, parse_source

_ROOTS = ("", "src", "lib")
_ONE = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complexity:
    """How many ways there are through a function: one, and one more for each decision.

    Attributes:
        name: As in "Cart.discount".
        line: Of its `def`.
        last: Its last line.
        ways: The number.
    """

    name: str
    line: int
    last: int
    ways: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One file.

    Attributes:
        imports: Modules as they are named, with dots at the beginning where they are relative.
        functions: By line.
    """

    imports: frozenset[str] = frozenset()
    functions: tuple[Complexity, ...] = ()


def outline_of(text: str) -> Outline:
    """Read a file; nothing is told of what is no Python."""
    try:
        tree = parse_source(text.encode("utf-8", "surrogatepass"))
    except NotPythonError:
        return Outline()
    imports: set[str] = set()
    functions: list[Complexity] = []
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        above, prefix = todo.pop()
        for node in ast.iter_child_nodes(above):
            inside = prefix
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.update(_imported(node))
            elif isinstance(node, Function):
                functions.append(_complexity(node, prefix))
            if isinstance(node, Function | ast.ClassDef):
                inside = f"{prefix}{node.name}."
            if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
                todo.append((node, inside))
    functions.sort(key=lambda each: each.line)
    return Outline(imports=frozenset(imports), functions=tuple(functions))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Each name may be a module of the package that it is taken from."""
    yield from imported_names(node).values()
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        yield "." * node.level + (node.module or "")


def _complexity(node: Function, prefix: str) -> Complexity:
    ways = 1
    todo: list[ast.AST] = list(node.body)
    while todo:
        part = todo.pop()
        ways += _decisions(part)
        if not isinstance(part, Function | ast.ClassDef):
            todo += ast.iter_child_nodes(part)
    name, last = prefix + node.name, node.end_lineno or node.lineno
    return Complexity(name=name, line=node.lineno, last=last, ways=ways)


def _decisions(part: ast.AST) -> int:
    if isinstance(part, ast.BoolOp):
        return len(part.values) - 1
    if isinstance(part, ast.match_case):
        return int(not isinstance(part.pattern, ast.MatchAs) or part.pattern.pattern is not None)
    extra = len(part.ifs) if isinstance(part, ast.comprehension) else 0
    return isinstance(part, _ONE) + extra


def import_graph(outlines: Mapping[str, Outline]) -> dict[str, frozenset[str]]:
    """Path → the other files that it imports. A package is imported with each of its modules.

    Args:
        outlines: Path → what the file tells.
    """
    modules = modules_by_name(outlines, _ROOTS)
    return {
        path: frozenset(_targets(path, outline, modules)) - {path}
        for path, outline in outlines.items()
    }


def _targets(path: str, outline: Outline, modules: Mapping[str, str]) -> Iterator[str]:
    for name in outline.imports:
        found = modules.get(place_of_import(name, path))
        if found is not None:
            yield found


def in_import_order(graph: Mapping[str, Iterable[str]], weights: Mapping[str, int]) -> list[str]:
    """The files, what is imported before who imports it; among equals the heaviest first.

    Files that import each other, also by way of others, stand side by side in some order.
    """
    groups = _cycles(graph)
    group_of = {path: number for number, group in enumerate(groups) for path in group}
    imported = {
        number: {group_of[target] for path in group for target in graph[path]} - {number}
        for number, group in enumerate(groups)
    }
    sorter = TopologicalSorter(imported)
    sorter.prepare()
    ready: list[tuple[int, str, int]] = []
    order: list[str] = []
    while sorter.is_active():
        for number in sorter.get_ready():
            size = sum(weights.get(path, 0) for path in groups[number])
            heapq.heappush(ready, (-size, min(groups[number]), number))
        *_, number = heapq.heappop(ready)
        order += sorted(groups[number], key=lambda path: (-weights.get(path, 0), path))
        sorter.done(number)
    return order


def _cycles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of files that reach each other, without recursion: two walks over the graph."""
    back: dict[str, list[str]] = {path: [] for path in graph}
    for path, targets in graph.items():
        for target in targets:
            back[target].append(path)
    finished: list[str] = []
    seen: set[str] = set()
    for start in graph:
        finished += _walk(start, graph, seen)
    seen = set()
    groups = (_walk(start, back, seen) for start in reversed(finished))
    return [group for group in groups if group]


def _walk(start: str, graph: Mapping[str, Iterable[str]], seen: set[str]) -> list[str]:
    """What is reached and was not seen before, each after all that it leads to."""
    if start in seen:
        return []
    seen.add(start)
    done: list[str] = []
    todo = [(start, iter(sorted(graph[start])))]
    while todo:
        path, targets = todo[-1]
        fresh = next((each for each in targets if each not in seen), None)
        if fresh is None:
            done.append(path)
            todo.pop()
        else:
            seen.add(fresh)
            todo.append((fresh, iter(sorted(graph[fresh]))))
    return done
