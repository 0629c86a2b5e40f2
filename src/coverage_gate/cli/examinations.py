"""What the doctor looks at, one small function each. A new one joins `EXAMINATIONS`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from coverage_gate.adapters.git.view import open_view
from coverage_gate.adapters.git.worktrees import main_worktree, repository_name
from coverage_gate.adapters.measure.command import BadCommandError, parse_test_command
from coverage_gate.adapters.measure.interpreter import (
    Interpreter,
    InterpreterError,
    find_interpreter,
    probe_interpreter,
)
from coverage_gate.adapters.sandbox.bare import BareSandbox
from coverage_gate.adapters.stores.target import sqlite_path
from coverage_gate.cli.base_file import read_base_file
from coverage_gate.cli.findings import Examination, Finding, Patient, fail, ok, warn
from coverage_gate.cli.pending_examination import check_pending
from coverage_gate.cli.receiver_examinations import check_letters, check_receiver
from coverage_gate.cli.scope_examinations import check_files, check_scope
from coverage_gate.cli.setup_examinations import check_hooks, check_limits, check_workflows
from coverage_gate.closing import is_closed
from coverage_gate.ports import RepositoryError, StoreError
from coverage_gate.receiving import RECEIVERS
from coverage_gate.scratch import private_folder
from coverage_gate.settings import Settings, SettingsError, load_settings, unknown_variables
from coverage_gate.wiring import store_of

OLDEST_PYTHON = (3, 11)
OLDEST_GIT = (2, 38)  # the first one whose merge-tree writes a tree
_GIT_TIMEOUT_S = 20
_UNREAD = "not looked at, since the settings are invalid"


def check_python(patient: Patient) -> Finding:
    """The interpreter that runs the gate."""
    version = ".".join(map(str, patient.python_version))
    if patient.python_version < OLDEST_PYTHON:
        return fail(f"Python {version} is too old", "run the gate with Python 3.11 or newer")
    return ok(f"Python {version} at {sys.executable}")


def check_git(patient: Patient) -> Finding:
    """Git is there, and new enough."""
    found = shutil.which("git", path=patient.environment.get("PATH"))
    if found is None:
        return fail("git is not on the PATH", "install git 2.38 or newer")
    answer = subprocess.run(  # noqa: S603 - git itself, without a shell
        [found, "--version"], capture_output=True, check=False, timeout=_GIT_TIMEOUT_S
    )
    text = answer.stdout.decode("utf-8", "replace").strip()
    version = re.search(r"(\d+)\.(\d+)", text)
    if version is None:
        return fail(f"{found} does not answer as git does", "install git 2.38 or newer")
    if (int(version[1]), int(version[2])) < OLDEST_GIT:
        return fail(f"{text} is too old to merge without a work tree", "install git 2.38 or newer")
    return ok(f"{text} at {found}")


def check_settings(patient: Patient) -> Finding:
    """Every variable can be used."""
    if patient.error is not None:
        return fail(str(patient.error), "set them right, see docs/settings.md")
    return ok("every variable that is set can be used")


def check_spelling(patient: Patient) -> Finding:
    """No variable is almost one of ours."""
    unknown = unknown_variables(patient.environment)
    if unknown:
        return warn(f"ignored, since there is no such setting: {', '.join(unknown)}", "rename it")
    return ok("no misspelt ORCH_COVERAGE_* variable")


def check_switch(patient: Patient, settings: Settings) -> Finding:
    """The gate is on."""
    del patient
    if settings.enabled:
        return ok("the gate is on")
    return warn("the gate is off: nothing is judged", "unset ORCH_COVERAGE_GATE_ENABLED")


def check_store(patient: Patient, settings: Settings) -> Finding:
    """The store can be written. One that does not exist yet is not made."""
    del patient
    try:
        path = sqlite_path(settings.store_target)
        if not path.exists():
            return _place(path.parent, f"{path} will be made with the first baseline")
        with store_of(settings).transactions.writing():
            return ok(f"{path} can be written")
    except StoreError as error:
        return fail(str(error), "mend it, or set ORCH_DB_PATH to another file")


def check_errors(patient: Patient, settings: Settings) -> Finding:
    """The gate of this repository was not closed by errors of the tool."""
    try:
        name = repository_name(patient.folder)
        if not sqlite_path(settings.store_target).exists():
            return ok("no tool error was counted")
        store = store_of(settings)
        count = store.tool_errors(name)
        shut = is_closed(store, name)
    except (RepositoryError, StoreError):
        return warn("not looked at, since there is no repository or no store")
    if shut:
        return fail(
            f"{name}: closed after {count} tool errors in a row",
            "find their cause, then open the gate again: coverage-gate reopen",
        )
    return ok(f"{count} tool errors in a row") if count else ok("no tool error was counted")


def check_folders(patient: Patient, settings: Settings) -> Finding:
    """Worktrees and reports have a place."""
    del patient
    folders = (settings.worktrees_dir, settings.reports_dir)
    findings = [_place(folder, f"{folder} can be written") for folder in folders]
    broken = [finding for finding in findings if finding.mend]
    return broken[0] if broken else ok("; ".join(finding.detail for finding in findings))


def check_repository(patient: Patient, settings: Settings) -> Finding:
    """The repository and its base can be read, and the base's table can be used."""
    try:
        file = read_base_file(patient.folder, settings.base)
    except RepositoryError as error:
        return fail(str(error), _named_base(patient.folder, error))
    try:
        load_settings(env=patient.environment, base_pyproject=file.content)
    except SettingsError as error:
        return fail(str(error), f"set it right on {settings.base}; branches cannot")
    return ok(f"{repository_name(patient.folder)}, {settings.base} is at {file.commit[:12]}")


