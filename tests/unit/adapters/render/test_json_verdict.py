from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.golden.cases import CASES, hostile, out_of_scope, passing, tool_error_open

from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.core.attribution import Attribution
from coverage_gate.core.gaps import Gap, Repair
from coverage_gate.core.measurement import TestRun as Run
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.patch import PatchCounts
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import NO_COUNTS, Counts
from coverage_gate.core.sampling import Fate, Sampling, Trial
from coverage_gate.core.verdict import Outcome, Reason, State
from coverage_gate.testing.values import covered, measurement

SCHEMA = json.loads(
    (Path(__file__).parents[4] / "docs" / "schema" / "verdict.schema.json").read_text()
)
CONTRACT = {
    "schema_version",
    "verdict",
    "merge_allowed",
    "reason",
    "percent",
    "baseline",
    "covered",
    "total",
    "judged_covered",
    "judged_total",
    "commit",
    "tree",
    "base_commit",
    "identity",
    "core",
    "sandbox",
    "report",
    "rules",
    "hidden",
    "patch",
    "lost",
    "unmeasured",
    "flaky",
    "attribution",
    "repair",
}


def test_the_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_verdict_has_all_keys_and_fits_the_published_schema(name: str) -> None:
    value = verdict_object(CASES[name](), report=None)
    Draft202012Validator(SCHEMA).validate(json.loads(to_json_line(value)))
    assert set(value) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    assert set(value) >= CONTRACT


def test_the_schema_describes_every_key() -> None:
    assert all(each.get("description") for each in SCHEMA["properties"].values())


def test_the_schema_knows_every_state_and_reason() -> None:
    properties = SCHEMA["properties"]
    assert properties["verdict"]["enum"] == list(State)
    assert properties["reason_code"]["enum"] == list(Reason)


def test_the_schema_knows_every_rule_and_outcome() -> None:
    properties = SCHEMA["properties"]["rules"]["items"]["properties"]
    assert properties["rule"]["enum"] == list(RuleName)
    assert properties["outcome"]["enum"] == list(Outcome)


def test_what_later_rules_judge_fits_the_published_schema() -> None:
    value = verdict_object(passing(), report=None) | {
        "hidden": [{"path": "a.py", "lines": [1, 2], "why": "pragma"}],
    }
    Draft202012Validator(SCHEMA).validate(json.loads(to_json_line(value)))


def test_what_the_line_rules_found_is_told_and_fits_the_published_schema() -> None:
    verdict = replace(
        passing(),
        patch=PatchCounts(statements=Counts(covered=1, total=2), branches=NO_COUNTS),
        lost=(
            LostLine(path="a.py", line=3, tests=("t.py::t",), fates=("deleted",)),
            LostLine(path="b\udcff.py", line=4, target=-1),
        ),
        attribution=Attribution(new_covered=1, moved=7),
        repair=Repair(
            need=1,
            gaps=(Gap(path="a.py", symbol="f", lines=((1, 2),), branches=((1, -1),), units=()),),
        ),
        flaky=(Unit(path="a.py", line=5), Unit(path="a.py", line=6, target=-1)),
    )
    value = json.loads(to_json_line(verdict_object(verdict, report=None)))
    Draft202012Validator(SCHEMA).validate(value)
    assert value["patch"] == {
        "covered": 1,
        "total": 2,
        "branches_covered": 0,
        "branches_total": 0,
    }
    assert value["lost"] == [
        {"path": "a.py", "line": 3, "branch": None, "tests": ["t.py::t"], "fates": ["deleted"]},
        {"path": "b\\udcff.py", "line": 4, "branch": [4, -1], "tests": [], "fates": []},
    ]
    assert value["flaky"] == [
        {"path": "a.py", "line": 5, "branch": None},
        {"path": "a.py", "line": 6, "branch": [6, -1]},
    ]


def test_a_repair_names_functions_and_ranges() -> None:
    gap = Gap(path="a.py", symbol=None, lines=((1, 2), (7, 7)), branches=((9, 4),), units=())
    verdict = replace(passing(), repair=Repair(need=3, gaps=(gap,)))
    value = json.loads(to_json_line(verdict_object(verdict, report=None)))["repair"]
    Draft202012Validator(SCHEMA["properties"]["repair"]).validate(value)
    assert value == {
        "need": 3,
        "reason": None,
        "gaps": [{"path": "a.py", "symbol": None, "lines": [[1, 2], [7, 7]], "branches": [[9, 4]]}],
    }


