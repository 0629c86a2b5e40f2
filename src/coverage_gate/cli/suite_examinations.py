"""What the doctor tells about tests that fail in the cage."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.adapters.measure.run import run_tests
from coverage_gate.cli.findings import Finding, Patient, fail, ok, warn
from coverage_gate.cli.progress import open_progress
from coverage_gate.core.cage import Need
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.core.missing import Missing, Ran, explained
from coverage_gate.measuring import Stage
from coverage_gate.ports import Progress
from coverage_gate.procedure import name_of, pyproject_at, source_of
from coverage_gate.settings import load_settings
from coverage_gate.wiring import open_workshop

#: Where nothing is held back.
_OUTSIDE = {"ORCH_SANDBOX": "plain", "ORCH_REQUIRE_SANDBOX": "none"}
_MOST = 20


def examine_tests(patient: Patient) -> list[tuple[str, Finding]]:
    """Run the tests as a measurement would; those that fail are looked at outside, too.

    But where a cage is required: there nothing of a branch may see the host.

    Raises:
        RepositoryError, SettingsError: If they cannot be run at all.
    """
    with open_progress() as progress:
        progress.step("the tests, in what holds them")
        inside = ran(patient, {}, progress)
        if not inside.failing and not inside.failure:
            return [("tests", ok(f"{len(inside.ends)} tests ran, and none failed"))]
        is_held = load_settings(env=patient.environment).require_sandbox is not Need.NONE
        if not is_held:
            progress.step("the tests, without it")
        outside = inside if is_held else ran(patient, _OUTSIDE, progress)
    missing = explained(inside, outside)
    rest = len(missing) - _MOST
    more = [("tests", warn(f"{rest} more tests fail"))] if rest > 0 else []
    return [*(_finding(each, is_held=is_held) for each in missing[:_MOST]), *more]


def _finding(missing: Missing, *, is_held: bool) -> tuple[str, Finding]:
    name, said = missing.test or "tests", missing.said or "no reason was printed"
    advice = missing.advice or "look at what it prints; `ORCH_SANDBOX=plain` shows it the host"
    if is_held:
        why = "outside of it nothing may run (ORCH_REQUIRE_SANDBOX)"
        return name, warn(f"fails in the cage, and {why}: {said}", missing.advice)
    if missing.passes_outside:
        return name, fail(f"fails in the cage only: {said}", advice)
    return name, warn(f"fails outside of the cage, too: {said}", missing.advice)


def ran(patient: Patient, over: Mapping[str, str], progress: Progress) -> Ran:
    """Run what is checked out under the settings with some of them replaced.

    Raises:
        RepositoryError, SettingsError: If it cannot be run at all.
    """
    environment = {**patient.environment, **over}
    settings = load_settings(env=environment)
    repository = name_of(patient.folder)
    with open_workshop(repository=repository, folder=patient.folder, progress=progress) as shop:
        settings = load_settings(env=environment, base_pyproject=pyproject_at(shop, settings.base))
        source = source_of(shop, patient.folder, "HEAD", settings.base)
        found = shop.measurer(settings).on_stage(source, _run)
    return _failed(found) if isinstance(found, MeasureFailure) else found


def _run(stage: Stage) -> Ran:
    data_file, rc = stage.folder / "data" / "coverage", stage.folder / "coverage.rc"
    data_file.parent.mkdir()
    rc.write_text(f"[run]\ndata_file = {data_file}\nparallel = true\n", "utf-8")
    # In a cage the tests are somebody else's; the folder around it is closed to others.
    rc.chmod(0o644)
    finished = run_tests(
        stage.rig_in(stage.folder), rc=rc, data_file=data_file, progress=stage.progress
    )
    if isinstance(finished, MeasureFailure):
        return _failed(finished)
    status = finished.tests.exit_status
    if finished.tests.outcomes is None and status:
        return Ran(failure=f"the tests ended with status {status}", output=finished.output)
    return Ran(ends=finished.tests.outcomes or {}, output=finished.output)


def _failed(failure: MeasureFailure) -> Ran:
    return Ran(failure=failure.message, output=failure.output)
