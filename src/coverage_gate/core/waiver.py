"""What a person allowed for once: lines that no test runs, or tests that are gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

#: Lines of one waiver: a person has read them.
MAX_LINES = 500
#: Days that one may last.
MAX_DAYS = 366

_PERIOD = re.compile(r"([1-9]\d{0,3})([dh])")


class Category(StrEnum):
    """Why something is allowed, for whoever counts waivers."""

    GENERATED = "generated"
    PLATFORM = "platform"
    UNREACHABLE = "unreachable"
    LEGACY = "legacy"
    REPLACED = "replaced"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver: of lines where it has a path, of tests where it has none.

    Attributes:
        seq: Its number; 0 until it is stored.
        repository: Where it holds.
        category: Of the reason.
        actor: Who granted it.
        reason: In that person's words.
        granted_at: ISO 8601 in UTC.
        expires_at: From then on it has no effect.
        path: The file; empty for tests.
        first: First line when it was granted, 1-based; 0 for tests.
        last: Last line, inclusive.
        digest: Of the text of these lines: it follows them, and ends when they change.
        tests: Ids of tests.
        used_at: When the merge that used it up was told; empty before that.
        used_by: The merged commit.
    """

    seq: int = 0
    repository: str
    category: Category
    actor: str
    reason: str
    granted_at: str
    expires_at: str
    path: str = ""
    first: int = 0
    last: int = 0
    digest: str = ""
    tests: tuple[str, ...] = ()
    used_at: str = ""
    used_by: str = ""


#: Who uses waivers up, in the audit.
GATE = "coverage-gate"


def facts_of(waiver: Waiver) -> dict[str, object]:
    """What the audit keeps of a waiver that is granted."""
    return {
        "waiver": waiver.seq,
        "category": waiver.category.value,
        "expires_at": waiver.expires_at,
        "path": waiver.path,
        "lines": [waiver.first, waiver.last],
        "tests": list(waiver.tests),
    }


class BadWaiverError(ValueError):
    """What is asked for cannot be waived. The message says why."""


def read_range(text: str) -> tuple[int, int]:
    """The lines of "10-14" or "10". Raises BadWaiverError."""
    match = re.fullmatch(r"([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?", text.strip(), re.ASCII)
    if match is None:
        raise BadWaiverError(f"{text!r} is no range of lines, as in 10-14")
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last < first + MAX_LINES:
        raise BadWaiverError(f"{text!r}: a waiver holds for 1 to {MAX_LINES} lines in their order")
    return first, last


def expiry(text: str, now: str) -> str:
    """When "14d" or "12h" from now is. Raises BadWaiverError."""
    match = _PERIOD.fullmatch(text.strip())
    hours = 0 if match is None else int(match[1]) * (24 if match[2] == "d" else 1)
    if not 0 < hours <= MAX_DAYS * 24:
        raise BadWaiverError(f"{text!r} is no time of at most {MAX_DAYS} days, as in 14d or 12h")
    end = datetime.fromisoformat(now).astimezone(UTC) + timedelta(hours=hours)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_digest(lines: Sequence[bytes]) -> str:
    """What lines of text are; their line ends do not count."""
    return sha256(b"\n".join(lines)).hexdigest()


def taken_from(text: bytes, first: int, last: int) -> str:
    """The digest of lines of a file. Raises BadWaiverError where it has no such lines."""
    lines = text.splitlines()
    if last > len(lines):
        raise BadWaiverError(f"the file has {len(lines)} lines, not {last}")
    return lines_digest(lines[first - 1 : last])


def place_of(waiver: Waiver, text: bytes | None) -> tuple[int, int] | None:
    """Where the lines of a waiver are now; None where they changed, or are there twice."""
    lines = (text or b"").splitlines()
    size = waiver.last - waiver.first + 1
    # Where they were they are meant, however often the same text is there.
    starts = [waiver.first - 1, *range(len(lines) - size + 1)]
    found = [
        start for start in starts if lines_digest(lines[start : start + size]) == waiver.digest
    ]
    if not found or (found[0] != waiver.first - 1 and len(found) > 1):
        return None
    return found[0] + 1, found[0] + size
