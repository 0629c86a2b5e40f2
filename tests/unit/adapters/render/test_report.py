from __future__ import annotations

from decimal import Decimal

import pytest
from tests.golden.cases import HOSTILE

from coverage_gate.adapters.render.report import (
    FrontMatterError,
    ReportFields,
    parse_coverage_status,
    read_measured_coverage,
    read_report,
    recorded,
    render_coverage_report,
)
from coverage_gate.core.rates import Counts

FULL: dict[str, object] = {
    "coverage_status": "PASS",
    "measured_coverage": 87.5,
    "baseline": 85.0,
    "floor": 80,
    "policy": "both",
    "epsilon": 0.5,
    "delta": 2.5,
    "schema_version": 1,
    "covered": 875,
    "total": 1000,
    "commit": "a" * 40,
    "tree": "b" * 40,
    "base_commit": "c" * 40,
    "verdict": "PASS",
    "reason_code": "holds",
    "identity": "d" * 64,
    "kind": "ctrace-3.11-branch",
    "scope": "0123456789ab",
}
BODY = (
    "reason",
    "reason_text",
    "measurement",
    "policy_detail",
    "repository",
    "rules",
    "failing_tests",
    "unmeasured",
    "warnings",
    "output",
    "next_steps",
)


def _front(text: str) -> str:
    return text.split("---\n")[1]


def test_a_report_without_any_field_is_a_fail() -> None:
    text = render_coverage_report("ET-7", {})
    assert parse_coverage_status(text) == (False, "FAIL: coverage_status is FAIL")
    assert read_measured_coverage(text) is None


def test_what_is_written_is_read_back() -> None:
    assert read_report(render_coverage_report("ET-7", FULL)) == ReportFields(
        status="PASS",
        work_item="ET-7",
        measured=87.5,
        baseline=85.0,
        covered=875,
        total=1000,
        commit="a" * 40,
        tree="b" * 40,
        base_commit="c" * 40,
        verdict="PASS",
        reason="holds",
        policy="both",
        identity="d" * 64,
        kind="ctrace-3.11-branch",
        scope="0123456789ab",
        schema_version=1,
    )


def test_front_matter_has_its_keys_in_the_order_of_the_contract() -> None:
    keys = [line.split(":")[0] for line in _front(render_coverage_report("x", FULL)).splitlines()]
    assert keys[:8] == [
        "coverage_status",
        "work_item",
        "measured_coverage",
        "baseline",
        "floor",
        "policy",
        "epsilon",
        "delta",
    ]


def test_a_value_that_is_not_known_is_empty_or_left_out() -> None:
    front = _front(render_coverage_report("ET-7", {"baseline": None, "covered": None}))
    assert "\nbaseline:\n" in front
    assert "covered" not in front


@pytest.mark.parametrize("status", [None, "FAIL", "pass", "PASS\n", "", True, 1, ["PASS"]])
def test_any_status_but_pass_is_written_as_fail(status: object) -> None:
    ok, told = parse_coverage_status(render_coverage_report("x", {"coverage_status": status}))
    assert not ok
    assert "FAIL" in told


@pytest.mark.parametrize("key", BODY)
def test_prose_goes_to_the_body_and_never_to_the_front_matter(key: str) -> None:
    text = render_coverage_report("ET-7", {"coverage_status": "PASS", key: "some words"})
    assert "some words" in text
    assert _front(text) == _front(render_coverage_report("ET-7", {"coverage_status": "PASS"}))


@pytest.mark.parametrize("key", [*FULL, *BODY])
def test_hostile_text_in_any_field_leaves_the_status_as_it_is(key: str) -> None:
    honest = {"coverage_status": "FAIL", key: HOSTILE}
    text = render_coverage_report(HOSTILE, honest)
    assert parse_coverage_status(text)[0] is False
    assert text.encode().decode() == text


@pytest.mark.parametrize(
    "value",
    [
        HOSTILE,
        [HOSTILE],
        {"a": HOSTILE},
        pytest.param(10**5000, id="a long integer"),
        object(),
        b"\xff",
    ],
)
def test_a_field_of_any_type_makes_a_report_that_reads_back(value: object) -> None:
    text = render_coverage_report("ET-7", dict.fromkeys([*FULL, *BODY], value))
    assert read_report(text).work_item == "ET-7"


