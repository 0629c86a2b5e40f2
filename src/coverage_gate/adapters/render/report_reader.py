"""The report artefact read back: only its front matter, never its body."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coverage_gate.adapters.render.front_matter import FrontMatterError, parse_front_matter
from coverage_gate.adapters.render.printable import one_line
from coverage_gate.core.rates import Counts

PASS = "PASS"  # noqa: S105 - a status, no password
FAIL = "FAIL"

_PERCENT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,18}", re.ASCII)
_FULL = 100.0
_FENCE = "\n---\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFields:
    """What a report says. Anything but the status may be missing in a file of an older writer.

    Attributes:
        status: "PASS", or "FAIL" for everything else.
        work_item: Whose report it is.
        measured: Percent in 0..100, as the decimal that stands there.
        baseline: Percent in 0..100 that it was compared with.
        covered: Covered statements and branches.
        total: Statements and branches.
        flaky_covered: How many of the covered ones are flaky.
        commit: Head of the branch.
        tree: Git tree id that was measured.
        base_commit: The base it was judged against.
        verdict: The state, as in "PASS" or "UNMEASURABLE".
        reason: The code of the reason.
        policy: Name of the policy.
        identity: Identity of the measurement.
        kind: What makes numbers comparable, as in "ctrace-3.11-branch".
        scope: Digest of the measured scope.
        evidence: Digest of the predicate of the statement beside it.
        schema_version: Of the writer.
    """

    status: str
    work_item: str | None = None
    measured: float | None = None
    baseline: float | None = None
    covered: int | None = None
    total: int | None = None
    flaky_covered: int | None = None
    commit: str | None = None
    tree: str | None = None
    base_commit: str | None = None
    verdict: str | None = None
    reason: str | None = None
    policy: str | None = None
    identity: str | None = None
    kind: str | None = None
    scope: str | None = None
    evidence: str | None = None
    schema_version: int | None = None

    @property
    def counts(self) -> Counts | None:
        """The integers, where both stand there and fit together."""
        if self.covered is None or self.total is None or self.covered > self.total:
            return None
        return Counts(covered=self.covered, total=self.total)

    @property
    def steady_counts(self) -> Counts | None:
        """The integers without what is flaky: what may raise a baseline."""
        counts, flaky = self.counts, self.flaky_covered or 0
        if counts is None or flaky > counts.covered:
            return None
        return Counts(covered=counts.covered - flaky, total=counts.total)


def parse_coverage_status(text: object) -> tuple[bool, str]:
    """Whether a report says PASS, and a line that holds PASS or FAIL.

    A text without front matter, with a key twice, or without a known `coverage_status` is a FAIL
    that names `coverage_status`. Raises nothing.
    """
    try:
        values = parse_front_matter(_as_text(text))
    except FrontMatterError as error:
        return False, f"{FAIL}: no readable coverage_status: {error}"
    status = values.get("coverage_status")
    if status is None:
        return False, f"{FAIL}: the front matter has no coverage_status"
    if status not in (PASS, FAIL):
        return False, f"{FAIL}: unknown coverage_status: {one_line(status, limit=80)}"
    reason = values.get("reason", "")
    why = f" ({one_line(reason, limit=80)})" if reason else ""
    return status == PASS, f"{status}: coverage_status is {status}{why}"


def read_measured_coverage(text: object) -> float | None:
    """The measured percent of a report, None where there is no number in 0..100. Raises nothing."""
    try:
        values = parse_front_matter(_as_text(text))
    except FrontMatterError:
        return None
    return _percent(values.get("measured_coverage"))


def read_report(text: object) -> ReportFields:
    """All that a report says.

    Raises:
        FrontMatterError: If there is no readable front matter.
    """
    values = parse_front_matter(_as_text(text))

    def told(key: str) -> str | None:
        """A value of the front matter; None where it is missing or empty."""
        return values.get(key) or None

    return ReportFields(
        status=PASS if values.get("coverage_status") == PASS else FAIL,
        work_item=told("work_item"),
        measured=_percent(values.get("measured_coverage")),
        baseline=_percent(values.get("baseline")),
        covered=_count(values.get("covered")),
        total=_count(values.get("total")),
        flaky_covered=_count(values.get("flaky_covered")),
        commit=told("commit"),
        tree=told("tree"),
        base_commit=told("base_commit"),
        verdict=told("verdict"),
        reason=told("reason"),
        policy=told("policy"),
        identity=told("identity"),
        kind=told("kind"),
        scope=told("scope"),
        evidence=told("evidence"),
        schema_version=_count(values.get("schema_version")),
    )


def report_body(text: str) -> str:
    """The part of a report that is for people: what follows its front matter."""
    return text.partition(_FENCE)[2].strip()


def _as_text(text: object) -> str:
    if not isinstance(text, str):
        raise FrontMatterError("a report is text")
    return text


def _percent(text: str | None) -> float | None:
    # float() alone would take "nan", "1_0" and digits of other scripts.
    if text is None or not _PERCENT.fullmatch(text):
        return None
    value = float(text)
    return value if value <= _FULL else None


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None
