"""Python source that nobody vouches for, as a syntax tree; nothing of it runs."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from hashlib import sha256

#: Larger files are not read: the parser takes a hundred times the memory of its text.
MAX_SOURCE = 1024 * 1024

Function = ast.FunctionDef | ast.AsyncFunctionDef


class NotPythonError(Exception):
    """The bytes are no Python that this interpreter reads. The message says why."""


def parse_source(data: bytes) -> ast.Module:
    """The syntax tree of a file.

    Raises:
        NotPythonError: For bytes that are none, for too many of them, or for too deep a nesting.
    """
    if len(data) > MAX_SOURCE:
        raise NotPythonError(f"more than {MAX_SOURCE} bytes")
    try:
        with warnings.catch_warnings():
            # What the branch writes must not be told as a warning of ours.
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise NotPythonError(f"{error.msg}{where}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotPythonError(f"cannot be parsed: {type(error).__name__}") from None


def body_digest(node: Function) -> str | None:
    """What a function does, whatever its name: decorators, parameters and body, no docstring.

    None where it is nested too deeply to tell.
    """
    parts = [*node.decorator_list, node.args, *body_of(node)]
    digests = [node_digest(part) for part in parts]
    return None if None in digests else f"{type(node).__name__} {digests}"


def node_digest(node: ast.AST) -> str | None:
    """What a piece of code is, whatever its layout; None where it is nested too deeply to tell."""
    try:
        text = ast.dump(node)
    except RecursionError:
        return None
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def body_of(node: Function | ast.ClassDef) -> list[ast.stmt]:
    """The statements of a function or class without its docstring."""
    has_docstring = ast.get_docstring(node, clean=False) is not None
    return node.body[1:] if has_docstring else node.body


def dotted_name(node: ast.expr) -> str:
    """A chain of names as it is written, "mock.patch.object"; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join(reversed([*parts, node.id]))


def statements_within(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, also those within `if`, `try`, `with` and loops, in no function.

    The bodies of functions and classes are not entered.
    """
    todo: list[ast.AST] = list(reversed(body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, Function | ast.ClassDef):
            children = ast.iter_child_nodes(node)
            kept = (ast.stmt, ast.excepthandler, ast.match_case)
            todo += reversed([child for child in children if isinstance(child, kept)])


def imported_names(node: ast.stmt) -> dict[str, str]:
    """What an import binds: name → dotted name; "*" → the module for a star import."""
    if isinstance(node, ast.Import):
        tops = {alias: alias.name.partition(".")[0] for alias in node.names}
        return {
            alias.asname or top: alias.name if alias.asname else top for alias, top in tops.items()
        }
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        prefix = module if module.endswith(".") or not module else f"{module}."
        return {
            alias.asname or alias.name: module if alias.name == "*" else prefix + alias.name
            for alias in node.names
        }
    return {}
