"""The private folder of one run: what is laid out in it, and what the gate's scripts are told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coverage_gate.adapters.measure.command import TestCommand

#: The option of pytest by which `recorder` learns where the specification is.
RECORDER_OPTION = "--coverage-gate-spec"

_SCRIPTS = Path(__file__).parent
_RUNNER = "runner.py"
#: Scripts → the names under which they are imported; no project has such modules.
_PLUGINS = {"recorder.py": "coverage_gate_recorder", "foreign.py": "coverage_gate_foreign"}
#: Empty, and in the first folder of the path: so none of the tree or of an editable install runs.
_EMPTY = ("sitecustomize.py", "usercustomize.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workroom:
    """Names in the private folder.

    Attributes:
        folder: Absolute; everything that the run writes is below, but the export and the data.
    """

    folder: Path

    @property
    def boot(self) -> Path:
        """Holds the runner; the only folder on PYTHONPATH when it starts."""
        return self.folder / "boot"

    @property
    def plugin(self) -> Path:
        """Holds the recorder and what it shares with the runner."""
        return self.folder / "plugin"

    @property
    def home(self) -> Path:
        """HOME of the tests."""
        return self.folder / "home"

    @property
    def tmp(self) -> Path:
        """TMPDIR of the tests."""
        return self.folder / "tmp"

    @property
    def record(self) -> Path:
        """Holds what the tests' process claims."""
        return self.folder / "record"

    @property
    def spec(self) -> Path:
        """What the scripts are told."""
        return self.folder / "spec.json"

    @property
    def outcomes(self) -> Path:
        """One line for each test that ended."""
        return self.record / "outcomes.jsonl"

    @property
    def started(self) -> Path:
        """One line for each test that began."""
        return self.record / "started.jsonl"

    @property
    def summary(self) -> Path:
        """What the recorder knows at the end of the session."""
        return self.record / "summary.json"

    @property
    def claims(self) -> Path:
        """What the runner knows at the end of the run."""
        return self.record / "claims.json"

    @property
    def metadata(self) -> Path:
        """Links to metadata that an old editable install keeps in the checkout."""
        return self.folder / "metadata"


def lay_out(folder: Path) -> Workroom:
    """Make the folders and put the scripts in their places. Raises OSError."""
    room = Workroom(folder=Path(os.path.abspath(folder)))  # noqa: PTH100 - no link is followed
    for place in (room.boot, room.plugin, room.home, room.tmp, room.record):
        place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_SCRIPTS / _RUNNER, room.boot / _RUNNER)
    for script, name in _PLUGINS.items():
        shutil.copyfile(_SCRIPTS / script, room.plugin / f"{name}.py")
    for name in _EMPTY:
        (room.boot / name).touch()
    return room


def runner_of(room: Workroom) -> Path:
    """The script to be started, with the specification as its argument."""
    return room.boot / _RUNNER


def import_roots(export: Path, editable: Iterable[PurePosixPath]) -> list[Path]:
    """Folders of the export that modules are imported from, the first one first.

    The root, which `python -m` puts in front; what stands for editable installs; `src`, unless
    it is a package itself.
    """
    source = export / "src"
    folders = [export, *(Path(os.path.normpath(export / root)) for root in editable)]
    if not (source / "__init__.py").is_file():
        folders.append(source)
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def write_spec(
    room: Workroom,
    *,
    command: TestCommand,
    rc: Path,
    export: Path,
    roots: Iterable[Path],
    editable: Iterable[PurePosixPath],
    contexts: bool = False,
    collects: bool = False,
    mutant: Path | None = None,
) -> None:
    """Tell the scripts what to run, and where everything is. Raises OSError."""
    spec = {
        "module": command.is_module,
        "name": command.name,
        "args": [*_recording(room, command), *command.args],
        "rc": str(rc),
        "export": str(export),
        "import_roots": [str(root) for root in import_roots(export, editable)],
        "roots": [str(root) for root in roots],
        "plugin": str(room.plugin),
        "metadata": str(room.metadata),
        "tmp": str(room.tmp),
        "outcomes": str(room.outcomes),
        "started": str(room.started),
        "summary": str(room.summary),
        "claims": str(room.claims),
        "contexts": contexts,
        "collects": collects,
        "mutant": None if mutant is None else str(mutant),
    }
    room.spec.write_text(json.dumps(spec), "ascii")


def _recording(room: Workroom, command: TestCommand) -> list[str]:
    if not command.is_pytest:
        return []
    return ["-p", _PLUGINS["recorder.py"], f"{RECORDER_OPTION}={room.spec}"]
