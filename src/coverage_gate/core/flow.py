"""How control can run through the statements of one function, or of a module outside of them.

A graph of the statements that coverage.py counts, read from the syntax tree alone. It is built from
the end: each block is made with what comes after it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from coverage_gate.core.linebits import LineBits
from coverage_gate.core.reach import Condition, Header, written
from coverage_gate.core.syntax import dotted_name

#: The two ends of each graph: by returning, and by an exception that nothing catches.
RETURNED, RAISED = 0, 1

_LOOPS = ast.For | ast.AsyncFor | ast.While
_TRIES = ast.Try | ast.TryStar
_MAY_RAISE = (ast.Call, ast.Subscript, ast.Attribute, ast.BinOp, ast.Await, ast.alias)
#: Functions that never return.
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit", "pytest.fail", "pytest.skip"})
#: Blocks within `finally` beyond this depth are not followed for each way that leads there.
_DEEPEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from one statement to the next.

    Attributes:
        to: The next one.
        condition: When it is taken; None where there is no choice.
    """

    to: int
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A statement.

    Attributes:
        line: Its line; 0 for an end, and for what coverage.py does not count.
        statement: The statement; at an end one that does nothing.
    """

    line: int
    statement: ast.AST


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A graph of statements.

    Attributes:
        entry: The first one.
        nodes: The statements by number; the first two are the ends.
        edges: The ways from each, the usual one first.
    """

    entry: int
    nodes: Sequence[Node]
    edges: Sequence[Sequence[Edge]]


