"""Small changes of code that a test which checks anything has to notice. Pure.

A mutant replaces one expression or statement by another text of as many lines, so that no other
line moves. What says nothing of a suite is left out: what nobody checks on purpose (logging,
annotations, `if TYPE_CHECKING`, docstrings, `assert`), what any run notices because it breaks at
once (the arithmetic of texts, a name that is not bound), and what may never end (`while`).
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from coverage_gate.core.linebits import LineBits
from coverage_gate.core.syntax import Function, NotPythonError, dotted_name, parse_source

_SHOWN = 60
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_LOGGED = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"}
)
_COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_NUMERIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Sub: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one file.

    Attributes:
        path: The file.
        line: First line of the statement that is changed.
        symbol: The function that it is in, as in "Cart.discount"; None at module level.
        start: Offset of the first byte that is replaced.
        end: Offset behind the last one.
        text: What stands there instead.
        change: For people, as in "`a < b` becomes `a <= b`".
    """

    path: str
    line: int
    symbol: str | None
    start: int
    end: int
    text: bytes
    change: str

    @property
    def place(self) -> str:
        """Where it is and what it does, on one line."""
        inside = f" {self.symbol}" if self.symbol else ""
        return f"{self.path}:{self.line}{inside}: {self.change}"

    def applied(self, source: bytes) -> bytes:
        """The source with the change."""
        return source[: self.start] + self.text + source[self.end :]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A statement that may be changed.

    Attributes:
        node: The statement.
        symbol: The function that it is in.
        may_loop: Whether it decides, or may decide, how often a `while` runs.
    """

    node: ast.stmt
    symbol: str | None
    may_loop: bool = False


def mutants_of(path: str, source: bytes, lines: LineBits) -> tuple[Mutant, ...]:
    """Every change that is offered for the statements which begin on these lines.

    Nothing for what is no Python that this interpreter reads, or no UTF-8.
    """
    try:
        source.decode("utf-8")
        tree = parse_source(source)
    except (NotPythonError, UnicodeDecodeError):
        return ()
    if source.startswith(_BOM):
        return ()
    text = _Text(source)
    made = []
    for site in _sites(tree):
        if lines >> site.node.lineno & 1:
            made += [_mutant(path, site, text, old, new) for old, new in _changes(site)]
    return tuple(mutant for mutant in made if mutant is not None)


def choose(mutants: Iterable[Mutant], *, most: int, seed: str) -> tuple[Mutant, ...]:
    """At most so many, one for each line, in an order that only the seed decides."""
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for mutant in mutants:
        by_line.setdefault((mutant.path, mutant.line), []).append(mutant)

    def weight(mutant: Mutant) -> str:
        """A digest that sorts mutants the same way for the same seed, and another for another."""
        told = f"{seed}\0{mutant.place}\0{mutant.start}"
        return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    each = [min(held, key=weight) for held in by_line.values()]
    return tuple(sorted(each, key=weight)[:most])


class _Text:
    """Offsets of places in a source."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0, *(found.end() for found in _LINE_END.finditer(source))]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends, in bytes."""
        first = self.starts[node.lineno - 1] + node.col_offset
        last = self.starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        return first, last


def _mutant(
    path: str, site: _Site, text: _Text, old: ast.expr | ast.stmt, new: ast.expr | None
) -> Mutant | None:
    """The change as text; None where it cannot be written down."""
    start, end = text.span(old)
    try:
        before = ast.unparse(old)
        after = "nothing" if new is None else ast.unparse(new)
        padding = "\n" * len(_LINE_END.findall(text.source[start:end]))
        written = f"({'None' if new is None else after}{padding})".encode()
        found = Mutant(
            path=path,
            line=site.node.lineno,
            symbol=site.symbol,
            start=start,
            end=end,
            text=written,
            change=f"`{_short(before)}` becomes {after if new is None else f'`{_short(after)}`'}",
        )
        parse_source(found.applied(text.source))
    except (NotPythonError, RecursionError, ValueError):
        return None
    return found


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


# Where


