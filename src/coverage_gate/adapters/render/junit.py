"""A verdict as JUnit's XML: each rule is a test case."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.adapters.render.spots import spots_of
from coverage_gate.adapters.render.verdict_fields import reason_of
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict

_LIMIT = 4_000
_NAME = "coverage-gate"


def junit_text(verdict: Verdict) -> str:
    """One suite, without a final line feed. Where no rule judged, the verdict is its one case."""
    cases = [_of_rule(result) for result in verdict.rules] or [_of_verdict(verdict)]
    suite = ET.Element("testsuite", name=_NAME, tests=str(len(cases)))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = "\n".join(_told(verdict))
    suites = ET.Element("testsuites", name=_NAME)
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _told(verdict: Verdict) -> list[str]:
    lines = [one_line(reason_of(verdict), limit=_LIMIT)]
    lines += [
        one_line(f"{spot.path}:{spot.first}-{spot.last}: {spot.message}", limit=_LIMIT)
        for spot in spots_of(verdict)
    ]
    return lines


def _of_rule(result: RuleResult) -> ET.Element:
    case = _case(str(result.rule))
    detail = one_line(result.detail, limit=_LIMIT)
    if result.outcome is Outcome.FAIL:
        ET.SubElement(case, "failure", type=str(result.rule), message=detail).text = "\n".join(
            one_line(found, limit=_LIMIT) for found in result.findings
        )
    elif result.outcome is Outcome.SKIP:
        ET.SubElement(case, "skipped", message=detail)
    else:
        ET.SubElement(case, "system-out").text = detail
    return case


def _of_verdict(verdict: Verdict) -> ET.Element:
    case = _case("verdict")
    reason = one_line(reason_of(verdict), limit=_LIMIT)
    kind = str(verdict.code)
    if verdict.state is State.FAIL:
        ET.SubElement(case, "failure", type=kind, message=reason)
    elif verdict.merge_allowed:
        ET.SubElement(case, "skipped", message=reason)
    else:
        ET.SubElement(case, "error", type=kind, message=reason)
    return case


def _case(name: str) -> ET.Element:
    return ET.Element("testcase", classname=_NAME, name=name)
