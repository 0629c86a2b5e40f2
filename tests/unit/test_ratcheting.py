"""Which report may raise which baseline, and what is shown of baselines."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shop import NAME, Shop

from coverage_gate import ratcheting
from coverage_gate.adapters.render.report import render_coverage_report
from coverage_gate.adapters.report_files import ReportError
from coverage_gate.core.ratchet import RatchetResult
from coverage_gate.core.rates import BadNumberError
from coverage_gate.ports import RepositoryError
from coverage_gate.ratcheting import NotRatchetedError
from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.wiring import store_of

SHA = "a" * 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(env={"HOME": str(tmp_path), "ORCH_DB_PATH": str(tmp_path / "store.db")})


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A place for a report."""
    return tmp_path / "18-coverage-report.md"


def ratchet(settings: Settings, report: Path, **fields: object) -> RatchetResult:
    """Raise the baseline by a report with these fields."""
    facts = {"coverage_status": "PASS", "measured_coverage": 80.0} | fields
    report.write_text(render_coverage_report("ET-1", facts))
    return ratcheting.ratchet(settings, "shop", "ET-1", SHA, report=report)


def test_a_bare_percent_founds_and_then_moves_the_baseline(
    settings: Settings, report: Path
) -> None:
    results = [ratchet(settings, report, measured_coverage=percent) for percent in (80, 80, 81, 79)]
    assert results == [
        RatchetResult.FOUNDED,
        RatchetResult.RESTAMPED,
        RatchetResult.MOVED,
        RatchetResult.NOT_HIGHER,
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"coverage_status": "FAIL"}, "no PASS of a measurement"),
        ({"verdict": "FAIL"}, "no PASS of a measurement"),
        ({"verdict": "UNMEASURABLE"}, "no PASS of a measurement"),
        ({"verdict": "NOT_APPLICABLE"}, "no PASS of a measurement"),
        ({"commit": "uncommitted"}, "never ratchets"),
        ({"measured_coverage": None}, "holds no measured coverage"),
        ({"measured_coverage": "much"}, "holds no measured coverage"),
        ({"measured_coverage": 100.1}, "holds no measured coverage"),
    ],
)
def test_only_a_pass_of_a_measured_commit_ratchets(
    settings: Settings, report: Path, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(NotRatchetedError, match=words):
        ratchet(settings, report, **fields)
    assert ratcheting.baselines_block(settings) == {}


def test_what_is_no_report_is_refused(settings: Settings, report: Path) -> None:
    report.write_text("no front matter")
    with pytest.raises(NotRatchetedError, match=r"is no report: .* check again"):
        ratcheting.ratchet(settings, "shop", "ET-1", SHA, report=report)


def test_a_report_that_is_missing_says_how_to_make_it(settings: Settings, report: Path) -> None:
    with pytest.raises(ReportError, match="run the check that writes it first"):
        ratcheting.ratchet(settings, "shop", "ET-1", SHA, report=report)


def test_the_integers_of_a_measured_kind_are_kept(settings: Settings, report: Path) -> None:
    counts = {"covered": 2, "total": 3, "kind": "ctrace-3.11-line", "scope": "s"}
    # The number is rounded down; the integers are exact.
    ratchet(settings, report, measured_coverage=66.6666, **counts)
    (row,) = store_of(settings).baselines()
    assert (str(row.counts), row.rate.denominator) == ("2/3", 3)
    assert (row.key.kind, row.key.scope) == ("ctrace-3.11-line", "s")


@pytest.mark.parametrize("counts", [{}, {"covered": 5, "total": 3}, {"covered": 0, "total": 0}])
def test_without_sound_integers_the_number_counts(
    settings: Settings, report: Path, counts: dict[str, int]
) -> None:
    kind = {"kind": "ctrace-3.11-line"} if "total" not in counts or counts["total"] else {}
    ratchet(settings, report, **counts, **kind)
    assert ratcheting.baseline_percent(settings, "shop") == 80.0


def test_the_tree_that_was_merged_must_be_the_one_that_was_judged(shop: Shop, report: Path) -> None:
    tree = shop.git.git("rev-parse", "main^{tree}")
    report.write_text(
        render_coverage_report(
            "ET-1", {"coverage_status": "PASS", "measured_coverage": 50, "tree": tree}
        )
    )
    with pytest.raises(NotRatchetedError, match="what was merged was not measured"):
        ratcheting.ratchet(load_settings(), NAME, "ET-1", "docs", report=report)
    result = ratcheting.ratchet(load_settings(), NAME, "ET-1", "main", report=report)
    assert result is RatchetResult.FOUNDED


def test_a_commit_that_cannot_be_read_raises_no_baseline(shop: Shop, report: Path) -> None:
    report.write_text(
        render_coverage_report(
            "ET-1", {"coverage_status": "PASS", "measured_coverage": 50, "tree": "b" * 40}
        )
    )
    with pytest.raises(RepositoryError):
        ratcheting.ratchet(load_settings(), NAME, "ET-1", SHA, report=report, folder=shop.path)
    assert ratcheting.baselines_block(load_settings()) == {}


# The one way down


def test_a_reset_opens_a_new_epoch(settings: Settings, report: Path) -> None:
    ratchet(settings, report)
    assert ratcheting.reset(settings, "shop", "10.5", actor="ana", reason="why not") == 2
    assert ratcheting.baseline_percent(settings, "shop") == 10.5


@pytest.mark.parametrize("percent", ["", "much", "nan", "100.1", "-1", "1e999999999"])
def test_a_reset_wants_a_percent(settings: Settings, percent: str) -> None:
    with pytest.raises(BadNumberError, match="percent"):
        ratcheting.reset(settings, "shop", percent, actor="ana", reason="why not")


@pytest.mark.parametrize(("actor", "reason"), [("", "why not"), ("ana", ""), ("  ", "why not")])
def test_a_reset_wants_actor_and_reason(settings: Settings, actor: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"actor|reason"):
        ratcheting.reset(settings, "shop", "10", actor=actor, reason=reason)


# What is shown


def test_a_percent_that_was_given_is_shown_as_it_was_given(settings: Settings) -> None:
    assert ratcheting.ratchet_percent(settings, "shop", 66.66667, SHA)
    assert ratcheting.baseline_percent(settings, "shop") == 66.66667


def test_a_measured_value_is_shown_rounded_down(settings: Settings, report: Path) -> None:
    counts = {"covered": 2, "total": 3, "kind": "ctrace-3.11-line"}
    ratchet(settings, report, measured_coverage=66.6666, **counts)
    assert ratcheting.baseline_percent(settings, "shop") == 66.6666


def test_a_repository_without_baseline_has_no_percent(settings: Settings) -> None:
    assert ratcheting.baseline_percent(settings, "shop") is None


def test_the_store_is_ready_when_its_tables_are_there(settings: Settings) -> None:
    assert ratcheting.init_store(settings) is True


def test_a_store_that_is_not_supported_is_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "ORCH_DB_URL": "postgresql://me:hunter2@host/db"}
    with pytest.raises(SettingsError, match="only SQLite is supported") as caught:
        ratcheting.init_store(load_settings(env=env))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [b"no database" * 500, None])
def test_a_snapshot_of_a_store_that_fails_shows_no_baselines(
    tmp_path: Path, content: bytes | None
) -> None:
    env = {"HOME": str(tmp_path), "ORCH_DB_PATH": str(tmp_path / "store.db")}
    if content is None:
        env = {"HOME": str(tmp_path), "ORCH_DB_URL": "postgresql://host/db"}
    else:
        (tmp_path / "store.db").write_bytes(content)
    block = ratcheting.snapshot(load_settings(env=env))
    assert (block["baselines"], block["policy"]) == ({}, "both")


def test_a_snapshot_without_settings_says_why() -> None:
    block = ratcheting.empty_snapshot("ORCH_A is wrong")
    assert (block["error"], block["baselines"], block["enabled"]) == ("ORCH_A is wrong", {}, None)