def _sites(tree: ast.Module) -> Iterator[_Site]:
    """The statements of a module at any depth, but those that nobody tests."""
    todo: list[tuple[ast.stmt, str, bool, bool]] = [
        (node, "", False, False) for node in reversed(tree.body)
    ]
    while todo:
        node, inside, in_function, may_loop = todo.pop()
        if _is_untested(node):
            continue
        may_loop = may_loop or isinstance(node, ast.While)
        if isinstance(node, Function | ast.ClassDef):
            inside = f"{inside}.{node.name}" if inside else node.name
            in_function = in_function or isinstance(node, Function)
            may_loop = False
        else:
            yield _Site(node=node, symbol=inside if in_function else None, may_loop=may_loop)
        below = ((child, inside, in_function, may_loop) for child in _statements_below(node))
        todo += reversed(list(below))


def _statements_below(node: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _is_untested(node: ast.stmt) -> bool:
    """Whether no test asks what it does: `if TYPE_CHECKING`, `if __name__ == …`, `__all__ = …`."""
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If):
        names = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
        names |= {each.attr for each in ast.walk(node.test) if isinstance(each, ast.Attribute)}
        return bool(names & {"TYPE_CHECKING", "__name__"})
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and _is_dunder(each.id) for each in node.targets)
    return isinstance(node, ast.Expr) and _is_logged(node.value)


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_logged(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    owner, _, name = dotted_name(node.func).rpartition(".")
    is_log = "log" in owner.lower() or owner in ("", "warnings", "sys.stderr")
    return name in _LOGGED and is_log


# What


def _changes(site: _Site) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | None]]:
    """What is replaced, and by what; None removes a statement."""
    if not site.may_loop:
        for head in _expressions(site.node):
            yield from _expression_changes(head)
    answer = site.node.value if isinstance(site.node, ast.Return) else None
    if answer is not None and not (isinstance(answer, ast.Constant) and answer.value is None):
        yield answer, ast.Constant(None)
    elif _can_go(site):
        yield site.node, None


def _expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without those of the statements in it and annotations."""
    if isinstance(node, ast.AnnAssign):
        yield from () if node.value is None else (node.value,)
        return
    # What an error says is no behaviour that each project wants to be checked.
    if isinstance(node, ast.Raise | ast.Match):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def _expression_changes(root: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    todo: list[ast.AST] = [root]
    while todo:
        node = todo.pop()
        # The places in a formatted text are told wrongly before Python 3.12; a lambda may not run.
        if isinstance(node, ast.JoinedStr | ast.Lambda) or (
            isinstance(node, ast.expr) and _is_logged(node)
        ):
            continue
        change = _CHANGES.get(type(node))
        new = None if change is None else change(node)
        if new is not None and isinstance(node, ast.expr):
            yield node, new
        todo += reversed(list(ast.iter_child_nodes(node)))


def _compare(node: ast.Compare) -> ast.expr:
    made = copy.copy(node)
    made.ops = [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
    return made


def _bool_op(node: ast.BoolOp) -> ast.expr:
    made = copy.copy(node)
    made.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    return made


def _bin_op(node: ast.BinOp) -> ast.expr | None:
    # Texts and lists can be added, too, but not subtracted: any run would notice that.
    is_sum = isinstance(node.op, ast.Add) and (_is_number(node.left) or _is_number(node.right))
    other = ast.Sub if is_sum else _NUMERIC.get(type(node.op))
    if other is None:
        return None
    made = copy.copy(node)
    made.op = other()
    return made


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _unary_op(node: ast.UnaryOp) -> ast.expr | None:
    return node.operand if isinstance(node.op, ast.Not) else None


def _constant(node: ast.Constant) -> ast.expr | None:
    value = node.value
    if isinstance(value, bool):
        return ast.Constant(not value)
    return ast.Constant(value + 1) if isinstance(value, int | float) else None


_CHANGES: Mapping[type[ast.AST], Callable[..., ast.expr | None]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.BinOp: _bin_op,
    ast.UnaryOp: _unary_op,
    ast.Constant: _constant,
}


def _can_go(site: _Site) -> bool:
    """Whether a statement can be left out so that what follows still has its names, and ends."""
    node = site.node
    if isinstance(node, ast.Raise):
        return True
    if site.may_loop:
        return False
    if isinstance(node, ast.Expr):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(value, ast.Call)
    if isinstance(node, ast.Assign):
        return not any(_binds_a_name(target) for target in node.targets)
    return isinstance(node, ast.AugAssign)


def _binds_a_name(target: ast.expr) -> bool:
    return not isinstance(target, ast.Attribute | ast.Subscript)
