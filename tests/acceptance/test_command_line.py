"""`coverage-gate` as a person or a pipeline without an engine uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.shop import NAME, Shop, Told

from coverage_gate.adapters.render.report import read_report
from coverage_gate.core.records import AuditRow

Tell = Callable[..., Told]

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def fits_schema(value: object, name: str) -> bool:
    """Whether it fits docs/schema/<name>.schema.json; raises where it does not."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator(schema).validate(value)
    return True


# check


def test_a_pass_is_told_with_its_report_and_status_0(founded: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", "feature/tested")
    assert told.status == 0
    assert told.out.startswith("PASS 77.77% (14/18), baseline 66.66%")
    (path,) = [line for line in told.out.splitlines() if line.startswith("report: ")]
    assert Path(path.removeprefix("report: ")).is_file()


def test_a_fail_is_told_with_status_1(founded: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", "feature/untested")
    assert told.status == 1
    assert told.out.startswith("FAIL 44.44% (8/18), baseline 66.66%")


def test_answers_go_to_stdout_and_progress_to_stderr(founded: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", "docs")
    assert "measured before, reused" in told.err
    assert "reused" not in told.out


@pytest.mark.parametrize("branch", ["feature/tested", "feature/untested", "no-python"])
def test_with_json_the_last_line_is_one_object_of_the_published_schema(
    founded: Shop, tell: Tell, branch: str
) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", branch, "--format", "json")
    assert fits_schema(told.json, "verdict")
    assert told.json["merge_allowed"] is (told.status == 0)


def test_the_object_pins_what_was_judged(founded: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", "feature/tested", "--format=json")
    value = told.json
    assert (value["verdict"], value["merge_allowed"], value["percent"]) == ("PASS", True, 77.7777)
    assert [value[key] for key in ("covered", "total", "judged_covered", "judged_total")] == [
        *(14, 18),
        *(14, 18),
    ]
    assert (value["commit"], value["base_commit"]) == (
        founded.sha("feature/tested"),
        founded.sha("main"),
    )
    assert read_report(Path(value["report"]).read_text()).identity == value["identity"]


def test_a_rule_is_told_with_its_integers_and_what_was_required(founded: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(founded.path), "--branch", "docs", "--format=json")
    rules = {rule["rule"]: rule for rule in told.json["rules"]}
    assert (rules["baseline"]["actual"], rules["baseline"]["required"]) == ("8/12", 66.1666)
    assert rules["baseline"]["outcome"] == "PASS"


def test_without_a_stored_baseline_the_base_is_measured_to_compare_with(
    shop: Shop, tell: Tell
) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "feature/untested", "--format=json")
    assert (told.status, told.json["baseline"]) == (1, 66.6666)


def test_a_stored_baseline_is_what_is_compared_with(founded: Shop, tell: Tell) -> None:
    who = ("--actor", "ana", "--reason", "a better main")
    tell("baseline", "set", "--repo", NAME, "--percent", "90", *who)
    told = tell("check", "--repo", str(founded.path), "--branch", "feature/tested", "--format=json")
    assert (told.status, told.json["baseline"]) == (1, 90.0)


def test_the_base_is_measured_once_and_kept(shop: Shop, tell: Tell) -> None:
    arguments = ("check", "--repo", str(shop.path), "--branch", "docs", "--db")
    first = tell(*arguments, str(shop.top / "new.db"))
    second = tell(*arguments, str(shop.top / "new.db"))
    assert "measuring base main" in first.err
    assert "measuring" not in second.err


def test_the_repositorys_name_is_that_of_its_main_work_tree(shop: Shop, tell: Tell) -> None:
    linked = shop.top / "elsewhere"
    shop.git.git("worktree", "add", "-q", str(linked), "docs")
    told = tell("check", "--repo", str(linked), "--work-item", "ET-5")
    assert told.status == 0
    assert (shop.reports / NAME / "ET-5" / "18-coverage-report.md").is_file()


def test_naming_a_repository_puts_it_in_scope(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", "other")
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json")
    assert told.json["verdict"] == "PASS"


def test_the_switch_holds_on_the_command_line_too(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    told = tell("check", "--repo", str(shop.path), "--branch", "no-python", "--format=json")
    assert (told.status, told.json["verdict"]) == (0, "NOT_APPLICABLE")
    assert (told.json["merge_allowed"], told.json["report"]) == (True, None)
    assert not shop.reports.exists()


def test_what_is_judged_is_what_would_land(shop: Shop, tell: Tell) -> None:
    arguments = ("--branch", "docs", "--base", "feature/tested", "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    merged = shop.git.git("merge-tree", "--write-tree", "docs", "feature/tested")
    assert (told.json["tree"], told.json["commit"]) == (merged, shop.sha("docs"))
    assert told.json["percent"] == 77.7777


def test_a_conflict_fails_and_names_the_files(shop: Shop, tell: Tell) -> None:
    told = tell(
        *("check", "--repo", str(shop.path), "--format=json"),
        *("--branch", "same-line-1", "--base", "same-line-2"),
    )
    assert (told.status, told.json["reason_code"]) == (1, "does-not-merge")
    assert "src/shop/price.py" in told.json["reason"]


def test_a_test_that_passed_on_the_base_and_fails_now_fails_where_no_merge_gate_went_before(
    shop: Shop, tell: Tell
) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "failing", "--format=json")
    assert told.status == 1
    assert told.json["failing_tests"] == ["tests/test_price.py::test_discount"]
    assert shop.check("failing")[1].count("tests fail") == 0


@pytest.mark.parametrize(
    ("closed", "status"), [("false", 0), ("true", 3)], ids=["fail-open", "fail-closed"]
)
def test_a_tool_that_could_not_measure_is_warned_of_or_ends_with_3(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, closed: str, status: int
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    arguments = ("--branch", "docs", "--python", str(shop.top / "no-python"), "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["verdict"]) == (status, "UNMEASURABLE")
    assert (told.json["percent"], told.json["covered"]) == (None, None)
    assert ("WARNING" in told.err) is (status == 0)


def test_the_integers_are_those_of_coverage_itself(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    arguments = ("measure", "--repo", str(shop.path), "--branch", "main", "--format=json")
    told = tell(*arguments)
    data, report = tmp_path / ".coverage", tmp_path / "coverage.json"
    environment = {"PYTHONPATH": str(shop.path / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    for step in (
        ["run", f"--data-file={data}", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        ["json", f"--data-file={data}", "-q", "-o", str(report)],
    ):
        command = [str(shop.python), "-m", "coverage", *step]
        subprocess.run(command, cwd=shop.path, env=environment, check=True, capture_output=True)
    totals = json.loads(report.read_text())["totals"]
    assert (told.json["covered"], told.json["total"]) == (
        totals["covered_lines"] + totals["covered_branches"],
        totals["num_statements"] + totals["num_branches"],
    )


def test_the_command_is_there_as_a_module_of_its_own(shop: Shop) -> None:
    command = [sys.executable, "-m", "coverage_gate", "check", "--repo", str(shop.path)]
    done = subprocess.run(
        [*command, "--branch", "docs", "--format", "json"], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["verdict"] == "PASS"


# measure


def test_a_measurement_fits_the_published_schema(shop: Shop, tell: Tell) -> None:
    told = tell(
        "measure", "--repo", str(shop.path), "--branch", "feature/untested", "--format=json"
    )
    assert (told.status, fits_schema(told.json, "measurement")) == (0, True)
    files = {file["path"]: file for file in told.json["files"]}
    assert files["src/shop/invoice.py"]["missing_lines"] == [1, 2, 3, 4]


def test_a_measurement_is_told_file_by_file(shop: Shop, tell: Tell) -> None:
    told = tell("measure", "--repo", str(shop.path), "--branch", "main")
    rows = [line.split() for line in told.out.splitlines()]
    assert ["src/shop/price.py", "8", "12", "66.66%", "4,", "9"] in rows
    assert ["TOTAL", "8", "12", "66.66%"] in rows


def test_a_measurement_is_made_anew_when_asked(shop: Shop, tell: Tell) -> None:
    arguments = ("measure", "--repo", str(shop.path), "--branch", "main")
    assert "reused" in tell(*arguments).err
    assert "reused" not in tell(*arguments, "--fresh").err


def test_a_failed_measurement_says_why_with_status_1(shop: Shop, tell: Tell) -> None:
    told = tell("measure", "--repo", str(shop.path), "--branch", "cannot-start", "--format=json")
    assert (told.status, fits_schema(told.json, "measurement")) == (1, True)
    assert told.json["failure"]["code"] == "tests-cannot-start"


def test_a_folder_without_a_commit_is_measured_as_it_stands(
    shop: Shop, tell: Tell, tmp_path: Path
) -> None:
    del shop
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/test_it.py").write_text("def test_it():\n    pass\n")
    told = tell("measure", "--repo", str(tmp_path / "plain"), "--format=json")
    assert (told.status, told.json["commit"], told.json["identity"]) == (0, None, None)


# report


@pytest.mark.parametrize(("branch", "status"), [("docs", 0), ("no-python", 1)])
def test_a_report_is_shown_with_its_status(
    shop: Shop, tell: Tell, branch: str, status: int
) -> None:
    tell("check", "--repo", str(shop.path), "--branch", branch, "--work-item", "ET-1")
    told = tell("report", "--repo", str(shop.path), "--work-item", "ET-1")
    assert (told.status, told.out) == (status, shop.report())


def test_only_the_path_of_a_report_is_shown_when_asked(shop: Shop, tell: Tell) -> None:
    told = tell("report", "--repo", str(shop.path), "--work-item", "ET-1", "--path")
    assert told.out == f"{shop.reports / NAME / 'ET-1' / '18-coverage-report.md'}\n"


def test_a_report_that_is_not_there_says_how_to_make_it(shop: Shop, tell: Tell) -> None:
    told = tell("report", "--repo", str(shop.path), "--work-item", "ET-1")
    assert told.status == 2
    assert "run the check that writes it first" in told.err


# ratchet


def test_after_a_merge_the_baseline_rises(founded: Shop, tell: Tell) -> None:
    tell("check", "--repo", str(founded.path), "--branch", "feature/tested", "--work-item", "E")
    told = tell("ratchet", "--repo", str(founded.path), "--work-item", "E", "--sha=feature/tested")
    assert told.status == 0
    assert told.out == "shop: moved, ratchet 66.66% → 77.77%\n"


def test_the_first_merge_founds_the_baseline(shop: Shop, tell: Tell) -> None:
    tell("check", "--repo", str(shop.path), "--branch", "docs", "--work-item", "E")
    told = tell("ratchet", "--repo", str(shop.path), "--work-item", "E", "--sha", "docs")
    assert told.out == "shop: founded, ratchet none → 66.66%\n"


def test_a_lower_value_is_not_ratcheted(founded: Shop, tell: Tell) -> None:
    arguments = ("--branch", "feature/untested", "--policy", "absolute", "--rules", "")
    tell("check", "--repo", str(founded.path), "--work-item", "E", *arguments)
    told = tell("ratchet", "--repo", str(founded.path), "--work-item=E", "--sha=feature/untested")
    assert told.status == 1
    assert told.out == "shop: not-higher, ratchet 66.66% → 66.66%\n"


def test_another_commit_than_the_judged_one_is_not_ratcheted(founded: Shop, tell: Tell) -> None:
    tell("check", "--repo", str(founded.path), "--branch", "feature/tested", "--work-item", "E")
    told = tell("ratchet", "--repo", str(founded.path), "--work-item", "E", "--sha", "main")
    assert told.status == 1
    assert "what was merged was not measured" in told.err


# baseline


def test_no_baseline_is_told_as_such(shop: Shop, tell: Tell) -> None:
    del shop
    told = tell("baseline", "show")
    assert (told.status, "no baseline yet" in told.out) == (0, True)


def test_baselines_are_shown(founded: Shop, tell: Tell) -> None:
    told = tell("baseline", "show", "--repo", NAME)
    assert told.out == f"shop: 66.6666 % at {founded.sha('main')[:12]}, 2026-01-01T00:00:00Z\n"
    assert tell("baseline", "show", "--format=json").json["baselines"][NAME]["coverage"] == 66.6666
    assert tell("baseline", "show", "--repo", "other", "--format=json").json["baselines"] == {}


def test_setting_a_baseline_makes_the_store_and_is_audited(shop: Shop, tell: Tell) -> None:
    path = shop.top / "new" / "store.db"
    who = ("--actor", "ana", "--reason", "generated code left")
    told = tell("baseline", "set", "--repo", NAME, "--percent=81.5", "--db", str(path), *who)
    assert (told.status, told.out) == (0, "shop: baseline 81.5 in epoch 1, by ana\n")
    (row,) = audits_of(Shop(top=path.parent, python=shop.python))
    assert (row.actor, row.reason, row.action) == ("ana", "generated code left", "baseline-reset")


def audits_of(shop: Shop) -> tuple[AuditRow, ...]:
    return shop.store.audits(NAME, limit=5)


def test_setting_a_baseline_is_the_one_way_down(founded: Shop, tell: Tell) -> None:
    who = ("--actor", "ana", "--reason", "why not")
    told = tell("baseline", "set", "--repo", NAME, "--percent", "10", *who)
    assert told.out == "shop: baseline 10 in epoch 2, by ana\n"
    assert "10 % at (set by hand)" in tell("baseline", "show").out
    assert len(audits_of(founded)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--percent", "10", "--actor", "ana"],
        ["--percent", "10", "--reason", "why not"],
        ["--percent", "10", "--actor", "ana", "--reason", ""],
        ["--percent", "10", "--actor", " ", "--reason", "why not"],
        ["--percent", "100.1", "--actor", "ana", "--reason", "why not"],
        ["--percent", "nan", "--actor", "ana", "--reason", "why not"],
        ["--percent", "much", "--actor", "ana", "--reason", "why not"],
        ["--percent", "1e999999999", "--actor", "ana", "--reason", "why not"],
    ],
)
def test_a_baseline_is_not_set_without_actor_reason_and_number(
    founded: Shop, tell: Tell, arguments: list[str]
) -> None:
    before = founded.store.baselines()
    assert tell("baseline", "set", "--repo", NAME, *arguments).status == 2
    assert founded.store.baselines() == before
