"""The formats of a verdict: one renderer each, in a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from coverage_gate.adapters.render.agent import agent_text
from coverage_gate.adapters.render.badge import badge_json, badge_svg
from coverage_gate.adapters.render.cobertura import cobertura_text
from coverage_gate.adapters.render.github import github_text
from coverage_gate.adapters.render.gitlab import code_quality_text, coverage_line
from coverage_gate.adapters.render.html_verdict import html_text
from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.adapters.render.junit import junit_text
from coverage_gate.adapters.render.lcov import lcov_text
from coverage_gate.adapters.render.markdown_verdict import markdown_text_of
from coverage_gate.adapters.render.sarif import sarif_text
from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.cli.style import Terminal, terminal_of
from coverage_gate.core.picture import PictureFile
from coverage_gate.core.verdict import Verdict


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
    shown = told.terminal
    text = verdict_text(
        told.verdict, color=shown.color, width=shown.width, ascii_only=shown.ascii_only
    )
    return text if told.report is None else f"{text}\nreport: {told.report}"


def _json(told: Told) -> str:
    return to_json_line(verdict_object(told.verdict, report=told.report))


FACES: Mapping[str, Callable[[Told], str]] = MappingProxyType(
    {
        "text": _text,
        "json": _json,
        "agent": lambda told: agent_text(told.verdict),
        "markdown": lambda told: markdown_text_of(told.verdict),
        "github": lambda told: github_text(told.verdict),
        "gitlab": lambda told: code_quality_text(told.verdict),
        "junit": lambda told: junit_text(told.verdict),
        "sarif": lambda told: sarif_text(told.verdict),
        "cobertura": lambda told: cobertura_text(told.verdict),
        "lcov": lambda told: lcov_text(told.verdict),
        "badge": lambda told: badge_svg(told.verdict),
        "badge-json": lambda told: badge_json(told.verdict),
        "html": lambda told: html_text(told.verdict, told.picture),
    }
)

#: Formats whose log is another than their file.
LOGS: Mapping[str, Callable[[Told], str]] = MappingProxyType(
    {"gitlab": lambda told: f"{_text(told)}\n\n{coverage_line(told.verdict)}"}
)


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
