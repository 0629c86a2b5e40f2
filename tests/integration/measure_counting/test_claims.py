"""The gate combines any claims about any source as coverage.py's own analysis does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from coverage import Coverage
from coverage.data import CoverageData
from coverage.python import PythonFileReporter
from coverage.results import Analysis, analysis_from_file_reporter
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.analysis_answer import file_of, read_object
from coverage_gate.adapters.measure.isolated import analyse
from coverage_gate.adapters.measure.isolated.facts import facts_of
from coverage_gate.core.counting import RawFile, StaticFile, combine
from coverage_gate.core.linebits import bits_of, lines_of
from coverage_gate.core.measurement import Arc

SIMPLE = st.sampled_from(
    [
        *("x = 1", "f(", "return x", "raise E", "break", "continue", "yield x", "pass", "..."),
        *("x = [\n  1,\n  2,\n]", "'''doc\nstring'''", "x = 1; y = 2", "assert x", "del x"),
        *("x = 1  # pragma: no cover", "if x: y = 1", "with a: x = 1", "while x: break"),
        *("return [\n  i for i in x\n  if i\n]", "f = lambda: 1", "x = (yield\n  )"),
    ]
)
HEADS = st.sampled_from(
    [
        *("if x:", "if (x and\n  y):", "if 1:", "while x:", "while True:", "for i in x:"),
        *("with a as b:", "with a, b:", "with (\n  a,\n  b\n):", "def f(a=1):", "class C:"),
        *("@d\n@e(\n  1)\ndef g(\n  a):", "@d  # pragma: no cover\nclass D:", "match x:"),
        *("if x:  # pragma: no cover", "while x:  # pragma: no branch", "if TYPE_CHECKING:"),
        *("try:", "try!", "for j in y: # pragma: no branch", "if x!", "for k in z!", "while w!"),
    ]
)

Tree = str | tuple[str, list["Tree"], list["Tree"]]
BLOCKS: st.SearchStrategy[Tree] = st.recursive(
    SIMPLE,
    lambda inner: st.tuples(
        HEADS, st.lists(inner, min_size=1, max_size=3), st.lists(inner, min_size=1, max_size=2)
    ),
    max_leaves=14,
)


def lines_of_block(block: Tree) -> list[str]:
    """Source of a statement; "!" stands for the form with all further clauses."""
    if isinstance(block, str):
        return block.replace("f(", "f(\n  1)").split("\n")
    head, body, rest = block
    first, second = indented(body), indented(rest)
    if head == "match x:":
        return [head, "  case 1:", *indented_lines(first), "  case _:", *indented_lines(second)]
    if head == "try:":
        return [head, *first, "finally:", *second]
    if head == "try!":
        return ["try:", *first, "except E:", *second, "else:", *first, "finally:", *second]
    if head.endswith("!"):
        return [head[:-1] + ":", *first, "else:", *second]
    return [*head.split("\n"), *first]


def indented(body: list[Tree]) -> list[str]:
    return indented_lines([line for block in body for line in lines_of_block(block)])


def indented_lines(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What `analysis_from_file_reporter` asks of coverage.py's data."""

    traced: Collection[Arc]

    def has_arcs(self) -> bool:
        return True

    def arcs(self, _file: str) -> list[Arc]:
        return list(self.traced)

    def lines(self, _file: str) -> list[int]:
        return [line for arc in self.traced for line in arc if line > 0]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    rc = tmp_path_factory.mktemp("claims") / "rc"
    rc.write_text("[run]\nbranch = true\n")
    return Coverage(data_file=None, config_file=str(rc))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source").resolve() / "a.py"


def static_of(session: Coverage, file: Path) -> StaticFile | None:
    line = analyse._answer_for(partial(facts_of, session.config), str(file.parent), file.name)
    told = file_of(read_object(line.encode()), path=file.name, blob="b", is_listed=True)
    return told if isinstance(told, StaticFile) else None


def counted_by_the_gate(static: StaticFile, arcs: frozenset[Arc]) -> tuple[object, ...]:
    lines = bits_of(line for arc in arcs for line in arc if line > 0)
    file = combine(static, RawFile(lines=lines, arcs=arcs), branch=True)
    return (
        list(lines_of(file.statements)),
        list(lines_of(file.executed)),
        list(lines_of(file.excluded)),
        len(file.branches),
        sorted(set(file.branches) - set(file.taken)),
    )


def counted_by_coverage(analysis: Analysis) -> tuple[object, ...]:
    missing = analysis.missing_branch_arcs()
    return (
        sorted(analysis.statements),
        sorted(analysis.executed),
        sorted(analysis.excluded),
        analysis.numbers.n_branches,
        sorted((start, end) for start, ends in missing.items() for end in ends),
    )


def claims_about(reporter: PythonFileReporter, data: st.DataObject) -> frozenset[Arc]:
    """Some of the arcs that there are, of those that are corrected, and of any others."""
    last = reporter.source().count("\n") + 1
    anywhere = st.integers(-last - 1, last + 1)
    known = sorted({*reporter.arcs(), *reporter.parser._with_jump_fixers, (1, 1)})
    arcs = st.one_of(
        st.sampled_from(known),
        st.tuples(anywhere, anywhere),
        st.integers(1, last).map(lambda line: (line, line)),
    )
    return data.draw(st.frozensets(arcs, max_size=3 * len(known)))


FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@settings(FUZZ, max_examples=300)
@given(blocks=st.lists(BLOCKS, min_size=1, max_size=4), data=st.data())
def test_any_claims_about_any_source_are_counted_alike(
    blocks: list[Tree], data: st.DataObject, session: Coverage, file: Path
) -> None:
    body = [line for block in blocks for line in lines_of_block(block)]
    # Within a loop in a function nearly every statement is allowed.
    text = "def outer():\n  for _ in ():\n" + "\n".join(f"    {line}" for line in body) + "\n"
    file.write_text(text)
    static = static_of(session, file)
    assume(static is not None)
    assert static is not None
    reporter = PythonFileReporter(str(file), session)
    arcs = claims_about(reporter, data)
    theirs = analysis_from_file_reporter(
        cast("CoverageData", Claims(traced=arcs)), 0, reporter, str(file)
    )
    assert counted_by_the_gate(static, arcs) == counted_by_coverage(theirs)
