"""The lowest level: bounds and a clean end for a foreign process, but no isolation.

What is bounded: wall time, output, size of files, core dumps. What is sure: nothing that the
process started outlives the run (see `supervisor`), not even when the gate itself is killed.
What is not: it may read and write what this user may, reach the network, and signal the gate.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

from coverage_gate.adapters.sandbox import supervisor, sweep
from coverage_gate.adapters.sandbox.capped import CappedOutput
from coverage_gate.adapters.sandbox.growing import GrowingFile
from coverage_gate.adapters.sandbox.room import NoRoomError, Room
from coverage_gate.ports import Launch, ProcessResult, Progress, RunLimits, SandboxError

#: So many bytes are few, and so long is waited for more.
_FEW, _GATHER_S = 4096, 0.01
_CHUNK = 64 * 1024
_FIRST_FREE = 3
_POLL_S = 0.5
#: The supervisor has its own limit, later than the gate's, for the case that nobody asks it.
_SLACK_S = 30.0
_MB = 1024 * 1024
_FULL = "\nThe run was ended: it left more than {} MB on disk. ORCH_SANDBOX_DISK_MB allows more.\n"


def _own_python() -> Path:
    return Path(sys.executable)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSandbox:
    """Runs a process under a supervisor, without isolation. See `ports.Sandbox`.

    Attributes:
        python: Runs the supervisor, so no interpreter of the repository has a say in it.
        grace_s: Seconds between SIGTERM and SIGKILL at the time limit. Not more: a measurement
            that ran into its limit is void, this is only for what the tests put elsewhere.
        linger_s: Seconds that what the process left behind may take to end by itself. It may be
            just ending, and writing its coverage data.
        kill_s: Seconds that the supervisor gets for the end of everything, then it is killed too.
        file_bytes: Largest file that the process may write.
        held: Descriptors that the supervisor keeps open until everything is gone, such as that of
            a lock: it outlives us when we are killed.
        is_cage: Whether the program holds another one, and tells when that runs, see `inside`.
        disk_bytes: How much may lie in the folders that it may write; 0: any amount.
    """

    python: Path = field(default_factory=_own_python)
    grace_s: float = 1.0
    linger_s: float = 2.0
    kill_s: float = supervisor.KILL_S + 1
    file_bytes: int = 2 * 1024**3
    held: tuple[int, ...] = ()
    is_cage: bool = False
    disk_bytes: int = 0

    @property
    def name(self) -> str:
        """The name of this level."""
        return "plain"

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit. This level shows all of the machine.

        Raises:
            SandboxError: If the program or the supervisor cannot be started.
        """
        started = time.monotonic()
        marker = secrets.token_hex(16)
        running = self._start(replace(launch, env={**launch.env, sweep.VARIABLE: marker}))
        watch = self._watch(launch, started)
        is_full = is_in_time = False
        try:
            is_in_time = running.follow(started + launch.limits.timeout_s, watch)
        except NoRoomError:
            is_full = True
        finally:
            is_gone = False
            try:
                is_gone = running.end(within_s=self.grace_s + self.kill_s)
            finally:
                if not is_gone:
                    sweep.kill_marked(marker)
        if is_full:
            return ProcessResult(
                exit_status=-signal.SIGKILL,
                output=running.output.kept() + _FULL.format(self.disk_bytes // _MB).encode(),
                seconds=time.monotonic() - started,
            )
        return ProcessResult(
            exit_status=running.process.returncode if is_in_time else None,
            output=running.output.kept(),
            seconds=time.monotonic() - started,
        )

    def _watch(self, launch: Launch, started: float) -> _Watch:
        folders = launch.premises.writable
        room = Room(folders=folders, bytes=self.disk_bytes) if self.disk_bytes else None
        return _Watch(
            progress=launch.progress, file=launch.progress_file, started=started, room=room
        )

    def _start(self, launch: Launch) -> _Running:
        own, far = _pipe()
        with ExitStack() as not_started:
            not_started.callback(os.close, own)
            try:
                process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                    [*self._supervisor(far, launch.limits), *launch.argv],
                    cwd=launch.cwd,
                    env=launch.env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=(far, *self.held),
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                raise SandboxError(
                    f"cannot start {self.python} in {launch.cwd}: {error}"
                ) from error
            finally:
                os.close(far)
            not_started.pop_all()
        running = _Running(
            process=process, report=own, output=CappedOutput(limit=launch.limits.output_bytes)
        )
        said: bytes | None = None
        try:
            said = running.first_word()
        finally:
            if said != supervisor.STARTED:
                running.end(within_s=supervisor.KILL_S)
        if said != supervisor.STARTED:
            reason = said or running.output.kept() or b"the supervisor did not start"
            raise SandboxError(f"cannot start {launch.argv[0]}: {reason.decode(errors='replace')}")
        return running

    def _supervisor(self, report: int, limits: RunLimits) -> list[str]:
        limit_s = limits.timeout_s + _SLACK_S
        descriptors = ",".join(map(str, (report, *self.held)))
        options = [descriptors, self.grace_s, limit_s, self.linger_s, self.file_bytes]
        options.append(int(self.is_cage))
        script = [str(self.python), "-I", "-S", "-B", str(supervisor.__file__)]
        return script + [str(option) for option in options]


def _pipe() -> tuple[int, int]:
    """A pipe beyond the standard streams.

    A gate that was started without them has their numbers free, and the streams of the supervisor
    would take the place of the pipe.
    """
    ends = os.pipe()
    try:
        own, far = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends)
    finally:
        for end in ends:
            os.close(end)
    return own, far