def check_interpreter(patient: Patient, settings: Settings) -> Finding:
    """The interpreter of the repository has coverage.py, and pytest where that runs the tests."""
    try:
        found, origin = _interpreter(patient, settings)
    except RepositoryError:
        return warn("not looked at, since the repository or its base cannot be read")
    except InterpreterError as error:
        return fail(str(error), "or name another interpreter with ORCH_COVERAGE_PYTHON")
    except BadCommandError as error:
        return fail(str(error), "set ORCH_COVERAGE_TEST_COMMAND right")
    pytest = f", pytest {found.pytest_version}" if found.pytest_version else ""
    return ok(
        f"{found.path} ({origin}): Python {found.version}, coverage.py {found.coverage_version}"
        f"{pytest}"
    )


def check_testmon(patient: Patient, settings: Settings) -> Finding:
    """pytest-testmon takes the tracer from coverage.py and leaves tests out."""
    try:
        found, _ = _interpreter(patient, settings)
    except (RepositoryError, InterpreterError, BadCommandError):
        return warn("not looked at, since there is no interpreter")
    libraries = found.path.parent.parent.glob("lib/python*/site-packages/pytest_testmon-*")
    if any(libraries):
        return warn(
            "pytest-testmon is installed: used together with coverage.py it makes numbers too low",
            "leave --testmon out of the repository's pytest options, or uninstall it",
        )
    return ok("pytest-testmon is not installed")


def with_settings(check: Callable[[Patient, Settings], Finding]) -> Callable[[Patient], Finding]:
    """An examination that needs valid settings, for a patient that may have none."""

    def run(patient: Patient) -> Finding:
        """What the check finds; a warning for a patient without settings."""
        return warn(_UNREAD) if patient.settings is None else check(patient, patient.settings)

    return run


def _receiver(topic: str) -> Callable[[Patient, Settings], Finding]:
    def check(patient: Patient, settings: Settings) -> Finding:
        del patient
        return check_receiver(topic, settings)

    return check


def _letters(patient: Patient, settings: Settings) -> Finding:
    del patient
    return check_letters(settings)


EXAMINATIONS = (
    Examination(name="python", run=check_python),
    Examination(name="git", run=check_git),
    Examination(name="settings", run=check_settings),
    Examination(name="spelling", run=check_spelling),
    Examination(name="switch", run=with_settings(check_switch)),
    Examination(name="store", run=with_settings(check_store)),
    Examination(name="errors", run=with_settings(check_errors)),
    Examination(name="folders", run=with_settings(check_folders)),
    Examination(name="repository", run=with_settings(check_repository)),
    Examination(name="config", run=with_settings(check_pending)),
    Examination(name="scope", run=with_settings(check_scope)),
    Examination(name="files", run=with_settings(check_files)),
    Examination(name="interpreter", run=with_settings(check_interpreter)),
    Examination(name="limits", run=with_settings(check_limits)),
    Examination(name="hooks", run=check_hooks),
    Examination(name="workflows", run=with_settings(check_workflows)),
    Examination(name="testmon", run=with_settings(check_testmon)),
    *(Examination(name=topic, run=with_settings(_receiver(topic))) for topic in RECEIVERS),
    Examination(name="messages", run=with_settings(_letters)),
)


def _named_base(folder: Path, error: RepositoryError) -> str:
    """What to name; where the base alone is unknown, the branch that others start from."""
    usual = "name the repository with --repo, the base with ORCH_COVERAGE_BASE"
    if error.code != "unknown-ref":
        return usual
    with private_folder() as scratch:
        found = open_view(folder, scratch=scratch).default_branch()
    return f"name the base: --base {found}, or ORCH_COVERAGE_BASE={found}" if found else usual


def _place(folder: Path, detail: str) -> Finding:
    """Whether a folder can be written, or be made where it is missing."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir():
        return fail(f"{existing} is no folder", f"move it away, or choose another than {folder}")
    if not os.access(existing, os.W_OK | os.X_OK):
        return fail(f"{existing} cannot be written by this user", f"let it write {folder}")
    return ok(detail)


def _interpreter(patient: Patient, settings: Settings) -> tuple[Interpreter, str]:
    with private_folder() as scratch:
        view = open_view(patient.folder, scratch=scratch)
        tracked = [entry.path for entry in view.list_tree(view.resolve(settings.base).tree)]
    main = main_worktree(patient.folder)
    choice = find_interpreter(
        configured=settings.python_for(repository_name(patient.folder)),
        candidates=[patient.folder] if main is None else [patient.folder, main],
        tracked=lambda path: any(name == path or name.startswith(f"{path}/") for name in tracked),
        fallback=Path(sys.executable),
    )
    found = probe_interpreter(
        choice,
        roots=[patient.folder.resolve()],
        needs_pytest=parse_test_command(shlex.join(settings.test_command)).is_pytest,
        sandbox=BareSandbox(),
        env=settings.variables(("PATH", "LANG")),
    )
    return found, choice.origin
