"""The faces of a verdict as they are kept in files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.golden.cases import ASKED, CASES, HOSTILE, REPOSITORY, SOURCES, WORK_ITEM

from coverage_gate.adapters.render.agent import agent_text
from coverage_gate.adapters.render.github import github_text
from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.adapters.render.markdown_verdict import markdown_text_of
from coverage_gate.adapters.render.report import fields_of, render_coverage_report
from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.core.ordering import work_order
from coverage_gate.core.verdict import Verdict

FOLDER = Path(__file__).parent


def faces(name: str) -> dict[str, str]:
    """File name → content, for one case."""
    bare = CASES[name]()
    verdict = replace(bare, order=work_order(bare, ASKED, SOURCES))
    work_item = HOSTILE if name == "hostile" else WORK_ITEM
    return {
        f"{name}.md": _report(verdict, work_item),
        f"{name}.json": _pretty(verdict),
        f"{name}.txt": verdict_text(verdict, color=False) + "\n",
        f"{name}.agent": agent_text(verdict) + "\n",
        f"{name}.comment": markdown_text_of(verdict) + "\n",
        f"{name}.github": github_text(verdict) + "\n",
    }


def _report(verdict: Verdict, work_item: str) -> str:
    fields = fields_of(verdict, work_item=work_item, repository=REPOSITORY)
    return render_coverage_report(work_item, fields)


def _pretty(verdict: Verdict) -> str:
    line = to_json_line(verdict_object(verdict, report=Path("reports/18-coverage-report.md")))
    return json.dumps(json.loads(line), indent=2) + "\n"
