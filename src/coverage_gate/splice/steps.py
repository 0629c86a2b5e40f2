"""Runs one step of a rollback so that its failure stops no other step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from coverage_gate.boundary import never_raises, redactor
from coverage_gate.settings import secret_values

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A step that failed.

    Attributes:
        text: Which step and why, in one line, without our secrets.
    """

    text: str


def attempt(label: str, action: Callable[[], _T]) -> _T | Trouble:
    """Run a step. What it raises comes back as a `Trouble`, and goes to the log.

    Args:
        label: The step's name, as in "enqueue_job".
        action: The step.
    """
    return never_raises(
        lambda message: Trouble(text=f"{label}: {message}"),
        last=Trouble(text=f"{label}: failed"),
        redact=_without_secrets,
    )(action)()


def attempt_within(seconds: float, label: str, action: Callable[[], object]) -> Trouble | None:
    """Run a step on a thread of its own and wait for it, but no longer than this.

    A step that takes longer goes on in the background, and dies with the process. It sees the
    caller's context variables.

    Args:
        seconds: Longest wait.
        label: The step's name.
        action: The step; what it returns is ignored.

    Returns:
        What went wrong, or None.
    """
    outcome: list[Trouble | None] = []
    late = Trouble(text=f"{label}: no answer within {seconds:g} s; it may go on in the background")

    def run() -> None:
        """The step, in a thread of its own: leaves its trouble, or None, in `outcome`."""
        with suppress(SystemExit):  # of the step: it ends this thread, and no more
            answer = attempt(label, action)
            outcome.append(answer if isinstance(answer, Trouble) else None)

    def start_and_wait() -> Trouble | None:
        """The step's trouble, or that it is late. Raises RuntimeError where no thread can start."""
        # Not an executor: its threads hold up the end of the process.
        thread = Thread(target=copy_context().run, args=(run,), name=label, daemon=True)
        thread.start()
        thread.join(seconds)
        return outcome[0] if outcome else late

    return attempt(label, start_and_wait)


def _without_secrets(text: str) -> str:
    return redactor(secret_values())(text)
