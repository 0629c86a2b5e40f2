"""Writes the report and its statement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coverage_gate.adapters import report_files
from coverage_gate.adapters.envelope import STATEMENT_NAME, SigningError, statement_text
from coverage_gate.adapters.render.report import render_coverage_report
from coverage_gate.adapters.render.verdict_fields import fields_of
from coverage_gate.boundary import keep_text, never_raises, visible
from coverage_gate.core.provenance import digest_of, predicate_of, statement_of
from coverage_gate.core.verdict import State, Verdict
from coverage_gate.procedure.places import Place
from coverage_gate.settings import Settings, without_secrets

_REASON_LIMIT = 4000


def publish(verdict: Verdict, place: Place, *, key: Path | None = None) -> Path | None:
    """Write the report and its statement and read them back; none where the gate does not apply.

    Args:
        verdict: The verdict.
        place: Where.
        key: The private key that signs the statement; None: it is not signed.

    Raises:
        ReportError: When they cannot be written or signed.
    """
    if verdict.state is State.NOT_APPLICABLE:
        return None
    fields = fields_of(verdict, work_item=place.work_item, repository=place.repository)
    predicate = predicate_of(verdict, repository=place.repository, work_item=place.work_item)
    text = render_coverage_report(place.work_item, {**fields, "evidence": digest_of(predicate)})
    statement = statement_of(
        predicate,
        commit=verdict.commit,
        tree=verdict.tree,
        report_name=report_files.REPORT_NAME,
        report=text.encode(),
    )
    try:
        signed = statement_text(statement, key)
    except SigningError as error:
        raise report_files.ReportError(str(error)) from error
    report_files.write_report(place.report, text)
    report_files.write_report(place.report.with_name(STATEMENT_NAME), signed)
    return place.report


def published(
    settings: Settings, answer: tuple[bool, str], write: Callable[[], object]
) -> tuple[bool, str]:
    """The answer, when its report is written. No fault of the writing turns a FAIL into a pass."""

    def attempt() -> str:
        """What kept the report from being written; empty when nothing did."""
        try:
            write()
        except report_files.ReportError as error:
            return str(error)
        return ""

    # Names in it come from the branch: a host prints it as it is.
    ok, reason = answer[0], visible(answer[1], limit=_REASON_LIMIT)
    guard = never_raises(keep_text, last="the report is not written", redact=without_secrets)
    trouble = guard(attempt)()
    if not trouble:
        return ok, reason
    # A merge without its artefact could not ratchet: that is a fault of the tool.
    word = "fail-closed" if settings.fail_closed else "fail-open"
    return ok and not settings.fail_closed, f"{reason}; WARNING ({word}): {trouble}"
