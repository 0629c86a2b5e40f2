"""A verdict as an in-toto statement, so that others can check later what was judged, and how.

The same verdict gives the same bytes: no time, no path and no name of a machine is in it. The
front matter of the report holds the digest of the predicate, and the statement that of the report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from coverage_gate.core.baseline import kind_text
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict
from coverage_gate.core.waiving import WaiverState

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
#: What the predicate has beyond the test-result predicate.
EXTENSION = "coverageGate"
VERSION = 1

#: Who runs the tests differs between a pipeline and a command line; the limits do not.
_NO_LIMITS = frozenset({"judges_tests"})


class Result(StrEnum):
    """The words of the test-result predicate. WARNED: it merges, but not everything is well."""

    PASSED = "PASSED"
    WARNED = "WARNED"
    FAILED = "FAILED"


def predicate_of(verdict: Verdict, *, repository: str, work_item: str) -> dict[str, object]:
    """What is claimed about a commit, as the test-result predicate has it."""
    return {
        "result": str(_result(verdict)),
        "configuration": _configuration(verdict),
        "passedTests": _rules(verdict, Outcome.PASS),
        "warnedTests": _rules(verdict, Outcome.WARN),
        "failedTests": _rules(verdict, Outcome.FAIL),
        EXTENSION: {
            "version": VERSION,
            "repository": _text(repository),
            "workItem": _text(work_item),
            "verdict": str(verdict.state),
            "reason": str(verdict.code),
            "mergeAllowed": verdict.merge_allowed,
            "counts": _counts(verdict.counts),
            "judged": _counts(verdict.judged),
            "baseline": _baseline(verdict),
            "rules": [_rule(result) for result in verdict.rules],
            "waivers": [use.waiver.seq for use in verdict.waivers if use.state is WaiverState.USED],
            "measurement": _measurement(verdict.measurement),
        },
    }


def statement_of(
    predicate: Mapping[str, object],
    *,
    commit: str | None,
    tree: str | None,
    report_name: str,
    report: bytes,
) -> dict[str, object]:
    """The statement about a commit, the tree that would land, and the report that tells of it."""
    subjects = [
        ("commit", "gitCommit", commit),
        ("tree", "gitTree", tree),
        (report_name, "sha256", sha256(report).hexdigest()),
    ]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {kind: digest}} for name, kind, digest in subjects if digest
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def canonical(value: object) -> bytes:
    """One way to write a JSON value: sorted, without spaces, ASCII."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def digest_of(value: object) -> str:
    """Digest of a JSON value, however it was written."""
    return sha256(canonical(value)).hexdigest()


def policy_digest(policy: Policy) -> str:
    """Digest of the limits that a verdict was judged by."""
    facts = {
        each.name: _plain(getattr(policy, each.name))
        for each in fields(policy)
        if each.name not in _NO_LIMITS
    }
    return digest_of(facts)


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Fraction | StrEnum) else value


def _result(verdict: Verdict) -> Result:
    if not verdict.merge_allowed:
        return Result.FAILED
    is_clean = verdict.state is State.PASS and not verdict.warnings
    return Result.PASSED if is_clean else Result.WARNED


def _configuration(verdict: Verdict) -> list[dict[str, object]]:
    measured = verdict.measurement
    config = measured.provenance.config_digest if measured else ""
    parts = [
        ("base", "gitCommit", verdict.base_commit),
        ("policy", "sha256", policy_digest(verdict.policy)),
        ("coverage", "sha256", config),
    ]
    return [{"name": name, "digest": {kind: digest}} for name, kind, digest in parts if digest]


def _rules(verdict: Verdict, outcome: Outcome) -> list[str]:
    return [str(result.rule) for result in verdict.rules if result.outcome is outcome]


def _rule(result: RuleResult) -> dict[str, object]:
    return {
        "rule": str(result.rule),
        "outcome": str(result.outcome),
        "actual": _counts(result.actual),
        "required": None if result.required is None else str(result.required),
        "findings": [_text(each) for each in result.findings],
    }


def _counts(counts: Counts | None) -> str | None:
    return None if counts is None else str(counts)


def _baseline(verdict: Verdict) -> dict[str, object] | None:
    stored = verdict.baseline
    if stored is None:
        return None
    return {"rate": str(stored.rate), "sha": _text(stored.sha), "epoch": stored.epoch}


def _measurement(measured: Measurement | None) -> dict[str, object] | None:
    if measured is None:
        return None
    origin = measured.provenance
    return {
        "identity": origin.identity or None,
        "kind": kind_text(origin.kind),
        "scope": origin.scope,
        "coverage": origin.coverage_version,
        "sandbox": origin.sandbox,
        "exitStatus": measured.tests.exit_status,
        "passed": len(measured.tests.passed),
        "failed": len(measured.tests.failed),
    }


def _text(text: str) -> str:
    # A name that is no UTF-8 arrives with lone surrogates, which other JSON readers refuse.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
