"""What the names TYPE_CHECKING and `overload` mean in a file, however it imports them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeGuard

from coverage_gate.adapters.measure.isolated.logic import FUNCTIONS

CHECKING = "TYPE_CHECKING"
OVERLOAD = "overload"
_TYPING = ("typing", "typing_extensions")


def is_checking(node: ast.AST) -> bool:
    """Whether it asks for TYPE_CHECKING, or for an attribute of that name, and nothing else."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == CHECKING) or (
        isinstance(test, ast.Attribute) and test.attr == CHECKING
    )


def knows_checking(nodes: Sequence[ast.AST]) -> bool:
    """Whether TYPE_CHECKING is that of `typing`, or False, wherever the file speaks of it."""
    return all(map(_is_honest, nodes)) and any(map(_brings_checking, nodes))


def _is_honest(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value != CHECKING
    if isinstance(node, ast.Assign) and CHECKING in map(name_of, node.targets):
        return isinstance(node.value, ast.Constant) and node.value.value is False
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPING or not {CHECKING, "*"} & set(_bound(node.names))
    return CHECKING not in _other_bindings(node)


def _other_bindings(node: ast.AST) -> Iterator[object]:
    """Names that a node gives a meaning in another way than by a plain assignment."""
    if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For)):
        yield name_of(node.target)
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.Import):
        yield from _bound(node.names)
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Store):
        yield from map(name_of, node.elts)


def name_of(node: ast.AST) -> object:
    """The name that it is, or that it picks as an attribute; None for anything else."""
    return getattr(node, "id", getattr(node, "attr", None))


def _bound(names: Iterable[ast.alias]) -> Iterator[str]:
    return (alias.asname or alias.name for alias in names)


def _brings_checking(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPING and any(
            alias.name == CHECKING and alias.asname in (None, CHECKING) for alias in node.names
        )
    if isinstance(node, ast.Import):
        return any(alias.name in _TYPING for alias in node.names)
    return isinstance(node, ast.Assign) and CHECKING in map(name_of, node.targets)


def is_overload(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    modules: AbstractSet[str],
    names: AbstractSet[str],
) -> bool:
    """Whether a decorator is the `overload` of `typing`.

    Args:
        node: The function.
        modules: What the file calls the module `typing`.
        names: What it has of that module by its own name.
    """
    return any(
        (isinstance(each, ast.Name) and each.id == OVERLOAD and OVERLOAD in names)
        or _is_of(each, OVERLOAD, modules)
        for each in node.decorator_list
    )


def is_typing_checking(node: ast.AST, modules: AbstractSet[str]) -> TypeGuard[ast.If]:
    """Whether it asks for TYPE_CHECKING by name, or for that of one of these modules."""
    if not isinstance(node, ast.If):
        return False
    is_name = isinstance(node.test, ast.Name) and node.test.id == CHECKING
    return is_name or _is_of(node.test, CHECKING, modules)


def _is_of(value: ast.AST, name: str, modules: AbstractSet[str]) -> bool:
    """Whether it says `typing.name`."""
    if not isinstance(value, ast.Attribute) or value.attr != name:
        return False
    return isinstance(value.value, ast.Name) and value.value.id in modules


def typing_names(nodes: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """What the file calls the module `typing`, and which of its names it has.

    Without names that mean anything else anywhere in the file.
    """
    modules: set[str] = set()
    names: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                is_typing = each.name in _TYPING
                (modules if is_typing else others).add(each.asname or each.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                is_typing = node.module in _TYPING and each.asname in (None, each.name)
                (names if is_typing else others).add(each.asname or each.name)
        else:
            others.update(_bound_by(node))
    if "*" in others:
        return set(), set()
    return modules - others - names, names - others - modules


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Names that a node gives a meaning, but for imports."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif not isinstance(node, (ast.alias, ast.keyword)):
        # Functions, classes, handlers, patterns, parameters of types; arguments; rests.
        found = (getattr(node, field, None) for field in ("name", "arg", "rest"))
        yield from (name for name in found if isinstance(name, str))
