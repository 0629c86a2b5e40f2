"""A sandbox that starts nothing: it answers what it was given, and may leave files behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coverage_gate.ports import Premises, ProcessResult, Progress, RunLimits, SandboxError


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a sandbox was asked to run."""

    argv: list[str]
    cwd: Path
    env: Mapping[str, str]
    premises: Premises
    progress_file: Path | None


@dataclass(kw_only=True)
class FakeSandbox:
    """See the module.

    Attributes:
        status: How the process ended.
        output: What it printed.
        error: Why it could not be started.
        act: What it did meanwhile.
        calls: What was asked, in order.
    """

    status: int | None = 0
    output: bytes = b""
    error: str | None = None
    act: Callable[[Call], None] = lambda _: None
    calls: list[Call] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "fake"

    def run(
        self,
        argv: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        premises: Premises,
        limits: RunLimits,
        progress: Progress,
        progress_file: Path | None = None,
    ) -> ProcessResult:
        del limits, progress
        call = Call(argv=argv, cwd=cwd, env=env, premises=premises, progress_file=progress_file)
        self.calls.append(call)
        if self.error is not None:
            raise SandboxError(self.error)
        self.act(call)
        return ProcessResult(exit_status=self.status, output=self.output, seconds=1.5)
