"""Real processes in the plain sandbox."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import plain
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.adapters.sandbox.supervisor import children_of
from coverage_gate.adapters.sandbox.sweep import VARIABLE
from coverage_gate.ports import (
    Launch,
    NoProgress,
    ProcessResult,
    Progress,
    RunLimits,
    SandboxError,
)
from coverage_gate.testing.fakes import RecordingProgress

SOURCE = Path(__file__).parents[4] / "src"


def run(
    code: str,
    *,
    cwd: Path = Path("/"),
    timeout_s: float = 20.0,
    output_bytes: int = 64 * 1024,
    progress: Progress | None = None,
    progress_file: Path | None = None,
    sandbox: PlainSandbox | None = None,
) -> ProcessResult:
    """Run Python code in a sandbox with next to no environment."""
    return (sandbox or PlainSandbox()).run(
        Launch(
            argv=[sys.executable, "-S", "-c", code],
            cwd=cwd,
            env={"LANG": "C.UTF-8"},
            limits=RunLimits(timeout_s=timeout_s, output_bytes=output_bytes),
            progress=progress or NoProgress(),
            progress_file=progress_file,
        )
    )


def is_dead(pid: int) -> bool:
    """Whether a process is gone, or waits for nothing but its reaper."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def dies(pid: int) -> bool:
    """Whether a process dies within some seconds."""
    deadline = time.monotonic() + 10
    while not is_dead(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_dead(pid)


def open_descriptors() -> set[str]:
    """The numbers of this process's open files."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@dataclass(frozen=True)
class RaisingProgress:
    """A person who presses Ctrl-C."""

    def step(self, text: str) -> None:
        raise KeyboardInterrupt(text)

    def detail(self, text: str) -> None:
        raise KeyboardInterrupt(text)


@pytest.mark.parametrize(
    ("code", "status"),
    [("", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 11)", -11)],
)
def test_the_exit_status_is_that_of_the_process(code: str, status: int) -> None:
    assert run(code).exit_status == status


def test_both_streams_are_kept_in_order() -> None:
    code = "import os\nfor i in range(4): os.write(1 + i % 2, str(i).encode())"
    assert run(code).output == b"0123"


def test_standard_input_is_empty() -> None:
    assert run("import sys; print(repr(sys.stdin.read()))").output == b"''\n"


def test_the_environment_is_what_was_given_and_the_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_SECRET", "s3cr3t")
    output = run("import os; print(sorted(os.environ))").output.decode()
    assert output == f"{sorted(['LANG', VARIABLE])}\n"


def test_no_process_near_it_carries_the_gates_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_SECRET", "s3cr3t")
    code = "import os; print(open(f'/proc/{os.getppid()}/environ').read().split('=')[0])"
    assert run(code).output == b"LANG\n"


def test_the_process_starts_in_its_folder_and_leads_a_session(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.getsid(0) == os.getpid())"
    assert run(code, cwd=tmp_path).output.decode() == f"{tmp_path} True\n"


def test_core_dumps_are_off() -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
    assert run(code).output == b"(0, 0)\n"


def test_a_file_cannot_grow_beyond_its_limit(tmp_path: Path) -> None:
    code = "file = open('big', 'wb', 0)\nfile.write(bytes(9))\nfile.write(b'1')"
    result = run(code, cwd=tmp_path, sandbox=PlainSandbox(file_bytes=9))
    assert b"File too large" in result.output


def test_a_hundred_megabytes_of_output_cost_neither_memory_nor_time() -> None:
    result = run("import os\nfor _ in range(1600): os.write(1, bytes(65536))", output_bytes=100)
    assert result.exit_status == 0
    assert result.output == bytes(50) + "\n… 104857500 bytes left out …\n".encode() + bytes(50)
    assert result.seconds < 5


def test_at_the_time_limit_there_is_no_exit_status() -> None:
    result = run("print('so far', flush=True); import time; time.sleep(60)", timeout_s=0.3)
    assert (result.exit_status, result.output) == (None, b"so far\n")
    assert result.seconds < 3


def test_processes_that_ignore_sigterm_are_gone_at_the_time_limit(tmp_path: Path) -> None:
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "for name in 'abc':\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        break\n"
        "open(str(os.getpid()), 'w').close()\n"
        "time.sleep(60)\n"
    )
    run(code, cwd=tmp_path, timeout_s=0.5, sandbox=PlainSandbox(grace_s=0.1))
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) == 4
    assert all(is_dead(pid) for pid in pids)


def test_a_child_that_keeps_the_pipe_open_does_not_keep_the_gate() -> None:
    code = "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('done', flush=True)"
    result = run(code, sandbox=PlainSandbox(linger_s=0.1))
    assert (result.exit_status, result.output) == (0, b"done\n")
    assert result.seconds < 5


def test_a_process_that_kills_its_supervisor_ends_by_signal_and_leaves_nothing() -> None:
    code = (
        "import os, time\n"
        "print(os.getpid(), flush=True)\n"
        "os.kill(os.getppid(), 9)\n"
        "time.sleep(60)\n"
    )
    result = run(code)
    assert result.exit_status == -9
    assert dies(int(result.output))


def test_a_process_that_stops_its_supervisor_is_ended_at_the_time_limit() -> None:
    code = "import os; print(os.getpid(), flush=True); os.kill(os.getppid(), 19)\nwhile True: pass"
    result = run(code, timeout_s=0.3)
    assert result.exit_status is None
    assert is_dead(int(result.output))


def supervisor_that(folder: Path, code: str) -> Path:
    """A program in the place of the interpreter; `report` is its line to the gate."""
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable} -S\nimport os, sys, time\nreport = int(sys.argv[5])\n{code}\n"
    )
    program.chmod(0o700)
    return program


def test_a_program_that_ended_before_the_gate_looked_was_started(tmp_path: Path) -> None:
    quick = supervisor_that(tmp_path, "os.write(report, b'+.'); sys.exit(3)")
    assert run("", sandbox=PlainSandbox(python=quick)).exit_status == 3


def test_whoever_keeps_the_pipe_of_a_dead_supervisor_is_not_waited_for(tmp_path: Path) -> None:
    dead = supervisor_that(
        tmp_path,
        "if os.fork() == 0: time.sleep(3); os._exit(0)\nos.write(report, b'+'); os._exit(3)",
    )
    assert run("", sandbox=PlainSandbox(python=dead, kill_s=0.1)).exit_status == 3


def test_a_supervisor_that_does_not_answer_any_more_is_killed(tmp_path: Path) -> None:
    stuck = supervisor_that(
        tmp_path, "print(os.getpid(), flush=True); os.write(report, b'+'); time.sleep(60)"
    )
    result = run("", timeout_s=0.1, sandbox=PlainSandbox(python=stuck, grace_s=0, kill_s=0.1))
    assert result.exit_status is None
    assert is_dead(int(result.output))


def test_when_the_gate_is_killed_its_processes_die(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0: os.setsid()\n"
        "open(str(os.getpid()), 'w').close()\n"
        "time.sleep(60)\n"
    )
    gate = (
        "import sys\n"
        "from pathlib import Path\n"
        "from coverage_gate.adapters.sandbox.plain import PlainSandbox\n"
        "from coverage_gate.ports import Launch\n"
        f"argv = [sys.executable, '-S', '-c', {code!r}]\n"
        f"PlainSandbox().run(Launch(argv=argv, cwd=Path({str(tmp_path)!r}), env={{}}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", gate], env={"PYTHONPATH": str(SOURCE)}) as process:
        deadline = time.monotonic() + 10
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    assert all(dies(pid) for pid in pids)


def test_an_interrupt_leaves_no_process_behind(tmp_path: Path) -> None:
    code = "import os, time; open(str(os.getpid()), 'w').close(); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        run(code, cwd=tmp_path, progress=RaisingProgress(), progress_file=tmp_path / "record")
    assert all(is_dead(int(path.name)) for path in tmp_path.iterdir())


def test_progress_tells_the_lines_of_the_growing_file(tmp_path: Path) -> None:
    heard = RecordingProgress()
    (tmp_path / "record").write_text("one\n")
    run("", progress=heard, progress_file=tmp_path / "record")
    assert heard.heard == ["1 test, 0 s"]


def test_progress_is_told_twice_a_second_at_most(tmp_path: Path) -> None:
    heard = RecordingProgress()
    code = "import os\nfor _ in range(1000): os.write(1, bytes(60000))"
    result = run(code, progress=heard, progress_file=tmp_path / "record")
    assert heard.heard[0] == "0 tests, 0 s"
    assert len(heard.heard) <= 1 + 2 * result.seconds


def test_a_program_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(SandboxError, match=r"cannot start /nowhere/python: .*No such file"):
        PlainSandbox().run(Launch(argv=["/nowhere/python"], cwd=Path("/"), env={}))


def test_a_folder_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(SandboxError, match="in /nowhere: "):
        run("", cwd=Path("/nowhere"))


def test_a_null_byte_in_an_argument_is_an_error() -> None:
    with pytest.raises(SandboxError, match="null byte"):
        run("\0")


def test_a_supervisor_that_does_not_run_is_an_error() -> None:
    with pytest.raises(SandboxError, match="the supervisor did not start"):
        run("", sandbox=PlainSandbox(python=Path("/bin/true")))


def test_no_descriptor_stays_open() -> None:
    run("")
    before = open_descriptors()
    run("")
    with pytest.raises(SandboxError):
        run("", sandbox=PlainSandbox(python=Path("/bin/true")))
    assert open_descriptors() == before


def test_the_level_has_its_name() -> None:
    assert PlainSandbox().name == "plain"


WITHOUT_STREAMS = """
import fcntl, os, sys
for number in map(int, sys.argv[2:]):
    os.close(number)
from pathlib import Path
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.ports import Launch, RunLimits
argv = [sys.executable, "-S", "-c", "import sys; print('read', repr(sys.stdin.read()))"]
launch = Launch(argv=argv, cwd=Path("/"), env={}, limits=RunLimits(timeout_s=20))
result = PlainSandbox().run(launch)
Path(sys.argv[1]).write_bytes(result.output)
"""


@pytest.mark.parametrize("closed", ["0 1 2", "0 2", "1 2"])
def test_a_gate_without_standard_streams_runs_processes(closed: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    argv = [sys.executable, "-c", WITHOUT_STREAMS, str(told), *closed.split()]
    subprocess.run(argv, env={"PYTHONPATH": str(SOURCE)}, check=True)
    assert told.read_bytes() == b"read ''\n"


def no_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(plain._Running, "first_word", refuse)


def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.mark.parametrize("fail", [no_first_word, no_process], ids=["the first word", "the process"])
def test_whatever_fails_leaves_neither_process_nor_descriptor(
    fail: Callable[[pytest.MonkeyPatch], None],
) -> None:
    before = open_descriptors(), children_of(os.getpid())
    with pytest.MonkeyPatch.context() as monkeypatch:
        fail(monkeypatch)
        with pytest.raises(MemoryError):
            run("import time; time.sleep(60)")
    assert (open_descriptors(), children_of(os.getpid())) == before


def test_an_end_that_fails_is_one_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise MemoryError

    before = open_descriptors(), children_of(os.getpid())
    monkeypatch.setattr(plain._Running, "follow", fail)
    with pytest.raises(MemoryError):
        run("import time; time.sleep(60)")
    assert (open_descriptors(), children_of(os.getpid())) == before


def test_a_lock_outlives_us_until_what_was_started_is_gone(tmp_path: Path) -> None:
    lock, notes = tmp_path / "lock", tmp_path / "notes"
    notes.mkdir()
    code = "import os, time; open(str(os.getpid()), 'w').close(); time.sleep(60)"
    gate = (
        "import fcntl, os, sys\n"
        "from pathlib import Path\n"
        "from coverage_gate.adapters.sandbox.plain import PlainSandbox\n"
        "from coverage_gate.ports import Launch\n"
        f"lock = os.open({str(lock)!r}, os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        f"argv = [sys.executable, '-S', '-c', {code!r}]\n"
        f"launch = Launch(argv=argv, cwd=Path({str(notes)!r}), env={{}})\n"
        "PlainSandbox(held=(lock,)).run(launch)\n"
    )
    with subprocess.Popen([sys.executable, "-c", gate], env={"PYTHONPATH": str(SOURCE)}) as process:
        deadline = time.monotonic() + 10
        while not list(notes.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        [pid] = [int(path.name) for path in notes.iterdir()]
        opened = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        process.send_signal(signal.SIGKILL)
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert is_dead(pid)
    assert str(lock) not in opened
