"""One tree from its blobs to its measurement: export, analyse, run, read, count.

The one place that knows how git, configuration, interpreter, sandbox, data reader and store fit
together; each of them knows none of the others.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.git.export import SKIPPED_FOLDERS, copy_folder, export_tree
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.analysis import (
    AnalysisError,
    StaticAnalysis,
    analyse,
    is_candidate,
)
from coverage_gate.adapters.measure.base_config import (
    CONFIG_FILES,
    BaseConfig,
    config_digest,
    read_base_config,
)
from coverage_gate.adapters.measure.canary import plant
from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.context_data import read_contexts, statements_of
from coverage_gate.adapters.measure.data_file import BadDataError, RawData, read_raw
from coverage_gate.adapters.measure.environment import RefusedVariableError
from coverage_gate.adapters.measure.interpreter import (
    Interpreter,
    InterpreterChoice,
    InterpreterError,
    find_interpreter,
    probe_interpreter,
)
from coverage_gate.adapters.measure.leavings import rewritten_files
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest
from coverage_gate.adapters.measure.rc_file import choose_core, coverage_rc
from coverage_gate.adapters.measure.run import FinishedRun, run_tests
from coverage_gate.adapters.measure.scope import Scope, resolve_scope
from coverage_gate.configuring import trusted_options
from coverage_gate.core.contexts import ContextMap, context_map
from coverage_gate.core.counting import StaticFile, combine, count, unparsable
from coverage_gate.core.forgery import forged_files
from coverage_gate.core.importing import importers
from coverage_gate.core.measurement import (
    Aside,
    FailureCode,
    Kind,
    MeasureFailure,
    Measurement,
    Provenance,
)
from coverage_gate.core.scope import serves_the_project
from coverage_gate.ports import (
    Clock,
    Progress,
    RepositoryError,
    RunLimits,
    Sandbox,
    Store,
    StoreError,
    TreeSource,
)
from coverage_gate.scratch import private_folder

#: Raised whenever the same inputs are measured or counted in another way.
MEASURING_VERSION = 5

_SHOWN = 3
#: A branch may be too large for the room that there is, where its base is not.
_NO_ROOM = frozenset({"no-space", "export-failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What runs the tests of one repository.

    Attributes:
        repository: Its name, for the store.
        checkouts: The branch's worktree and the main work tree: where `.venv` is looked for, and
            what an editable install may lead back to.
        configured: The interpreter that the operator named.
        fallback: The gate's own interpreter.
        command: What runs the tests.
        branch: Whether branches are measured; None: as the base's configuration says.
        limits: Bounds of a run.
        env: All that the run may inherit, by name.
        scratch: Where private folders are made.
        tainted: Those checkouts whose own commit holds the environment that lies there. It is the
            branch's, also while another tree is measured.
    """

    repository: str
    checkouts: tuple[Path, ...]
    configured: Path | None
    fallback: Path
    command: TestCommand
    branch: bool | None
    limits: RunLimits
    env: Mapping[str, str]
    scratch: Path
    tainted: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides the numbers of one tree, known before anything runs."""

    source: TreeSource
    config: BaseConfig
    scope: Scope
    interpreter: Interpreter
    core: str
    command: TestCommand
    trusted: TrustedPytest
    identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Executed:
    """A tree whose tests ran.

    Attributes:
        static: What its source says.
        ran: How the run ended.
        root: Where it was exported to.
        canary: A file that nothing runs.
        run: Runs another command in the same place.
        rewritten: Source files that the tests changed.
    """

    static: StaticAnalysis
    ran: FinishedRun
    root: Path
    canary: Path
    run: Callable[..., FinishedRun | MeasureFailure]
    rewritten: tuple[str, ...]


_Made = TypeVar("_Made", Measurement, ContextMap)


class _UnmeasurableError(Exception):
    """Ends a measurement with a failure value; never leaves this module."""

    def __init__(self, failure: MeasureFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeMeasurer:
    """Implements `ports.Measurer`."""

    bench: Bench
    view: GitView | None
    sandbox: Sandbox
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
                return stored
            self.progress.step(f"measuring {source.label}")
            measured = self._run(plan, self._measure_in)
        except _UnmeasurableError as error:
            return error.failure
        self._keep(measured)
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
        except _UnmeasurableError as error:
            return error.failure

    def _contexts_in(self, plan: Plan, folder: Path) -> ContextMap:
        is_pytest = self.bench.command.is_pytest
        done = self._execute(plan, folder, contexts="told" if is_pytest else "found")
        if done.ran.tests.exit_status != 0:
            reason = "tests fail, so that which of them run what is not known; mend them first"
            raise _unmeasurable(FailureCode.TESTS_CANNOT_START, reason)
        found = read_contexts(
            done.ran.data_files,
            done.root,
            known=done.static.paths,
            branch=plan.config.branch,
            max_bytes=self.bench.limits.data_bytes,
        )
        blobs = {file.path: file.blob for file in done.static.files}
        return context_map(plan.source.tree or "", blobs, statements_of(found, done.static.files))

    def _plan(self, source: TreeSource) -> Plan:
        entries = self._entries(source)
        config = self._config(source)
        if self.bench.branch is not None:
            config = replace(config, branch=self.bench.branch)
        scope = resolve_scope(config, self._layout(source, entries))
        interpreter = self._interpreter(entries)
        core = choose_core(interpreter.minor, branch=config.branch, concurrency=config.concurrency)
        trusted = self._trusted(source)
        command = self.bench.command
        command = replace(command, args=(*trusted.arguments, *command.args))
        plan = Plan(
            source=source,
            config=config,
            scope=scope,
            interpreter=interpreter,
            core=core,
            command=command,
            trusted=trusted,
        )
        return replace(plan, identity=self._identity(plan))

    def _config(self, source: TreeSource) -> BaseConfig:
        """The base's. Only where that cannot be read, the tree's own: else nobody could mend it."""
        try:
            return read_base_config(self._config_files(source.config_tree or source.tree, source))
        except BadConfigError as error:
            broken = _unmeasurable(FailureCode.BAD_CONFIGURATION, error)
        try:
            return read_base_config(self._config_files(source.tree, source))
        except BadConfigError:
            raise broken from None

    def _trusted(self, source: TreeSource) -> TrustedPytest:
        base, command = source.config_tree, self.bench.command
        if self.view is None or source.tree is None or base is None or not command.is_pytest:
            return TrustedPytest()
        return trusted_options(self.view, command, base, source.tree)

    def _layout(self, source: TreeSource, entries: Sequence[str]) -> Sequence[str]:
        """The files that decide what a configured or derived scope means: the base's.

        A branch could move the scope away from its code by adding a folder of the right name.
        """
        if source.config_tree is None or self.view is None:
            return entries
        base = [entry.path for entry in self.view.list_tree(source.config_tree)]
        return base if any(is_candidate(path) for path in base) else entries

    def _entries(self, source: TreeSource) -> Sequence[str]:
        if source.tree is None or self.view is None:
            return sorted(_modules_in(source.folder or Path()))
        return [entry.path for entry in self.view.list_tree(source.tree)]

    def _config_files(self, tree: str | None, source: TreeSource) -> dict[str, bytes]:
        found = {}
        for name in CONFIG_FILES:
            if tree is not None and self.view is not None:
                content = self.view.read_file(tree, name)
            else:
                content = _read_plain((source.folder or Path()) / name)
            if content is not None:
                found[name] = content
        return found

    def _interpreter(self, entries: Sequence[str]) -> Interpreter:
        choice = self._choice(entries)
        if choice.path not in self.probed:
            try:
                self.probed[choice.path] = probe_interpreter(
                    choice,
                    roots=self.bench.checkouts,
                    needs_pytest=self.bench.command.is_pytest,
                    sandbox=self.sandbox,
                    env=self.bench.env,
                )
            except InterpreterError as error:
                raise _unmeasurable(error.code, error) from None
        return self.probed[choice.path]

    def _choice(self, entries: Sequence[str]) -> InterpreterChoice:
        """A tree that itself holds an environment is told so; others just do not use it."""
        bench = self.bench
        find = partial(
            find_interpreter,
            configured=bench.configured,
            tracked=tracked_in(entries),
            fallback=bench.fallback,
        )
        choice = find(candidates=bench.checkouts)
        if bench.tainted.isdisjoint(choice.path.parents):
            return choice
        return find(candidates=[place for place in bench.checkouts if place not in bench.tainted])

    def _identity(self, plan: Plan) -> str:
        if plan.source.tree is None:
            return ""
        interpreter = plan.interpreter
        # The whole digest: a branch could grind two trees to the same short one.
        facts = {
            "version": MEASURING_VERSION,
            "tree": plan.source.tree,
            "config": config_digest(plan.config),
            "scope": [*plan.scope.folders, *plan.scope.packages],
            "interpreter": interpreter.fingerprint,
            "editable": [str(root) for root in interpreter.editable_roots],
            "coverage": interpreter.coverage_version,
            "core": plan.core,
            "command": str(plan.command),
            "environment": dict(self.bench.env),
            "sandbox": self.sandbox.name,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def _stored(self, plan: Plan) -> Measurement | None:
        if not plan.identity:
            return None
        stored = self.store.load_measurement(plan.identity)
        if stored is None:
            return None
        return replace(stored, provenance=replace(stored.provenance, commit=plan.source.commit))

    def _keep(self, measured: Measurement) -> None:
        # A run whose tests failed is not kept: it may be the run that failed, and not the tree.
        if not measured.provenance.identity or measured.tests.exit_status != 0:
            return
        try:
            self.store.save_measurement(self.bench.repository, measured, self.clock.now_iso())
        except StoreError as error:
            self.progress.step(f"the measurement is not kept: {error}")

    def _run(self, plan: Plan, make: Callable[[Plan, Path], _Made]) -> _Made:
        try:
            with private_folder(within=self.bench.scratch) as folder:
                return make(plan, folder)
        except BadConfigError as error:
            raise _unmeasurable(FailureCode.BAD_CONFIGURATION, error) from None
        except AnalysisError as error:
            raise _unmeasurable(FailureCode.ANALYSIS_FAILED, error) from None
        except BadDataError as error:
            raise _unmeasurable(FailureCode.BAD_DATA, error) from None
        except RepositoryError as error:
            if error.branch_fault or error.code not in _NO_ROOM:
                raise
            raise _unmeasurable(FailureCode.EXPORT_FAILED, error) from None
        except RefusedVariableError as error:
            raise _unmeasurable(FailureCode.BAD_CONFIGURATION, error) from None
        except OSError as error:
            # What the tests leave is read by readers that tell their own faults: this came before.
            reason = f"no private folder for the run: {error}. Free some space, or set TMPDIR."
            raise _unmeasurable(FailureCode.EXPORT_FAILED, reason) from None

    def _execute(
        self, plan: Plan, folder: Path, *, contexts: Literal["", "told", "found"] = ""
    ) -> _Executed:
        """Export, read the source, run the tests; `contexts`: who tells which test runs."""
        # Short names: below them tests make sockets, whose paths have a limit of 108 bytes.
        root, work = folder / self._root_name(plan), folder / "w"
        blobs = self._export(plan.source, root)
        data_file = folder / "data" / "coverage"
        data_file.parent.mkdir()
        canary = plant(work)
        rc = folder / "coverage.rc"
        rc.write_text(
            coverage_rc(
                plan.config,
                plan.scope,
                root=root,
                data_file=data_file,
                core=plan.core,
                canary=canary.parent,
                contexts=contexts == "found",
            ),
            encoding="utf-8",
        )
        self.progress.detail("reading the source")
        static = analyse(
            plan.interpreter.path,
            rc,
            root,
            {path: blob for path, blob in blobs.items() if is_candidate(path)},
            timeout_s=self.bench.limits.timeout_s,
        )
        self.progress.detail("running the tests")
        run = partial(
            run_tests,
            interpreter=plan.interpreter,
            rc=rc,
            export=root,
            roots=self.bench.checkouts,
            sandbox=self.sandbox,
            limits=self.bench.limits,
            allowed=self.bench.env,
            progress=self.progress,
            data_file=data_file,
        )
        ran = run(command=plan.command, work=work, contexts=contexts == "told")
        if isinstance(ran, MeasureFailure):
            raise _UnmeasurableError(_with_hint(ran, plan.trusted))
        self.progress.detail("counting")
        rewritten = rewritten_files(
            root,
            {path: blobs[path] for path in static.paths},
            written_ns=rc.stat().st_ctime_ns,
            digest=lambda content, digits: blob_id(content, digits=digits),
        )
        return _Executed(
            static=static, ran=ran, root=root, canary=canary, run=run, rewritten=rewritten
        )

    def _measure_in(self, plan: Plan, folder: Path) -> Measurement:
        done = self._execute(plan, folder)
        measured = replace(self._count(plan, done), rewritten=done.rewritten)
        if plan.trusted.arguments:
            # What the base's configuration replaced has not been tried yet.
            self.progress.detail("trying the branch's own pytest configuration")
            own = self.bench.command
            trial = replace(own, args=(*own.args, "--collect-only", "-q"))
            tried = done.run(command=trial, work=folder / "trial")
            if isinstance(tried, MeasureFailure):
                raise _UnmeasurableError(_own_configuration(tried, plan.trusted))
        return measured

    def _root_name(self, plan: Plan) -> str:
        """Where the root is a package itself, tests import it by the name of the folder."""
        name = self.bench.repository
        if "__init__.py" in self._entries(plan.source) and name.isidentifier():
            return f"tree/{name}"
        return "tree"

    def _export(self, source: TreeSource, root: Path) -> dict[str, str]:
        if source.tree is None or self.view is None:
            return copy_folder(source.folder or Path(), root)
        return export_tree(self.view, source.tree, root)

    def _count(self, plan: Plan, done: _Executed) -> Measurement:
        static, ran, root, canary = done.static, done.ran, done.root, done.canary
        branch = plan.config.branch
        expected = {plan.core, "ctrace" if static.has_c_tracer else "pytrace"}
        if ran.core not in expected:
            # The kind decides which baseline it is compared with: no claim may choose it.
            reason = f"the tests' process names the core {ran.core}, which cannot have run"
            raise _unmeasurable(FailureCode.BAD_DATA, reason)
        raw = read_raw(
            ran.data_files,
            root,
            known=static.paths,
            branch=branch,
            max_bytes=self.bench.limits.data_bytes,
            canary=canary,
        )
        _refuse_forged(static, raw)
        files = count(static.files, raw.files, branch=branch)
        counted = {file.path for file in files}
        idle = [file for file in static.files if file.path not in counted and file.statements]
        major, minor = plan.interpreter.minor
        return Measurement(
            provenance=Provenance(
                identity=plan.identity,
                commit=plan.source.commit,
                tree=plan.source.tree,
                kind=Kind(core=ran.core, python=f"{major}.{minor}", branch=branch),
                scope=plan.scope.digest,
                scope_text=plan.scope.text,
                config_digest=config_digest(plan.config),
                coverage_version=plan.interpreter.coverage_version,
                sandbox=self.sandbox.name,
            ),
            files=files,
            unparsable=unparsable(static.broken, raw.files),
            unlisted=tuple(sorted(file.path for file in idle)),
            aside=_aside(static, idle, counted, plan),
            aside_folders=tuple(
                sorted({posixpath.dirname(file.path) for file in (*static.aside, *idle)})
            ),
            tests=ran.tests,
        )


def _aside(
    static: StaticAnalysis, idle: Sequence[StaticFile], counted: Container[str], plan: Plan
) -> tuple[Aside, ...]:
    """What does not count and may be product code, by path."""
    running = [file for file in static.files if file.path in counted]
    roots = {*plan.scope.folders, *map(str, plan.interpreter.editable_roots)} - {"."}
    found = importers(running, [*static.aside, *idle], roots)
    scoped = {file.path for file in idle}
    kept = [
        Aside(
            file=combine(file, None, branch=False),
            is_in_scope=file.path in scoped,
            imported_by=found.get(file.path, ""),
        )
        for file in (*static.aside, *idle)
        if file.path in scoped or file.path in found or not serves_the_project(file.path)
    ]
    return tuple(sorted(kept, key=lambda each: each.file.path))


def _refuse_forged(static: StaticAnalysis, raw: RawData) -> None:
    """Raises the failure where what the tests' process claims cannot have happened."""
    if raw.has_canary:
        reason = (
            "the tests' process claims that a file ran which nothing runs: something in the tests"
            " writes coverage data by itself"
        )
        raise _unmeasurable(FailureCode.FORGED, reason)
    forged = forged_files(static.files, raw.files)
    if forged:
        more = f" and {len(forged) - _SHOWN} more" if len(forged) > _SHOWN else ""
        reason = (
            "the tests' process claims that lines ran which hold no code: all blank lines and"
            f" comments of {', '.join(forged[:_SHOWN])}{more}; look for tests that write coverage"
            " data, replace source files, or execute text under the name of a source file"
        )
        raise _unmeasurable(FailureCode.FORGED, reason)


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


def _unmeasurable(code: FailureCode, error: Exception | str) -> _UnmeasurableError:
    return _UnmeasurableError(MeasureFailure(code=code, message=str(error)))


def tracked_in(entries: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is one of these entries of a tree, or a folder of theirs."""
    known = set(entries)
    folders = {path[:cut] for path in known for cut, char in enumerate(path) if char == "/"}
    return lambda path: path in known or path in folders


def _modules_in(folder: Path) -> Iterator[str]:
    """What the copy of a folder will have; an environment in it is none of it."""
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder)
        if SKIPPED_FOLDERS.isdisjoint(own.parts):
            yield own.as_posix()


def _read_plain(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
