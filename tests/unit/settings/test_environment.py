from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from coverage_gate.settings import (
    TerminalWishes,
    all_settings,
    secret_values,
    terminal_wishes,
    unknown_variables,
)
from coverage_gate.settings.environment import (
    home_folder,
    looks_secret,
    read_environment,
    state_folder,
)


def test_the_environment_is_copied() -> None:
    read_environment()["ORCH_NEW"] = "x"
    assert "ORCH_NEW" not in os.environ


@pytest.mark.parametrize(
    ("env", "wishes"),
    [
        ({}, TerminalWishes()),
        ({"NO_COLOR": "", "FORCE_COLOR": ""}, TerminalWishes()),
        ({"NO_COLOR": "0"}, TerminalWishes(is_plain=True)),
        ({"TERM": "dumb"}, TerminalWishes(is_plain=True)),
        ({"FORCE_COLOR": "0", "TERM": "xterm"}, TerminalWishes()),
        ({"FORCE_COLOR": "1"}, TerminalWishes(is_forced=True)),
    ],
)
def test_colour_is_asked_for_by_the_usual_variables(
    env: dict[str, str], wishes: TerminalWishes
) -> None:
    assert terminal_wishes(env) == wishes


def test_terminal_wishes_are_read_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal_wishes().is_plain


def test_every_setting_that_is_secret_is_recognised_by_its_name_and_no_other() -> None:
    secret = {setting.env for setting in all_settings() if setting.is_secret}
    assert {setting.env for setting in all_settings() if looks_secret(setting.env)} == secret


def test_the_values_of_our_secret_variables_are_known_even_if_they_are_invalid() -> None:
    env = {"ORCH_API_TOKEN": " a\nb ", "ORCH_FUTURE_SECRET": "c", "OTHER_TOKEN": "d"}
    assert secret_values(env) == ("a\nb", "c")


@pytest.mark.parametrize(
    ("address", "passwords"),
    [
        ("postgresql://me:pa%40ss@host/db", {"pa%40ss", "pa@ss"}),
        ("postgresql://me@host/db", set()),
        ("postgresql://host/db?x=a@b", set()),
        ("nonsense", set()),
    ],
)
def test_the_password_of_a_database_address_is_a_secret_in_both_its_forms(
    address: str, passwords: set[str]
) -> None:
    assert set(secret_values({"ORCH_DB_URL": address})) == {address} | passwords


def test_secret_values_are_read_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "hunter2-of-this-test")
    assert "hunter2-of-this-test" in secret_values()


def test_the_home_folder_is_what_home_says() -> None:
    assert home_folder({"HOME": " /h "}) == Path("/h")


def test_without_home_the_home_folder_is_that_of_the_account() -> None:
    assert home_folder({"HOME": ""}) == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_a_user_without_an_account_has_no_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert home_folder({}) is None
    assert state_folder({}) is None


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/coverage-gate"),
        ({"XDG_STATE_HOME": "s", "HOME": "/h"}, "/h/.local/state/coverage-gate"),
        ({"HOME": "/h"}, "/h/.local/state/coverage-gate"),
    ],
)
def test_the_state_folder_follows_the_xdg_specification(env: dict[str, str], folder: str) -> None:
    assert state_folder(env) == Path(folder)


def test_a_misspelt_variable_is_named_with_its_nearest_neighbour() -> None:
    env = {
        "ORCH_COVERAGE_MINN_PERCENT": "1",
        "ORCH_COVERAGE_POLICY": "both",
        "ORCH_COVERAGE_QQQQQQQQQQQQQQQQQQ": "1",
        "ORCH_OTHER": "1",
        "orch_coverage_epsilon": "1",
    }
    assert unknown_variables(env) == (
        "ORCH_COVERAGE_MINN_PERCENT (did you mean ORCH_COVERAGE_MIN_PERCENT?)",
        "ORCH_COVERAGE_QQQQQQQQQQQQQQQQQQ",
        "orch_coverage_epsilon (did you mean ORCH_COVERAGE_EPSILON?)",
    )


def test_a_hostile_name_of_a_variable_is_shown_on_one_line() -> None:
    assert unknown_variables({"ORCH_COVERAGE_\n\x1b[31mQQQQQQQQQQQQQQQQQQQQQ": ""})[0].isprintable()


def test_misspelt_variables_are_read_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICI", "both")
    assert unknown_variables() == ("ORCH_COVERAGE_POLICI (did you mean ORCH_COVERAGE_POLICY?)",)
