"""Calls and names by which tests reach around what they test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from enum import StrEnum

from coverage_gate.core.syntax import dotted_name
from coverage_gate.core.testcode import Code, names_bound


class Suspicion(StrEnum):
    """What a changed test may be asked about, in words."""

    NO_ASSERTION = "no assertion"
    MEASURES = "touches coverage, tracing, monitoring, gc or ctypes"
    EXECUTES = "compiles or executes code"
    WRITES = "writes a file of the project"
    READS = "reads the source of the package"


#: Modules that have no other use in a test than to meddle with what measures it.
_MODULES = frozenset({"coverage", "ctypes", "gc", "_testcapi", "_ctypes", "pytest_cov"})
_TRACERS = frozenset({"settrace", "setprofile", "settrace_all_threads", "setprofile_all_threads"})
_EXECUTORS = frozenset({"exec", "eval", "compile"})
_READERS = frozenset(
    {"inspect.getsource", "inspect.getsourcelines", "inspect.findsource"}
    | {"linecache.getline", "linecache.getlines", "pkgutil.get_data"}
)
_WRITING = frozenset({"write_text", "write_bytes", "unlink", "rename", "replace", "touch"})
_READING = frozenset({"read_text", "read_bytes"})
_MOVERS = frozenset(
    {"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "shutil.rmtree"}
    | {"os.remove", "os.unlink", "os.rename", "os.replace", "os.symlink", "os.link"}
)
_LOOKUPS = ("getattr", "__import__", "import_module", "importorskip")
_DEEPEST = 5


def suspicions(
    node: ast.AST, code: Code, product: frozenset[str]
) -> Iterator[tuple[int, Suspicion]]:
    """What a piece of code may be asked about, each kind once with its first line.

    Args:
        node: A function, or a statement.
        code: The file that it stands in.
        product: Paths of the product's files.
    """
    values = _values(node)
    first: dict[Suspicion, int] = {}
    for part in ast.walk(node):
        kind = _kind(part, code, values, product)
        line = getattr(part, "lineno", 0)
        if kind is not None:
            first[kind] = min(line, first.get(kind, line))
    yield from ((line, kind) for kind, line in first.items())


def _values(node: ast.AST) -> dict[str, ast.expr]:
    """Names that are bound in a piece of code → what they are bound to."""
    return {
        name: part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Assign)
        for name in names_bound(part)
    }


def _kind(
    node: ast.AST, code: Code, values: Mapping[str, ast.expr], product: frozenset[str]
) -> Suspicion | None:
    if _measures(node, code):
        return Suspicion.MEASURES
    if not isinstance(node, ast.Call):
        return None
    name = _full_name(node.func, code)
    if name.removeprefix("builtins.") in _EXECUTORS:
        return Suspicion.EXECUTES
    if name in _READERS:
        return Suspicion.READS
    return _touches_file(node, name, values, product)


def _measures(node: ast.AST, code: Code) -> bool:
    """Whether a node brings in, looks up or names what measures tests."""
    match node:
        case ast.Import(names=names):
            return any(_top(alias.name) in _MODULES for alias in names)
        case ast.ImportFrom(names=names):
            module = node.module or ""
            return _top(module) in _MODULES or any(
                _traces(f"{module}.{alias.name}") for alias in names
            )
        case ast.Call():
            return _looks_up(node, code)
        case ast.Name() | ast.Attribute():
            name = _full_name(node, code)
            return _traces(name) or (_top(name) in _MODULES and _top(name) in code.imports.values())
        case _:
            return False


def _looks_up(call: ast.Call, code: Code) -> bool:
    """Whether a call looks something up by a name that has no other use."""
    if not _full_name(call.func, code).endswith(_LOOKUPS):
        return False
    texts = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    return not texts.isdisjoint(_MODULES | _TRACERS)


def _traces(name: str) -> bool:
    """Whether a full name is one of the interpreter's ways to watch what runs, or below it."""
    head, _, rest = name.partition(".")
    return head in ("sys", "threading") and _top(rest) in (*_TRACERS, "monitoring")


def _top(name: str) -> str:
    return name.partition(".")[0]


def _full_name(node: ast.expr, code: Code) -> str:
    """A chain of names with what was imported written out."""
    first, dot, rest = dotted_name(node).partition(".")
    return code.imports.get(first, first) + dot + rest


def _touches_file(
    call: ast.Call, name: str, values: Mapping[str, ast.expr], product: frozenset[str]
) -> Suspicion | None:
    """Whether a call writes or reads a file that is the project's."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name
    if name in _MOVERS:
        # The last argument is where it leads, the first what goes away.
        writes = any(_is_own(arg, values, product) for arg in call.args[-1:])
        return Suspicion.WRITES if writes else None
    if last == "open":
        target = call.args[0] if name in ("open", "io.open", "os.open") and call.args else call.func
        writes = any(_is_writing(arg) for arg in (*call.args, *(k.value for k in call.keywords)))
    elif last in _WRITING | _READING:
        target, writes = call.func, last in _WRITING
    else:
        return None
    if not _is_own(target, values, product):
        return None
    return Suspicion.WRITES if writes else Suspicion.READS


def _is_writing(argument: ast.expr) -> bool:
    mode = argument.value if isinstance(argument, ast.Constant) else None
    return isinstance(mode, str) and len(mode) <= len("rb+t") and not {*mode}.isdisjoint("wax+")


def _is_own(
    target: ast.expr,
    values: Mapping[str, ast.expr],
    product: frozenset[str],
    depth: int = _DEEPEST,
) -> bool:
    """Whether a path leads to a module: by its `__file__`, or by the path of a product file."""
    parts = list(ast.walk(target))
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    if any(name.startswith("tmp") for name in names):
        return False
    if any(_is_place(part, product) for part in parts):
        return True
    inner = (values[name] for name in names if name in values)
    return depth > 0 and any(_is_own(each, values, product, depth - 1) for each in inner)


def _is_place(part: ast.AST, product: frozenset[str]) -> bool:
    if isinstance(part, ast.Attribute):
        return part.attr == "__file__"
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in product
