"""The port of measuring: looked up by identity, or done and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.core.cage import Cage
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.measuring.bench import Bench, Plan, Stage
from coverage_gate.measuring.faults import UnmeasurableError
from coverage_gate.measuring.planning import Planner
from coverage_gate.measuring.recording import note
from coverage_gate.ports import Clock, Progress, Sandbox, Store, StoreError, TreeSource
from coverage_gate.scratch import private_folder

if TYPE_CHECKING:
    from coverage_gate.measuring.executing import Executor

# What runs and counts is imported where something runs: a tree that is known needs none of it.
# ruff: noqa: PLC0415

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeMeasurer:
    """Implements `ports.Measurer`.

    Attributes:
        cage: What the sandbox was found to close.
    """

    bench: Bench
    view: GitView | None
    sandbox: Sandbox
    cage: Cage
    store: Store
    clock: Clock
    progress: Progress
    probed: dict[Path, Interpreter] = field(default_factory=dict)

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """Measure a tree, or answer with the stored measurement of the same identity.

        Raises:
            RepositoryError: If git cannot read the tree, or it is hostile.
            StoreError: If the store cannot be read.
        """
        try:
            plan = self._plan(source)
            if not fresh and (stored := self._stored(plan)) is not None:
                self.progress.step(f"{source.label}: measured before, reused")
                self._note(stored, source)
                return stored
            self.progress.step(f"measuring {source.label}")
            measured = self._run(plan, self._measure_in)
        except UnmeasurableError as error:
            return error.failure
        self._keep(measured, plan)
        return measured

    def contexts(self, source: TreeSource) -> ContextMap | MeasureFailure:
        """Find out which tests run which lines of a tree: a run of its own, that counts nothing.

        A tracer that is told which test runs gives other numbers, so nothing is measured by it.

        Raises:
            RepositoryError: If git cannot read the tree, or it is hostile.
        """
        try:
            # sys.monitoring tells each line once only, whichever test comes there next.
            plan = replace(self._plan(source), core="ctrace", identity="")
            self.progress.step(f"finding out which tests run what of {source.label}")
            return self._run(plan, self._contexts_in)
        except UnmeasurableError as error:
            return error.failure

    def adopt(
        self, source: TreeSource, data: Path, *, is_lenient: bool
    ) -> Measurement | MeasureFailure:
        """Count what a data file of elsewhere says of a tree. Nothing runs, nothing is kept.

        Raises:
            RepositoryError: If git cannot read the tree, or it is hostile.
        """
        from coverage_gate.adapters.measure.data_file import look_at
        from coverage_gate.measuring.adopted import adopted
        from coverage_gate.measuring.telling import told_as_failures

        limit = self.bench.limits.data_bytes
        if self.view is None:
            raise ValueError("a folder without a commit has nothing to compare a data file with")
        try:
            plan = self._plan(source)
            with told_as_failures():
                has_arcs = look_at(data, max_bytes=limit).has_arcs
            plan = replace(plan, config=replace(plan.config, branch=bool(has_arcs)))
            count = partial(
                adopted, data=data, view=self.view, max_bytes=limit, is_lenient=is_lenient
            )
            return self._run(
                plan,
                lambda plan, folder: count(plan, self._executor().read_source(plan, folder)),
            )
        except UnmeasurableError as error:
            return error.failure

    def on_stage(self, source: TreeSource, act: Callable[[Stage], _Made]) -> _Made | MeasureFailure:
        """Do something else with a tree than measuring it.

        Raises:
            RepositoryError: If git cannot read the tree, or it is hostile.
        """
        try:
            return self._run(
                self._plan(source), lambda plan, folder: act(self._stage(plan, folder))
            )
        except UnmeasurableError as error:
            return error.failure

    def _stage(self, plan: Plan, folder: Path) -> Stage:
        def export(below: Path) -> Path:
            self._executor().export(plan, below)
            return below / plan.root_name

        return Stage(
            bench=self.bench,
            sandbox=self.sandbox,
            progress=self.progress,
            interpreter=plan.interpreter,
            command=plan.command,
            folder=folder,
            export=export,
        )

    def _plan(self, source: TreeSource) -> Plan:
        planner = Planner(bench=self.bench, view=self.view, cage=self.cage, probed=self.probed)
        return planner.plan(source)

    def _stored(self, plan: Plan) -> Measurement | None:
        if not plan.identity:
            return None
        stored = self.store.load_measurement(plan.identity)
        if stored is None:
            return self._taken_over(plan)
        return replace(stored, provenance=replace(stored.provenance, commit=plan.source.commit))

    def _taken_over(self, plan: Plan) -> Measurement | None:
        """What was measured of a tree with the same code, as this tree's own from now on."""
        stored = self.store.load_measurement(plan.shared) if plan.shared else None
        if stored is None:
            return None
        tree = plan.source.tree
        self.progress.step(f"{plan.source.label}: its code is that of another tree")
        own = replace(
            stored.provenance, identity=plan.identity, tree=tree, commit=plan.source.commit
        )
        taken = replace(stored, provenance=own)
        self._save(taken)
        return taken

    def _keep(self, measured: Measurement, plan: Plan) -> None:
        # A run whose tests failed is not kept: it may be the run that failed, and not the tree.
        is_well = measured.provenance.identity and measured.tests.exit_status == 0
        if not is_well or plan.source.collects:
            return
        if not self._save(measured):
            return
        if plan.shared:
            self._save(
                replace(measured, provenance=replace(measured.provenance, identity=plan.shared))
            )
        self._note(measured, plan.source)

    def _save(self, measured: Measurement) -> bool:
        try:
            self.store.save_measurement(self.bench.repository, measured, self.clock.now_iso())
        except StoreError as error:
            self.progress.step(f"the measurement is not kept: {error}")
            return False
        return True

    def _note(self, measured: Measurement, source: TreeSource) -> None:
        try:
            note(
                self.store,
                measured,
                repository=self.bench.repository,
                branch=source.branch,
                view=self.view,
                now=self.clock.now_iso(),
            )
        except StoreError as error:
            self.progress.step(f"the history does not get it: {error}")

    def _run(self, plan: Plan, make: Callable[[Plan, Path], _Made]) -> _Made:
        from coverage_gate.measuring.telling import told_as_failures

        with told_as_failures(), private_folder(within=self.bench.scratch) as folder:
            return make(plan, folder)

    def _measure_in(self, plan: Plan, folder: Path) -> Measurement:
        from coverage_gate.measuring.counting import counted

        executor = self._executor()
        done = executor.execute(plan, folder)
        limit = self.bench.limits.data_bytes
        measured = counted(plan, done, max_bytes=limit, cage=self.cage)
        executor.try_own_configuration(plan, done)
        return measured

    def _contexts_in(self, plan: Plan, folder: Path) -> ContextMap:
        from coverage_gate.measuring.counting import told_by_context

        is_told = self.bench.command.is_pytest
        done = self._executor().execute(plan, folder, contexts="told" if is_told else "found")
        return told_by_context(plan, done, max_bytes=self.bench.limits.data_bytes)

    def _executor(self) -> Executor:
        from coverage_gate.measuring.analysing import Analyst
        from coverage_gate.measuring.executing import Executor
        from coverage_gate.measuring.precompiling import Precompiler

        analyst = Analyst(
            repository=self.bench.repository,
            store=self.store,
            clock=self.clock,
            progress=self.progress,
            timeout_s=self.bench.limits.timeout_s,
            check_percent=self.bench.self_check_percent,
        )
        precompiler = Precompiler(
            repository=self.bench.repository,
            store=self.store,
            clock=self.clock,
            progress=self.progress,
            timeout_s=self.bench.limits.timeout_s,
        )
        return Executor(
            bench=self.bench,
            view=self.view,
            sandbox=self.sandbox,
            analyst=analyst,
            precompiler=precompiler,
            progress=self.progress,
        )
