"""Where a source file runs code that is no text of a Python file, read out of its syntax.

Nothing is executed, and no value is computed: what is built out of parts at run time, such as the
name of a function in two pieces, is not seen.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from coverage_gate.core.syntax import (
    Function,
    NotPythonError,
    dotted_name,
    imported_names,
    node_digest,
    parse_source,
)

#: Functions of Python itself that run or make code, whatever it comes from.
_COMPUTED = "a computed name of builtins"
_BUILTINS = frozenset({"exec", "eval", "compile", _COMPUTED, "ctypes.pythonapi.PyRun_SimpleString"})
#: Calls that make code out of data. Some are named for other purposes, too.
_MAKERS = frozenset(
    {"marshal.load", "marshal.loads", "types.CodeType", "types.FunctionType"}
    | {"zipimport.zipimporter", "importlib.machinery.SourcelessFileLoader"}
)
#: What runs texts among other things, or hands them to another Python.
_RUNNERS = frozenset(
    {"timeit.timeit", "timeit.repeat", "timeit.Timer", "cProfile.run", "cProfile.runctx"}
    | {"profile.run", "pdb.run", "bdb.Bdb", "trace.Trace", "codeop.compile_command"}
    | {"code.InteractiveInterpreter", "code.InteractiveConsole", "sys.executable"}
    | {"importlib.abc.InspectLoader", "importlib.abc.SourceLoader"}
)
#: What runs a file by its path, or changes which files can be imported.
_LOADERS = frozenset(
    {"runpy.run_path", "imp.load_source", "imp.load_module", "site.addsitedir"}
    | {"importlib.machinery.SourceFileLoader", "importlib.machinery.FileFinder"}
    | {"importlib.util.spec_from_file_location", "importlib.util.spec_from_loader"}
    | {"sys.path", "sys.meta_path", "sys.path_hooks"}
)
#: What finds modules and archives of modules, and no other file.
_PATHS = frozenset({"sys.path", "site.addsitedir"})
#: Stands for a name that is not known before the program runs.
_ANY = "*"
_IMPORTERS = frozenset({"__import__", "importlib.import_module"})
_GETTERS = frozenset({"attrgetter", "methodcaller"})

#: Texts without one of these at the begin of a line have no logic, and are not parsed.
_MAY_BE_CODE = re.compile(rb"(?m)^[ \t]*(async|class|def|for|if|match|try|while|with)\b")
_LONGEST_CODE = 1024 * 1024

_CHOICES = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar),
    *(ast.With, ast.AsyncWith, ast.Match),
)
_IDLE = (ast.Import, ast.ImportFrom, ast.Pass, ast.Raise, ast.ClassDef, *_CHOICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that runs code.

    Attributes:
        line: First line of its statement.
        name: What is used there: "exec", "runpy.run_path".
        digest: What the call is, whatever its layout.
    """

    line: int
    name: str
    digest: str | None

    @property
    def loads(self) -> bool:
        """Whether it runs files: mostly Python files, which are measured."""
        return self.name in _LOADERS

    @property
    def is_told(self) -> bool:
        """Whether it has no other use than to run what cannot be counted."""
        return self.name in _BUILTINS | _MAKERS

    @property
    def runs_any(self) -> bool:
        """Whether it runs code from wherever, and not only modules that are found by name."""
        return self.name not in _PATHS


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """A node, with what is known where it stands.

    Attributes:
        node: Which.
        line: Of the statement around it.
        call: The call around it, or the node itself.
        is_called: Whether that is a call of it.
        shadowed: Names that are others here than elsewhere.
    """

    node: ast.AST
    line: int
    call: ast.AST
    is_called: bool = False
    shadowed: frozenset[str] = frozenset()


def sites_of(tree: ast.Module) -> tuple[Site, ...]:
    """The places of a file that run code, by line."""
    names = _Names(tree)
    own = frozenset(node.name for node in tree.body if isinstance(node, Function | ast.ClassDef))
    todo = [_At(node=node, line=node.lineno, call=node, shadowed=own) for node in tree.body]
    found = []
    while todo:
        at = todo.pop()
        name = names.of(at.node, at.shadowed)
        if name in _BUILTINS | _LOADERS | _RUNNERS or (name in _MAKERS and at.is_called):
            found.append(Site(line=at.line, name=name, digest=node_digest(at.call)))
        else:
            todo += _within(at)
    return tuple(sorted(found, key=lambda site: (site.line, site.name, site.digest or "")))


