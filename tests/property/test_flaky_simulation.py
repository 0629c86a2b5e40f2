"""A thousand measurements of trees whose lines flap, judged without any tolerance.

Main is measured again off the critical path; a change is measured once, and once more where it
fails by lost lines alone. Chance is seeded: the same lines flap in the same runs each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.flaky import FlakyLine, carried, flapping
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linebits import bits_of, lines_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.verdict import State, Verdict
from coverage_gate.testing.values import (
    changes,
    file_coverage,
    file_diff,
    landing,
    measurement,
)

PATHS = ("src/a.py", "src/b.py", "src/c.py")
LINES = 60
TEXT = "".join(f"line_{number}()\n" for number in range(1, LINES + 1))
SHIFTED = "new()\n" + TEXT
EXACT = Policy(
    name=PolicyName.BASELINE,
    epsilon=Fraction(0),
    rules=frozenset({RuleName.LOST}),
)
LEARNING, JUDGED = 50, 950


@dataclass(kw_only=True)
class World:
    """A main whose lines run, never run, or flap, and changes that shift them by a line.

    Attributes:
        chance: Of everything.
        flaps: (path, line) → how likely it runs.
        dark: What never runs.
        lines: What is proven about main.
    """

    chance: Random
    flaps: dict[tuple[str, int], float]
    dark: frozenset[tuple[str, int]]
    lines: set[FlakyLine] = field(default_factory=set)

    def main(self) -> Measurement:
        return measurement(*(self._file(path, 0, frozenset()) for path in PATHS), tree="base")

    def head(self, shifted: frozenset[str], lost: frozenset[tuple[str, int]]) -> Measurement:
        """With one more line at the top of some files, and what the change takes the tests from."""
        return measurement(*(self._file(path, int(path in shifted), lost) for path in PATHS))

    def _file(self, path: str, step: int, lost: frozenset[tuple[str, int]]) -> FileCoverage:
        ran = [
            line + step
            for line in range(1, LINES + 1)
            if (path, line) not in self.dark | lost
            and self.chance.random() < self.flaps.get((path, line), 1)
        ]
        first = [1] if step else []
        return file_coverage(path, range(1, LINES + 1 + step), first + ran)

    def learn(self, stored: Measurement) -> None:
        self.lines |= set(flapping(stored, self.main()))

    def judge(
        self, stored: Measurement, shifted: frozenset[str], lost: frozenset[tuple[str, int]]
    ) -> Verdict:
        """As `judging` does: with what main proves, and once more where lines are lost."""
        diff = tuple(file_diff(path, TEXT, SHIFTED) for path in sorted(shifted))
        head = self.head(shifted, lost)
        given = self._evidence(stored, head, diff)
        verdict = decide(given)
        if verdict.state is State.PASS:
            return verdict
        return decide(replace(given, again=self.head(shifted, lost)))

    def _evidence(
        self, stored: Measurement, head: Measurement, diff: tuple[FileDiff, ...]
    ) -> Evidence:
        counts = self.steady(stored)
        return Evidence(
            policy=EXACT,
            landing=landing(),
            changes=changes(),
            head=head,
            base=stored,
            baseline=Baseline(
                key=BaselineKey(repository="repo"),
                epoch=1,
                rate=counts,
                counts=None,
                sha="",
                updated_at="",
            ),
            diff=diff,
            flaky=carried(self.lines, diff, head),
        )

    def steady(self, stored: Measurement) -> Fraction:
        """What raises the baseline: the measurement of main with its flaky lines uncovered."""
        known = {line.unit for line in self.lines}
        covered = sum(
            (
                file.executed & ~bits_of(unit.line for unit in known if unit.path == file.path)
            ).bit_count()
            for file in stored.files
        )
        return Fraction(covered, stored.counts.total)


def world(seed: int, flapping_lines: int) -> World:
    chance = Random(seed)  # noqa: S311 - no secret
    places = [(path, line) for path in PATHS for line in range(1, LINES + 1)]
    chance.shuffle(places)
    flaps = {place: chance.uniform(0.1, 0.9) for place in places[:flapping_lines]}
    return World(chance=chance, flaps=flaps, dark=frozenset(places[-20:]))


def certain(given: World) -> list[tuple[str, int]]:
    """What always runs on main."""
    return [
        (path, line)
        for path in PATHS
        for line in range(1, LINES + 1)
        if (path, line) not in given.dark and (path, line) not in given.flaps
    ]


@pytest.mark.parametrize(("seed", "flaps"), [(1, 1), (2, 5), (3, 8)])
def test_a_thousand_measurements_with_flapping_lines(seed: int, flaps: int) -> None:
    given = world(seed, flaps)
    stored = given.main()
    for _ in range(LEARNING):
        given.learn(stored)
    steady = certain(given)
    false, missed, named = 0, 0, 0
    for number in range(JUDGED):
        shifted = frozenset(path for path in PATHS if given.chance.random() < 0.3)
        lost = frozenset({given.chance.choice(steady)} if number % 5 == 0 else ())
        verdict = given.judge(stored, shifted, lost)
        told = {
            (place.path, place.line - int(place.path in shifted)) for place in verdict.lost or ()
        }
        false += not lost and verdict.state is State.FAIL
        missed += bool(lost) and (verdict.state is State.PASS or not lost <= told)
        named += told == lost
    assert (false, missed, named) == (0, 0, JUDGED)


def test_what_flaps_is_learnt_and_nothing_else() -> None:
    given = world(5, 8)
    stored = given.main()
    for _ in range(LEARNING):
        given.learn(stored)
    found = {(line.unit.path, line.unit.line) for line in given.lines}
    assert found == set(given.flaps)


def test_a_flaky_line_never_raises_the_baseline() -> None:
    given = world(6, 8)
    stored = given.main()
    for _ in range(LEARNING):
        given.learn(stored)
    certain_rate = Fraction(len(certain(given)), stored.counts.total)
    assert {given.steady(given.main()) for _ in range(50)} == {certain_rate}


def test_a_real_loss_is_found_without_any_evidence_about_main() -> None:
    given = world(7, 0)
    stored = given.main()
    for place in certain(given)[::10]:
        verdict = given.judge(stored, frozenset(), frozenset({place}))
        assert verdict.lost is not None
        assert [(told.path, told.line) for told in verdict.lost] == [place]
        assert all(line <= LINES for file in stored.files for line in lines_of(file.executed))
