"""`coverage-gate notify`: deliver what waits to be told, and see what could not be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from coverage_gate.cli.options import db_option, format_option

if TYPE_CHECKING:
    from coverage_gate.core.records import OutboxRow
    from coverage_gate.notifying import Round
    from coverage_gate.settings import Settings

EXAMPLES = """\b
Examples:
  coverage-gate notify
  coverage-gate notify --watch --interval 5
  coverage-gate notify --list
  coverage-gate notify --retry 17
  coverage-gate notify --retry-dead
"""

_SCHEMA = 1
_LISTED = 200


@click.command(epilog=EXAMPLES)
@click.option("--watch", is_flag=True, help="Go on until interrupted.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=2.0,
    show_default=True,
    metavar="S",
    help="Seconds between two looks, with --watch.",
)
@click.option("--list", "lists", is_flag=True, help="Show what waits and what is dead instead.")
@click.option("--retry", type=int, multiple=True, metavar="N", help="Try a dead message anew.")
@click.option("--retry-dead", is_flag=True, help="Try all dead messages anew.")
@db_option
@format_option
def notify(  # click calls it by name
    *,
    watch: bool,
    interval: float,
    lists: bool,
    retry: tuple[int, ...],
    retry_dead: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Deliver what waits to be told to Telegram, Plane, Gitea, GitHub and GitLab.

    A message that does not arrive is tried again later, and is a dead letter in the end. No
    verdict depends on it: the exit status is 0 whether or not everything arrived.
    """
    from coverage_gate.cli.flags import reader

    settings = reader(flags)(None)
    if retry:
        _revive(settings, retry)
    if retry_dead:
        _revive_all(settings)
    if lists:
        _tell_list(settings, output=output)
    else:
        _deliver(settings, output=output, interval=interval if watch else None)
    return 0


def _deliver(settings: Settings, *, output: str, interval: float | None) -> None:
    from time import sleep

    from coverage_gate.boundary import redactor
    from coverage_gate.clock import SystemClock
    from coverage_gate.notifying import Courier
    from coverage_gate.receiving import configured_topics, receivers_of
    from coverage_gate.wiring import store_of

    if not configured_topics(settings):
        click.echo("nobody is to be told: see docs/notifications.md", err=True)
    courier = Courier(
        store=store_of(settings),
        clock=SystemClock(),
        receivers=receivers_of(settings),
        redact=redactor(settings.secrets()),
        pause=sleep,
    )
    _tell_round(courier.deliver(), output=output)
    while interval is not None:
        sleep(interval)
        found = courier.deliver()
        if not found.is_empty:
            _tell_round(found, output=output)


def _revive(settings: Settings, numbers: tuple[int, ...]) -> None:
    from coverage_gate.clock import SystemClock
    from coverage_gate.wiring import store_of

    store, at = store_of(settings), SystemClock().now_iso()
    gone = [number for number in numbers if not store.revive_message(number, at=at)]
    if gone:
        names = ", ".join(map(str, gone))
        raise click.UsageError(f"not dead: {names}; `coverage-gate notify --list` shows the dead")


def _revive_all(settings: Settings) -> None:
    from coverage_gate.clock import SystemClock
    from coverage_gate.core.records import OutboxState
    from coverage_gate.wiring import store_of

    store, at = store_of(settings), SystemClock().now_iso()
    dead = store.messages(states=(OutboxState.DEAD,), limit=sys.maxsize)
    count = sum(store.revive_message(row.seq, at=at) for row in dead)
    click.echo(f"{count} dead messages are tried anew", err=True)


def _tell_round(done: Round, *, output: str) -> None:
    from coverage_gate.adapters.render.json_verdict import to_json_line

    counts = {
        "delivered": done.delivered,
        "repeated": done.repeated,
        "later": done.later,
        "dead": done.dead,
    }
    for remark in done.remarks:
        click.echo(f"coverage-gate: {remark}", err=True)
    if output == "json":
        click.echo(to_json_line({"schema_version": _SCHEMA, **counts}))
    else:
        click.echo(
            f"{done.delivered} delivered, {done.repeated} told before, "
            f"{done.later} to be tried again, {done.dead} dead"
        )


def _tell_list(settings: Settings, *, output: str) -> None:
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.core.records import OutboxState
    from coverage_gate.receiving import configured_topics
    from coverage_gate.wiring import store_of

    waiting = (OutboxState.PENDING, OutboxState.DEAD)
    rows = store_of(settings).messages(states=waiting, limit=_LISTED)
    known = configured_topics(settings)
    if output == "json":
        listed = [_row_object(row, known) for row in rows]
        click.echo(to_json_line({"schema_version": _SCHEMA, "messages": listed}))
        return
    for row in rows:
        click.echo(_row_text(row, known))
    if not rows:
        click.echo("nothing waits, and nothing is dead")


def _row_object(row: OutboxRow, known: tuple[str, ...]) -> dict[str, Any]:
    from coverage_gate.core.outbox import fact, read_message

    message = read_message(row)
    facts = {} if message is None else message.facts
    return {
        "number": row.seq,
        "topic": row.topic,
        "is_configured": row.topic in known,
        "state": str(row.state),
        "kind": "" if message is None else message.kind,
        "repo": fact(facts, "repo"),
        "work_item": fact(facts, "work_item"),
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_attempt_at": row.next_attempt_at,
        "error": row.last_error,
    }


def _row_text(row: OutboxRow, known: tuple[str, ...]) -> str:
    from coverage_gate.adapters.render.printable import one_line

    told = _row_object(row, known)
    when = f"{row.attempts} attempts, next {row.next_attempt_at}"
    if row.topic not in known:
        when = f"{row.topic} is not configured"
    if told["state"] == "dead":
        when = f"dead after {row.attempts} attempts"
    about = f"{told['kind']} of {told['work_item']} ({told['repo']})"
    why = f": {row.last_error}" if row.last_error else ""
    return one_line(f"{row.seq}  {row.topic}  {about}: {when}{why}", limit=1000)
