"""What the doctor finds out about what is measured: the base's configuration, and its files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.trees import SKIPPED_FOLDERS
from coverage_gate.adapters.git.view import open_view
from coverage_gate.adapters.measure.base_config import (
    CONFIG_FILES,
    BadConfigError,
    BaseConfig,
    read_base_config,
)
from coverage_gate.adapters.measure.scope import Scope, resolve_scope
from coverage_gate.cli.findings import Finding, Patient, fail, ok, warn
from coverage_gate.core.scope import looks_like_tooling
from coverage_gate.ports import RepositoryError
from coverage_gate.scratch import private_folder
from coverage_gate.settings import Settings
from coverage_gate.settings.values import BranchMode

#: Where pytest finds its options.
PYTEST_FILES = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_IMPORTED = (".py", ".pyd", ".so")
_SHOWN = 5
_NO_REPOSITORY = "not looked at, since the repository or its base cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What decides what is measured.

    Attributes:
        config: Of the base.
        scope: What it means for the base's tree.
        options: What pytest may read its options from.
        committed: Paths of the base and of what is checked out.
    """

    config: BaseConfig
    scope: Scope
    options: bytes
    committed: frozenset[str]


def check_scope(patient: Patient, settings: Settings) -> Finding:
    """What is measured, and what of the base's configuration is not applied."""
    try:
        base = _read(patient, settings)
    except RepositoryError:
        return warn(_NO_REPOSITORY)
    except BadConfigError as error:
        return fail(str(error), f"set it right on {settings.base}; branches cannot")
    has_branches = _has_branches(base, settings.branch_mode)
    detail = f"{base.scope.text}, {'lines and branches' if has_branches else 'lines'}"
    if base.config.ignored:
        return warn(
            f"{detail}; {base.config.origin} sets what is not applied:"
            f" {', '.join(base.config.ignored)}",
            "take it out, or expect other numbers than coverage.py's",
        )
    if settings.branch_mode is BranchMode.AUTO and _asks_pytest_cov_alone(base):
        return warn(
            f"{detail}; pytest's options have --cov-branch, which is pytest-cov's alone",
            "set branch = true in coverage.py's configuration, or ORCH_COVERAGE_BRANCH=on",
        )
    return ok(detail)


def _has_branches(base: _Base, mode: BranchMode) -> bool:
    """Whether branches are measured; `auto` is as the base's configuration says."""
    return base.config.branch if mode is BranchMode.AUTO else mode is BranchMode.ON


def _asks_pytest_cov_alone(base: _Base) -> bool:
    """Whether branches are asked for where the gate does not look."""
    return not base.config.branch and b"--cov-branch" in base.options


def check_files(patient: Patient, settings: Settings) -> Finding:
    """Code that lies in the checkout only: what is measured is the commit, without it."""
    try:
        base = _read(patient, settings)
    except (RepositoryError, BadConfigError):
        return warn("not looked at, since there is no scope")
    root = work_tree(patient.folder)
    if root is None:
        return ok("there is no checkout, so no code lies in it alone")
    places = sorted({path for folder in base.scope.folders for path in _code(root, folder)})
    lost = [path for path in places if path not in base.committed and not looks_like_tooling(path)]
    if not lost:
        return ok("all code of the checkout is committed")
    more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    return warn(
        f"not committed, so not there when a commit is measured: {', '.join(lost[:_SHOWN])}{more}",
        "commit what the tests import, generated or compiled as it may be",
    )


def _read(patient: Patient, settings: Settings) -> _Base:
    """Raises RepositoryError and BadConfigError."""
    with private_folder() as scratch:
        view = open_view(patient.folder, scratch=scratch)
        tree, head = view.resolve(settings.base).tree, view.resolve("HEAD").tree
        names = dict.fromkeys((*CONFIG_FILES, *PYTEST_FILES))
        files = {name: view.read_file(tree, name) for name in names}
        paths = [entry.path for entry in view.list_tree(tree)]
        committed = frozenset(paths).union(entry.path for entry in view.list_tree(head))
    config = read_base_config(_present(files, CONFIG_FILES))
    return _Base(
        config=config,
        scope=resolve_scope(config, paths),
        options=b"\n".join(_present(files, PYTEST_FILES).values()),
        committed=committed,
    )


def _present(files: Mapping[str, bytes | None], names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: content for name in names if (content := files[name]) is not None}


def work_tree(folder: Path) -> Path | None:
    """The top of the checkout that a folder is in."""
    own = folder.resolve()
    return next((place for place in (own, *own.parents) if (place / ".git").exists()), None)


def _code(root: Path, folder: str) -> Iterator[str]:
    """What Python can import below a folder, relative to the root; what cannot be read is none."""
    for place, folders, names in os.walk(root / folder):
        folders[:] = [each for each in folders if each not in SKIPPED_FOLDERS and each[0] != "."]
        for name in names:
            if name.endswith(_IMPORTED):
                yield (Path(place) / name).relative_to(root).as_posix()
