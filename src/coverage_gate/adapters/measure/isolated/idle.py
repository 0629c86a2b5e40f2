"""What only type checkers read: no run passes it, and it hides nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from coverage_gate.adapters.measure.isolated.checking import (
    OVERLOAD,
    is_checking,
    is_overload,
    is_typing_checking,
    knows_checking,
    name_of,
    typing_names,
)
from coverage_gate.adapters.measure.isolated.logic import (
    FUNCTIONS,
    blocks_of,
    header_lines,
    is_plain,
    is_plain_class,
    is_stub,
)


def idle_lines(
    heads: Sequence[ast.AST], nodes: Sequence[ast.AST], firsts: Mapping[int, int]
) -> tuple[set[int], set[int]]:
    """First lines of statements without logic that no run passes.

    They stand below `if TYPE_CHECKING:`, or are the body of an `@overload`, by the names that
    `typing` has for these.

    Args:
        heads: The functions and conditions of the file, maybe with more of it.
        nodes: All of the file.
        firsts: Line → first line of its logical line, where it is another one.

    Returns:
        These lines, and those on which the whole of an `@overload` stands: they run, and what
        would leave the function does not.
    """
    if not any(map(_may_be_for_checkers, heads)):
        return set(), set()  # most files: what the names mean need not be found out
    modules, names = typing_names(nodes)
    has_checking = knows_checking(nodes)
    unread: set[ast.AST] = set()
    exits: set[int] = set()
    for node in heads:
        if isinstance(node, FUNCTIONS) and is_overload(node, modules, names):
            body = set(_without_logic(node.body))
            unread |= body
            exits |= _firsts_of(body, firsts) & _firsts_of([node], firsts)
        elif has_checking and is_typing_checking(node, modules):
            unread.update(_without_logic(node.body))
    others = (node for node in nodes if node not in unread)
    return _firsts_of(unread, firsts) - _firsts_of(others, firsts), exits


def _may_be_for_checkers(node: ast.AST) -> bool:
    """Whether it is called as what only type checkers read, whatever the name means."""
    if isinstance(node, FUNCTIONS):
        return OVERLOAD in map(name_of, node.decorator_list)
    return is_checking(node)


def _firsts_of(nodes: Iterable[ast.AST], firsts: Mapping[int, int]) -> set[int]:
    statements = (node for node in nodes if isinstance(node, (ast.stmt, ast.excepthandler)))
    lines = (line for node in statements for line in header_lines(node))
    return {firsts.get(line, line) for line in lines}


def _without_logic(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Stubs and what is in them, also below plain conditions and attempts."""
    for node in body:
        if is_stub(node):
            yield from ast.walk(node)
        elif is_plain_class(node) or _is_plain_choice(node):
            yield node
            yield from _without_logic(blocks_of(node))


def _is_plain_choice(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return is_plain(node.test)
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or is_plain(node.type)
    return isinstance(node, ast.Try)
