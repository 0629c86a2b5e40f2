"""The report artefact of a work item: written here, read back by `report_reader`.

The front matter is the single source of truth; the body is for people and is never parsed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from coverage_gate.adapters.render.front_matter import (
    FrontMatterError,
    render_front_matter,
    scalar_text,
)
from coverage_gate.adapters.render.report_body import render_body
from coverage_gate.adapters.render.report_reader import (
    FAIL,
    PASS,
    ReportFields,
    parse_coverage_status,
    read_measured_coverage,
    read_report,
)
from coverage_gate.adapters.render.verdict_fields import fields_of

__all__ = [
    "UNCOMMITTED",
    "FrontMatterError",
    "ReportFields",
    "fields_of",
    "parse_coverage_status",
    "read_measured_coverage",
    "read_report",
    "recorded",
    "render_coverage_report",
]

#: What a report has as commit when a folder was measured as it stands; it never ratchets.
UNCOMMITTED = "uncommitted"

# All values together stay below what a reader accepts, even where each character needs an escape
# of ten.
_MAX_WORK_ITEM = 1024
_MAX_VALUE = 256

_ALWAYS = ("measured_coverage", "baseline", "floor", "policy", "epsilon", "delta")
# Key of the front matter → field it is taken from. A host's `reason` is prose and goes to the body.
_WHERE_KNOWN = {
    "schema_version": "schema_version",
    "covered": "covered",
    "total": "total",
    "flaky_covered": "flaky_covered",
    "commit": "commit",
    "tree": "tree",
    "base_commit": "base_commit",
    "verdict": "verdict",
    "reason": "reason_code",
    "identity": "identity",
    "kind": "kind",
    "scope": "scope",
    "evidence": "evidence",
}


def render_coverage_report(work_item: str, fields: Mapping[str, object]) -> str:
    """The text of `18-coverage-report.md`.

    Args:
        work_item: Whose report it is.
        fields: Any may be absent or None. `coverage_status` ("PASS", anything else is a FAIL),
            `measured_coverage`, `baseline`, `floor`, `epsilon` and `delta` (percentage points),
            `policy`, and where known `schema_version`, `covered`, `total`, `commit`, `tree`,
            `base_commit`, `verdict`, `reason_code`, `identity`, `kind`, `scope`, `evidence` go to
            the front matter. `reason_text` or `reason`, `measurement`, `policy_detail`,
            `repository`, `rules`, `failing_tests`, `unmeasured`, `hidden`, `warnings`, `output`
            and `next_steps` go to the body. See `fields_of` for those of a verdict, and the page
            docs/report.md.

    Returns:
        Text that UTF-8 can encode, and whose front matter reads back as what was given.
    """
    status = PASS if fields.get("coverage_status") == PASS else FAIL
    name = scalar_text(work_item)
    front: dict[str, object] = {
        "coverage_status": status,
        "work_item": recorded(name, limit=_MAX_WORK_ITEM),
    }
    front |= {key: _value(fields.get(key)) for key in _ALWAYS}
    front |= {
        key: _value(fields[field])
        for key, field in _WHERE_KNOWN.items()
        if fields.get(field) is not None
    }
    return f"{render_front_matter(front)}\n{render_body(name, status, fields)}"


def recorded(text: str, *, limit: int = _MAX_WORK_ITEM) -> str:
    """A name as the front matter holds it: itself, or its beginning and digest if too long."""
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text[: limit - 33]}-{digest}"


def _value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return recorded(scalar_text(value), limit=_MAX_VALUE)
