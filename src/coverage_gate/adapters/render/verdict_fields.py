"""A verdict as the fields of its report."""

from __future__ import annotations

from fractions import Fraction

from coverage_gate.adapters.render.hidden import hidden_items
from coverage_gate.adapters.render.next_steps import next_steps
from coverage_gate.adapters.render.repair import gap_items, repair_heading
from coverage_gate.adapters.render.waivers import use_text
from coverage_gate.core.baseline import kind_text
from coverage_gate.core.cage import Way
from coverage_gate.core.measurement import Measurement, Provenance, TestRun
from coverage_gate.core.places import places_of, told_tests
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts, percent_number, percent_text, points_text
from coverage_gate.core.verdict import State, Verdict

SCHEMA_VERSION = 1


def fields_of(verdict: Verdict, *, work_item: str, repository: str) -> dict[str, object]:
    """The fields that `render_coverage_report` takes.

    Percentages are rounded down (100 only where it is exact); limits stand as they were set. A
    tree that was not measured has no number, whichever way the policy decides.
    """
    is_failed = verdict.state is State.FAIL
    return {
        "coverage_status": "PASS" if verdict.merge_allowed else "FAIL",
        "work_item": work_item,
        "repository": repository,
        "reason": reason_of(verdict),
        "reason_code": str(verdict.code),
        "verdict": str(verdict.state),
        "schema_version": SCHEMA_VERSION,
        "commit": verdict.commit,
        "tree": verdict.tree,
        "base_commit": verdict.base_commit,
        "rules": verdict.rules,
        "failing_tests": verdict.failing_tests,
        "vanished": vanished_items(verdict),
        "audit": audit_items(verdict),
        "waivers": tuple(use_text(use) for use in verdict.waivers),
        "unmeasured": verdict.unmeasured,
        "warnings": other_warnings(verdict),
        "flaky": places_of(verdict.flaky or ()),
        "hidden": hidden_items(verdict.hidden),
        "lost_tests": told_tests(verdict.lost or ()),
        "repair": repair_heading(verdict.repair) if is_failed else None,
        "gaps": gap_items(verdict.repair) if is_failed else None,
        "order": _order_of(verdict),
        "output": verdict.failure.output if verdict.failure else None,
        "next_steps": next_steps(verdict),
        **_numbers(verdict),
        **_limits(verdict.policy),
        **_origin(verdict.measurement),
    }


def _order_of(verdict: Verdict) -> str | None:
    if verdict.order is None:
        return None
    from coverage_gate.adapters.render.order import order_text  # noqa: PLC0415 - few have one

    return order_text(verdict.order)


def reason_of(verdict: Verdict) -> str:
    """The reason, which names fail-open or fail-closed where nothing could be measured."""
    word = "fail-open" if verdict.merge_allowed else "fail-closed"
    if verdict.state is not State.UNMEASURABLE or word in verdict.reason:
        return verdict.reason
    return f"{verdict.reason} ({word})"


def other_warnings(verdict: Verdict) -> tuple[str, ...]:
    """The warnings that no row of the rules' table tells already."""
    in_table = {f"{result.rule}: {result.detail}" for result in verdict.rules}
    return tuple(text for text in verdict.warnings if text not in in_table)


def vanished_items(verdict: Verdict) -> tuple[str, ...]:
    """The tests that vanished, one line each: "skipped: tests/test_a.py::test_b"."""
    return tuple(f"{each.now}: {each.test} ({each.why})" for each in verdict.vanished or ())


def audit_items(verdict: Verdict) -> tuple[str, ...]:
    """The findings in changed tests, one line each: "tests/test_a.py:3 test_b: no assertion"."""
    return tuple(
        f"{each.path}{f':{each.line}' if each.line else ''} {each.test.partition('::')[2]}".rstrip()
        + f": {each.finding}"
        for each in verdict.audit or ()
    )


def measured_counts(verdict: Verdict) -> Counts | None:
    """coverage.py's own totals; None where the verdict is that nothing was measured."""
    return verdict.counts if verdict.state in (State.PASS, State.FAIL) else None


def _numbers(verdict: Verdict) -> dict[str, object]:
    counts = measured_counts(verdict)
    delta = verdict.delta if counts else None
    return {
        "measured_coverage": percent_of(counts.rate if counts else None),
        "baseline": percent_of(verdict.baseline.rate if verdict.baseline else None),
        "delta": percent_of(delta),
        "covered": counts.covered if counts else None,
        "total": counts.total if counts else None,
        "flaky_covered": _flaky_covered(verdict) if counts else None,
    }


def _flaky_covered(verdict: Verdict) -> int | None:
    """How much of what ran is flaky, and may not raise the baseline; None for nothing."""
    if verdict.counts is None or verdict.steady_covered is None:
        return None
    return verdict.counts.covered - verdict.steady_covered or None


def percent_of(rate: Fraction | None) -> float | None:
    """A share in percentage points, rounded down; None stays None."""
    return None if rate is None else percent_number(rate)


def limit_text(limit: Fraction) -> str:
    """A required share for people; a tolerance larger than the limit requires nothing."""
    return percent_text(max(limit, Fraction(0)))


def _limits(policy: Policy) -> dict[str, object]:
    rules = ", ".join(sorted(policy.rules)) or "none"
    slack = points_text(policy.epsilon)[1:]
    return {
        "floor": _as_set(policy.floor),
        "epsilon": _as_set(policy.epsilon),
        "policy": str(policy.name),
        "policy_detail": (
            f"Policy {policy.name}: floor {percent_text(policy.floor)}, tolerance {slack} points. "
            f"Further rules: {rules}."
        ),
    }


def _as_set(share: Fraction) -> float:
    # A limit is what a person wrote: the nearest float prints as that decimal again, where
    # rounding down would show 66.6666 for 66.66667.
    return float(share * 100)


def _origin(measurement: Measurement | None) -> dict[str, object]:
    if measurement is None:
        return {}
    origin = measurement.provenance
    return {
        "identity": origin.identity or None,
        "kind": kind_text(origin.kind),
        "scope": origin.scope,
        "measurement": (
            f"coverage.py {origin.coverage_version}, {kind_text(origin.kind)}, "
            f"scope {origin.scope_text}, sandbox {_cage(origin)}; {tests_text(measurement.tests)}."
        ),
    }


def _cage(origin: Provenance) -> str:
    ways = [way for way in Way if way not in origin.closed]
    if not ways:
        return f"{origin.sandbox} (all closed)"
    return f"{origin.sandbox} (open: {', '.join(ways)})" if origin.closed else origin.sandbox


def tests_text(tests: TestRun) -> str:
    """How the test command ended, as in "12 tests passed, 1 failed"."""
    if tests.outcomes is None:
        return f"the test command ended with status {tests.exit_status}"
    return f"{len(tests.passed)} tests passed, {len(tests.failed)} failed"
