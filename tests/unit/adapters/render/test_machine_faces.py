"""A verdict as other tools read it: each format by a reader that is not ours."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from lcov_cobertura import LcovCobertura
from lxml import etree
from pycobertura import Cobertura
from sarif_pydantic import Sarif
from tests.golden.cases import CASES, HOSTILE, gaps, passing
from tests.property.report_strategies import verdicts

from coverage_gate.adapters.render.badge import badge_json, badge_svg
from coverage_gate.adapters.render.cobertura import cobertura_text
from coverage_gate.adapters.render.gitlab import code_quality_text, coverage_line
from coverage_gate.adapters.render.junit import junit_text
from coverage_gate.adapters.render.lcov import lcov_text
from coverage_gate.adapters.render.sarif import sarif_text
from coverage_gate.adapters.render.spots import spots_of
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.rates import percent_text
from coverage_gate.core.verdict import Outcome, State, Verdict
from coverage_gate.testing.values import file_coverage, measurement

NAMES = sorted(CASES)


def branched() -> FileCoverage:
    return FileCoverage(
        path="src/shop/a b.py",
        blob="b",
        statements=bits_of([1, 2, 3, 7]),
        executed=bits_of([1, 2]),
        branches=((2, 3), (2, 7), (3, -1), (3, 7)),
        taken=((2, 3),),
    )


def measured() -> Verdict:
    files = (
        branched(),
        file_coverage("src/shop/sub/c.py", [1, 2], [1, 2]),
        file_coverage("src/shop/z.py", [1, 4], [1]),
        file_coverage("top.py", [], []),
    )
    return replace(passing(), measurement=measurement(*files))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "report"


# Cobertura and LCOV: what was measured


def test_cobertura_is_read_by_pycobertura(kept: Path) -> None:
    kept.write_text(cobertura_text(measured()))
    report = Cobertura(str(kept))
    assert report.files() == ["top.py", "src/shop/a b.py", "src/shop/z.py", "src/shop/sub/c.py"]
    assert [report.missed_lines(name) for name in report.files()] == [
        [],
        [(2, "partial"), *((line, "miss") for line in range(3, 8))],  # with what is between them
        [(4, "miss")],
        [],
    ]
    # A line with a branch that was not taken is no hit there.
    assert (report.total_statements(), report.total_hits()) == (8, 4)
    root = etree.fromstring(kept.read_bytes())
    assert dict(root.attrib)["branches-valid"] == "4"
    assert dict(root.attrib)["branches-covered"] == "1"
    assert dict(root.attrib)["line-rate"] == "0.625"
    packages = {each.get("name"): each for each in root.iter("package")}
    assert list(packages) == [".", "src.shop", "src.shop.sub"]
    assert packages["src.shop"].get("line-rate") == "0.5"
    conditions = [line.get("condition-coverage") for line in root.iter("line")]
    assert [told for told in conditions if told] == ["50% (1/2)", "0% (0/2)"]


def test_lcov_is_read_by_lcov_cobertura() -> None:
    xml = LcovCobertura(lcov_text(measured()) + "\n").convert()
    root = etree.fromstring(xml.encode())
    known = {
        each.get("filename"): {
            line.get("number"): (line.get("hits"), line.get("condition-coverage"))
            for line in each.iter("line")
        }
        for each in root.iter("class")
    }
    assert known["src/shop/a b.py"] == {
        "1": ("1", None),
        "2": ("1", "50% (1/2)"),
        "3": ("0", "0% (0/2)"),
        "7": ("0", None),
    }
    assert (root.get("lines-valid"), root.get("lines-covered")) == ("8", "5")
    assert (root.get("branches-valid"), root.get("branches-covered")) == ("4", "1")


def test_a_branch_of_a_line_that_never_ran_could_not_be_taken() -> None:
    lines = lcov_text(measured()).splitlines()
    told = [line for line in lines if line.startswith("BR")]
    assert told == ["BRDA:2,0,0,1", "BRDA:2,0,1,0", "BRDA:3,0,0,-", "BRDA:3,0,1,-", *told[-2:]]
    assert told[-2:] == ["BRF:4", "BRH:1"]


def test_what_was_not_measured_has_no_file() -> None:
    unmeasured = CASES["unmeasurable-open"]()
    assert lcov_text(unmeasured) == ""
    root = etree.fromstring(cobertura_text(unmeasured).encode())
    assert root.get("lines-valid") == "0"
    assert [each.tag for each in root.iter("class")] == []


# The places of a FAIL


def issues(verdict: Verdict) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(code_quality_text(verdict))
    return found


def test_code_quality_has_what_gitlab_asks_for_and_no_print_twice() -> None:
    found = issues(gaps())
    assert [(each["check_name"], each["severity"], each["location"]) for each in found] == [
        ("coverage-lost", "major", {"path": "src/shop/cart.py", "lines": {"begin": 13, "end": 15}}),
        *(
            (
                "coverage-lines",
                "minor",
                {"path": "src/shop/cart.py", "lines": {"begin": first, "end": last}},
            )
            for first, last in ((7, 8), (3, 3), (5, 5))
        ),
    ]
    assert len({each["fingerprint"] for each in found}) == len(found)
    assert issues(gaps()) == found
    assert issues(passing()) == []


@pytest.mark.parametrize("name", NAMES)
def test_gitlab_reads_the_total_as_it_prints_it(name: str) -> None:
    verdict = CASES[name]()
    read = re.search(r"^TOTAL coverage: (\d+(?:\.\d+)?)%$", coverage_line(verdict))
    if verdict.state in (State.PASS, State.FAIL) and verdict.counts:
        assert read
        assert f"{read[1]}%" == percent_text(verdict.counts.rate)
    else:
        assert read is None


def sarif(verdict: Verdict) -> Any:  # noqa: ANN401 - JSON is anything
    text = sarif_text(verdict)
    (run,) = Sarif.model_validate_json(text).runs
    known = {rule.id for rule in run.tool.driver.rules or ()}
    for result in run.results or ():
        assert result.rule_id in known
    return json.loads(text)["runs"][0]


def test_sarif_has_a_result_for_each_place() -> None:
    found = sarif(gaps())["results"]
    first = found[0]["locations"][0]["physicalLocation"]
    assert (found[0]["ruleId"], found[0]["level"]) == ("coverage-lost", "error")
    assert first["region"] == {"startLine": 13, "endLine": 15}
    assert first["artifactLocation"] == {"uri": "src/shop/cart.py", "uriBaseId": "%SRCROOT%"}
    assert len(found) == len(spots_of(gaps()))


def test_a_path_is_an_address_in_sarif() -> None:
    verdict = replace(gaps(), repair=None, lost=None, unmeasured=("a b/ü#1%.py", "\udcff.py"))
    places = [each["locations"][0]["physicalLocation"] for each in sarif(verdict)["results"]]
    uris = [place["artifactLocation"]["uri"] for place in places]
    assert "a%20b/%C3%BC%231%25.py" in uris
    assert "a b/ü#1%.py" in [unquote(uri) for uri in uris]
    assert all(uri.isascii() for uri in uris)


def test_a_fail_without_a_place_is_one_result() -> None:
    run = sarif(CASES["fail-conflict"]())
    (result,) = run["results"]
    assert result["ruleId"] == "coverage-verdict"
    assert "locations" not in result


@pytest.mark.parametrize("name", NAMES)
def test_each_verdict_is_told_by_sarif(name: str) -> None:
    verdict = CASES[name]()
    run = sarif(verdict)
    (invocation,) = run["invocations"]
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"].startswith(f"{verdict.state}: ")
    assert invocation["executionSuccessful"] is (verdict.state is not State.UNMEASURABLE)
    assert bool(run["results"]) is (verdict.state is State.FAIL)


# JUnit


def suite(verdict: Verdict) -> TestSuite:
    (found,) = JUnitXml.fromstring(junit_text(verdict).encode())
    assert isinstance(found, TestSuite)
    return found


def ends(case: TestCase) -> set[type]:
    return {type(each) for each in case.result}


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_is_a_case_of_junit(name: str) -> None:
    verdict = CASES[name]()
    found = suite(verdict)
    cases = list(found)
    assert [case.name for case in cases] == [str(rule.rule) for rule in verdict.rules] or [
        "verdict"
    ]
    failed = [rule for rule in verdict.rules if rule.outcome is Outcome.FAIL]
    if verdict.rules:
        assert found.failures == len(failed)
        assert found.skipped == sum(rule.outcome is Outcome.SKIP for rule in verdict.rules)
        assert [Failure in ends(case) for case in cases] == [
            rule.outcome is Outcome.FAIL for rule in verdict.rules
        ]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("fail-conflict", Failure),
        ("unmeasurable-open", Skipped),
        ("unmeasurable-closed", Error),
        ("not-applicable", Skipped),
    ],
)
def test_a_verdict_without_rules_is_one_case(name: str, end: type) -> None:
    found = suite(CASES[name]())
    (case,) = found
    assert ends(case) == {end}
    assert (found.failures, found.errors, found.skipped) == (
        int(end is Failure),
        int(end is Error),
        int(end is Skipped),
    )


# Badges


@pytest.mark.parametrize("name", NAMES)
def test_a_badge_is_a_picture_and_says_the_total(name: str) -> None:
    verdict = CASES[name]()
    root = etree.fromstring(badge_svg(verdict).encode())
    told = json.loads(badge_json(verdict))
    assert told["schemaVersion"] == 1
    assert root.get("aria-label") == f"coverage: {told['message']}"
    (_, box) = root.findall("{*}rect")
    assert box.get("fill") == f"#{told['color']}"


def test_a_fail_changes_the_colour_of_a_badge_alone() -> None:
    passed, failed = passing(), replace(passing(), state=State.FAIL, merge_allowed=False)
    assert json.loads(badge_json(passed))["message"] == "87.5%"
    assert json.loads(badge_json(failed))["message"] == "87.5%"
    assert json.loads(badge_json(passed))["color"] != json.loads(badge_json(failed))["color"]
    assert json.loads(badge_json(CASES["unmeasurable-open"]()))["message"] == "unknown"


# Whatever a branch calls its files and tests


@settings(deadline=None, max_examples=30)
@given(verdicts())
def test_no_text_of_a_branch_breaks_a_format(verdict: Verdict) -> None:
    assert isinstance(issues(verdict), list)
    assert sarif(verdict)["tool"]["driver"]["name"] == "coverage-gate"
    assert suite(verdict).name == "coverage-gate"
    assert etree.fromstring(cobertura_text(verdict).encode()).tag == "coverage"
    assert etree.fromstring(badge_svg(verdict).encode()).tag.endswith("svg")


def test_a_hostile_path_stays_in_its_place() -> None:
    verdict = replace(
        passing(), measurement=measurement(file_coverage(f"{HOSTILE[:-1]}.py", [1], []))
    )
    root = etree.fromstring(cobertura_text(verdict).encode())
    (each,) = root.iter("class")
    assert str(each.get("filename")).startswith("a`b|c\\n---\\n")
    assert [line for line in lcov_text(verdict).splitlines() if line.startswith("SF:")] == [
        f"SF:{each.get('filename')}"
    ]