def _within(at: _At) -> Iterator[_At]:
    node, inner = at.node, at.shadowed
    if isinstance(node, Function | ast.Lambda):
        inner |= {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
    for child in ast.iter_child_nodes(node):
        is_called = isinstance(node, ast.Call) and child is node.func
        yield _At(
            node=child,
            line=child.lineno if isinstance(child, ast.stmt) else at.line,
            call=node if isinstance(node, ast.Call) else child,
            is_called=is_called,
            # What stands for a parameter by default is computed outside of the function.
            shadowed=at.shadowed if isinstance(child, ast.arguments) else inner,
        )


class _Names:
    """What names of a file mean, as far as its imports tell."""

    def __init__(self, tree: ast.Module) -> None:
        self._imports: dict[str, str] = {}
        self._stars: list[str] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                names = imported_names(node)
                self._stars += [names.pop("*")] if "*" in names else []
                self._imports |= names

    def of(self, node: ast.AST, shadowed: frozenset[str]) -> str:
        """The dotted name of what an expression looks up; empty for anything else."""
        parts: list[str] = []
        while True:
            step = _step(node)
            if step is None:
                break
            node, part = step
            parts += [part]
        first = self._first(node, shadowed)
        parts = [part for part in (*reversed(parts),) if part != "__dict__"]
        if not first:
            return ""
        name = ".".join([first, *parts]).removeprefix("sys.modules.")
        if name == f"builtins.{_ANY}":
            return _COMPUTED
        return name.removeprefix("__builtins__.").removeprefix("builtins.")

    def _first(self, node: ast.AST, shadowed: frozenset[str]) -> str:
        if isinstance(node, ast.Call):
            # `__import__("runpy")` is the module that it names.
            is_import = self.of(node.func, shadowed) in _IMPORTERS
            return (_text(node.args[0]) if is_import and node.args else "") or ""
        if not isinstance(node, ast.Name) or node.id in shadowed:
            return ""
        if node.id in self._imports:
            return self._imports[node.id]
        if not isinstance(node.ctx, ast.Load):
            return ""
        known = _MAKERS | _LOADERS | _RUNNERS | _BUILTINS
        of_stars = (f"{module}.{node.id}".removeprefix("builtins.") for module in self._stars)
        return next((name for name in of_stars if name in known), node.id)


def _last_name(node: ast.expr) -> str:
    """The last part of a name."""
    return dotted_name(node).rpartition(".")[2]


def _step(node: ast.AST) -> tuple[ast.AST, str] | None:
    """What an attribute is looked up in, and its name: `a.b`, `a["b"]`, `getattr(a, "b")`."""
    match node:
        case ast.Attribute(value=value, attr=str(name)):
            return value, name
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name))):
            return value, name
        case ast.Call(func=ast.Name(id="getattr"), args=[value, name, *_]):
            return value, _text(name) or _ANY
        case ast.Call(func=ast.Name(id="vars"), args=[value]):
            return value, "__dict__"
        case ast.Call(func=ast.Call(func=getter, args=[ast.Constant(value=str(name)), *_])) if (
            _last_name(getter) in _GETTERS
        ):
            return node.args[0] if node.args else getter, name
        case _:
            return None


def _text(node: ast.AST) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def logic_lines(data: bytes, *, is_stub: bool = False) -> tuple[int, int] | None:
    """First and last line of the logic in a text, if it is Python with some.

    Logic is a function or a choice in which something is done. Of a stub only functions count.
    """
    tree = _code_in(data)
    if tree is None:
        return None
    kinds = Function if is_stub else (Function, *_CHOICES)
    found = [node for node in ast.walk(tree) if isinstance(node, kinds) and _does(node)]
    if not found:
        return None
    ends = [node.end_lineno or node.lineno for node in found]
    return min(node.lineno for node in found), max(ends)


def _code_in(data: bytes) -> ast.Module | None:
    if len(data) > _LONGEST_CODE or not _MAY_BE_CODE.search(data):
        return None
    for text in (data, _dedented(data)):
        try:
            return parse_source(text)
        except NotPythonError:
            continue
    return None


def _dedented(data: bytes) -> bytes:
    return textwrap.dedent(data.decode("utf-8", "replace")).encode("utf-8", "replace")


def _does(node: ast.AST) -> bool:
    """Whether one of the statements in a block does something."""
    return any(
        isinstance(child, ast.stmt)
        and child is not node
        and not isinstance(child, Function | ast.AnnAssign)
        and not isinstance(child, _IDLE)
        and not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
        for child in ast.walk(node)
    )


def code_texts(tree: ast.Module) -> Iterator[tuple[int, bytes]]:
    """Texts in a file that are Python with logic, with the first line of each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            data = value.encode("utf-8", "replace") if isinstance(value, str) else value
            if logic_lines(data):
                yield node.lineno, data
