"""Points in time as the store keeps them: ISO 8601 in UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def days_before(at: str, days: int) -> str:
    """So many days earlier."""
    earlier = datetime.fromisoformat(at) - timedelta(days=days)
    return earlier.isoformat().replace("+00:00", "Z")


def moment(seconds: int, *, latest: str) -> str:
    """Seconds since 1970 as text; not before that, and not after `latest`."""
    last = int(datetime.fromisoformat(latest).timestamp())
    found = datetime.fromtimestamp(min(max(seconds, 0), last), UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")
