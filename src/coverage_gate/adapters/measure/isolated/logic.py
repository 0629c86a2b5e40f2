"""Whether a statement, or a value, holds logic: whether it chooses, repeats or calls much."""

from __future__ import annotations

import ast
from collections.abc import Sequence

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SIMPLE = (ast.Return, ast.Raise, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)
_INERT = (ast.Import, ast.ImportFrom, ast.Pass, getattr(ast, "TypeAlias", ast.Pass))

#: What chooses, repeats, waits, or holds code of its own.
_CHOICES = (
    *(ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp),
    *(ast.GeneratorExp, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom),
)

#: Calls in one statement: `sys.exit(main())`.
_MAX_CALLS = 2

#: Calls that only declare a type.
_TYPE_CALLS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "namedtuple"})


def blocks_of(node: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases that lie right within it."""
    kinds = (ast.stmt, ast.excepthandler, ast.match_case)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, kinds)]


def header_lines(node: ast.stmt | ast.excepthandler) -> range:
    """The lines of a statement, but for the block that it holds; decorators are among them."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    body: Sequence[ast.stmt] = getattr(node, "body", ())
    if isinstance(node, ast.Match):
        last = node.subject.end_lineno or first
    else:
        last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or first
    return range(first, last + 1)


def is_stub(node: ast.AST) -> bool:
    """Whether it says what there is and does nothing."""
    if isinstance(node, _INERT):
        return True
    if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return node.value is None or is_plain(node.value) or _is_type_call(node.value)
    if isinstance(node, ast.Raise):
        return is_straight(node)
    if isinstance(node, FUNCTIONS):
        return has_plain_head(node) and all(map(is_stub, node.body))
    return is_plain_class(node) and all(map(is_stub, blocks_of(node)))


def is_plain(value: ast.AST) -> bool:
    """Whether it chooses nothing and calls nothing."""
    return is_straight(value) and not any(isinstance(part, ast.Call) for part in ast.walk(value))


def _is_type_call(value: ast.AST) -> bool:
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else value.func
    name = name.id if isinstance(name, ast.Name) else name
    return name in _TYPE_CALLS and is_straight(value)


def is_straight(node: ast.AST) -> bool:
    """Whether it chooses nothing and calls hardly anything."""
    parts = list(ast.walk(node))
    calls = sum(isinstance(part, ast.Call) for part in parts)
    return calls <= _MAX_CALLS and not any(isinstance(part, _CHOICES) for part in parts)


def has_plain_head(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether neither decorators nor defaults hold logic."""
    values = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
    return all(is_straight(value) for value in values if value is not None)


def is_plain_class(node: ast.AST) -> bool:
    """Whether it is a class whose head holds no logic; what is in it is not looked at."""
    if not isinstance(node, ast.ClassDef):
        return False
    values = [*node.bases, *(keyword.value for keyword in node.keywords)]
    return all(map(is_plain, values)) and all(map(is_straight, node.decorator_list))
