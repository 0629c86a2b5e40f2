"""Flag over environment over the base's pyproject.toml over default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.shop import Shop, Told

from coverage_gate.settings import SettingsError, load_settings

Tell = Callable[..., Told]

#: The base "strict" has 66.66 % and asks for 99.5 % in its table.
CHECK = ("check", "--branch", "strict", "--base", "strict", "--format=json")


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load_settings(env={"HOME": "/h"})
    policy = settings.policy(judges_tests=True)
    assert (settings.enabled, settings.repos, policy.fail_closed) == (True, (), False)
    assert (policy.name, float(policy.floor), float(policy.epsilon)) == ("both", 0.0, 0.005)
    assert (settings.run_timeout_s, settings.developer_retry_limit) == (900.0, 3)
    assert (sorted(policy.rules), float(policy.patch_min)) == (
        ["integrity", "lost", "patch", "unmeasured"],
        0.9,
    )


@pytest.mark.parametrize(
    "key",
    ["enabled", "gate_enabled", "api_token", "gitea_token", "db_url", "db_path", "reports_dir"],
)
def test_switch_places_and_secrets_cannot_be_set_in_the_file(key: str) -> None:
    table = f"[tool.coverage-gate]\n{key} = true\n".encode()
    with pytest.raises(SettingsError, match=key):
        load_settings(env={"HOME": "/h"}, base_pyproject=table)


def floor_of(told: Told) -> float:
    (rule,) = [rule for rule in told.json["rules"] if rule["rule"] == "floor"]
    required: float = rule["required"]
    return required + 0.5  # the tolerance


def test_the_default_counts_where_nobody_says_anything(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json")
    assert (told.status, floor_of(told)) == (0, 0.0)


def test_the_table_of_the_base_is_stronger_than_the_default(shop: Shop, tell: Tell) -> None:
    told = tell(*CHECK, "--repo", str(shop.path))
    assert (told.status, floor_of(told)) == (1, 99.5)


def test_the_environment_is_stronger_than_the_table(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    told = tell(*CHECK, "--repo", str(shop.path))
    assert (told.status, floor_of(told)) == (0, 50.0)


def test_a_flag_is_stronger_than_the_environment(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    told = tell(*CHECK, "--repo", str(shop.path), "--floor", "70")
    assert (told.status, floor_of(told)) == (1, 70.0)


def test_the_table_of_the_branch_itself_is_not_asked(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "strict", "--format=json")
    assert (told.status, floor_of(told)) == (0, 0.0)


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        (["--policy", "absolute", "--floor", "66.6667", "--epsilon", "0"], 1),
        (["--policy", "absolute", "--floor", "66.6666", "--epsilon", "0"], 0),
        (["--policy", "absolute", "--floor", "67.1", "--epsilon", "0.5"], 0),
        (["--policy", "absolute", "--floor", "67.2", "--epsilon", "0.5"], 1),
        (["--policy", "baseline", "--floor", "100"], 0),
        (["--policy", "both", "--floor", "100"], 1),
        (["--rules", "", "--floor", "10", "--epsilon", "-5"], 0),
    ],
)
def test_the_limits_are_flags(shop: Shop, tell: Tell, flags: list[str], status: int) -> None:
    assert tell("check", "--repo", str(shop.path), "--branch", "docs", *flags).status == status


@pytest.mark.parametrize(
    "flags",
    [
        ["--policy", "lenient"],
        ["--floor", "101"],
        ["--epsilon", "a bit"],
        ["--rules", "patch,mercy"],
        ["--timeout", "0"],
        ["--test-command", "pytest | tee"],
        ["--db", "postgresql://host/db"],
        ["--python", "python3"],
    ],
)
def test_an_invalid_flag_is_named_with_status_2(shop: Shop, tell: Tell, flags: list[str]) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", *flags)
    assert told.status == 2
    assert told.err.startswith(f"coverage-gate: {flags[0]}") or "ORCH_" in told.err
    assert not shop.reports.exists()


def test_an_empty_list_of_rules_leaves_the_policies_alone(shop: Shop, tell: Tell) -> None:
    arguments = ("--branch", "no-python", "--rules", "", "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert told.status == 0
    assert [rule["rule"] for rule in told.json["rules"]] == ["floor", "baseline"]


@pytest.mark.parametrize("rule", ["unmeasured", "integrity"])
def test_each_rule_has_a_switch_of_its_own(shop: Shop, tell: Tell, rule: str) -> None:
    arguments = ("--branch", "docs", "--rules", rule, "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    rules = [each["rule"] for each in told.json["rules"]]
    assert rules == ["floor", "baseline", rule]


def test_reports_and_store_go_where_the_flags_say(shop: Shop, tell: Tell) -> None:
    places = ("--reports", str(shop.top / "r"), "--db", str(shop.top / "d.db"))
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json", *places)
    assert told.json["report"].startswith(str(shop.top / "r"))
    assert (shop.top / "d.db").is_file()
    assert not shop.reports.exists()
