"""Functions within a statement that runs without them: on the line of their header, and lambdas."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping

from coverage_gate.adapters.measure.isolated.logic import (
    FUNCTIONS,
    header_lines,
    is_straight,
    is_stub,
)

#: What has code of its own.
_OWN_CODE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

#: What computes.
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Compare)


def packed_functions(
    tree: ast.Module, nodes: Iterable[ast.AST], firsts: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Functions whose body is on the line of their header, as (first line of the statement, entry).

    Their `def` runs when the module is imported. The entry is the line that a call is traced to
    enter by, as a negative number where something else on the line may be entered, too.
    """
    found = []
    for node in nodes:
        if not isinstance(node, FUNCTIONS) or all(map(is_stub, node.body)):
            continue
        line = firsts.get(node.lineno, node.lineno)
        if firsts.get(node.body[0].lineno, node.body[0].lineno) == line:
            entry = header_lines(node).start
            is_told = _is_alone(node) and not _ends_module(line, entry, tree, firsts)
            found.append((line, entry if is_told else -entry))
    return sorted(found)


def _is_alone(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    head = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
    return not any(isinstance(part, _OWN_CODE) for each in head for part in ast.walk(each))


def lambdas(
    tree: ast.Module, nodes: Iterable[ast.AST], firsts: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Lambdas that hold logic, as `packed_functions` tells functions.

    A lambda that picks, names or hands on something holds none.
    """
    codes = defaultdict(list)
    for node in nodes:
        if isinstance(node, (*_OWN_CODE, *FUNCTIONS, ast.ClassDef)):
            codes[_entry_of(node)].append(node)
    found = []
    for entry, entered in codes.items():
        for node in entered:
            if isinstance(node, ast.Lambda) and _has_logic(node.body):
                line = firsts.get(entry, entry)
                within = set(ast.walk(node))
                others = (each for each in entered if each not in within)
                is_told = not any(_begins_on(each, line, firsts) for each in others)
                is_told = is_told and not _ends_module(line, entry, tree, firsts)
                found.append((line, entry if is_told else -entry))
    return sorted(found)


def _entry_of(node: ast.expr | ast.stmt) -> int:
    """The line by which the code of a node is entered."""
    return header_lines(node).start if isinstance(node, ast.stmt) else node.lineno


def _begins_on(node: ast.AST, line: int, firsts: Mapping[int, int]) -> bool:
    """Whether the code of a node begins within the statement on a line."""
    if not isinstance(node, FUNCTIONS):
        return True
    first = node.body[0].lineno
    return firsts.get(first, first) == line


def _ends_module(line: int, entry: int, tree: ast.Module, firsts: Mapping[int, int]) -> bool:
    """Whether the module itself is entered by that line, and left by the same statement."""
    if entry > 1:
        return False
    running = [node for node in tree.body if not isinstance(node, (ast.Global, ast.AnnAssign))]
    last = running[-1] if running else tree.body[0]
    return last is tree.body[0] or firsts.get(last.lineno, last.lineno) == line


def _has_logic(value: ast.expr) -> bool:
    """Whether it chooses, calls much, or computes with anything but constants."""
    return not is_straight(value) or any(map(_is_computed, ast.walk(value)))


def _is_computed(node: ast.AST) -> bool:
    if not isinstance(node, _OPERATIONS):
        return False
    operands = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return not all(isinstance(each, (ast.Constant, *_OPERATIONS)) for each in operands)
