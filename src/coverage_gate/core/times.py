"""Points in time as the store keeps them: ISO 8601 in UTC, to the second."""

from __future__ import annotations

from datetime import datetime, timedelta


def days_before(at: str, days: int) -> str:
    """So many days earlier."""
    earlier = datetime.fromisoformat(at) - timedelta(days=days)
    return earlier.isoformat().replace("+00:00", "Z")