def test_a_long_name_is_recorded_by_its_beginning_and_digest() -> None:
    name = "x" * 5000
    text = render_coverage_report(name, {})
    assert read_report(text).work_item == recorded(name)
    assert len(recorded(name)) == 1024
    assert recorded(name) != recorded(name + "x")


def test_the_longest_values_stay_below_what_a_reader_accepts() -> None:
    worst = "\U000e0001" * 10_000
    text = render_coverage_report(worst, {**dict.fromkeys(FULL, worst), "coverage_status": "PASS"})
    assert parse_coverage_status(text)[0] is True


def test_a_float_reads_back_as_the_decimal_that_it_prints_as() -> None:
    value = 87.12345678901234
    assert read_measured_coverage(render_coverage_report("x", {"measured_coverage": value})) == (
        value
    )


def test_a_decimal_is_written_as_it_prints() -> None:
    text = render_coverage_report("x", {"measured_coverage": Decimal("87.50")})
    assert read_measured_coverage(text) == 87.5


def test_more_items_than_fit_are_counted() -> None:
    text = render_coverage_report("x", {"failing_tests": [f"t{index}" for index in range(53)]})
    assert "- `t49`\n- … and 3 more\n" in text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "---\ncoverage_status: PASS\nreason: holds\n---\n",
            (True, "PASS: coverage_status is PASS (holds)"),
        ),
        ("---\ncoverage_status: FAIL\n---\n", (False, "FAIL: coverage_status is FAIL")),
        ("---\nwork_item: x\n---\n", (False, "FAIL: the front matter has no coverage_status")),
        (
            '---\ncoverage_status: "\\e"\n---\n',
            (False, "FAIL: unknown coverage_status: \\x1b"),
        ),
        (
            "coverage_status: PASS\n",
            (
                False,
                "FAIL: no readable coverage_status: no front matter: the first line is not ---",
            ),
        ),
        (
            "---\ncoverage_status: PASS\ncoverage_status: PASS\n---\n",
            (
                False,
                "FAIL: no readable coverage_status: the key coverage_status stands there twice",
            ),
        ),
        (None, (False, "FAIL: no readable coverage_status: a report is text")),
        (
            b"---\ncoverage_status: PASS\n---\n",
            (False, "FAIL: no readable coverage_status: a report is text"),
        ),
    ],
)
def test_a_status_is_pass_only_where_the_front_matter_says_so(
    text: object, answer: tuple[bool, str]
) -> None:
    assert parse_coverage_status(text) == answer


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0", 0.0),
        ("100", 100.0),
        ("87.5", 87.5),
        ("'87.5'", 87.5),
        ("5e-1", 0.5),
        # none of these is a percentage
        ("", None),
        ("100.0001", None),
        ("-1", None),
        ("+5", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("1_0", None),
        ("99,5", None),
        ("٣", None),
        pytest.param("9" * 5000, None, id="5000 digits"),
    ],
)
def test_measured_coverage_is_a_finite_percentage_or_nothing(
    value: str, number: float | None
) -> None:
    text = f"---\ncoverage_status: PASS\nmeasured_coverage: {value}\n---\n"
    assert read_measured_coverage(text) == number


@pytest.mark.parametrize("text", ["", "no front matter", None, 5])
def test_what_is_no_report_has_no_measured_coverage(text: object) -> None:
    assert read_measured_coverage(text) is None


def test_a_text_without_front_matter_is_no_report() -> None:
    with pytest.raises(FrontMatterError, match="no front matter"):
        read_report("# Coverage gate: PASS")


def test_a_report_of_an_older_writer_may_lack_everything_but_its_status() -> None:
    assert read_report("---\ncoverage_status: PASS\n---\n") == ReportFields(status="PASS")


@pytest.mark.parametrize(
    ("covered", "total", "counts"),
    [
        ("7", "8", Counts(covered=7, total=8)),
        ("0", "0", Counts(covered=0, total=0)),
        ("9", "8", None),
        ("-1", "8", None),
        ("7.0", "8", None),
        ("", "8", None),
        ("7", "", None),
        ("7", "9" * 30, None),
    ],
)
def test_counts_are_read_only_where_both_fit_together(
    covered: str, total: str, counts: Counts | None
) -> None:
    text = f"---\ncoverage_status: PASS\ncovered: {covered}\ntotal: {total}\n---\n"
    assert read_report(text).counts == counts
