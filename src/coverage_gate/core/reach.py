"""Under which conditions a line of a source file is reached, read from its syntax tree.

Nothing is executed and no value is computed: what is told are the headers that stand above a line
in its function, and which way each has to go. A text that cannot be parsed tells nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

#: Larger texts are not parsed: they are generated, and a syntax tree takes a hundred times as much.
MAX_SOURCE = 1_000_000
_TEXT = 160

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LINE_END = re.compile(r"\r\n|\r|\n")


class Header(StrEnum):
    """What decides: the keyword of the statement."""

    TEST = "if"
    LOOP = "for"
    TRY = "try"
    CATCH = "except"
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that has to be so.

    Attributes:
        header: What kind of statement decides.
        line: Its line.
        text: As it is written: "weight <= 0", "for item in items", "except ValueError".
        wanted: TEST: whether it is true; LOOP: whether there is an item (else the loop ends); TRY:
            whether nothing is raised; CATCH: whether it catches; CASE: whether it matches.
    """

    header: Header
    line: int
    text: str
    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Above:
    """Conditions as a list that shares its beginning with others."""

    last: Condition
    before: _Above | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fork:
    """A header and the lines that are reached when it goes the wanted way."""

    condition: Condition
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What reaches the lines of one source file.

    Attributes:
        spans: (first line, last line, conditions above), outer statements before inner ones.
        forks: Line → the header on it.
    """

    spans: tuple[tuple[int, int, _Above | None], ...] = ()
    forks: dict[int, _Fork] = field(default_factory=dict)

    def of_line(self, line: int) -> tuple[Condition, ...]:
        """The conditions of a line, the outermost first."""
        inner: _Above | None = None
        start = 0
        for first, last, above in self.spans:
            if first > line:
                break
            # Of those that begin on one line the outer one counts, as for coverage.py.
            if line <= last and first != start:
                start, inner = first, above
        return tuple(_unrolled(inner))[::-1]

    def of_branch(self, line: int, target: int) -> tuple[Condition, ...]:
        """The conditions under which a branch is taken; target as coverage.py writes it."""
        fork = self.forks.get(line)
        above = self.of_line(line)
        if fork is None:
            return above
        own = fork.condition
        is_inside = fork.first <= target <= fork.last
        turned = Condition(header=own.header, line=line, text=own.text, wanted=is_inside)
        # An `except` or a `case` stands among the conditions of its own line.
        return (*(each for each in above if each.line != line), turned)


def _unrolled(above: _Above | None) -> Iterator[Condition]:
    while above is not None:
        yield above.last
        above = above.before


def text_of(content: bytes) -> str:
    """The text of a source file for people; a byte that is no UTF-8 stands for itself."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines_in(source: str) -> list[str]:
    """The lines of a source text as Python counts them: a form feed ends none."""
    return _LINE_END.split(source)


def reach_of(source: str) -> Reach:
    """Read a source file. What is no Python of this interpreter, or is too deep, tells nothing."""
    if len(source) > MAX_SOURCE:
        return Reach()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Reach()
    reader = _Reader(lines=lines_in(source))
    reader.read(tree)
    return Reach(spans=tuple(sorted(reader.spans, key=_order)), forks=reader.forks)


def _order(span: tuple[int, int, _Above | None]) -> tuple[int, int]:
    return span[0], -span[1]