def test_a_verdict_that_covering_cannot_turn_says_why() -> None:
    verdict = replace(passing(), repair=Repair(need=None, reason="a test\nfails"))
    value = json.loads(to_json_line(verdict_object(verdict, report=None)))["repair"]
    Draft202012Validator(SCHEMA["properties"]["repair"]).validate(value)
    assert (value["need"], value["gaps"]) == (None, [])
    assert value["reason"].isprintable()


def test_all_causes_of_a_delta_are_told() -> None:
    verdict = replace(passing(), attribution=Attribution(lost=2))
    value = json.loads(to_json_line(verdict_object(verdict, report=None)))["attribution"]
    required = SCHEMA["properties"]["attribution"]["anyOf"][0]["required"]
    assert (sorted(value), value["lost"]) == (sorted(required), 2)


def test_what_was_not_judged_is_null() -> None:
    value = verdict_object(out_of_scope(), report=None)
    keys = ("percent", "covered", "judged_total", "unmeasured", "failing_tests", "lost", "report")
    assert [value[key] for key in keys] == [None] * len(keys)


def test_what_was_judged_and_found_nothing_is_empty() -> None:
    value = verdict_object(passing(), report=None)
    assert (value["unmeasured"], value["failing_tests"]) == ([], [])


def test_a_test_command_that_tells_no_tests_has_null_for_those_that_fail() -> None:
    verdict = passing()
    assert verdict.measurement is not None
    silent = replace(verdict.measurement, tests=Run(exit_status=0))
    value = verdict_object(replace(verdict, measurement=silent), report=None)
    assert value["failing_tests"] is None


def test_percent_is_rounded_down_so_that_100_is_exact() -> None:
    head = measurement(covered(999_999, 1_000_000))
    verdict = replace(passing(), measurement=head, judged=head.counts)
    assert verdict_object(verdict, report=None)["percent"] == 99.9999


def test_an_unmeasurable_verdict_has_no_number_even_of_a_measurement() -> None:
    whole = passing()
    verdict = replace(tool_error_open(), measurement=whole.measurement, judged=whole.judged)
    value = verdict_object(verdict, report=None)
    assert (value["percent"], value["covered"], value["judged_covered"]) == (None, None, None)


def test_text_for_people_is_printable_and_names_are_exact() -> None:
    value = json.loads(to_json_line(verdict_object(hostile(), report=None)))
    assert value["reason"].isprintable()
    assert value["unmeasured"][0].startswith("a`b|c\n---\n")


def test_a_name_that_is_no_text_can_be_read_by_every_parser() -> None:
    verdict = replace(passing(), failing_tests=("t\udcff.py",))
    value = verdict_object(verdict, report=Path("r\udcff"))
    assert (value["failing_tests"], value["report"]) == (["t\\udcff.py"], "r\\udcff")


def test_the_object_is_one_line_of_ascii() -> None:
    line = to_json_line(verdict_object(hostile(), report=None))
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json_line({"percent": number})


def test_what_became_of_mutants_is_told_and_fits_the_published_schema() -> None:
    mutants = [
        Mutant(path="a\udce9.py", line=2, symbol=symbol, start=0, end=1, text=b"", change="`a`\n")
        for symbol in ("f", None)
    ]
    fates = (Fate.SURVIVED, Fate.NOTICED)
    trials = tuple(Trial(mutant=mutant, fate=fate) for mutant in mutants for fate in fates)
    value = verdict_object(
        replace(passing(), sampling=Sampling(asked=9, sites=5, trials=trials)), report=None
    )
    Draft202012Validator(SCHEMA).validate(json.loads(to_json_line(value)))
    assert value["mutation"] == {
        "asked": 9,
        "sites": 5,
        "noticed": 2,
        "survived": 2,
        "unreached": 0,
        "untried": 0,
        "note": None,
        "survivors": [
            {"path": "a\\udce9.py", "line": 2, "symbol": symbol, "change": "`a`\\n"}
            for symbol in ("f", None)
        ],
    }
