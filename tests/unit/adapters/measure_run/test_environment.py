"""What the tests see of an environment."""

import os
from pathlib import Path

import pytest

from coverage_gate.adapters.measure.environment import (
    RefusedVariableError,
    environment_for_tests,
    refused_names,
)


def made(**allowed: str) -> dict[str, str]:
    return environment_for_tests(allowed=allowed, home=Path("/h"), tmp=Path("/t"))


def test_nothing_is_taken_over_that_was_not_allowed() -> None:
    assert made() == {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": "/h",
        "TMPDIR": "/t",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_what_is_allowed_is_taken_over() -> None:
    allowed = {"PATH": "/bin", "LANG": "de", "LC_ALL": "C", "TZ": "UTC", "CI": "1"}
    assert allowed.items() <= made(**allowed).items()


def test_home_is_private_even_if_the_gates_is_allowed() -> None:
    assert made(HOME="/root")["HOME"] == "/h"


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN", "my_secret", "PGPASSWORD", "DB_PASSWD", "AWS_ACCESS_KEY_ID", "Credentials",
        "ORCH_DB_PATH", "COVERAGE_PROCESS_START", "COV_CORE_SOURCE", "PYTHONPATH", "LD_PRELOAD",
        "DYLD_INSERT_LIBRARIES", "A-B", "", "A=B",
    ],
)  # fmt: skip
def test_a_secret_or_a_variable_that_steers_the_measuring_is_refused_by_name(name: str) -> None:
    with pytest.raises(RefusedVariableError) as caught:
        made(**{name: "sentinel-value", "TZ": "UTC"})
    assert str(caught.value).startswith(f"{name} must not reach the tests")
    assert "sentinel-value" not in str(caught.value)


def test_all_refused_names_are_told_at_once() -> None:
    names = {"TZ": "", "B_TOKEN": "", "ORCH_A": "", "LDAP_URL": "", "COVERALLS": ""}
    assert refused_names(names) == ["B_TOKEN", "ORCH_A"]
