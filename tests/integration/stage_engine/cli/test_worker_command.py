"""`stage-engine worker`, and what every command has in common."""

import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.engine_world import REPO
from tests.integration.stage_engine.cli.conftest import Shell

from stage_engine.cli.main import STATUSES, TABLE, main
from stage_engine.machine import own_host

NO_CLEAN_UP = ("--keep", "3650d")


@pytest.fixture
def jobs(shell: Shell) -> Shell:
    """A world with the samples' templates and hosts."""
    assert shell("sample-data").status == 0
    return shell


def test_a_worker_tells_what_it_does_on_stderr(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    told = jobs("worker", "--drain", *NO_CLEAN_UP)
    assert (told.status, told.out) == (0, "")
    first, *lines = told.err.splitlines()
    assert first.endswith(" takes jobs; SIGTERM or Ctrl-C stops it")
    assert lines == [
        "job 1 (noop): taken, attempt 1",
        "job 1 (noop): done",
        "stopped (nothing left to do): 1 jobs taken; 1 done",
    ]


def test_a_worker_reports_as_json(jobs: Shell) -> None:
    for _ in range(3):
        jobs("jobs", "create", "noop")
    found = jobs.json("worker", "--max-jobs", "2", *NO_CLEAN_UP)
    assert (found["taken"], found["ended"]) == (2, {"done": 2})
    assert found["why"] == "--max-jobs reached"
    assert found["worker"].startswith(f"{own_host()}/")


def test_a_worker_that_is_asked_once_takes_one_job_at_most(jobs: Shell) -> None:
    for _ in range(2):
        jobs("jobs", "create", "noop")
    taken = [jobs.json("worker", "--once", *NO_CLEAN_UP)["taken"] for _ in range(3)]
    assert taken == [1, 1, 0]


def test_a_worker_makes_its_machine_known(shell: Shell) -> None:
    shell("worker", "--once", *NO_CLEAN_UP)
    assert [host["name"] for host in shell.json("hosts", "list")["hosts"]] == [own_host()]


def test_a_worker_for_a_host_takes_its_jobs(jobs: Shell) -> None:
    jobs("hosts", "add", "build-2")
    jobs("jobs", "create", "noop", "--host", "build-2")
    assert jobs.json("worker", "--drain", *NO_CLEAN_UP)["taken"] == 0
    assert jobs.json("worker", "--drain", "--host", "build-2", *NO_CLEAN_UP)["taken"] == 1


def test_a_worker_for_a_host_that_nobody_knows_is_refused(jobs: Shell) -> None:
    told = jobs("worker", "--host", "biuld-2")
    assert told.status == 2
    assert "there is no host 'biuld-2'" in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--max-jobs", "0"),
        ("--poll-interval", "x"),
        ("--poll-interval", "0s"),
        ("--silence", "0.1s"),
        ("--keep", "9999999d"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(shell: Shell, arguments: tuple[str, str]) -> None:
    assert shell("worker", *arguments).status == 2


@pytest.mark.parametrize(("signals", "status"), [(1, 0), (2, 130)])
def test_a_worker_that_is_asked_to_stop_ends_with_its_status(
    jobs: Shell, signals: int, status: int
) -> None:
    marker = jobs.world.folder / "started"
    jobs.world.feature("f1")
    script = f"sh -c 'touch {marker}; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; done'"
    jobs.world.set(QG_CI_GREEN_COMMAND=script)
    jobs("submit", "--repo", REPO, "--work-item", "F1", "--branch", "f1")

    def ask() -> None:
        while not marker.exists():
            pass
        for _ in range(signals):
            os.kill(os.getpid(), signal.SIGTERM)
            # Two at once may arrive as one.
            time.sleep(0.1)

    thread = threading.Thread(target=ask)
    thread.start()
    told = jobs("worker", *NO_CLEAN_UP)
    thread.join()
    assert told.status == status
    assert [job["state"] for job in jobs.json("jobs", "list")["jobs"]] == ["pending"]


@pytest.mark.parametrize("name", TABLE)
def test_every_command_has_help_with_an_example_and_the_statuses(shell: Shell, name: str) -> None:
    told = shell(name, "--help")
    assert told.status == 0
    assert f"    stage-engine {name}" in told.out
    assert STATUSES.splitlines()[2].strip() in told.out
    assert max(map(len, told.out.splitlines())) <= 80


def test_the_help_lists_every_command(shell: Shell) -> None:
    shown = shell("--help").out
    assert [name for name in TABLE if f"\n  {name} " not in shown] == []


def test_a_misspelt_command_is_answered_with_the_nearest_one(shell: Shell) -> None:
    told = shell("wroker")
    assert (told.status, "Did you mean 'worker'?" in told.err) == (2, True)


def test_a_bad_setting_is_told_with_status_2(shell: Shell) -> None:
    shell.world.set(LEASE_TTL_S="soon")
    told = shell("monitor")
    assert (told.status, "ORCH_LEASE_TTL_S" in told.err) == (2, True)


def test_a_database_that_cannot_be_used_is_told_with_status_4(shell: Shell) -> None:
    shell.world.set(DB_PATH=str(shell.world.folder))
    told = shell("monitor")
    assert (told.status, told.out) == (4, "")
    assert told.err.startswith("stage-engine: ")


def test_colours_are_used_when_forced_and_not_when_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("sample-data")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in shell("monitor").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in shell("monitor").out


def test_main_leaves_with_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["stage-engine", "nonsense"])
    monkeypatch.setattr(gc, "freeze", int)  # these tests go on
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2


def test_importing_the_module_runs_nothing() -> None:
    assert importlib.import_module("stage_engine.__main__").main is main


def test_the_module_is_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stage_engine", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("stage-engine, version ")