@dataclass(slots=True, kw_only=True)
class _Watch:
    """Tells the progress what the growing file holds, twice a second at most."""

    progress: Progress
    file: Path | None
    started: float
    room: Room | None = None
    _next: float = 0.0
    _growing: GrowingFile | None = None

    def tick(self) -> None:
        """Look, if it is time; NoRoomError where the folders hold too much."""
        if self.room is not None:
            self.room.tick()
        now = time.monotonic()
        if self.file is None or now < self._next:
            return
        self._next = now + _POLL_S
        self._growing = self._growing or GrowingFile(path=self.file)
        tests = self._growing.look()
        unit = "test" if tests == 1 else "tests"
        self.progress.detail(f"{tests} {unit}, {now - self.started:.0f} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A supervisor that was started, and the two pipes from it."""

    process: subprocess.Popen[bytes]
    report: int
    output: CappedOutput

    def first_word(self) -> bytes:
        """Wait until the program runs, which is `STARTED`; else why it does not."""
        # No more than that: of a short run the next word may be there already.
        said = os.read(self.report, len(supervisor.STARTED))
        return said if said == supervisor.STARTED else said + os.read(self.report, _CHUNK)

    def follow(self, deadline: float, watch: _Watch | None) -> bool:
        """Take output until everything ended. False when the deadline came first."""
        out = cast("IO[bytes]", self.process.stdout).fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if watch is not None:
                    watch.tick()
                if selector.select(min(left, _POLL_S)):
                    data = os.read(out, _CHUNK)
                    if not data:
                        return True
                    self.output.add(data)
                    if len(data) < _FEW:
                        # pytest writes a dot for each test: to wake for each costs more than it.
                        time.sleep(min(left, _GATHER_S))
                elif self.process.poll() is not None:
                    # The supervisor is dead, but somebody keeps the pipe open.
                    return True
        return False

    def end(self, *, within_s: float) -> bool:
        """End what still runs and close the pipes. Whether it is sure that nothing is left."""
        try:
            self._ask_to_end(within_s)
            return os.read(self.report, 1) == supervisor.ALL_GONE
        finally:
            os.close(self.report)

    def _ask_to_end(self, within_s: float) -> None:
        try:
            # The process may have stopped its supervisor.
            self.process.send_signal(signal.SIGCONT)
            cast("IO[bytes]", self.process.stdin).close()
            self.follow(time.monotonic() + within_s, None)
        finally:
            self._reap()

    def _reap(self) -> None:
        """Wait for the supervisor, a moment and no more."""
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        finally:
            cast("IO[bytes]", self.process.stdout).close()
