"""What a host brings itself: worktrees, report paths, a percent of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shop import MAIN, NAME, Shop

import coverage_gate
from coverage_gate import gate
from coverage_gate.adapters.render.report import read_report
from coverage_gate.testing.repositories import RepositoryBuilder

BARE = "judged by a bare percent: no line was judged"


# A percent of its own


def test_a_replaced_measurement_is_asked_and_the_answer_says_that_it_is_a_bare_percent(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def measure(repo: str, branch: str) -> float:
        asked.append((repo, branch))
        return 91.5

    monkeypatch.setattr(gate, "measure_coverage", measure)
    ok, reason = founded.check("feature/untested")
    assert asked == [(NAME, "feature/untested")]
    assert ok
    assert BARE in reason


def test_a_bare_percent_stands_in_the_report_and_founds_a_baseline(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: 91.5)
    shop.check("docs")
    assert gate.read_measured_coverage(shop.report()) == 91.5
    assert shop.merge("docs")
    assert gate.snapshot()["baselines"][NAME]["coverage"] == 91.5


@pytest.mark.parametrize(
    ("percent", "passes"), [(91.0, True), (90.99, False), (91, True), (90.999999999, False)]
)
def test_a_bare_percent_is_compared_exactly_with_the_bare_baseline(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, percent: float, passes: bool
) -> None:
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: 91.5)
    shop.check("docs", "ET-0")
    shop.merge("docs", "ET-0")
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: percent)
    assert shop.check("docs")[0] is passes


def test_a_bare_baseline_of_many_places_is_not_rounded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_EPSILON", "0")
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: 66.66667)
    shop.check("docs", "ET-0")
    shop.merge("docs", "ET-0")
    assert shop.check("docs")[0]
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: 66.66666)
    assert not shop.check("docs")[0]


@pytest.mark.parametrize("percent", ["91", float("nan"), 100.1, -1, True, [], object()])
def test_a_percent_that_is_none_fails_with_bad_inputs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, percent: object
) -> None:
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: percent)
    ok, reason = shop.check("docs")
    assert not ok
    assert "bad inputs" in reason
    assert "\nmeasured_coverage:\n" in shop.report()


@pytest.mark.parametrize(
    ("closed", "ok", "word"), [("false", True, "fail-open"), ("true", False, "fail-closed")]
)
def test_a_replaced_measurement_that_has_no_percent_is_a_tool_that_could_not_measure(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool, word: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: None)
    answer, reason = shop.check("docs")
    assert (answer, word in reason, "WARNING" in reason) == (ok, True, ok)
    assert (word in shop.report(), shop.merge("docs")) == (True, False)


def test_a_replaced_measurement_that_raises_is_an_error_of_the_gate(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: str) -> float:
        raise RuntimeError("no such tool")

    monkeypatch.setattr(gate, "measure_coverage", broken)
    ok, reason = shop.check("docs")
    assert ok
    assert reason == "error (fail-open): RuntimeError: no such tool"


# Worktrees


@pytest.mark.parametrize("branch", ["feature/tested", "docs"])
def test_a_worktree_is_made_below_repository_and_safe_branch(shop: Shop, branch: str) -> None:
    path = gate.ensure_worktree(NAME, branch)
    assert path is not None
    assert path.parent == shop.worktrees / NAME
    assert RepositoryBuilder(path=path, git_dir=path / ".git", files=path).git(
        "rev-parse", "HEAD"
    ) == shop.sha(branch)


def test_a_safe_name_of_a_branch_stays_a_readable_name(shop: Shop) -> None:
    assert gate.ensure_worktree(NAME, "docs") == shop.worktrees / NAME / "docs"
    slashed = gate.ensure_worktree(NAME, "feature/tested")
    assert slashed is not None
    assert slashed.name.startswith("feature-tested-")


@pytest.mark.usefixtures("shop")
def test_a_worktree_that_is_there_is_used_as_it_is() -> None:
    path = gate.ensure_worktree(NAME, "docs")
    assert path is not None
    (path / "notes.txt").write_text("not committed")
    assert gate.ensure_worktree(NAME, "docs") == path
    assert (path / "notes.txt").read_text() == "not committed"


def test_a_branch_that_is_unknown_has_no_worktree(shop: Shop) -> None:
    assert gate.ensure_worktree(NAME, "no-such-branch") is None
    assert gate.measure_coverage(NAME, "no-such-branch") is None
    assert not list(shop.worktrees.glob("*/*"))


@pytest.mark.parametrize("name", ["../shop", "/etc", "a/../../shop"])
def test_a_repositorys_name_does_not_lead_out_of_the_folder(shop: Shop, name: str) -> None:
    assert gate.ensure_worktree(name, "main") is None
    assert not shop.worktrees.exists()


@pytest.mark.usefixtures("shop")
def test_measuring_a_branch_answers_its_percent() -> None:
    assert gate.measure_coverage(NAME, "feature/tested") == 77.7777
    assert gate.measure_coverage(NAME, "cannot-start") is None


def test_what_is_not_committed_in_the_worktree_is_not_judged(shop: Shop) -> None:
    path = gate.ensure_worktree(NAME, "feature/untested")
    assert path is not None
    (path / "tests/test_invoice.py").write_text("from shop.invoice import invoice\n")
    _, reason = shop.check("feature/untested")
    assert "44.44% (8/18)" in reason


def test_a_replaced_worktree_is_judged_at_its_head(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = shop.git.clone(tmp_path / "theirs", "--branch", "feature/tested")
    theirs.git("branch", "main", "origin/main")
    monkeypatch.setattr(gate, "ensure_worktree", lambda *_: str(theirs.path))
    _, reason = shop.check("whatever they call it")
    assert "77.77% (14/18)" in reason
    assert gate.measure_coverage(NAME, "any") == 77.7777


def test_a_worktree_that_somebody_led_elsewhere_is_not_what_is_judged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gate.ensure_worktree(NAME, "feature/untested")
    assert path is not None
    (path / ".git").unlink()
    good = RepositoryBuilder.create(path)
    good.commit(files=MAIN)
    monkeypatch.setenv("ORCH_COVERAGE_RULES", "")
    _, reason = shop.check("feature/untested")
    assert "44.44% (8/18)" in reason


def test_a_worktree_without_a_commit_does_not_hide_the_branch(shop: Shop) -> None:
    path = shop.worktrees / NAME / "docs"
    RepositoryBuilder.create(path).write({"a.py": "a = 1\n"})
    _, reason = shop.check("docs")
    assert "66.66% (8/12)" in reason
    assert "uncommitted" not in reason


# Without a commit


@pytest.fixture
def uncommitted(shop: Shop) -> Shop:
    """A worktree of a branch that the repository does not know yet, without a commit."""
    RepositoryBuilder.create(shop.worktrees / NAME / "draft").write(MAIN)
    return shop


@pytest.mark.usefixtures("uncommitted")
def test_a_worktree_without_a_commit_is_measured_as_it_stands() -> None:
    assert gate.measure_coverage(NAME, "draft") == 66.6666


def test_a_worktree_without_a_commit_is_judged_as_uncommitted_and_never_ratchets(
    uncommitted: Shop,
) -> None:
    ok, reason = uncommitted.check("draft")
    assert (ok, "uncommitted" in reason) == (True, True)
    assert read_report(uncommitted.report()).commit == "uncommitted"
    sha = uncommitted.sha("main")
    assert gate.ratchet_baseline_on_merge(NAME, "ET-1", "draft", sha) is False


def test_a_worktree_without_a_commit_that_cannot_be_measured_says_why(uncommitted: Shop) -> None:
    (uncommitted.worktrees / NAME / "draft/tests/test_price.py").unlink()
    ok, reason = uncommitted.check("draft")
    assert ok
    assert "(fail-open): pytest found no tests" in reason


def test_an_environment_in_a_folder_without_a_commit_is_none_of_its_code(
    uncommitted: Shop,
) -> None:
    folder = uncommitted.worktrees / NAME / "draft/.venv/lib"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("not python at all")
    assert gate.measure_coverage(NAME, "draft") == 66.6666


# Reports


@pytest.mark.parametrize(
    "item", ["../x", "..", "", "a/b", "/etc/passwd", "-rf", "a" * 300, "é", "\x1b[2J", "a\0b"]
)
def test_the_report_of_any_work_item_lies_below_its_repository(shop: Shop, item: str) -> None:
    path = gate.report_path(NAME, item)
    assert path.parent.parent == shop.reports / NAME
    assert path.name == "18-coverage-report.md"
    assert shop.check("docs", item)[0]
    assert path.is_file()


@pytest.mark.usefixtures("shop")
def test_different_work_items_have_different_reports() -> None:
    items = ["a/b", "a-b", "a b", "A/B", "a//b", ""]
    assert len({gate.report_path(NAME, item) for item in items}) == len(items)


def test_nothing_but_the_report_and_its_statement_is_left(shop: Shop) -> None:
    shop.check("docs")
    shop.check("feature/tested")
    left = sorted(path.name for path in gate.report_path(NAME, "ET-1").parent.iterdir())
    assert left == ["18-coverage-report.intoto.json", "18-coverage-report.md"]


def test_a_replaced_report_path_is_written_and_ratcheted_from(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = tmp_path / "artefacts" / "18.md"
    monkeypatch.setattr(gate, "report_path", lambda *_: str(theirs))
    shop.check("docs")
    assert gate.parse_coverage_status(theirs.read_text())[0]
    assert not shop.reports.exists()
    assert shop.merge("docs")


@pytest.mark.parametrize(("closed", "ok"), [("false", True), ("true", False)])
def test_a_report_that_cannot_be_written_is_a_fault_of_the_tool(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    shop.reports.write_text("a file where the folder belongs")
    answer, reason = shop.check("docs")
    assert answer is ok
    assert "cannot write the report" in reason
    assert "remove the file" in reason


def test_a_report_that_cannot_be_written_turns_no_fail_into_a_pass(founded: Shop) -> None:
    founded.reports.write_text("a file where the folder belongs")
    assert founded.check("feature/untested")[0] is False


def test_an_older_report_stays_whole_where_the_new_one_cannot_be_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.check("docs")
    before = shop.report()

    def broken(*_: object) -> str:
        raise RuntimeError("cannot render")

    monkeypatch.setattr("coverage_gate.procedure.publishing.render_coverage_report", broken)
    ok, reason = shop.check("no-python")
    assert (ok, shop.report()) == (False, before)
    assert "RuntimeError: cannot render" in reason


def test_functions_are_looked_up_when_they_are_called(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(gate, "measure_coverage", lambda *_: 1.0)
        assert BARE in coverage_gate.check_coverage_gate(NAME, "ET-1", "docs")[1]
    assert BARE not in shop.check("docs")[1]
