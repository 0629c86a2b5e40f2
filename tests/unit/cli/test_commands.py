"""Each command reaches what it is for; the acceptance tests show what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from tests.shop import NAME, Shop, Told

from coverage_gate.cli.flags import reader
from coverage_gate.cli.options import policy_options
from coverage_gate.settings import Origin, SettingsError, all_settings
from coverage_gate.testing.repositories import RepositoryBuilder

Tell = Callable[..., Told]


def test_flags_are_the_strongest_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    read = reader({"floor": "70", "epsilon": None})
    settings = read(b"[tool.coverage-gate]\nmin_percent = 10\nepsilon = 2\n")
    assert (float(settings.floor), float(settings.epsilon)) == (0.7, 0.02)
    assert settings.origins["floor"] is Origin.FLAG


def test_an_invalid_flag_is_named() -> None:
    with pytest.raises(SettingsError, match="--floor"):
        reader({"floor": "much"})(None)


def test_every_flag_of_the_policy_is_a_setting() -> None:
    @click.command()
    @policy_options
    def command(**_: str) -> None:
        """Do nothing."""

    flags = {option.opts[0] for option in command.params}
    assert flags <= {setting.flag for setting in all_settings()}
    assert len(flags) == 8


def test_check_writes_the_report_and_answers(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--work-item", "E")
    assert told.status == 0
    assert shop.report("E").startswith("---\ncoverage_status: PASS\n")


def test_check_without_room_for_its_report_ends_with_4(shop: Shop, tell: Tell) -> None:
    shop.reports.write_text("a file where the folder belongs")
    told = tell("check", "--repo", str(shop.path), "--branch", "docs")
    assert (told.status, "remove the file" in told.err) == (4, True)


@pytest.mark.parametrize("output", ["text", "json"])
def test_measure_answers(shop: Shop, tell: Tell, output: str) -> None:
    told = tell("measure", "--repo", str(shop.path), "--branch", "main", "--format", output)
    assert (told.status, "src/shop/price.py" in told.out) == (0, True)


def test_report_shows_path_or_text(shop: Shop, tell: Tell) -> None:
    arguments = ("report", "--repo", str(shop.path), "--work-item", "E")
    path = tell(*arguments, "--path")
    assert (path.status, path.out.endswith("/shop/E/18-coverage-report.md\n")) == (0, True)
    assert tell(*arguments).status == 2
    tell("check", "--repo", str(shop.path), "--branch", "docs", "--work-item", "E")
    assert tell(*arguments).status == 0


@pytest.mark.parametrize(("sha", "status"), [("docs", 0), ("main", 1)])
def test_ratchet_moves_only_what_was_judged(shop: Shop, tell: Tell, sha: str, status: int) -> None:
    tell("check", "--repo", str(shop.path), "--branch", "docs", "--work-item", "E")
    told = tell("ratchet", "--repo", str(shop.path), "--work-item", "E", "--sha", sha)
    assert told.status == status
    assert len(shop.store.baselines()) == 1 - status


def test_ratchet_of_a_lower_value_ends_with_1(shop: Shop, tell: Tell) -> None:
    tell("baseline", "set", "--repo", NAME, "--percent", "90", "--actor", "a", "--reason", "r")
    arguments = ("--repo", str(shop.path), "--work-item", "E")
    tell("check", *arguments, "--branch", "docs", "--policy", "absolute")
    told = tell("ratchet", *arguments, "--sha", "docs")
    assert (told.status, told.out) == (1, "shop: not-higher, ratchet 90% → 90%\n")


@pytest.mark.parametrize("output", ["text", "json"])
def test_baseline_shows_and_sets(shop: Shop, tell: Tell, output: str) -> None:
    del shop
    who = ("--actor", "a", "--reason", "r")
    assert tell("baseline", "show", "--format", output).status == 0
    assert tell("baseline", "set", "--repo", NAME, "--percent", "80.5", *who).status == 0
    assert "80.5" in tell("baseline", "show", "--format", output).out
    assert tell("baseline", "set", "--repo", NAME, "--percent", "much", *who).status == 2


# A repository by its name


def set_baseline(tell: Tell, name: str, *more: str) -> Told:
    who = ("--actor", "a", "--reason", "r")
    return tell("baseline", "set", "--repo", name, "--percent", "80", *who, *more)


def test_a_name_of_which_nothing_is_known_is_refused_with_those_that_are_near(
    founded: Shop, tell: Tell
) -> None:
    told = set_baseline(tell, "shpo\x1b")
    assert (told.status, told.out) == (2, "")
    assert "no repository is known as 'shpo\\x1b'; did you mean shop?" in told.err
    assert "say --new" in told.err
    assert "coverage-gate doctor" in told.err
    assert "; did you" not in set_baseline(tell, "zoo").err
    reopened = tell("reopen", "--repo", "shpo", "--actor", "a", "--reason", "r")
    assert (reopened.status, "did you mean shop?" in reopened.err) == (2, True)
    assert "--new" not in reopened.err
    assert [row.key.repository for row in founded.store.baselines()] == [NAME]


def test_a_folder_is_no_name_but_says_which_is_meant(founded: Shop, tell: Tell) -> None:
    told = set_baseline(tell, f"{founded.path}/src")
    assert (told.status, "did you mean shop?" in told.err) == (2, True)
    assert set_baseline(tell, "x" * 5000).status == 2


def test_a_name_is_known_by_settings_and_places_or_taken_as_new(
    founded: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", "listed,shop")
    (founded.repos / "bare.git").mkdir()
    here = RepositoryBuilder.create(tmp_path / "here").path
    monkeypatch.chdir(here)
    for name in (NAME, "listed", "bare", "here"):
        assert set_baseline(tell, name).status == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORCH_REPOS_DIR", str(tmp_path / "nowhere"))
    told = set_baseline(tell, "brand-new")
    assert (told.status, "is known as 'brand-new'. For one" in told.err) == (2, True)
    assert set_baseline(tell, "brand-new", "--new").status == 0
    assert set_baseline(tell, "brand-new").status == 0


def test_the_first_name_of_a_store_is_taken_and_told(
    shop: Shop, tell: Tell, tmp_path: Path
) -> None:
    del shop
    told = set_baseline(tell, "any", "--db", str(tmp_path / "new.db"))
    assert told.out == "any: baseline 80 in epoch 1, by a\n"
    assert told.err == "coverage-gate: any is the first repository of this store\n"
