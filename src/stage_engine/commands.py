"""A command of the operator, run in a branch's worktree: bounded, and without secrets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.boundary import redactor, visible
from coverage_gate.ports import Launch, Premises, RunLimits
from stage_engine.settings import EngineSettings

#: "Not yet, ask again": EX_TEMPFAIL of sysexits.h.
NOT_YET = 75

_LINE = 1000
_LAST_WORDS = 200


class StoppedError(Exception):
    """The command was stopped because the caller wished so; whatever it started is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a command ended.

    Attributes:
        status: Exit status, negative for a signal; None: killed at its time limit.
        output: First and last part of what it wrote, printable and without our secrets.
        seconds: Wall time.
    """

    status: int | None
    output: str
    seconds: float

    @property
    def last_words(self) -> str:
        """The last line that says something, for a reason."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return visible(lines[-1], limit=_LAST_WORDS) if lines else "it wrote nothing"

    def ended(self) -> str:
        """How it ended, for a reason."""
        if self.status is None:
            return f"was stopped after {self.seconds:.0f} s, its time limit"
        return f"ended with status {self.status}: {self.last_words}"


def run_command(
    settings: EngineSettings,
    argv: tuple[str, ...],
    *,
    cwd: Path,
    own: Mapping[str, str],
    timeout_s: float,
    should_stop: Callable[[], bool] = lambda: False,
    held: tuple[int, ...] = (),
) -> CommandResult:
    """Run a command to its end or its limit; whatever it started is gone then.

    The supervisor of the library's sandbox sees to that even when this process is killed.

    Args:
        settings: Say what the command may see of the environment.
        argv: The command.
        cwd: Where it runs.
        own: Variables of this run, as in ORCH_BRANCH.
        timeout_s: Its limit.
        should_stop: Asked twice a second while it runs.
        held: Locks that stay taken until the command is gone, also when this process is killed.

    Raises:
        SandboxError: If it cannot be started.
        StoppedError: If it was stopped as `should_stop` wished.
    """
    launch = Launch(
        argv=argv,
        cwd=cwd,
        env={**settings.variables(), **own},
        premises=Premises(writable=(cwd,)),
        limits=RunLimits(timeout_s=timeout_s),
        progress=_Stopper(should_stop=should_stop),
        # Nobody writes there; with a file to watch, the progress hears of each look at it.
        progress_file=Path(os.devnull),
    )
    result = PlainSandbox(held=held).run(launch)
    redact = redactor(settings.gate.secrets())
    lines = redact(result.output.decode("utf-8", "replace")).splitlines()
    output = "\n".join(visible(line.replace("\t", "    "), limit=_LINE) for line in lines)
    return CommandResult(status=result.exit_status, output=output, seconds=result.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stopper:
    """Ends the run from within: what a sandbox's progress raises ends its process."""

    should_stop: Callable[[], bool]

    def step(self, text: str) -> None:
        """A run has no steps."""

    def detail(self, text: str) -> None:
        """StoppedError where it is wished; what is told is of no interest."""
        del text
        if self.should_stop():
            raise StoppedError("stopped")


def subject_variables(repo: str, work_item: str, branch: str) -> dict[str, str]:
    """What every command is told of its subject."""
    return {"ORCH_REPO": repo, "ORCH_WORK_ITEM": work_item, "ORCH_BRANCH": branch}
