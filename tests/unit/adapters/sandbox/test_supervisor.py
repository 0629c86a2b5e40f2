"""The supervisor as a script and its parts, in processes that are measured."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import supervisor

PACKAGE = "from coverage_gate.adapters.sandbox import supervisor\n"


def supervise(
    code: str, *, grace_s: float = 5.0, limit_s: float = 20.0, control: int | None = None
) -> tuple[subprocess.CompletedProcess[bytes], bytes]:
    """Run Python code under the script; the second value is what the script reported."""
    return supervise_argv(
        [sys.executable, "-S", "-c", code], grace_s=grace_s, limit_s=limit_s, control=control
    )


def supervise_argv(
    argv: list[str],
    *,
    grace_s: float = 5.0,
    limit_s: float = 20.0,
    control: int | None = None,
    entry: bool = False,
    script: tuple[str, ...] = (str(supervisor.__file__),),
) -> tuple[subprocess.CompletedProcess[bytes], bytes]:
    own, far = os.pipe()
    hold, end = os.pipe()
    try:
        options = [str(far), str(grace_s), str(limit_s), "0.3", str(10**9), str(int(entry))]
        done = subprocess.run(
            [sys.executable, *script, *options, *argv],
            stdin=hold if control is None else control,
            capture_output=True,
            pass_fds=(far,),
            check=False,
        )
    finally:
        os.close(far)
        os.close(hold)
        os.close(end)
    with os.fdopen(own, "rb") as report:
        return done, report.read()


def driver(code: str) -> str:
    """What a process prints that runs the code with `supervisor` imported."""
    done = subprocess.run(
        [sys.executable, "-c", PACKAGE + code],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(supervisor.__file__).parents[3])},
    )
    return done.stdout.strip()


def test_the_exit_status_comes_through() -> None:
    done, said = supervise("raise SystemExit(7)")
    assert (done.returncode, said) == (7, b"+.")


def test_a_program_that_is_not_there_is_reported() -> None:
    done, said = supervise_argv(["/nowhere/python"])
    assert done.returncode == 127
    assert b"No such file" in said


def test_the_program_cannot_reach_the_line_to_the_gate() -> None:
    done, _ = supervise("import os; print(os.read(0, 1), sorted(os.listdir('/proc/self/fd')))")
    assert done.stdout == b"b'' ['0', '1', '2', '3']\n"


def test_a_daemon_with_an_environment_of_its_own_is_killed() -> None:
    done, said = supervise(
        "import os, time\n"
        "ready, told = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.write(told, str(os.getpid()).encode())\n"
        "        os.execve('/bin/sleep', ['sleep', '60'], {})\n"
        "    os._exit(0)\n"
        "print(os.read(ready, 9).decode())\n"
    )
    assert said == b"+."
    assert not Path(f"/proc/{int(done.stdout)}").exists()


#: Leaves a program without a name of ours, and kills whoever waits for it.
KILLER = (
    "import os\n"
    "told, teller = os.pipe()\n"
    "child = os.fork()\n"
    "if child == 0:\n"
    "    os.setsid()\n"
    "    os.execve('/bin/sleep', ['sleep', '60'], {})\n"
    "os.close(teller)\n"
    "os.read(told, 1)\n"
    "print(child, os.getpid(), flush=True)\n"
    "os.kill(os.getppid(), 9)\n"
    "while True: pass\n"
)


def test_a_program_that_kills_its_supervisor_leaves_nothing() -> None:
    done, said = supervise(KILLER)
    assert (done.returncode, said) == (-signal.SIGKILL, b"+.")
    assert not any(Path("/proc", pid).exists() for pid in done.stdout.decode().split())


def test_what_a_killed_one_left_is_ended_in_its_place() -> None:
    code = f"{PACKAGE}import sys\nsys.exit(supervisor.guard(sys.argv[1:]))\n"
    done, said = supervise_argv([sys.executable, "-S", "-c", KILLER], script=("-c", code))
    assert (done.returncode, said) == (-signal.SIGKILL & 0xFF, b"+.")


def test_what_cannot_be_killed_in_its_place_is_not_said_to_be_gone() -> None:
    code = (
        f"{PACKAGE}import os, sys\n"
        "supervisor.kill_all = lambda **_: False\n"
        "sys.exit(supervisor.guard(sys.argv[1:]))\n"
    )
    done, said = supervise_argv(
        [sys.executable, "-S", "-c", "import os; os.kill(os.getppid(), 9)"], script=("-c", code)
    )
    assert (done.returncode, said) == (-signal.SIGKILL & 0xFF, b"+")


def test_without_adoption_there_is_no_second_one() -> None:
    code = f"{PACKAGE}import sys\nsys.exit(supervisor.guard(sys.argv[1:], adopt=lambda: False))\n"
    done, said = supervise_argv(["/bin/true"], script=("-c", code))
    assert (done.returncode, said) == (0, b"+")


def test_an_inner_one_that_does_not_end_is_killed() -> None:
    said = driver(
        "import os, signal\n"
        "wake = supervisor.wake_on_child()\n"
        "child = supervisor.spawn(['/bin/sleep', '60'])\n"
        "os.kill(child, signal.SIGSTOP)\n"
        "print(supervisor.hurry(child, wake, limit_s=0))\n"
    )
    assert said == "-9"


def test_what_is_left_behind_may_end_by_itself(tmp_path: Path) -> None:
    done, said = supervise(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    time.sleep(0.1)\n"
        f"    open({str(tmp_path / 'done')!r}, 'w').close()\n"
    )
    assert (done.returncode, said) == (0, b"+.")
    assert (tmp_path / "done").exists()


def test_an_orphan_that_ends_by_itself_is_reaped_at_once() -> None:
    done, _ = supervise(
        "import os, time\n"
        "ready, told = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0:\n"
        "        os.write(told, str(os.getpid()).encode())\n"
        "        os._exit(0)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "orphan = int(os.read(ready, 9))\n"
        "deadline = time.monotonic() + 10\n"
        "while os.path.exists(f'/proc/{orphan}') and time.monotonic() < deadline:\n"
        "    time.sleep(0.01)\n"
        "print(os.path.exists(f'/proc/{orphan}'))\n"
    )
    assert done.stdout == b"False\n"


def test_at_its_limit_the_program_is_asked_and_may_end_by_itself() -> None:
    done, said = supervise(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('asked')))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n",
        limit_s=0.5,
    )
    assert (done.returncode, said) == (supervisor.STOPPED, b"+.")
    assert done.stdout == b"ready\nasked\n"


def test_a_program_that_does_not_listen_is_killed_when_the_gate_lets_go() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is ignored is inherited
    try:
        with Path(os.devnull).open("rb") as null:
            done, said = supervise(
                "import time; time.sleep(60)", grace_s=0.1, control=null.fileno()
            )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (done.returncode, said) == (supervisor.STOPPED, b"+.")


def test_where_orphans_are_not_adopted_it_is_not_said_that_all_are_gone() -> None:
    said = driver(
        "import os\n"
        "own, far = os.pipe()\n"
        "argv = [str(far), '1', '20', '0', str(10**9), '0', '/bin/true']\n"
        "supervisor.supervise(argv, adopt=lambda: False)\n"
        "os.close(far)\n"
        "print(os.read(own, 9))\n"
    )
    assert said == "b'+'"


def test_children_that_outlive_the_time_to_kill_are_told() -> None:
    said = driver(
        "child = supervisor.spawn(['/bin/sleep', '60'])\n"
        "print(supervisor.kill_all(limit_s=0), supervisor.kill_all(limit_s=5))\n"
    )
    assert said == "False True"


def test_a_child_that_may_not_be_killed_does_not_stop_the_supervisor() -> None:
    said = driver(
        "def deny(pid, number): raise PermissionError\n"
        "child = supervisor.spawn(['/bin/sleep', '60'])\n"
        "print(supervisor.kill_all(limit_s=0.05, kill=deny), supervisor.kill_all(limit_s=5))\n"
    )
    assert said == "False True"


def test_orphans_are_not_adopted_where_the_system_cannot() -> None:
    assert not supervisor.adopt_orphans(load=lambda _: object())


def test_without_a_process_table_no_children_are_known(tmp_path: Path) -> None:
    assert supervisor.children_of(1, proc=str(tmp_path / "none")) == []


def test_a_process_that_went_meanwhile_is_no_child(tmp_path: Path) -> None:
    (tmp_path / "17").mkdir()
    (tmp_path / "18").mkdir()
    (tmp_path / "18" / "stat").write_bytes(b"18 (a) b) c) S 5 18 18 0")
    assert supervisor.children_of(5, proc=str(tmp_path)) == [18]


@pytest.mark.parametrize(("limit", "lowered"), [(-1, 5), (3, 3), (9, 5)])
def test_a_limit_is_only_lowered(limit: int, lowered: int) -> None:
    assert supervisor._lower(limit, 5) == lowered


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGKILL])
def test_a_death_by_signal_is_passed_on(number: signal.Signals) -> None:
    sent: list[tuple[int, int]] = []
    before = signal.getsignal(signal.SIGUSR1)
    try:
        status = supervisor.end_like(-number, kill=lambda pid, sig: sent.append((pid, sig)))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (status, sent) == (128 + number, [(os.getpid(), number)])


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("import os; os.write(3, b'+'); raise SystemExit(7)", 7, b"+."),
        ("print('no such namespace')", 127, b""),
        ("import os, time; os.close(3); time.sleep(60)", 127, b""),
    ],
    ids=["enters", "fails", "stays outside"],
)
def test_a_cage_runs_when_it_says_so(code: str, status: int, said: bytes) -> None:
    done, report = supervise_argv([sys.executable, "-S", "-c", code], entry=True)
    assert (done.returncode, report) == (status, said)
