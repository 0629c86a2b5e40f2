"""Whether those who are to be told can be reached, asked live; see `examinations`."""

from __future__ import annotations

from coverage_gate.boundary import redactor
from coverage_gate.cli.findings import Finding, ok, warn
from coverage_gate.ports import DeliveryError
from coverage_gate.receiving import RECEIVERS, configured_topics, missing_for, receivers_of
from coverage_gate.settings import Settings
from coverage_gate.settings.catalogue import CATALOGUE
from coverage_gate.wiring import store_of

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _BAD_REQUEST = 401, 403, 404, 400
_DEADLINE_S = 5.0


def check_receiver(topic: str, settings: Settings) -> Finding:
    """One receiver: not wanted, half configured, or asked whether a message would arrive.

    No verdict depends on it, so nothing here keeps the gate from working.
    """
    missing = missing_for(settings, topic)
    if missing:
        names = ", ".join(CATALOGUE[name].env for name in missing)
        wanted = _begun(settings, topic)
        return warn("is not told: half configured", f"set {names}") if wanted else ok("not wanted")
    (receiver,) = (
        one for one in receivers_of(settings, deadline_s=_DEADLINE_S) if one.topic == topic
    )
    redact = redactor(settings.secrets())
    try:
        return ok(redact(receiver.check()))
    except DeliveryError as error:
        return warn(redact(str(error)), _mend(topic, error))


def check_letters(settings: Settings) -> Finding:
    """No message is dead, and none waits for somebody who is never told."""
    from coverage_gate.adapters.stores.target import sqlite_path
    from coverage_gate.core.records import OutboxState

    if not sqlite_path(settings.store_target).exists():
        return ok("none was left yet")
    counts = store_of(settings).message_counts()
    dead = sum(count for (_, state), count in counts.items() if state is OutboxState.DEAD)
    if dead:
        return warn(
            f"{dead} messages could not be delivered",
            "mend what `coverage-gate notify --list` says, then `coverage-gate notify --retry N`",
        )
    known = configured_topics(settings)
    waiting = sorted({t for (t, state) in counts if state is OutboxState.PENDING} - set(known))
    told = f"; those to {', '.join(waiting)} wait until it is configured" if waiting else ""
    return ok(f"none is dead{told}")


def _begun(settings: Settings, topic: str) -> bool:
    """Whether somebody set a token there: no secret is set by chance."""
    return any(
        CATALOGUE[name].is_secret and getattr(settings, name) is not None
        for name in RECEIVERS[topic]
    )


def _mend(topic: str, error: DeliveryError) -> str:
    names = [CATALOGUE[name] for name in RECEIVERS[topic]]
    secret = next(item.env for item in names if item.is_secret)
    others = ", ".join(item.env for item in names if not item.is_secret)
    advice = {
        _UNAUTHORIZED: f"set {secret} to a token that is valid",
        _FORBIDDEN: f"give the owner of {secret} the right to write there",
        _NOT_FOUND: f"set {others} right",
        _BAD_REQUEST: f"set {others} right",
    }
    if topic == "telegram":
        # An unknown token is a path that is not there.
        advice[_NOT_FOUND] = f"set {secret} to the token that BotFather gave"
        advice[_BAD_REQUEST] = f"invite the bot into the chat, and set {others} to its number"
    return advice.get(error.status or 0, "look whether it runs, and at the network in between")
