from __future__ import annotations

import pytest

from coverage_gate.settings import Scope, SettingsError, load_scope


def test_without_variables_only_the_orchestrators_own_repository_is_judged() -> None:
    scope = load_scope(env={})
    assert scope.applies("orchestrator")
    assert not scope.applies("other")


@pytest.mark.parametrize("listed", ["", " ", " , "])
def test_an_empty_list_means_the_own_repository_under_its_name(listed: str) -> None:
    env = {"ORCH_COVERAGE_GATE_REPOS": listed, "ORCH_SELF_REPO": "engine"}
    assert load_scope(env=env).applies("engine")
    assert not load_scope(env=env).applies("orchestrator")


def test_a_list_means_exactly_its_trimmed_entries() -> None:
    scope = load_scope(env={"ORCH_COVERAGE_GATE_REPOS": " a ,b-c,"})
    assert [
        name for name in ("a", "b-c", "b", " a ", "", "orchestrator") if scope.applies(name)
    ] == [
        "a",
        "b-c",
    ]


def test_a_repository_that_a_person_names_is_in_scope() -> None:
    assert Scope().applies("other", repo_named=True)


def test_the_switch_holds_even_for_a_repository_that_a_person_names() -> None:
    scope = load_scope(env={"ORCH_COVERAGE_GATE_ENABLED": "off"})
    assert not scope.applies("orchestrator")
    assert not scope.applies("other", repo_named=True)


def test_a_gate_that_is_off_is_off_whatever_else_is_invalid() -> None:
    env = {"ORCH_COVERAGE_GATE_ENABLED": "false", "ORCH_COVERAGE_EPSILON": "x"}
    assert not load_scope(env=env).enabled


@pytest.mark.parametrize("switch", ["", "maybe", "flase", "0.0"])
def test_an_invalid_switch_is_an_error_that_names_it(switch: str) -> None:
    with pytest.raises(SettingsError, match=r"ORCH_COVERAGE_GATE_ENABLED is .* Allowed: true or"):
        load_scope(env={"ORCH_COVERAGE_GATE_ENABLED": switch})


def test_all_invalid_variables_of_the_scope_are_named_at_once() -> None:
    names = ["ORCH_COVERAGE_GATE_ENABLED", "ORCH_COVERAGE_GATE_REPOS", "ORCH_SELF_REPO"]
    with pytest.raises(SettingsError) as caught:
        load_scope(env=dict.fromkeys(names, "a\nb"))
    assert [problem.partition(" ")[0] for problem in caught.value.problems] == names


def test_the_scope_is_read_from_the_process_when_no_variables_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "no")
    assert not load_scope().enabled
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "yes")
    assert load_scope().enabled
