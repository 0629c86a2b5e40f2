"""The formats of a verdict: one renderer each, in a table; loaded when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from coverage_gate.cli.style import Terminal, terminal_of
from coverage_gate.core.verdict import Verdict

if TYPE_CHECKING:
    from coverage_gate.core.picture import PictureFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told, and to whom.

    Attributes:
        verdict: The answer.
        report: Where its report is; None where none was written.
        terminal: What may be shown; only text asks for it.
        picture: The lines of the change; only html asks for them.
    """

    verdict: Verdict
    report: Path | None
    terminal: Terminal
    picture: Sequence[PictureFile] = ()


#: What a file shows.
PLAIN = Terminal(color=False, is_live=False, width=80, ascii_only=False)


def _text(told: Told) -> str:
    from coverage_gate.adapters.render.text_verdict import verdict_text

    shown = told.terminal
    text = verdict_text(
        told.verdict, color=shown.color, width=shown.width, ascii_only=shown.ascii_only
    )
    return text if told.report is None else f"{text}\nreport: {told.report}"


def _json(told: Told) -> str:
    from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object

    return to_json_line(verdict_object(told.verdict, report=told.report))


def _html(told: Told) -> str:
    from coverage_gate.adapters.render.html_verdict import html_text

    return html_text(told.verdict, told.picture)


def _gitlab_log(told: Told) -> str:
    from coverage_gate.adapters.render.gitlab import coverage_line

    return f"{_text(told)}\n\n{coverage_line(told.verdict)}"


def _of_verdict(target: str) -> Callable[[Told], str]:
    """A renderer that asks for the verdict alone: "module:function"."""
    module, _, function = target.partition(":")

    def face(told: Told) -> str:
        render = getattr(import_module(f"coverage_gate.adapters.render.{module}"), function)
        return str(render(told.verdict))

    return face


FACES: Mapping[str, Callable[[Told], str]] = MappingProxyType(
    {
        "text": _text,
        "json": _json,
        "agent": _of_verdict("agent:agent_text"),
        "markdown": _of_verdict("markdown_verdict:markdown_text_of"),
        "github": _of_verdict("github:github_text"),
        "gitlab": _of_verdict("gitlab:code_quality_text"),
        "junit": _of_verdict("junit:junit_text"),
        "sarif": _of_verdict("sarif:sarif_text"),
        "cobertura": _of_verdict("cobertura:cobertura_text"),
        "lcov": _of_verdict("lcov:lcov_text"),
        "badge": _of_verdict("badge:badge_svg"),
        "badge-json": _of_verdict("badge:badge_json"),
        "html": _html,
    }
)

#: Formats whose log is another than their file.
LOGS: Mapping[str, Callable[[Told], str]] = MappingProxyType({"gitlab": _gitlab_log})


def shown(
    verdict: Verdict, *, report: Path | None, output: str, picture: Sequence[PictureFile] = ()
) -> str:
    """A verdict as standard output shows it, without a final line feed."""
    terminal = terminal_of(sys.stdout) if output == "text" else PLAIN
    face = LOGS.get(output, FACES[output])
    return face(Told(verdict=verdict, report=report, terminal=terminal, picture=picture))


def written(
    verdict: Verdict, *, report: Path | None, output: str, picture: Sequence[PictureFile] = ()
) -> str:
    """A verdict as a file holds it."""
    told = Told(verdict=verdict, report=report, terminal=PLAIN, picture=picture)
    return FACES[output](told) + "\n"
