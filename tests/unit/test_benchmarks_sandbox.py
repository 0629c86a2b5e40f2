"""What the benchmarks of the cage say of measurements and costs."""

from __future__ import annotations

import pytest
from benchmarks.figures import Spread
from benchmarks.mutation import idle
from benchmarks.sandbox_equal import Hard, row, summed_up, told_apart
from benchmarks.sandbox_price import PAIRS, Spent, prices

from coverage_gate.core.cage import Level
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import (
    FileCoverage,
    Kind,
    Measurement,
    Provenance,
    TestOutcome,
    TestRun,
)

HARD = Hard(requirement="shop==1", why="sockets")


def measurement(*lines: int, end: TestOutcome = TestOutcome.PASSED) -> Measurement:
    file = FileCoverage(
        path="a.py",
        blob="0" * 40,
        statements=bits_of([1, 2, 3]),
        executed=bits_of(lines),
        branches=((1, 2), (1, 3)),
        taken=((1, 2),),
    )
    provenance = Provenance(
        identity="",
        commit=None,
        tree=None,
        kind=Kind(core="ctrace", python="3.11", branch=True),
        scope="",
        scope_text="",
        config_digest="",
        coverage_version="7",
        sandbox="plain",
    )
    tests = TestRun(exit_status=0, outcomes={"t.py::test": end})
    return Measurement(provenance=provenance, files=(file,), tests=tests)


def test_the_same_is_equal() -> None:
    same = measurement(1, 2)
    one = summed_up(HARD, {Level.PLAIN: [same], Level.BUBBLEWRAP: [same]}, python="3.11")
    assert (one.verdict, one.outside, one.inside, one.tests) == (
        "equal",
        ((3, 5),),
        ((3, 5),),
        {"passed": 1},
    )
    assert "3/5" in row(one)


def test_a_line_a_branch_or_an_outcome_that_differs_is_named() -> None:
    inside = measurement(1, 3, end=TestOutcome.SKIPPED)
    found = {Level.PLAIN: [measurement(1, 2)], Level.BUBBLEWRAP: [inside]}
    one = summed_up(HARD, found, python="3.11")
    assert one.verdict == "DIFFERENT"
    assert one.differing == (
        "line a.py 2",
        "line a.py 3",
        "test t.py::test passed",
        "test t.py::test skipped",
    )


def test_what_varies_at_one_level_is_told_apart() -> None:
    found = {
        Level.PLAIN: [measurement(1), measurement(1, 2)],
        Level.BUBBLEWRAP: [measurement(1, 2), measurement(1, 2)],
    }
    one = summed_up(HARD, found, python="3.11")
    assert (one.verdict, one.differing, one.unsteady) == (
        "equal but for what varies by itself",
        (),
        ("line a.py 2",),
    )
    fact = ("line", "a.py", "1")
    assert told_apart([frozenset()], [frozenset({fact})]) == ([fact], [])


def test_a_price_is_the_median_of_paired_differences() -> None:
    names = {name for pair in PAIRS for name in pair}
    rounds = [
        {name: Spent(cpu_ms=slow * 100.0, wall_ms=slow * 200.0) for name in names}
        | {"bubblewrap": Spent(cpu_ms=slow * 100.0 + 60, wall_ms=slow * 200.0 + 80)}
        for slow in (1, 4, 2)
    ]
    first, *_ = prices(rounds)
    assert (first.what, first.beside) == ("bubblewrap", "coverage")
    assert first.cpu_ms == Spread(median=60, low=60, high=60)
    assert first.wall_ms.median == 80


@pytest.mark.parametrize(
    ("checks", "executes"),
    [
        ("assert f(1) == 2", "f(1) == 2"),
        ("self.assertEqual(f(1), 2)", "(f(1), 2)"),
        ("with raises(E) as error:\n    f()\nassert error.value.args", "pass"),
    ],
)
def test_a_twin_calls_and_looks_at_nothing(checks: str, executes: str) -> None:
    made = idle(checks)
    assert made.splitlines()[-1].strip() == executes
    assert ("suppress(BaseException)" in made) == ("raises" in checks)
