"""Export, static analysis and the run of the tests, in a private folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.git.export import copy_folder, export_tree
from coverage_gate.adapters.git.trees import LINK_MODE, TreeEntry
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.analysis import StaticAnalysis, analyse
from coverage_gate.adapters.measure.canary import plant
from coverage_gate.adapters.measure.leavings import rewritten_files
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest
from coverage_gate.adapters.measure.rc_file import coverage_rc
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.adapters.measure.run import FinishedRun, run_tests
from coverage_gate.adapters.measure.scope import is_candidate
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.measuring.analysing import Analyst, Question
from coverage_gate.measuring.bench import Bench, Plan
from coverage_gate.measuring.faults import UnmeasurableError
from coverage_gate.measuring.place import Place
from coverage_gate.measuring.precompiling import Precompiler
from coverage_gate.ports import Progress, Sandbox

#: Who tells coverage.py which test runs: nobody, the gate's plugin, coverage.py finds out itself.
Contexts = Literal["", "told", "found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A tree whose tests ran.

    Attributes:
        place: Where.
        static: What its source says.
        ran: How the run ended.
        rig: What ran them.
        rewritten: Source files that the tests changed.
    """

    place: Place
    static: StaticAnalysis
    ran: FinishedRun
    rig: Rig
    rewritten: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Runs the tests of planned trees on one bench."""

    bench: Bench
    view: GitView | None
    sandbox: Sandbox
    analyst: Analyst
    precompiler: Precompiler
    progress: Progress

    def execute(self, plan: Plan, folder: Path, *, contexts: Contexts = "") -> Executed:
        """Export, read the source, run the tests. Raises as `telling.told_as_failures` knows."""
        blobs = self.export(plan, folder)
        place = self._laid_out(plan, folder, contexts)
        self.progress.detail("reading the source")
        static = self._analysed(plan, place, blobs)
        self._precompile(plan, place, blobs)
        self.progress.detail("running the tests")
        rig = self._rig(plan, place)
        ran = self._run(rig, place, is_told=contexts == "told")
        if isinstance(ran, MeasureFailure):
            raise UnmeasurableError(_with_hint(ran, plan.trusted))
        self.progress.detail("counting")
        rewritten = _rewritten(place, {path: blobs[path] for path in static.paths})
        return Executed(place=place, static=static, ran=ran, rig=rig, rewritten=rewritten)

    def read_source(self, plan: Plan, folder: Path) -> StaticAnalysis:
        """Export and read the source; nothing runs. Raises as `execute`."""
        blobs = self.export(plan, folder)
        self.progress.detail("reading the source")
        return self._analysed(plan, self._laid_out(plan, folder, ""), blobs)

    def try_own_configuration(self, plan: Plan, done: Executed) -> None:
        """See whether tests are found under what the base's configuration replaced, if anything.

        Raises:
            UnmeasurableError: If they are not.
        """
        if not plan.trusted.arguments:
            return
        self.progress.detail("trying the branch's own pytest configuration")
        own = self.bench.command
        trial = replace(own, args=(*plan.trusted.fence, *own.args, "--collect-only", "-q"))
        rig = replace(done.rig, command=trial, work=done.place.folder / "trial")
        tried = self._run(rig, done.place)
        if isinstance(tried, MeasureFailure):
            raise UnmeasurableError(_own_configuration(tried, plan.trusted))

    def export(self, plan: Plan, folder: Path) -> dict[str, str]:
        """Lay the tree out below a folder. Returns its files with their git ids."""
        source, root = plan.source, folder / plan.root_name
        if source.tree is None or self.view is None:
            return copy_folder(source.folder or Path(), root)
        return export_tree(self.view, source.tree, root)

    def _laid_out(self, plan: Plan, folder: Path, contexts: Contexts) -> Place:
        # Short names: below them tests make sockets, whose paths have a limit of 108 bytes.
        root, work = folder / plan.root_name, folder / "w"
        data_file, rc = folder / "data" / "coverage", folder / "coverage.rc"
        data_file.parent.mkdir()
        canary = plant(work)
        written = coverage_rc(
            plan.config,
            plan.scope,
            root=root,
            data_file=data_file,
            core=plan.core,
            canary=canary.parent,
            contexts=contexts == "found",
        )
        # After the export, whose files are older than this one.
        rc.write_text(written, encoding="utf-8")
        # In a cage the tests are somebody else's; the folder around it is closed to others.
        rc.chmod(0o644)
        return Place(folder=folder, root=root, work=work, data_file=data_file, rc=rc, canary=canary)

    def _analysed(self, plan: Plan, place: Place, blobs: Mapping[str, str]) -> StaticAnalysis:
        candidates = {path: blob for path, blob in blobs.items() if is_candidate(path)}
        tree = plan.source.tree
        if tree is None or self.view is None:
            return analyse(
                plan.interpreter.path,
                place.rc,
                place.root,
                candidates,
                timeout_s=self.bench.limits.timeout_s,
            )
        layout = kinds_of(self.view.list_tree(tree))
        return self.analyst.analyse(
            Question(plan=plan, place=place, blobs=candidates, layout=layout)
        )

    def _precompile(self, plan: Plan, place: Place, blobs: Mapping[str, str]) -> None:
        if plan.source.tree is not None:
            self.precompiler.fill(plan, place.root, blobs)

    def _rig(self, plan: Plan, place: Place) -> Rig:
        return Rig(
            interpreter=plan.interpreter,
            command=plan.command,
            export=place.root,
            work=place.work,
            roots=self.bench.checkouts,
            sandbox=self.sandbox,
            limits=self.bench.limits,
            allowed=self.bench.env,
            collects=plan.source.collects,
        )

    def _run(
        self, rig: Rig, place: Place, *, is_told: bool = False
    ) -> FinishedRun | MeasureFailure:
        return run_tests(
            rig,
            rc=place.rc,
            data_file=place.data_file,
            progress=self.progress,
            contexts=is_told,
        )


def kinds_of(entries: Iterable[TreeEntry]) -> list[str]:
    """The names of a tree with their kinds, and where its links lead to."""
    return [
        f"{entry.mode} {entry.path} {entry.blob if entry.mode == LINK_MODE else ''}"
        for entry in entries
    ]


def _rewritten(place: Place, files: Mapping[str, str]) -> tuple[str, ...]:
    return rewritten_files(
        place.root,
        files,
        written_ns=place.rc.stat().st_ctime_ns,
        digest=lambda content, digits: blob_id(content, digits=digits),
    )


def _with_hint(failure: MeasureFailure, trusted: TrustedPytest) -> MeasureFailure:
    if not trusted.kept:
        return failure
    hint = (
        f"; the base's pytest configuration counted here ({', '.join(trusted.kept)}): land the"
        " change to it first, by itself"
    )
    return replace(failure, message=failure.message + hint)


def _own_configuration(failure: MeasureFailure, trusted: TrustedPytest) -> MeasureFailure:
    message = (
        f"under its own pytest configuration ({', '.join(trusted.kept)}) the tests cannot be"
        f" collected: {failure.message}"
    )
    return replace(failure, code=FailureCode.BRANCH_CONFIGURATION, message=message)
