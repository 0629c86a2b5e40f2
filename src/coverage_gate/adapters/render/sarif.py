"""A verdict as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

from coverage_gate.adapters.render.printable import exact, one_line
from coverage_gate.adapters.render.spots import Spot, SpotKind, spots_of
from coverage_gate.adapters.render.verdict_fields import reason_of
from coverage_gate.core.verdict import State, Verdict

_LIMIT = 1_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_VERDICT = "coverage-verdict"

_RULES: Mapping[str, str] = MappingProxyType(
    {
        f"coverage-{SpotKind.TEST.name.lower()}": "A test fails, or passed on the base and is gone",
        f"coverage-{SpotKind.LOST.name.lower()}": "Code that ran on the base does not run any more",
        f"coverage-{SpotKind.FILE.name.lower()}": "A changed file is not measured",
        f"coverage-{SpotKind.LINES.name.lower()}": "No test runs these lines",
        _VERDICT: "The branch may not land",
    }
)
_LEVELS: Mapping[State, str] = MappingProxyType(
    {
        State.PASS: "note",
        State.FAIL: "error",
        State.UNMEASURABLE: "warning",
        State.NOT_APPLICABLE: "note",
    }
)


def sarif_text(verdict: Verdict) -> str:
    """One run with a result for each place of a FAIL, without a final line feed.

    What the gate answered is a notification of the run; where a FAIL has no place it is a result.
    """
    rules = [{"id": rule, "shortDescription": {"text": told}} for rule, told in _RULES.items()]
    driver = {"name": "coverage-gate", "rules": rules}
    told = {
        "level": _LEVELS[verdict.state],
        "message": _message(f"{verdict.state}: {reason_of(verdict)}"),
    }
    invocation = {
        "executionSuccessful": verdict.state is not State.UNMEASURABLE,
        "toolExecutionNotifications": [told],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": list(_results(verdict)),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _results(verdict: Verdict) -> Iterator[dict[str, object]]:
    spots = spots_of(verdict)
    if verdict.state is State.FAIL and not spots:
        yield {"ruleId": _VERDICT, "level": "error", "message": _message(reason_of(verdict))}
    yield from map(_result, spots)


def _result(spot: Spot) -> dict[str, object]:
    uri = quote(exact(spot.path))
    place = {
        "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": spot.first, "endLine": spot.last},
    }
    return {
        "ruleId": f"coverage-{spot.kind.name.lower()}",
        "level": "error",
        "message": _message(spot.message),
        "locations": [{"physicalLocation": place}],
    }


def _message(text: str) -> dict[str, str]:
    return {"text": one_line(text, limit=_LIMIT)}
