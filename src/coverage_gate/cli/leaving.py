"""Leaves a verdict that a command reached for those who are to be told of it."""

from __future__ import annotations

import click

from coverage_gate.adapters.render.markdown_verdict import markdown_text_of
from coverage_gate.boundary import describe_error, redactor
from coverage_gate.clock import SystemClock
from coverage_gate.core.outbox import FAILURE, RECOVERY, VERDICT
from coverage_gate.core.verdict import Verdict
from coverage_gate.ports import StoreError
from coverage_gate.procedure import Place
from coverage_gate.receiving import FORGES, configured_topics
from coverage_gate.settings import Settings
from coverage_gate.wiring import store_of

CHECK = "check_coverage_gate"
_CHAT = "telegram"


def leave_verdict(settings: Settings, place: Place, verdict: Verdict) -> None:
    """Leave it for people and forges that are configured; the verdict stands whatever happens.

    People hear of a failure, and of a pass that follows one.
    """
    passed = verdict.merge_allowed
    about: dict[str, object] = {
        "repo": place.repository,
        "work_item": place.work_item,
        "branch": place.branch,
        "reason": verdict.reason,
    }
    store, at = store_of(settings), SystemClock().now_iso()
    try:
        body = markdown_text_of(verdict)
        shown = {"commit": verdict.commit or "", "passed": passed, "body": body}
        for topic in configured_topics(settings):
            if topic in FORGES:
                payload = {"kind": VERDICT, **about, **shown}
            elif topic == _CHAT:
                payload = {"kind": RECOVERY if passed else FAILURE, "check": CHECK, **about}
            else:
                continue  # where a work item stands is for an engine to say
            store.enqueue(topic=topic, payload=payload, dedup_key=None, at=at)
    except StoreError as error:
        text = describe_error(error, redact=redactor(settings.secrets()))
        click.echo(f"coverage-gate: nobody will be told: {text}", err=True)
