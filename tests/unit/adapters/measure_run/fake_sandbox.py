"""A sandbox that starts nothing: it answers what it was given, and may leave files behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from coverage_gate.ports import Launch, ProcessResult, SandboxError


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
    act: Callable[[Launch], None] = lambda _: None
    calls: list[Launch] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "fake"

    def run(self, launch: Launch) -> ProcessResult:
        self.calls.append(launch)
        if self.error is not None:
            raise SandboxError(self.error)
        self.act(launch)
        return ProcessResult(exit_status=self.status, output=self.output, seconds=1.5)
