"""`coverage-gate agent-hook`: the verdict in the loop of a coding agent.

The protocol is that of Claude Code's hooks: an event as JSON on stdin; status 2 blocks, and then
what stands on stderr is told to the model; any other status but 0 is a notice for the user.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from coverage_gate.cli.options import base_option, change_options, db_option
from coverage_gate.core.stand import Stand

EXAMPLES = """\b
Examples:
  coverage-gate agent-hook
  coverage-gate agent-hook --base develop
"""

PASSED, NOTICE, BLOCK = 0, 1, 2
#: An event holds what a tool read or wrote.
LONGEST = 16 * 1024 * 1024
_ENDS = frozenset({"Stop", "SubagentStop"})
_EDIT = "PostToolUse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What the agent did.

    Attributes:
        name: As in "Stop".
        is_repeated: Whether it goes on only since a hook blocked it before.
        folder: Where it works.
        file: What it wrote; empty where that is not told.
    """

    name: str
    is_repeated: bool
    folder: str
    file: str

    @property
    def is_judged(self) -> bool:
        """Whether there is anything to judge; what was blocked once is not blocked again."""
        if self.name in _ENDS:
            return not self.is_repeated
        return self.name == _EDIT and self.file.endswith(".py")


@click.command("agent-hook", epilog=EXAMPLES)
@base_option
@db_option
@change_options
def agent_hook(**flags: str | None) -> int:
    """Answer a hook of a coding agent: status 2 and a work order on stderr, or nothing.

    Reads the event from stdin, judges the files as they stand against the base, and blocks at most
    once, when the agent wants to stop. An error of the gate itself is status 1: a notice.
    """
    from coverage_gate.ports import RepositoryError, StoreError
    from coverage_gate.settings import SettingsError, without_secrets

    try:
        event = read_event(sys.stdin.buffer.read(LONGEST))
        return _answer(event, flags) if event.is_judged else PASSED
    except (EventError, RepositoryError, SettingsError, StoreError) as error:
        click.echo(f"coverage-gate: {without_secrets(str(error))}", err=True)
        return NOTICE


class EventError(ValueError):
    """What came on stdin is no event."""


def read_event(content: bytes) -> Event:
    """Read an event.

    Raises:
        EventError: If it is none.
    """
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("hook_event_name"), str):
        raise EventError("no event of a hook on stdin: JSON with hook_event_name is awaited")
    wrote = told.get("tool_input")
    return Event(
        name=told["hook_event_name"],
        is_repeated=told.get("stop_hook_active") is True,
        folder=_text(told, "cwd") or ".",
        file=_text(wrote, "file_path") if isinstance(wrote, dict) else "",
    )


def _text(told: Mapping[str, object], name: str) -> str:
    found = told.get(name)
    return found if isinstance(found, str) else ""


def _answer(event: Event, flags: Mapping[str, str | None]) -> int:
    from coverage_gate import procedure
    from coverage_gate.adapters.render.agent import agent_text
    from coverage_gate.cli.diff import change_place, change_reader
    from coverage_gate.core.verdict import Reason
    from coverage_gate.wiring import is_uncommitted

    folder = Path(event.folder)
    if not folder.is_dir() or is_uncommitted(folder):
        return PASSED
    read = change_reader(flags, stand=Stand.FILES)
    place = change_place(read(None), folder, base=flags["base"], stand=Stand.FILES)
    verdict, _ = procedure.judge(read, place)
    if verdict.merge_allowed:
        return PASSED
    click.echo(agent_text(verdict), err=True)
    # Without its base there is nothing that the agent could do better.
    return NOTICE if verdict.code is Reason.BAD_REQUEST else BLOCK
