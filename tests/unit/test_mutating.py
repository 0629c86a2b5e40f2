"""Trying mutants one after the other: budget, control run, and which tests are run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from coverage_gate import mutating
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.mutant_run import Taken, TakenIn
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.core.contexts import MOST_TESTS, ContextMap, context_map
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.sampling import Fate
from coverage_gate.measuring import Bench, Stage
from coverage_gate.mutating import TreeMutator
from coverage_gate.ports import RunLimits, SandboxError, TreeSource
from coverage_gate.testing.fakes import FixedClock, RecordingProgress

SOURCE = TreeSource(tree="t", config_tree=None)
KNOWN = context_map("t", {"a.py": "blob"}, {"a.py": {"t.py::a": bits_of([1, 2])}})


def mutant(line: int = 1, path: str = "a.py") -> Mutant:
    return Mutant(path=path, line=line, symbol=None, start=0, end=1, text=b"", change="x")


@dataclass(kw_only=True)
class Runs:
    """Stands for `run_mutant`: answers in order and keeps what was asked."""

    answers: list[Taken | SandboxError]
    seconds: float = 1.0
    asked: list[tuple[Mutant | None, Sequence[str] | None, float]] = field(default_factory=list)

    def __call__(self, mutant: Mutant | None, tests: Sequence[str] | None, rig: Rig) -> TakenIn:
        self.asked.append((mutant, tests, rig.limits.timeout_s))
        answer = self.answers.pop(0)
        if isinstance(answer, SandboxError):
            raise answer
        return TakenIn(taken=answer, seconds=self.seconds)


@dataclass(frozen=True, kw_only=True)
class FakeMeasurer:
    """Gives a stage, and contexts."""

    stage: Stage
    known: ContextMap | MeasureFailure

    def on_stage(self, source: TreeSource, act: Callable[[Stage], Any]) -> Any:  # noqa: ANN401
        assert source is SOURCE
        return act(self.stage)

    def contexts(self, source: TreeSource) -> ContextMap | MeasureFailure:
        del source
        return self.known


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    bench = Bench(
        repository="r",
        checkouts=(),
        configured=None,
        fallback=tmp_path,
        command=parse_test_command("pytest"),
        branch=None,
        limits=RunLimits(),
        env={},
        scratch=tmp_path,
    )
    return Stage(
        bench=bench,
        sandbox=None,  # type: ignore[arg-type]  # nothing is started
        progress=RecordingProgress(),
        interpreter=None,  # type: ignore[arg-type]
        command=bench.command,
        folder=tmp_path,
        export=lambda below: below / "tree",
    )


def tried(
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
    runs: Runs,
    *mutants: Mutant,
    known: ContextMap | MeasureFailure = KNOWN,
    seconds: float = 100.0,
) -> list[Fate] | MeasureFailure:
    monkeypatch.setattr(mutating, "run_mutant", runs)
    measurer: Any = FakeMeasurer(stage=stage, known=known)
    mutator = TreeMutator(measurer=measurer, clock=FixedClock())
    found = mutator.try_mutants(SOURCE, mutants, seconds=seconds)
    if isinstance(found, MeasureFailure):
        return found
    assert [trial.mutant for trial in found] == list(mutants)
    return [trial.fate for trial in found]


def test_each_is_tried_after_a_control_run(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    runs = Runs(answers=[Taken.PASSED, Taken.NOTICED, Taken.PASSED, Taken.UNREACHED])
    fates = tried(monkeypatch, stage, runs, mutant(1), mutant(2), mutant(3))
    assert fates == [Fate.NOTICED, Fate.SURVIVED, Fate.UNREACHED]
    assert [(each, tests) for each, tests, _ in runs.asked] == [
        (None, None),
        (mutant(1), None),
        (mutant(2), None),
        (mutant(3), None),
    ]
    # The control run may take all the time, a change only some more than usual.
    assert [limit for _, _, limit in runs.asked] == [100.0, 14.0, 14.0, 14.0]


def test_a_survivor_of_the_tests_that_run_the_line_is_tried_with_all(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    answers: list[Taken | SandboxError] = [Taken.PASSED, Taken.PASSED, Taken.NOTICED, Taken.NOTICED]
    runs = Runs(answers=answers, seconds=4.0)
    assert tried(monkeypatch, stage, runs, mutant(1), mutant(2)) == [Fate.NOTICED, Fate.NOTICED]
    assert [tests for _, tests, _ in runs.asked] == [None, ("t.py::a",), None, ("t.py::a",)]


def test_where_contexts_are_not_known_all_tests_are_run(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    failure = MeasureFailure(code=FailureCode.TESTS_CANNOT_START, message="")
    runs = Runs(answers=[Taken.PASSED, Taken.NOTICED], seconds=4.0)
    assert tried(monkeypatch, stage, runs, mutant(), known=failure) == [Fate.NOTICED]
    other = replace(stage, command=parse_test_command("manage.py test"))
    runs = Runs(answers=[Taken.PASSED, Taken.PASSED], seconds=4.0)
    assert tried(monkeypatch, other, runs, mutant()) == [Fate.SURVIVED]
    assert [tests for _, tests, _ in runs.asked] == [None, None]


def test_what_hangs_has_noticed_but_not_at_the_end_of_the_time(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    runs = Runs(answers=[Taken.PASSED, Taken.LATE])
    assert tried(monkeypatch, stage, runs, mutant()) == [Fate.NOTICED]
    runs = Runs(answers=[Taken.PASSED, Taken.LATE])
    assert tried(monkeypatch, stage, runs, mutant(), seconds=5.0) == [Fate.UNTRIED]
    assert runs.asked[-1][2] == 5.0


def test_when_the_time_is_over_nothing_more_is_tried(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    assert tried(monkeypatch, stage, Runs(answers=[Taken.LATE]), mutant()) == [Fate.UNTRIED]
    runs = Runs(answers=[Taken.PASSED])
    assert tried(monkeypatch, stage, runs, mutant(), seconds=0.0) == [Fate.UNTRIED]
    assert len(runs.asked) == 1


def test_tests_that_fail_without_a_change_tell_nothing(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    found = tried(monkeypatch, stage, Runs(answers=[Taken.NOTICED]), mutant())
    assert isinstance(found, MeasureFailure)
    assert (found.code, "once more" in found.message) == (FailureCode.TESTS_CANNOT_START, True)


def test_a_sandbox_that_does_not_start_is_a_tool_error_or_leaves_one_untried(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    found = tried(monkeypatch, stage, Runs(answers=[SandboxError("no")]), mutant())
    assert isinstance(found, MeasureFailure)
    assert (found.code, found.message) == (FailureCode.SANDBOX_FAILED, "no")
    runs = Runs(answers=[Taken.PASSED, SandboxError("no")])
    assert tried(monkeypatch, stage, runs, mutant()) == [Fate.UNTRIED]


def test_the_tests_of_a_line_are_known_or_all_are_meant() -> None:
    assert mutating.tests_of(mutant(2), KNOWN) == ("t.py::a",)
    assert mutating.tests_of(mutant(3), KNOWN) is None
    assert mutating.tests_of(mutant(1, "b.py"), KNOWN) is None
    many = {f"t.py::{number:03}": bits_of([1]) for number in range(MOST_TESTS)}
    assert mutating.tests_of(mutant(1), context_map("t", {"a.py": "blob"}, {"a.py": many})) is None
