"""No level at all: for a program of the operator's that runs nothing of a branch or its tests.

What is bounded: wall time and output. Starting it costs no second process, as a supervisor would.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

from coverage_gate.adapters.sandbox.capped import CappedOutput
from coverage_gate.ports import Launch, ProcessResult, SandboxError

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BareSandbox:
    """Runs a process in a group of its own and nothing else. See `ports.Sandbox`."""

    @property
    def name(self) -> str:
        """The name of this level."""
        return "bare"

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit, at which its group is killed. Asks for no premises.

        What it leaves behind when it ends by itself stays.

        Raises:
            SandboxError: If the program cannot be started.
        """
        started = time.monotonic()
        output = CappedOutput(limit=launch.limits.output_bytes)
        with _start(launch) as process:
            try:
                status = _followed(process, started + launch.limits.timeout_s, output)
            finally:
                # Not yet waited for, so that the number of the group is still its own.
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        return ProcessResult(
            exit_status=status, output=output.kept(), seconds=time.monotonic() - started
        )


def _start(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
            launch.argv,
            cwd=launch.cwd,
            env=launch.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise SandboxError(f"cannot start {launch.argv[0]} in {launch.cwd}: {error}") from error


def _followed(
    process: subprocess.Popen[bytes], deadline: float, output: CappedOutput
) -> int | None:
    """Read all that it writes. Returns its exit status; None at the time limit."""
    with selectors.DefaultSelector() as selector:
        stream = cast("IO[bytes]", process.stdout)
        selector.register(stream, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            data = os.read(stream.fileno(), _CHUNK)
            if not data:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(max(0.0, deadline - time.monotonic()))
                break
            output.add(data)
    return None
