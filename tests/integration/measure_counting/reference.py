"""Measures a folder twice: by coverage.py's own report and by the gate's own counting."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.measure.analysis import StaticAnalysis, analyse
from coverage_gate.adapters.measure.base_config import (
    CONFIG_FILES,
    BaseConfig,
    read_base_config,
)
from coverage_gate.adapters.measure.data_file import RawData, read_raw
from coverage_gate.adapters.measure.rc_file import choose_core, coverage_rc
from coverage_gate.adapters.measure.scope import Scope, is_candidate, resolve_scope
from coverage_gate.core.counting import count
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage

#: A file in numbers: what a report says of it.
Numbers = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """The two answers for one run.

    Attributes:
        expected: Path → numbers, by coverage.py.
        counted: Path → numbers, by the gate.
        totals: By coverage.py: statements, missing, excluded, branches, missing branches.
        files: The gate's own values.
        statics: The static half.
        raw: The claims.
        scope: What was measured.
    """

    expected: dict[str, Numbers]
    counted: dict[str, Numbers]
    totals: tuple[int, ...]
    files: tuple[FileCoverage, ...]
    statics: StaticAnalysis
    raw: RawData
    scope: Scope


def entries_of(root: Path) -> list[str]:
    """The paths of all files, as an export knows them."""
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    )


def configuration_of(root: Path) -> BaseConfig:
    """The configuration that the folder's own files make."""
    present = [name for name in CONFIG_FILES if (root / name).exists()]
    return read_base_config({name: (root / name).read_bytes() for name in present})


def analyse_folder(
    root: Path,
    out: Path,
    config: BaseConfig,
    *,
    python: Path = Path(sys.executable),
    version: tuple[int, int] = sys.version_info[:2],
) -> tuple[Scope, StaticAnalysis]:
    """The scope of a folder and the facts of its files; leaves the configuration in `rc`."""
    entries = entries_of(root)
    scope = resolve_scope(config, entries)
    core = choose_core(version, branch=config.branch, concurrency=config.concurrency)
    text = coverage_rc(config, scope, root=root, data_file=out / "data", core=core)
    (out / "rc").write_text(text, "utf-8")
    blobs = {path: f"blob of {path}" for path in entries if is_candidate(path)}
    return scope, analyse(python, out / "rc", root, blobs, timeout_s=600)


def measure_twice(
    root: Path,
    out: Path,
    command: Sequence[str],
    *,
    python: Path = Path(sys.executable),
    version: tuple[int, int] = sys.version_info[:2],
    env: Mapping[str, str] | None = None,
) -> Twice:
    """Run a command under coverage.py and count it twice.

    Args:
        root: The folder; its real path.
        out: Where configuration and data go.
        command: What follows `coverage run`.
        python: The interpreter, that has coverage.py.
        version: Of the interpreter.
        env: Further variables.
    """
    config = configuration_of(root)
    scope, statics = analyse_folder(root, out, config, python=python, version=version)
    rc = out / "rc"
    _coverage(python, root, ["run", f"--rcfile={rc}", *command], env)
    files = sorted(out.glob("data.*"))
    raw = read_raw(files, root, known=statics.paths, branch=config.branch, max_bytes=10**9)
    counted = count(statics.files, raw.files, branch=config.branch)
    _coverage(python, root, ["combine", "-q", "--keep", f"--rcfile={rc}", *map(str, files)], env)
    report = out / "report.json"
    _coverage(python, root, ["json", "-q", f"--rcfile={rc}", "-o", str(report)], env)
    told = json.loads(report.read_text())
    return Twice(
        expected={path: _expected(file) for path, file in told["files"].items()},
        counted={file.path: numbers_of(file) for file in counted},
        totals=_totals(told["totals"]),
        files=counted,
        statics=statics,
        raw=raw,
        scope=scope,
    )


def numbers_of(file: FileCoverage) -> Numbers:
    """A file of the gate in numbers."""
    return {
        "statements": file.statements.bit_count(),
        "executed": list(lines_of(file.executed)),
        "missing": list(lines_of(file.statements & ~file.executed)),
        "excluded": list(lines_of(file.excluded)),
        "branches": len(file.branches),
        "missing branches": sorted(set(file.branches) - set(file.taken)),
    }


def totals_of(files: Sequence[FileCoverage]) -> tuple[int, ...]:
    """The sums of the gate: statements, missing, excluded, branches, missing branches."""
    return (
        sum(file.statements.bit_count() for file in files),
        sum((file.statements & ~file.executed).bit_count() for file in files),
        sum(file.excluded.bit_count() for file in files),
        sum(len(file.branches) for file in files),
        sum(len(file.branches) - len(file.taken) for file in files),
    )


def _expected(told: dict[str, object]) -> Numbers:
    summary = told["summary"]
    assert isinstance(summary, dict)
    missing_branches = told.get("missing_branches", [])
    assert isinstance(missing_branches, list)
    missing = sorted(map(tuple, missing_branches))
    assert len(missing) == summary.get("missing_branches", 0)
    return {
        "statements": summary["num_statements"],
        "executed": told["executed_lines"],
        "missing": told["missing_lines"],
        "excluded": told["excluded_lines"],
        "branches": summary.get("num_branches", 0),
        "missing branches": missing,
    }


def _totals(told: dict[str, int]) -> tuple[int, ...]:
    return (
        told["num_statements"],
        told["missing_lines"],
        told["excluded_lines"],
        told.get("num_branches", 0),
        told.get("missing_branches", 0),
    )


def _coverage(
    python: Path, root: Path, arguments: Sequence[str], env: Mapping[str, str] | None
) -> None:
    done = subprocess.run(
        [str(python), "-m", "coverage", *arguments],
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout[-3000:] + done.stderr[-3000:]).decode()
