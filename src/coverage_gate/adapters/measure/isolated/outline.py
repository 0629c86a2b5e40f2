"""What the syntax tree of a source file tells beyond what coverage.py does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

_Holder = ast.stmt | ast.excepthandler | ast.match_case
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

#: What says nothing about logic by its kind; `type` is a statement since Python 3.12.
_TRIVIAL = (ast.Import, ast.ImportFrom, ast.Pass, getattr(ast, "TypeAlias", ast.Pass))

#: What a value that calls nothing and chooses nothing is made of.
_PLAIN = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp),
    *(ast.unaryop, ast.operator, ast.expr_context),
)


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """Some fields of each kind of node, found out once."""

    def __init__(self, is_one: Callable[[str], bool]) -> None:
        super().__init__()
        self._is_one = is_one

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = tuple(filter(self._is_one, kind._fields))
        return self[kind]


#: What tells nothing, or holds only what has no place of its own: `+`, or that a name is read.
_LEAVES = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "level", "module", "conversion"})
_INNER = _Fields(lambda name: name not in _LEAVES)
#: What holds statements; nothing but what has some holds any.
_BLOCKS = _Fields({"body", "handlers", "orelse", "finalbody", "cases"}.__contains__)
#: What imports, decides, or holds code of its own.
_TELLING = frozenset(
    (
        *(ast.Import, ast.ImportFrom, ast.Call, ast.If, *_FUNCTIONS, ast.ClassDef),
        *(ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    )
)


def nodes_of(tree: ast.Module) -> tuple[list[ast.AST], list[ast.AST]]:
    """All nodes that have a place, and those among them that are looked at one by one.

    Walking costs more than looking: so a file is walked once.
    """
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        for name in _INNER[type(node)]:
            value = getattr(node, name)
            if isinstance(value, list):
                nodes += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return nodes, [node for node in nodes if type(node) in _TELLING]


def spans_of(tree: ast.Module) -> list[list[object]]:
    """Functions and classes as [qualified name, kind, first line, last line, line of `def`]."""
    spans: list[list[object]] = []
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, prefix = todo.pop()
        inside = prefix
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            first = _first_line(node)
            spans.append([prefix + node.name, kind, first, node.end_lineno, node.lineno])
            inside = f"{prefix}{node.name}."
        todo.extend((child, inside) for child in _within(node))
    return sorted(spans, key=lambda span: span[2:])


def trivial_lines(tree: ast.Module, firsts: Mapping[int, int]) -> set[int]:
    """First lines at module or class level on which only trivial statements stand.

    Trivial is what runs by being imported and says nothing about logic: an import, or a value that
    calls nothing and chooses nothing, given to a name or to none.

    Args:
        tree: The file.
        firsts: Line → first line of its logical line, where it is another one.
    """
    trivial: set[int] = set()
    others: set[int] = set()
    todo = _within(tree)
    while todo:
        node = todo.pop()
        line = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
        (trivial if _is_trivial(node) else others).add(firsts.get(line, line))
        if not isinstance(node, _FUNCTIONS):
            todo += _within(node)
    return trivial - others


def silent_lines(tree: ast.Module, source: str) -> set[int]:
    """Lines that are blank or a comment, by themselves: no code object has one of them.

    What lies inside a statement of several lines or a header is left out: old Pythons are not exact
    about the lines within. So is the first line, which every module has.

    Args:
        tree: The file.
        source: Its text, with line feeds only.
    """
    lines = enumerate(source.removesuffix("\n").split("\n"), 1)
    silent = {number for number, line in lines if line.strip()[:1] in ("", "#")} - {1}
    todo = _within(tree)
    while todo:
        node = todo.pop()
        inner = _within(node)
        # Only what has a body has statements within.
        end = min(map(_first_line, inner)) if inner else getattr(node, "end_lineno", 0) + 1
        silent.difference_update(range(_first_line(node), end))
        todo += inner
    return silent


def _first_line(node: _Holder) -> int:
    if isinstance(node, ast.match_case):
        line: int = node.pattern.lineno
        return line
    decorators = getattr(node, "decorator_list", ())
    first: int = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first


def _within(node: ast.AST) -> list[_Holder]:
    return [child for name in _BLOCKS[type(node)] for child in getattr(node, name)]


def _is_trivial(node: _Holder) -> bool:
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)):
        value = node.value
        return value is None or all(isinstance(part, _PLAIN) for part in ast.walk(value))
    return isinstance(node, _TRIVIAL)


#: Calls that import a module by its name.
_IMPORTERS = ("import_module", "__import__")


def statement_lines(tree: ast.Module) -> list[int]:
    """First lines of all statements but docstrings and other plain texts."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    return sorted({node.lineno for node in nodes if not _is_text(node)})


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def imports_of(nodes: Iterable[ast.AST]) -> list[str]:
    """Modules that a file may import, as "a.b" or, relative to its folder, "..a.b"; sorted.

    Args:
        nodes: All of the file, or what imports and calls in it.
    """
    names = {name for node in nodes for name in _imported_by(node)}
    return sorted(name for name in names if name.isprintable())


def _imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = "." * node.level + (node.module or "")
        dot = "." if node.module else ""
        # Each name may be a module of that package.
        return [start, *(f"{start}{dot}{alias.name}" for alias in node.names)]
    if isinstance(node, ast.Call) and node.args and _called(node) in _IMPORTERS:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return [first.value]
    return []


def _called(node: ast.Call) -> object:
    return getattr(node.func, "attr", getattr(node.func, "id", None))