def flow_of(body: Sequence[ast.stmt], lines: Sequence[str], counted: LineBits) -> Flow:
    """The graph of a body.

    Args:
        body: Its statements.
        lines: The lines of the file.
        counted: The lines at which statements are counted.

    Raises:
        RecursionError: If it is nested too deeply.
    """
    builder = _Builder(lines=lines, counted=counted)
    entry = builder.block(body, RETURNED, _Exits())
    return Flow(entry=entry, nodes=builder.nodes, edges=builder.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exits:
    """Where the ways lead that leave a block early."""

    returns: int = RETURNED
    raises: int = RAISED
    breaks: int = RETURNED
    continues: int = RETURNED
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class _Builder:
    lines: Sequence[str]
    counted: LineBits
    nodes: list[Node] = field(
        default_factory=lambda: [Node(line=0, statement=ast.Pass()) for _ in (RETURNED, RAISED)]
    )
    edges: list[list[Edge]] = field(default_factory=lambda: [[], []])

    def block(self, body: Sequence[ast.stmt], after: int, exits: _Exits) -> int:
        """The first node of a block."""
        for statement in reversed(body):
            after = self._statement(statement, after, exits)
        return after

    def _node(self, line: int, statement: ast.AST, edges: Sequence[Edge]) -> int:
        known = line if self.counted >> line & 1 else 0
        if not known and len(edges) == 1:
            return edges[0].to  # nothing is seen of it
        self.nodes.append(Node(line=known, statement=statement))
        self.edges.append(list(edges))
        return len(self.nodes) - 1

    def _statement(self, node: ast.stmt, after: int, exits: _Exits) -> int:
        match node:
            case ast.If():
                return self._if(node, after, exits)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, after, exits)
            case ast.Try() | ast.TryStar():
                return self._try(node, after, exits)
            case ast.With() | ast.AsyncWith():
                inside = self.block(node.body, after, exits)
                return self._node(node.lineno, node, [Edge(to=inside), *self._failing(node, exits)])
            case ast.Match():
                return self._match(node, after, exits)
            case _:
                return self._plain(node, after, exits)

    def _plain(self, node: ast.stmt, after: int, exits: _Exits) -> int:
        if isinstance(node, ast.ClassDef):
            return self._definition(node, self.block(node.body, after, exits))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._definition(node, after)
        match node:
            case ast.Return():
                edges = [Edge(to=exits.returns), *self._failing(node, exits)]
            case ast.Raise():
                edges = [Edge(to=exits.raises)]
            case ast.Break():
                edges = [Edge(to=exits.breaks)]
            case ast.Continue():
                edges = [Edge(to=exits.continues)]
            case ast.Expr(value=ast.Call(func=called)) if dotted_name(called) in _ENDS:
                edges = [Edge(to=exits.raises)]
            case _:
                edges = [Edge(to=after), *self._failing(node, exits)]
        return self._node(node.lineno, node, edges)

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, after: int
    ) -> int:
        for line in sorted({node.lineno, *(one.lineno for one in node.decorator_list)})[::-1]:
            after = self._node(line, node, [Edge(to=after)])
        return after

    def _if(self, node: ast.If, after: int, exits: _Exits) -> int:
        """A chain of `elif` is no nesting: it may be as long as it likes."""
        chain = [node]
        while len(last := chain[-1].orelse) == 1 and isinstance(last[0], ast.If):
            chain.append(last[0])
        otherwise = self.block(chain[-1].orelse, after, exits)
        for each in reversed(chain):
            text = written(each.test, self.lines)
            inside = self.block(each.body, after, exits)
            ways = self._ways(Header.TEST, each.lineno, text, inside, otherwise)
            otherwise = self._node(each.lineno, each, [*ways, *self._failing(each, exits)])
        return otherwise

    def _loop(self, node: _LOOPS, after: int, exits: _Exits) -> int:
        header = len(self.nodes)
        self.nodes.append(
            Node(line=node.lineno if self.counted >> node.lineno & 1 else 0, statement=node)
        )
        self.edges.append([])
        ended = self.block(node.orelse, after, exits)
        inside = self.block(node.body, header, replace(exits, breaks=after, continues=header))
        if isinstance(node, ast.While):
            is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
            text = written(node.test, self.lines)
            ways = self._ways(Header.TEST, node.lineno, text, inside, ended)
            ways = [Edge(to=inside)] if is_endless else ways
        else:
            text = f"for {written(node.target, self.lines)} in {written(node.iter, self.lines)}"
            ways = self._ways(Header.LOOP, node.lineno, text, inside, ended)
        failing = self._failing(node, exits)
        self.edges[header] += [*ways, *failing]
        if isinstance(node, ast.While) or not _never_empty(node.iter):
            return header
        return self._node(node.lineno, node, [Edge(to=inside, condition=ways[0].condition)])

    @staticmethod
    def _ways(header: Header, line: int, text: str, inside: int, other: int) -> list[Edge]:
        return [
            Edge(to=to, condition=Condition(header=header, line=line, text=text, wanted=wanted))
            for to, wanted in ((inside, True), (other, False))
        ]

    def _match(self, node: ast.Match, after: int, exits: _Exits) -> int:
        subject = written(node.subject, self.lines)
        other = after
        for case in reversed(node.cases):
            inside = self.block(case.body, after, exits)
            guard = "" if case.guard is None else f" if {written(case.guard, self.lines)}"
            text = f"match {subject}: case {written(case.pattern, self.lines)}{guard}"
            line = case.pattern.lineno
            ways = self._ways(Header.CASE, line, text, inside, other)
            fits_all = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            ways = ways[:1] if fits_all and case.guard is None else ways
            other = self._node(line, case, ways)
        return self._node(node.lineno, node, [Edge(to=other), *self._failing(node, exits)])

    def _try(self, node: _TRIES, after: int, exits: _Exits) -> int:
        outer = exits
        if node.finalbody:
            after, exits = self._finally(node.finalbody, after, exits)
        caught = exits.raises
        for handler in reversed(node.handlers):
            inside = self.block(handler.body, after, exits)
            kind = "" if handler.type is None else f" {written(handler.type, self.lines)}"
            ways = self._ways(Header.CATCH, handler.lineno, f"except{kind}", inside, caught)
            ways = ways[:1] if handler.type is None else ways
            caught = self._node(handler.lineno, handler, ways)
        quiet = self.block(node.orelse, after, exits)
        body = self.block(node.body, quiet, replace(exits, raises=caught, depth=outer.depth))
        return self._node(node.lineno, node, [Edge(to=body)])

    def _finally(self, final: Sequence[ast.stmt], after: int, exits: _Exits) -> tuple[int, _Exits]:
        """What is done at last stands on each way that leaves."""
        inner = replace(exits, depth=exits.depth + 1)
        if exits.depth >= _DEEPEST:
            return self.block(final, after, inner), inner
        return self.block(final, after, inner), replace(
            inner,
            returns=self.block(final, exits.returns, inner),
            raises=self.block(final, exits.raises, inner),
            breaks=self._last(final, exits.breaks, inner),
            continues=self._last(final, exits.continues, inner),
        )

    def _last(self, final: Sequence[ast.stmt], to: int, exits: _Exits) -> int:
        return to if to == RETURNED else self.block(final, to, exits)

    def _failing(self, node: ast.stmt, exits: _Exits) -> list[Edge]:
        """The way to who catches it, where somebody does and the statement can raise."""
        if exits.raises == RAISED or not self._may_raise(node):
            return []
        text = self.lines[node.lineno - 1].strip()
        condition = Condition(header=Header.TRY, line=node.lineno, text=text, wanted=False)
        return [Edge(to=exits.raises, condition=condition)]

    @staticmethod
    def _may_raise(node: ast.stmt) -> bool:
        return any(
            isinstance(part, _MAY_RAISE) for own in own_parts(node) for part in ast.walk(own)
        )


def _never_empty(items: ast.expr) -> bool:
    """Whether a loop over it has a first item, as far as the text tells."""
    match items:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return any(not isinstance(each, ast.Starred) for each in elements)
        case ast.Constant(value=str() as text):
            return bool(text)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int() as count)]):
            return count > 0
        case ast.Call(func=ast.Name(id="enumerate" | "reversed" | "sorted"), args=[inner, *_]):
            return _never_empty(inner)
        case _:
            return False


def own_parts(node: ast.AST) -> list[ast.AST]:
    """What a statement evaluates by itself: not what is in its blocks."""
    blocks = (ast.stmt, ast.excepthandler, ast.match_case)
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, blocks)]
