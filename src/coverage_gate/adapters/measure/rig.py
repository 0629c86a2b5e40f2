"""What the tests of one tree are run with, whatever they are run for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.environment import environment_for_tests
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.adapters.measure.workroom import Workroom, runner_of, write_spec
from coverage_gate.ports import Launch, Premises, RunLimits, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """What the tests of one tree are run with.

    Attributes:
        interpreter: As probed.
        command: What to run.
        export: The tree, absolute and without links on the way: coverage.py writes such names.
        work: A private folder for everything else that the run writes; it may be missing.
        roots: The checkout and its worktrees, whose code must not be used.
        sandbox: Holds the run.
        limits: Of the run.
        allowed: Variables that the tests may see, see `environment_for_tests`.
        collects: Whether garbage is collected after each test.
    """

    interpreter: Interpreter
    command: TestCommand
    export: Path
    work: Path
    roots: tuple[Path, ...]
    sandbox: Sandbox
    limits: RunLimits
    allowed: Mapping[str, str]
    collects: bool = False


def tell_scripts(
    rig: Rig, room: Workroom, *, rc: Path, contexts: bool = False, mutant: Path | None = None
) -> None:
    """Write down for the scripts in the room what they run. Raises OSError."""
    write_spec(
        room,
        command=rig.command,
        rc=rc,
        export=rig.export,
        roots=rig.roots,
        editable=rig.interpreter.editable_roots,
        contexts=contexts,
        collects=rig.collects,
        mutant=mutant,
    )


def launch_of(
    rig: Rig,
    room: Workroom,
    *,
    writable: tuple[Path, ...] = (),
    readable: tuple[Path, ...] = (),
) -> Launch:
    """The run of the tests: with the interpreter, in the export, and what it finds there.

    Args:
        rig: What they are run with.
        room: Their private folder.
        writable: Folders that they may write, beside export and room.
        readable: Files and folders that they read, beside the interpreter's and the programs.

    Raises:
        RefusedVariableError: For an allowed variable that is a secret by its name.
    """
    environment = _environment(rig, room)
    return Launch(
        argv=(str(rig.interpreter.path), str(runner_of(room)), str(room.spec)),
        cwd=rig.export,
        env=environment,
        premises=Premises(
            writable=(rig.export, room.folder, *writable),
            readable=(
                *readable,
                rig.interpreter.path,
                *rig.interpreter.places,
                *map(Path, environment["PATH"].split(os.pathsep)),
            ),
            emptied=(room.home, room.tmp),
            # Editable installs lead to the checkout, and look whether there are files. Of the
            # checkout itself nothing is to be seen.
            stand_ins=tuple((root, rig.export) for root in rig.roots),
        ),
        limits=rig.limits,
    )


def _environment(rig: Rig, room: Workroom) -> dict[str, str]:
    """As in an activated environment: the interpreter's commands are found first."""
    seen = environment_for_tests(allowed=rig.allowed, home=room.home, tmp=room.tmp)
    path = os.pathsep.join([str(rig.interpreter.path.parent), seen["PATH"]])
    return {**seen, "PATH": path, "PYTHONPATH": str(room.boot)}
