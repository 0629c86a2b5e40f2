"""What is done for one work item: where it is judged, by which settings, and what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from tests.shop import MAIN, NAME, Shop

from coverage_gate import procedure
from coverage_gate.adapters import report_files
from coverage_gate.adapters.render.report import read_report
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.core.verdict import Reason, State
from coverage_gate.judging import BrokenGateError
from coverage_gate.ports import RepositoryError
from coverage_gate.procedure import Place, answers, publishing, verdicts
from coverage_gate.settings import Scope, SettingsError, load_settings
from coverage_gate.testing.repositories import RepositoryBuilder

MODES = pytest.mark.parametrize(
    ("closed", "ok", "word"), [("false", True, "fail-open"), ("true", False, "fail-closed")]
)


def place_of(shop: Shop, branch: str) -> Place:
    return procedure.command_place(
        load_settings(), shop.path, branch=branch, work_item="ET-1", base=None
    )


# Answers


@MODES
def test_an_error_answers_as_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    assert procedure.error_answer("it broke") == (ok, f"error ({word}): it broke")


def test_an_error_under_settings_that_cannot_be_read_does_not_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "nonsense")
    ok, reason = procedure.error_answer("it broke")
    assert not ok
    assert reason.startswith("settings: ORCH_COVERAGE_POLICY")


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(), None),
        (Scope(repos=("orchestrator", "shop")), None),
        (Scope(enabled=False), "disabled"),
        (Scope(repos=("shop",)), "N/A"),
    ],
)
def test_why_nothing_is_measured_is_told(scope: Scope, words: str | None) -> None:
    reason = procedure.why_inert(scope, "orchestrator")
    assert (reason is None) if words is None else (reason is not None and words in reason)


# Places


def test_after_a_merge_gate_the_branch_of_the_repository_is_judged(shop: Shop) -> None:
    worktree = procedure.make_worktree(load_settings(), NAME, "docs")
    place = procedure.pipeline_place(
        load_settings(), NAME, "ET-1", "docs", report=shop.top / "r.md", worktree=worktree
    )
    head = "refs/heads/docs"
    assert (place.folder, place.head, place.uncommitted) == (shop.path, head, False)
    assert (place.compares_with_base, place.judges_tests) == (False, False)


def test_a_hosts_own_worktree_is_judged_at_its_head(shop: Shop) -> None:
    theirs = shop.git.clone(shop.top / "theirs").path
    place = procedure.pipeline_place(
        *(load_settings(), NAME, "ET-1", "docs"),
        report=shop.top / "r.md",
        worktree=theirs,
        is_hosts=True,
    )
    assert (place.folder, place.head, place.uncommitted) == (theirs, "HEAD", False)


@pytest.mark.parametrize(("branch", "uncommitted"), [("docs", False), ("draft", True)])
def test_a_worktree_without_a_commit_counts_only_where_the_branch_is_unknown(
    shop: Shop, branch: str, uncommitted: bool
) -> None:
    RepositoryBuilder.create(shop.top / "plain")
    place = procedure.pipeline_place(
        *(load_settings(), NAME, "ET-1", branch),
        report=shop.top / "r.md",
        worktree=shop.top / "plain",
    )
    assert place.uncommitted is uncommitted
    assert place.folder == (shop.top / "plain" if uncommitted else shop.path)


def test_a_person_who_names_a_branch_has_no_merge_gate_before(shop: Shop) -> None:
    place = place_of(shop, "docs")
    assert (place.repository, place.head, place.branch) == (NAME, "docs", "docs")
    assert (place.compares_with_base, place.judges_tests) == (True, True)


def test_a_folder_that_is_no_repository_is_named_by_itself(tmp_path: Path) -> None:
    assert procedure.name_of(tmp_path) == tmp_path.name


# Judging


def test_a_gate_that_is_off_judges_nothing_and_leaves_no_report(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    place = place_of(shop, "docs")
    verdict, _ = procedure.judge(procedure.read_settings, place)
    assert (verdict.state, verdict.code) == (State.NOT_APPLICABLE, Reason.DISABLED)
    assert procedure.publish(verdict, place) is None


def test_the_settings_of_the_base_are_what_is_judged_by(shop: Shop) -> None:
    place = procedure.command_place(
        load_settings(), shop.path, branch="docs", work_item=None, base="strict"
    )
    verdict, settings = procedure.judge(procedure.read_settings, place)
    assert settings.floor * 1000 == 995
    assert verdict.policy.floor == settings.floor


def test_a_base_that_is_unknown_is_judged_as_a_bad_request(shop: Shop) -> None:
    place = procedure.command_place(
        load_settings(), shop.path, branch="docs", work_item=None, base="no-such-base"
    )
    verdict, _ = procedure.judge(procedure.read_settings, place)
    assert verdict.code is Reason.BAD_REQUEST


def test_what_is_no_repository_cannot_be_judged(tmp_path: Path) -> None:
    place = procedure.command_place(
        load_settings(), tmp_path, branch=None, work_item=None, base=None
    )
    with pytest.raises(RepositoryError, match="is no git repository"):
        procedure.judge(procedure.read_settings, place)
    with pytest.raises(RepositoryError, match="is no git repository"):
        procedure.changed_paths(place)


# Answers for a host


def test_a_repository_that_cannot_be_read_is_answered_and_reported(shop: Shop) -> None:
    place = procedure.pipeline_place(
        load_settings(), "missing", "ET-1", "docs", report=shop.top / "r.md", worktree=None
    )
    ok, reason = procedure.check(load_settings(), place)
    assert (ok, "could not measure (fail-open)" in reason) == (True, True)
    assert read_report((shop.top / "r.md").read_text()).reason == "tool-error"


@MODES
def test_a_gate_that_breaks_on_the_base_too_is_answered_and_reported(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise BrokenGateError("KeyError: 7")

    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setattr(verdicts, "run_guarded", broken)
    assert shop.check("docs") == (
        ok,
        f"error ({word}): KeyError: 7" + (" WARNING: not measured, merged by fail-open" * ok),
    )
    assert read_report(shop.report()).reason == "gate-error"


def test_a_gate_that_breaks_three_times_in_a_row_is_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise BrokenGateError("KeyError: 7")

    monkeypatch.setattr(verdicts, "run_guarded", broken)
    answers = [shop.check("docs")[0] for _ in range(4)]
    assert answers == [True, True, True, False]


@MODES
def test_what_else_breaks_is_answered_and_reported_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise KeyError(7)

    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setattr(answers, "judge", broken)
    answer, reason = shop.check("docs")
    assert (answer, reason.startswith(f"error ({word}): KeyError: 7")) == (ok, True)
    assert read_report(shop.report()).reason == "gate-error"


def test_invalid_settings_of_the_base_do_not_open_and_are_reported(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invalid(*_: object, **__: object) -> NoReturn:
        raise SettingsError(["floor is unknown"])

    monkeypatch.setattr(answers, "judge", invalid)
    assert shop.check("docs") == (False, "settings: floor is unknown")
    assert read_report(shop.report()).reason == "bad-settings"


def test_a_fail_whose_report_breaks_stays_a_fail(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise KeyError("a name of the branch's")

    monkeypatch.setattr(publishing, "fields_of", broken)
    ok, reason = founded.check("feature/untested")
    assert not ok
    assert "KeyError" in reason


@MODES
def test_a_report_that_cannot_be_written_is_a_fault_of_the_tool(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    shop.reports.write_text("a file where the folder belongs")
    answer, reason = shop.check("docs")
    assert (answer, f"WARNING ({word}): cannot write the report" in reason) == (ok, True)


@MODES
def test_a_report_that_is_another_one_when_it_is_read_back_is_a_fault_of_the_tool(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    replace = report_files._replace

    def replaced_by_another(name: str, content: bytes, folder: int) -> None:
        replace(name, content.replace(b"PASS", b"FAIL"), folder)

    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setattr(report_files, "_replace", replaced_by_another)
    answer, reason = shop.check("docs")
    assert (answer, f"WARNING ({word})" in reason) == (ok, True)
    assert "does not hold what was written" in reason


def test_a_worktree_without_a_commit_is_judged_by_its_percent(shop: Shop) -> None:
    RepositoryBuilder.create(shop.worktrees / NAME / "draft").write(MAIN)
    ok, reason = shop.check("draft")
    assert ok
    assert "uncommitted, judged by a bare percent" in reason
    (shop.worktrees / NAME / "draft/tests/test_price.py").unlink()
    assert "(fail-open): pytest found no tests" in shop.check("draft")[1]


# A bare percent


@pytest.mark.parametrize(
    ("percent", "ok", "words"),
    [
        (50, True, "judged by a bare percent: no line was judged"),
        (40, False, "judged by a bare percent: no line was judged"),
        ("50", False, "bad inputs"),
    ],
)
def test_a_bare_percent_is_judged_by_what_needs_no_lines(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, percent: object, ok: bool, words: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    answer, reason = procedure.check_percent(load_settings(), place_of(shop, "docs"), percent)
    assert (answer, words in reason) == (ok, True)


@MODES
def test_no_percent_is_a_tool_that_could_not_measure_and_says_why(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    answer, reason = procedure.check_percent(
        load_settings(), place_of(shop, "docs"), None, why="no tests"
    )
    assert (answer, f"coverage could not be measured ({word}): no tests" in reason) == (ok, True)
    assert ("WARNING" in reason) is ok


# Measuring


def test_a_branch_is_measured_under_the_configuration_of_its_base(shop: Shop) -> None:
    measured = procedure.measure(procedure.read_settings, NAME, shop.path, head="feature/tested")
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "14/18"


def test_a_repository_without_that_base_rules_itself(shop: Shop) -> None:
    measured = procedure.measure(
        procedure.read_settings, NAME, shop.path, head="main", base="no-such-base"
    )
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"


def test_a_folder_without_a_commit_has_a_percent(shop: Shop) -> None:
    RepositoryBuilder.create(shop.top / "plain").write(MAIN)
    assert procedure.measure_percent(NAME, shop.top / "plain") == 66.6666


def test_a_failed_measurement_has_no_percent(shop: Shop) -> None:
    (shop.top / "plain").mkdir()
    assert procedure.measure_percent(NAME, shop.top / "plain") is None


def test_a_failed_measurement_says_how(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(shop.top / "nowhere"))
    measured = procedure.measure(procedure.read_settings, NAME, shop.path, head="main")
    assert isinstance(measured, MeasureFailure)
    assert measured.code is FailureCode.NO_INTERPRETER


def test_nothing_measurable_has_no_percent(shop: Shop) -> None:
    (shop.top / "plain").mkdir()
    (shop.top / "plain/test_it.py").write_text("def test_it():\n    pass\n")
    assert procedure.measure_percent(NAME, shop.top / "plain") is None
