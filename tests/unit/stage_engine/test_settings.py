"""The engine's settings."""

from collections.abc import Mapping

import pytest

from coverage_gate.settings import SettingsError
from stage_engine.settings import (
    EngineSettings,
    StatusFile,
    load_engine_settings,
    outside_variables,
)

HOME = {"HOME": "/home/someone", "PATH": "/bin"}


def load(**variables: str) -> EngineSettings:
    return load_engine_settings({**HOME, **variables})


def test_without_variables_the_defaults_hold() -> None:
    settings = load()
    assert (settings.test_command, settings.commands, settings.files) == (None, {}, {})
    seconds = (settings.command_timeout_s, settings.developer_timeout_s, settings.lease_ttl_s)
    assert seconds == (900.0, 3600.0, 120.0)


def test_commands_are_split_into_words_without_a_shell() -> None:
    settings = load(ORCH_TEST_COMMAND="make 'all tests'", ORCH_QG_CI_GREEN_COMMAND="ci --wait")
    assert settings.test_command == ("make", "all tests")
    assert settings.commands == {"ci_green": ("ci", "--wait")}


def test_a_status_file_is_a_name_and_a_key() -> None:
    settings = load(ORCH_QG_SECURITY_GATE_FILE="14-security.md:security_status")
    assert settings.files == {
        "security_gate": StatusFile(name="14-security.md", key="security_status")
    }


@pytest.mark.parametrize("value", ["a.md", "../a.md:key", "dir/a.md:key", ":key", "a.md:Key"])
def test_a_status_file_of_another_form_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="ORCH_QG_CI_GREEN_FILE is not of the form"):
        load(ORCH_QG_CI_GREEN_FILE=value)


def test_a_misspelt_check_is_named_with_the_nearest_known_name() -> None:
    with pytest.raises(SettingsError, match=r"did you mean ORCH_QG_CI_GREEN_COMMAND"):
        load(ORCH_QG_CI_GREN_COMMAND="true")


@pytest.mark.parametrize("name", ["LEASE_TTL_S", "COMMAND_TIMEOUT_S", "DEVELOPER_TIMEOUT_S"])
def test_a_time_that_is_no_number_in_range_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"ORCH_{name}"):
        load_engine_settings({**HOME, f"ORCH_{name}": "-1"})


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(ORCH_LEASE_TTL_S="x", ORCH_TEST_COMMAND="'")
    assert len(caught.value.problems) == 2


def test_a_blank_variable_counts_as_unset() -> None:
    assert load(ORCH_TEST_COMMAND=" ", ORCH_LEASE_TTL_S="").lease_ttl_s == 120.0


def test_commands_see_plain_variables_and_those_that_are_passed_on() -> None:
    more = {"AGENT_KEY": "k", "OTHER": "o", "ORCH_API_TOKEN": "t"}
    settings = load(ORCH_COMMAND_ENV="AGENT_KEY, UNSET", **more)
    assert settings.variables() == {**HOME, "AGENT_KEY": "k"}


@pytest.mark.parametrize("names", ["ORCH_API_TOKEN", "A-B", "1A"])
def test_our_own_variables_are_never_passed_on(names: str) -> None:
    with pytest.raises(SettingsError, match="ORCH_COMMAND_ENV"):
        load(ORCH_COMMAND_ENV=names)


def test_the_variables_of_the_outside_checks_are_listed() -> None:
    names = outside_variables()
    assert len(names) == 10
    assert "ORCH_QG_STAGING_IMAGE_FRESH_FILE" in names


def test_the_environment_of_the_process_is_read_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCH_LEASE_TTL_S", "7")
    assert load_engine_settings().lease_ttl_s == 7.0


def test_the_mappings_of_the_settings_cannot_be_changed() -> None:
    commands: Mapping[str, object] = load().commands
    assert not hasattr(commands, "__setitem__")
