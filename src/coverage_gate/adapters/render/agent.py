"""A verdict for an agent: what it has to do, and nothing else."""

from __future__ import annotations

from coverage_gate.adapters.render.next_steps import NextStep, next_steps
from coverage_gate.adapters.render.order import order_text
from coverage_gate.adapters.render.printable import markdown_code, markdown_text
from coverage_gate.adapters.render.verdict_fields import reason_of
from coverage_gate.core.tokens import within
from coverage_gate.core.verdict import Verdict

_REASON = 200


def agent_text(verdict: Verdict) -> str:
    """The work order of a FAIL; else the answer and what comes next."""
    if verdict.order is not None:
        return order_text(verdict.order)
    reason = markdown_text(within(reason_of(verdict), _REASON), limit=4 * _REASON)
    steps = (f"- {_step(step)}" for step in next_steps(verdict))
    return "\n".join([f"# {verdict.state}: {reason}", "", *steps])


def _step(step: NextStep) -> str:
    command = f" {markdown_code(step.command)}" if step.command else ""
    return markdown_text(step.text) + command