_Block = tuple[Sequence[ast.stmt], _Above | None]


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Walks the blocks of a file; a list and no recursion, since a branch chooses the depth."""

    lines: Sequence[str]
    spans: list[tuple[int, int, _Above | None]] = field(default_factory=list)
    forks: dict[int, _Fork] = field(default_factory=dict)

    def read(self, tree: ast.Module) -> None:
        """Note every statement of a module, with what has to be so for it to run."""
        todo: list[_Block] = [(tree.body, None)]
        while todo:
            block, above = todo.pop()
            for statement in block:
                self._note(statement.lineno, statement, above)
                todo += self._within(statement, above)
                above = self._after(statement, above)

    def _note(self, line: int, node: ast.stmt | ast.excepthandler, above: _Above | None) -> None:
        self.spans.append((line, node.end_lineno or line, above))

    def _within(self, node: ast.stmt, above: _Above | None) -> Iterator[_Block]:
        match node:
            case ast.While(test=ast.Constant()):
                yield node.body, above
            case ast.If() | ast.While():
                yield from self._choice(node, Header.TEST, self._text(node.test), above)
            case ast.For() | ast.AsyncFor():
                text = f"for {self._text(node.target)} in {self._text(node.iter)}"
                yield from self._choice(node, Header.LOOP, text, above)
            case ast.Match():
                yield from self._cases(node, above)
            case ast.Try() | ast.TryStar():
                yield from self._try(node, above)
            case ast.With() | ast.AsyncWith() | ast.ClassDef():
                yield node.body, above
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                # What leads to a `def` does not matter to who calls the function.
                yield node.body, None
            case _:
                pass  # has no statements within

    def _choice(
        self,
        node: ast.If | ast.While | ast.For | ast.AsyncFor,
        header: Header,
        text: str,
        above: _Above | None,
    ) -> Iterator[_Block]:
        taken = Condition(header=header, line=node.lineno, text=text, wanted=True)
        self._fork(taken, node.body)
        yield node.body, _Above(last=taken, before=above)
        other = Condition(header=header, line=node.lineno, text=text, wanted=False)
        yield node.orelse, _Above(last=other, before=above)

    def _cases(self, node: ast.Match, above: _Above | None) -> Iterator[_Block]:
        subject = self._text(node.subject)
        for case in node.cases:
            line = case.pattern.lineno
            guard = "" if case.guard is None else f" if {self._text(case.guard)}"
            text = f"match {subject}: case {self._text(case.pattern)}{guard}"
            condition = Condition(header=Header.CASE, line=line, text=text, wanted=True)
            inside = _Above(last=condition, before=above)
            self._fork(condition, case.body)
            self.spans.append((line, line, inside))
            yield case.body, inside

    def _try(self, node: ast.Try | ast.TryStar, above: _Above | None) -> Iterator[_Block]:
        yield node.body, above
        for handler in node.handlers:
            kind = "" if handler.type is None else f" {self._text(handler.type)}"
            condition = Condition(
                header=Header.CATCH, line=handler.lineno, text=f"except{kind}", wanted=True
            )
            inside = _Above(last=condition, before=above)
            self._fork(condition, handler.body)
            self._note(handler.lineno, handler, inside)
            yield handler.body, inside
        quiet = Condition(header=Header.TRY, line=node.lineno, text="try", wanted=True)
        yield node.orelse, _Above(last=quiet, before=above)
        yield node.finalbody, above

    def _fork(self, condition: Condition, body: Sequence[ast.stmt]) -> None:
        first, last = body[0], body[-1]
        starts = [first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))]
        self.forks[condition.line] = _Fork(
            condition=condition, first=min(starts), last=last.end_lineno or last.lineno
        )

    def _after(self, node: ast.stmt, above: _Above | None) -> _Above | None:
        """What has to be so for the statements below an `if` of which one way leaves."""
        if not isinstance(node, ast.If):
            return above
        leaves = _leaves(node.body), _leaves(node.orelse)
        if leaves[0] == leaves[1]:
            return above
        text = self._text(node.test)
        passed = Condition(header=Header.TEST, line=node.lineno, text=text, wanted=leaves[1])
        return _Above(last=passed, before=above)

    def _text(self, node: ast.expr | ast.pattern) -> str:
        return written(node, self.lines)


def written(node: ast.expr | ast.pattern | ast.stmt, lines: Sequence[str]) -> str:
    """A piece of code as it stands in these lines of its file, on one line."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    # Columns are those of UTF-8.
    rows = [line.encode("utf-8", "surrogatepass") for line in lines[first : last + 1]]
    rows[-1] = rows[-1][: node.end_col_offset]
    rows[0] = rows[0][node.col_offset :]
    text = " ".join(b" ".join(rows).decode("utf-8", "replace").split())
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], _LEAVES)
