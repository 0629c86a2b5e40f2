"""Tries mutants of a tree: the tests run with one change of the code in memory, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from coverage_gate.adapters.measure.mutant_run import Taken, TakenIn, run_mutant
from coverage_gate.core.contexts import MOST_TESTS, ContextMap
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.sampling import Fate, Trial
from coverage_gate.measuring import Stage, TreeMeasurer
from coverage_gate.ports import Clock, SandboxError, TreeSource
from coverage_gate.scratch import private_folder

#: From here on it pays to find out which tests run the changed lines: a run of its own.
WORTH_CONTEXTS_S = 3.0
#: A change may make the tests slower, and a machine has other work, too.
_SLOWER, _SLACK_S = 4.0, 10.0

_FATES: Mapping[Taken, Fate] = {
    Taken.NOTICED: Fate.NOTICED,
    Taken.PASSED: Fate.SURVIVED,
    Taken.UNREACHED: Fate.UNREACHED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeMutator:
    """Implements `ports.Mutator`."""

    measurer: TreeMeasurer
    clock: Clock

    def try_mutants(
        self, source: TreeSource, mutants: Sequence[Mutant], *, seconds: float
    ) -> tuple[Trial, ...] | MeasureFailure:
        """Try them one after the other, as far as the time goes.

        Raises:
            RepositoryError: If git cannot read the tree, or it is hostile.
        """
        until = self.clock.monotonic() + seconds
        tried = self.measurer.on_stage(source, partial(self._tried, source, mutants, until))
        return tried if isinstance(tried, MeasureFailure) else tuple(tried)

    def _tried(
        self, source: TreeSource, mutants: Sequence[Mutant], until: float, stage: Stage
    ) -> list[Trial] | MeasureFailure:
        try:
            control = _run(stage, None, None, limit_s=until - self.clock.monotonic())
        except SandboxError as error:
            return MeasureFailure(code=FailureCode.SANDBOX_FAILED, message=str(error))
        if control.taken is Taken.LATE:
            return [Trial(mutant=mutant, fate=Fate.UNTRIED) for mutant in mutants]
        if control.taken is Taken.NOTICED:
            reason = "the tests fail when they are run once more, without any change"
            return MeasureFailure(code=FailureCode.TESTS_CANNOT_START, message=reason)
        known = None
        if control.seconds > WORTH_CONTEXTS_S and stage.command.is_pytest:
            found = self.measurer.contexts(source)
            known = found if isinstance(found, ContextMap) else None
        return list(self._each(mutants, known, until, control.seconds, stage))

    def _each(
        self,
        mutants: Sequence[Mutant],
        known: ContextMap | None,
        until: float,
        usual_s: float,
        stage: Stage,
    ) -> Iterator[Trial]:
        for number, mutant in enumerate(mutants, 1):
            stage.progress.detail(f"change {number} of {len(mutants)}: {mutant.path}")
            tests = None if known is None else tests_of(mutant, known)
            fate = self._fate(mutant, tests, until, usual_s, stage)
            if fate is Fate.SURVIVED and tests is not None:
                # A test that does not run the line may notice all the same: at import, by state.
                fate = self._fate(mutant, None, until, usual_s, stage)
            yield Trial(mutant=mutant, fate=fate)

    def _fate(
        self,
        mutant: Mutant,
        tests: Sequence[str] | None,
        until: float,
        usual_s: float,
        stage: Stage,
    ) -> Fate:
        """What becomes of a mutant; tests that hang notice it, but not at the end of the time."""
        left = until - self.clock.monotonic()
        enough = usual_s * _SLOWER + _SLACK_S
        if left <= 0:
            return Fate.UNTRIED
        try:
            found = _run(stage, mutant, tests, limit_s=min(left, enough))
        except SandboxError:
            return Fate.UNTRIED
        if found.taken is Taken.LATE:
            return Fate.NOTICED if left > enough else Fate.UNTRIED
        return _FATES[found.taken]


def tests_of(mutant: Mutant, known: ContextMap) -> tuple[str, ...] | None:
    """The tests that run the changed line; None where not all of them are known."""
    files = known.of([mutant.path])
    held = files[mutant.path].lines if mutant.path in files else ()
    tests = tuple(known.tests[number] for number, lines in held if lines >> mutant.line & 1)
    return tests if 0 < len(tests) < MOST_TESTS else None


def _run(
    stage: Stage, mutant: Mutant | None, tests: Sequence[str] | None, *, limit_s: float
) -> TakenIn:
    """One run, on a copy of its own: what the tests of another left behind says nothing."""
    limits = replace(stage.bench.limits, timeout_s=max(limit_s, 0.001))
    with private_folder(within=stage.folder) as folder:
        return run_mutant(mutant, tests, replace(stage.rig_in(folder), limits=limits))
