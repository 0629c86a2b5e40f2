"""From what the tests' process claims, and what the source says, to a measurement."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Sequence

from coverage_gate.adapters.measure.analysis import StaticAnalysis
from coverage_gate.adapters.measure.base_config import config_digest
from coverage_gate.adapters.measure.context_data import read_contexts, statements_of
from coverage_gate.adapters.measure.data_file import RawData, read_raw
from coverage_gate.core.cage import Cage
from coverage_gate.core.contexts import ContextMap, context_map
from coverage_gate.core.counting import StaticFile, combine, count, unparsable
from coverage_gate.core.forgery import forged_files
from coverage_gate.core.importing import importers
from coverage_gate.core.measurement import Aside, FailureCode, Kind, Measurement, Provenance
from coverage_gate.core.scope import serves_the_project
from coverage_gate.measuring.bench import Plan
from coverage_gate.measuring.executing import Executed
from coverage_gate.measuring.faults import unmeasurable

_SHOWN = 3


def counted(plan: Plan, done: Executed, *, max_bytes: int, cage: Cage) -> Measurement:
    """The measurement of a tree whose tests ran.

    Args:
        plan: What was planned.
        done: What was done.
        max_bytes: Of the data that is read.
        cage: What held the run.

    Raises:
        UnmeasurableError: If what is claimed cannot have happened.
        BadDataError: If it cannot be read.
    """
    static = done.static
    _refuse_core(plan, done)
    raw = _claims(plan, done, max_bytes)
    _refuse_forged(static, raw)
    files = count(static.files, raw.files, branch=plan.config.branch)
    known = {file.path for file in files}
    idle = [file for file in static.files if file.path not in known and file.statements]
    return Measurement(
        provenance=provenance_of(plan, done.ran.core, cage),
        files=files,
        unparsable=unparsable(static.broken, raw.files),
        unlisted=tuple(sorted(file.path for file in idle)),
        aside=_aside(static, idle, known, plan),
        aside_folders=tuple(
            sorted({posixpath.dirname(file.path) for file in (*static.aside, *idle)})
        ),
        tests=done.ran.tests,
        rewritten=done.rewritten,
    )


def told_by_context(plan: Plan, done: Executed, *, max_bytes: int) -> ContextMap:
    """Which tests ran which statements of a tree.

    Raises:
        UnmeasurableError: If tests fail.
        BadDataError: If the data cannot be read.
    """
    if done.ran.tests.exit_status != 0:
        reason = "tests fail, so that which of them run what is not known; mend them first"
        raise unmeasurable(FailureCode.TESTS_CANNOT_START, reason)
    found = read_contexts(
        done.ran.data_files,
        done.place.root,
        known=done.static.paths,
        branch=plan.config.branch,
        max_bytes=max_bytes,
    )
    blobs = {file.path: file.blob for file in done.static.files}
    return context_map(plan.source.tree or "", blobs, statements_of(found, done.static.files))


def _refuse_core(plan: Plan, done: Executed) -> None:
    """The kind decides which baseline it is compared with: no claim may choose it."""
    expected = {plan.core, "ctrace" if done.static.has_c_tracer else "pytrace"}
    if done.ran.core not in expected:
        reason = f"the tests' process names the core {done.ran.core}, which cannot have run"
        raise unmeasurable(FailureCode.BAD_DATA, reason)


def _claims(plan: Plan, done: Executed, max_bytes: int) -> RawData:
    return read_raw(
        done.ran.data_files,
        done.place.root,
        known=done.static.paths,
        branch=plan.config.branch,
        max_bytes=max_bytes,
        canary=done.place.canary,
    )


def provenance_of(plan: Plan, core: str, cage: Cage) -> Provenance:
    """Where the numbers of a plan come from."""
    major, minor = plan.interpreter.minor
    return Provenance(
        identity=plan.identity,
        commit=plan.source.commit,
        tree=plan.source.tree,
        kind=Kind(core=core, python=f"{major}.{minor}", branch=plan.config.branch),
        scope=plan.scope.digest,
        scope_text=plan.scope.text,
        config_digest=config_digest(plan.config),
        coverage_version=plan.interpreter.coverage_version,
        sandbox=cage.level,
        closed=cage.closed,
    )


def _aside(
    static: StaticAnalysis, idle: Sequence[StaticFile], known: Container[str], plan: Plan
) -> tuple[Aside, ...]:
    """What does not count and may be product code, by path."""
    running = [file for file in static.files if file.path in known]
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
        raise unmeasurable(FailureCode.FORGED, reason)
    forged = forged_files(static.files, raw.files)
    if forged:
        more = f" and {len(forged) - _SHOWN} more" if len(forged) > _SHOWN else ""
        reason = (
            "the tests' process claims that lines ran which hold no code: all blank lines and"
            f" comments of {', '.join(forged[:_SHOWN])}{more}; look for tests that write coverage"
            " data, replace source files, or execute text under the name of a source file"
        )
        raise unmeasurable(FailureCode.FORGED, reason)
