"""Runs the tests of a tree with one change of its code in memory, and says how they took it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.outcomes import BadClaimsError, read_claims
from coverage_gate.adapters.measure.rig import Rig, launch_of, tell_scripts
from coverage_gate.adapters.measure.workroom import Workroom, lay_out
from coverage_gate.core.mutants import Mutant
from coverage_gate.ports import ProcessResult

#: The option of pytest by which `mutant` learns what is changed.
MUTANT_OPTION = "--coverage-gate-mutant"

_MODULE = "coverage_gate_mutant"
_SCRIPT = Path(__file__).parent / "mutant.py"
#: Takes the place of the environment's own, which it then runs.
_CUSTOM = f"import {_MODULE}\n{_MODULE}.in_child(__file__)\n"


class Taken(StrEnum):
    """How the tests took a change; LATE: they did not end in time, which is no answer yet."""

    NOTICED = "noticed"
    PASSED = "passed"
    UNREACHED = "unreached"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """How the tests took a change, and the wall time of it."""

    taken: Taken
    seconds: float


def run_mutant(mutant: Mutant | None, tests: Sequence[str] | None, rig: Rig) -> TakenIn:
    """Run the command with a change, without measuring; it stops at the first test that fails.

    Args:
        mutant: The change; None: none, to see that the tests pass in this way at all.
        tests: Ids of the tests that are run; None: all.
        rig: What to run, and with what.

    Raises:
        OSError: If the rig's folder cannot be written.
        RefusedVariableError: For an allowed variable that is a secret by its name.
        SandboxError: If the tests cannot be started.
    """
    room = lay_out(rig.work)
    told = write_mutant(room, mutant, tests, export=rig.export)
    changed = replace(rig, command=_changed(rig.command, told))
    tell_scripts(changed, room, rc=_idle_rc(room), mutant=told)
    result = rig.sandbox.run(launch_of(changed, room))
    taken = _taken(result, room, is_changed=mutant is not None)
    return TakenIn(taken=taken, seconds=result.seconds)


def write_mutant(
    room: Workroom, mutant: Mutant | None, tests: Sequence[str] | None, *, export: Path
) -> Path:
    """Lay out what the tests' processes are told of a change. Raises OSError."""
    folder = room.folder / "mutant"
    folder.mkdir()
    shutil.copyfile(_SCRIPT, folder / f"{_MODULE}.py")
    (folder / "sitecustomize.py").write_text(_CUSTOM, "ascii")
    file = None if mutant is None else export / mutant.path
    told = {
        "file": "" if file is None else os.path.realpath(file),
        "digest": "" if file is None else sha256(file.read_bytes()).hexdigest(),
        "start": mutant.start if mutant else 0,
        "end": mutant.end if mutant else 0,
        "text": mutant.text.decode() if mutant else "",
        "mark": str(_mark(room)),
        "tests": tests,
    }
    place = folder / "mutant.json"
    place.write_text(json.dumps(told), "ascii")
    return place


def _mark(room: Workroom) -> Path:
    return room.record / "changed"


def _changed(command: TestCommand, told: Path) -> TestCommand:
    if not command.is_pytest:
        return command
    plugin = ["-p", _MODULE, f"{MUTANT_OPTION}={told}"]
    return replace(command, args=(*plugin, *command.args, "-x"))


def _idle_rc(room: Workroom) -> Path:
    """A configuration under which nothing is measured: that is not asked here."""
    rc, data = room.folder / "idle.rc", room.folder / "idle"
    rc.write_text(f"[run]\ndata_file = {data}\ninclude = {room.folder}/none/*\n", "utf-8")
    return rc


def _taken(result: ProcessResult, room: Workroom, *, is_changed: bool) -> Taken:
    if result.exit_status is None:
        return Taken.LATE
    try:
        claims = read_claims(room.claims)
    except BadClaimsError:
        claims = None
    if claims is None or result.exit_status or claims.exit_status:
        return Taken.NOTICED
    return Taken.UNREACHED if is_changed and not _mark(room).is_file() else Taken.PASSED
