"""Whether a way through a function contradicts itself: a test that is both true and false.

Or whether it leaves out a loop over what cannot be empty.

Only what is certain from the text counts: the same test twice with nothing between that could
change it, and a test of a name that holds a constant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from coverage_gate.core.flow import Flow, own_parts
from coverage_gate.core.reach import Condition, Header

Step = tuple[int, int]

_TURNED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
}


#: What reads more than names.
_FRAGILE = (ast.Attribute, ast.Call, ast.Subscript)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a test that went one way says.

    Attributes:
        step: Where.
        is_true: Which way the test without its negations went.
        names: What it reads.
        is_fragile: Whether a call may change it: it reads more than names.
    """

    step: Step
    is_true: bool
    names: frozenset[str]
    is_fragile: bool


def _said(test: ast.expr, step: Step, *, is_true: bool) -> _Said:
    parts = tuple(ast.walk(test))
    return _Said(
        step=step,
        is_true=is_true,
        names=frozenset(part.id for part in parts if isinstance(part, ast.Name)),
        is_fragile=any(isinstance(part, _FRAGILE) for part in parts),
    )


@dataclass(slots=True, kw_only=True)
class _Reader:
    said: dict[str, _Said] = field(default_factory=dict)
    constants: dict[str, ast.Constant] = field(default_factory=dict)

    def choose(self, step: Step, condition: Condition) -> tuple[Step, ...]:
        """The steps that cannot all be taken; none where this one is consistent."""
        test = _parsed(condition.text)
        if condition.header is not Header.TEST or test is None:
            return ()
        plain, is_true = _without_negation(test, is_true=condition.wanted)
        known = self._value_of(plain)
        if known is not None and known is not is_true:
            return (step,)
        key = ast.dump(plain)
        before = self.said.get(key)
        if before is not None and before.is_true is not is_true:
            return (step, before.step)
        self.said[key] = _said(plain, step, is_true=is_true)
        return ()

    def _value_of(self, test: ast.expr) -> bool | None:
        match test:
            case ast.Name(id=name) if name in self.constants:
                return bool(self.constants[name].value)
            case ast.Compare(
                left=ast.Name(id=name),
                ops=[ast.Is() | ast.Eq()],
                comparators=[ast.Constant(value=value)],
            ) if name in self.constants:
                held: object = self.constants[name].value
                return type(held) is type(value) and held == value
            case _:
                return None

    def run(self, statement: ast.AST) -> None:
        """What a statement changes."""
        stored, has_call = _effects(statement)
        # "" stands for an attribute or an item of whatever it may be.
        spoils_fragile = has_call or "" in stored
        self.said = {
            key: each
            for key, each in self.said.items()
            if not each.names & stored and not (each.is_fragile and spoils_fragile)
        }
        for name in stored:
            self.constants.pop(name, None)
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            names = (each.id for each in statement.targets if isinstance(each, ast.Name))
            self.constants |= dict.fromkeys(names, statement.value)


def contradiction(flow: Flow, path: Sequence[int]) -> tuple[Step, ...]:
    """The first steps of a way that cannot all be taken; none where it is consistent."""
    reader = _Reader()
    for number, chosen in pairwise(path):
        reader.run(flow.nodes[number].statement)
        edge = next((each for each in flow.edges[number] if each.to == chosen), None)
        if edge is not None and edge.condition is not None:
            found = reader.choose((number, chosen), edge.condition)
            if found:
                return found
    return ()


def skipped_loops(flow: Flow, path: Sequence[int]) -> Iterator[int]:
    """The loops that a way does not enter, though what they go through is never empty."""
    full: frozenset[str] = frozenset()
    entered: set[int] = set()
    for number, chosen in pairwise(path):
        statement = flow.nodes[number].statement
        edge = next(each for each in flow.edges[number] if each.to == chosen)
        if isinstance(statement, ast.For | ast.AsyncFor) and edge.condition is not None:
            if edge.condition.wanted:
                entered.add(number)
            elif number not in entered and _is_full(statement.iter, full):
                yield number
        full = _full_after(statement, full)


def _full_after(statement: ast.AST, full: frozenset[str]) -> frozenset[str]:
    """Names of what is surely not empty after a statement."""
    parts = [part for own in own_parts(statement) for part in ast.walk(own)]
    methods = (each.func for each in parts if isinstance(each, ast.Call))
    # A method may empty what it is called on.
    changed = {
        each.value.id
        for each in methods
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
    }
    left = full - changed - frozenset(_stored(parts))
    if isinstance(statement, ast.Assign) and _is_full(statement.value, left):
        return left | {each.id for each in statement.targets if isinstance(each, ast.Name)}
    return left


def _is_full(value: ast.expr, full: frozenset[str]) -> bool:
    match value:
        case ast.Name(id=name):
            return name in full
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return any(not isinstance(each, ast.Starred) for each in items)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _is_full(body, full | _true(test, is_true=True)) and _is_full(
                other, full | _true(test, is_true=False)
            )
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _is_full(parts[-1], full)
        case _:
            return False


def _true(test: ast.expr, *, is_true: bool) -> frozenset[str]:
    """The name that a test that went this way has told to be true."""
    plain, went = _without_negation(test, is_true=is_true)
    return frozenset({plain.id}) if went and isinstance(plain, ast.Name) else frozenset()


def _effects(statement: ast.AST) -> tuple[frozenset[str], bool]:
    parts = [each for own in own_parts(statement) for each in ast.walk(own)]
    # A test is no effect of its own statement: what it calls was called before it was decided.
    if isinstance(statement, ast.If | ast.While):
        parts = [part for part in parts if isinstance(part, ast.NamedExpr | ast.Name)]
    stored = frozenset(_stored(parts))
    return stored, any(isinstance(part, ast.Call | ast.Await) for part in parts)


def _stored(parts: Sequence[ast.AST]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            yield ""  # something that a fragile test may read


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_negation(test: ast.expr, *, is_true: bool) -> tuple[ast.expr, bool]:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _without_negation(test.operand, is_true=not is_true)
    if isinstance(test, ast.Compare) and type(test.ops[0]) in _TURNED and len(test.ops) == 1:
        turned = _TURNED[type(test.ops[0])]()
        return ast.Compare(left=test.left, ops=[turned], comparators=test.comparators), not is_true
    return test, is_true
