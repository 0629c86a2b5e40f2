"""Which excluded statements hold no logic: stubs, imports for type checkers, a call to `main`.

What a comment excludes is not asked here: whoever writes it hides a statement on purpose.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from coverage_gate.adapters.measure.isolated.checking import is_checking, knows_checking
from coverage_gate.adapters.measure.isolated.logic import (
    FUNCTIONS,
    SIMPLE,
    blocks_of,
    has_plain_head,
    header_lines,
    is_plain,
    is_plain_class,
    is_straight,
    is_stub,
)


def harmless_lines(
    tree: ast.Module, firsts: Mapping[int, int], matched: AbstractSet[int]
) -> set[int]:
    """First lines of statements that may be excluded by a pattern without hiding any logic.

    Args:
        tree: The file.
        firsts: Line → first line of its logical line, where it is another one.
        matched: First lines that a pattern matches by code.
    """
    good: set[int] = set()
    bad: set[int] = set()
    straight: Counter[int] = Counter()
    has_checking = knows_checking(list(ast.walk(tree)))
    todo: list[ast.AST] = list(ast.iter_child_nodes(tree))
    while todo:
        node = todo.pop()
        if not isinstance(node, (ast.stmt, ast.excepthandler)):
            todo += blocks_of(node)
            continue
        lines = {firsts.get(line, line) for line in header_lines(node)}
        is_known_stub = is_stub(node)
        if is_known_stub or (lines & matched and _is_single(node)):
            good |= {firsts.get(line, line) for line in _lines_of(node)}
            if isinstance(node, SIMPLE) and not is_known_stub:
                straight.update(lines)
            continue
        is_frame = is_plain_class(node) or (has_checking and is_checking(node))
        (good if is_frame else bad).update(lines)
        todo += blocks_of(node)
    return good - bad - {line for line, count in straight.items() if count > 1}


def _lines_of(node: ast.stmt | ast.excepthandler) -> range:
    return range(header_lines(node).start, (node.end_lineno or node.lineno) + 1)


def _is_single(node: ast.AST) -> bool:
    """Whether it is one statement that chooses nothing, or a block that holds one."""
    if isinstance(node, SIMPLE):
        return is_straight(node)
    if isinstance(node, ast.If):
        is_head = not node.orelse and is_plain(node.test) and not is_checking(node)
        return is_head and _is_one(node.body)
    if isinstance(node, FUNCTIONS):
        return has_plain_head(node) and _is_one(node.body)
    return isinstance(node, ast.ExceptHandler) and _is_one(node.body)


def _is_one(body: Iterable[ast.stmt]) -> bool:
    more = [node for node in body if not is_stub(node)]
    return len(more) <= 1 and all(isinstance(each, SIMPLE) and is_straight(each) for each in more)
