"""The engine as a person meets it who has nothing but its command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LONG_AGO = 1_000_000_000.0

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def engine(tmp_path: Path) -> Run:
    """Runs one command of `stage-engine` as a process, in an environment of its own."""
    folders = {name: str(tmp_path / name.lower()) for name in ("REPOS", "WORKTREES", "REPORTS")}
    # Whoever measures the coverage of our own processes needs these.
    kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    kept |= {key: value for key, value in os.environ.items() if key.startswith("COV")}
    environment = {
        **kept,
        **{f"ORCH_{name}_DIR": path for name, path in folders.items()},
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "ORCH_DB_PATH": str(tmp_path / "engine.db"),
        "ORCH_COVERAGE_GATE_REPOS": "sample",
    }
    (tmp_path / "tmp").mkdir()

    def run(*arguments: str, status: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "stage_engine", *arguments],
            env=environment,
            cwd=tmp_path,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done

    return run


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object at the end of what a command printed."""
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["schema_version"] == 1
    return found


def age(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def test_from_sample_data_to_clean_up(engine: Run, tmp_path: Path) -> None:
    """Sample data, a job from a template, a worker, its result and log, and the tidying."""
    engine("sample-data")
    task = {"repo": "sample", "work_item": "SAMPLE-1", "branch": "feature/counts"}
    created = engine(
        *("jobs", "create", "pipeline", "--payload", "-", "--format", "json"),
        given=json.dumps(task),
    )
    job = str(answer(created)["job_id"])
    worker = engine("worker", "--drain", "--max-jobs", "5")
    assert f"job {job} (pipeline): done" in worker.stderr.splitlines()

    shown = answer(engine("jobs", "show", job, "--format", "json"))["job"]
    assert (shown["state"], shown["attempt"], shown["error"]) == ("done", 1, "")
    logs = engine("jobs", "logs", job).stdout
    assert "[stage] deploy: passed: merged as " in logs

    listed = answer(engine("monitor", "--status", "done", "--format", "json"))["runs"]
    assert [run["work_item"] for run in listed] == ["SAMPLE-1"]
    block = answer(engine("queue", "--format", "json"))
    assert (block["done"], block["leases"]) == (1, {})
    assert block["coverage"]["baselines"]["sample"]["coverage"] == 100

    worktrees = tmp_path / "worktrees" / "sample"
    [worktree] = worktrees.iterdir()
    age(worktree)
    dry = answer(engine("cleanup", "--older-than", "300d", "--dry-run", "--format", "json"))
    assert (dry["removed"], worktree.exists()) == (1, True)
    engine("cleanup", "--older-than", "300d")
    assert list(worktrees.iterdir()) == []


def test_an_untested_branch_does_not_come_into_main(engine: Run) -> None:
    engine("run", "SAMPLE-1")
    told = engine("run", "SAMPLE-2", status=1)
    lines = told.stdout.splitlines()
    assert next(line for line in lines if line.startswith("deploy-staging")).split()[1] == "failed"
    assert next(line for line in lines if line.startswith("deploy ")).split()[1] == "skipped"
    assert "of the new and modified statements are covered" in told.stdout
