"""Who a worker is, and whether its process lives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stage_engine.machine import is_host_name, own_host, process_of, worker_name

_SLEEPER = "import sys, time; print(flush=True); time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", _SLEEPER], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def name_of(pid: int, *, later_by: int = 0) -> str:
    """The name that a worker in another process would have."""
    own = worker_name("h1").split("/")
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return "/".join([own[0], own[1], str(pid), str(int(stat[19]) + later_by), own[4]])


def test_no_two_workers_have_one_name() -> None:
    assert len({worker_name("h1") for _ in range(100)}) == 100


def test_a_worker_of_this_process_is_not_gone() -> None:
    process = process_of(worker_name("h1"))
    assert process is not None
    assert (process.pid, process.is_gone) == (os.getpid(), False)


def test_nobody_kills_itself() -> None:
    process = process_of(worker_name("h1"))
    assert process is not None
    assert not process.kill()


def test_a_process_that_lives_is_killed(sleeper: subprocess.Popen[bytes]) -> None:
    process = process_of(name_of(sleeper.pid))
    assert process is not None
    assert process.kill()
    assert sleeper.wait(10) == -signal.SIGKILL


def test_a_dead_process_that_nobody_waited_for_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    process = process_of(name_of(sleeper.pid))
    assert process is not None
    sleeper.kill()
    deadline = time.monotonic() + 10
    while not process.is_gone:
        assert time.monotonic() < deadline
    assert not process.kill()


def test_another_process_of_the_same_number_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    process = process_of(name_of(sleeper.pid, later_by=1))
    assert process is not None
    assert process.is_gone
    assert not process.kill()
    assert sleeper.poll() is None


def test_a_number_that_nobody_has_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    process = process_of(name_of(sleeper.pid))
    assert process is not None
    sleeper.kill()
    sleeper.wait()
    assert (process.is_gone, process.kill()) == (True, False)


@pytest.mark.parametrize("name", ["", "w1", "h/x/1/2/ab", "h1/1/2/3/ab", "h1/1/2/3"])
def test_of_a_worker_elsewhere_nothing_is_known(name: str) -> None:
    assert process_of(name) is None


def test_without_an_account_of_the_kernel_nothing_is_known(tmp_path: Path) -> None:
    name = worker_name("h1", proc=tmp_path)
    assert name.startswith(f"h1/0/{os.getpid()}/0/")
    assert process_of(name) is None


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("build-2", True), ("a.b_c", True), ("", False), ("-a", False), ("a/b", False), ("ä", False)],
)
def test_names_of_hosts_are_plain(name: str, is_one: bool) -> None:
    assert is_host_name(name) is is_one


@pytest.mark.parametrize(("told", "name"), [("build-2", "build-2"), ("a b", "localhost")])
def test_a_machine_without_a_usable_name_is_the_local_one(told: str, name: str) -> None:
    assert own_host(told=lambda: told) == name
