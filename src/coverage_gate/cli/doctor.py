"""`coverage-gate doctor`: what keeps the gate from working here, and how to mend it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from coverage_gate.boundary import never_raises, redactor, visible
from coverage_gate.cli.findings import Examination, Finding, Health, Patient, fail
from coverage_gate.cli.options import base_option, db_option, format_option, repo_option
from coverage_gate.cli.style import terminal_of
from coverage_gate.settings import SettingsError, load_settings, read_environment, secret_values

SCHEMA_VERSION = 1

_COLORS = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}
_LIMIT = 1000
_BROKEN = fail("the examination broke", "run it again with --debug")


EXAMPLES = """\b
Examples:
  coverage-gate doctor
  coverage-gate doctor --repo ../shop --format json
  coverage-gate doctor --sandbox
  coverage-gate doctor --tests
"""


@click.command(epilog=EXAMPLES)
@repo_option
@base_option
@db_option
@click.option("--sandbox", is_flag=True, help="Only what holds test runs: try each level.")
@click.option(
    "--tests",
    is_flag=True,
    help="Only the tests of what is checked out: what they miss in what holds them. Those that fail"
    " there run once more without it, unless ORCH_REQUIRE_SANDBOX is set.",
)
@format_option
def doctor(
    *, repo: Path, base: str | None, db: str | None, sandbox: bool, tests: bool, output: str
) -> int:
    r"""Find out what keeps the gate from working here, and how to mend it.

    Changes nothing. Ends with status 1 if something fails.
    """
    patient = _patient(repo, {"base": base, "db": db})
    answers = [*(_cages(patient) if sandbox else []), *(_tests(patient) if tests else [])]
    answers = answers or _all(patient)
    if output == "json":
        click.echo(json.dumps(_as_json(answers)))
    else:
        color = terminal_of(sys.stdout).color
        click.echo("\n".join(_lines(answers)), color=color)
    return int(any(finding.health is Health.FAIL for _, finding in answers))


def _all(patient: Patient) -> list[tuple[str, Finding]]:
    from coverage_gate.cli.examinations import EXAMINATIONS

    return examine(patient, EXAMINATIONS)


def _cages(patient: Patient) -> list[tuple[str, Finding]]:
    from coverage_gate.cli.cage_examinations import examine_cages

    return examine_cages(patient)


def _tests(patient: Patient) -> list[tuple[str, Finding]]:
    from coverage_gate.cli.suite_examinations import examine_tests
    from coverage_gate.ports import RepositoryError

    try:
        return examine_tests(patient)
    except (RepositoryError, SettingsError) as error:
        return [("tests", fail(str(error), "see `coverage-gate doctor`"))]


def examine(patient: Patient, examinations: Sequence[Examination]) -> list[tuple[str, Finding]]:
    """Run each examination; one that breaks is a finding of its own and stops no other."""
    redact = redactor(secret_values(patient.environment))
    guard = never_raises(
        lambda message: fail(f"the examination broke: {message}", "run it again with --debug"),
        last=_BROKEN,
        redact=redact,
    )
    return [(each.name, guard(each.run)(patient)) for each in examinations]


def _patient(folder: Path, flags: dict[str, object]) -> Patient:
    environment = read_environment()
    settings, problem = None, None
    try:
        settings = load_settings(env=environment, flags=flags)
    except SettingsError as error:
        problem = error
    return Patient(
        environment=environment,
        folder=folder,
        settings=settings,
        error=problem,
        python_version=sys.version_info[:3],
    )


def _lines(answers: list[tuple[str, Finding]]) -> Iterator[str]:
    width = max(len(name) for name, _ in answers)
    for name, finding in answers:
        mark = click.style(f"{finding.health:<4}", fg=_COLORS[finding.health])
        yield f"{mark}  {name:<{width}}  {visible(finding.detail, limit=_LIMIT)}"
        if finding.mend:
            yield f"{'':4}  {'':{width}}  to mend it: {visible(finding.mend, limit=_LIMIT)}"


def _as_json(answers: list[tuple[str, Finding]]) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": all(finding.health is not Health.FAIL for _, finding in answers),
        "checks": [
            {
                "name": name,
                "outcome": finding.health,
                "detail": finding.detail,
                "mend": finding.mend,
            }
            for name, finding in answers
        ],
    }
