"""What the doctor says of levels, from what a survey found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shop import Told

from coverage_gate.adapters.sandbox.probing import Found
from coverage_gate.cli import cage_examinations
from coverage_gate.cli.cage_examinations import examine_cages
from coverage_gate.cli.findings import Finding, Health, Patient
from coverage_gate.core.cage import Cage, Way
from coverage_gate.settings import SettingsError, load_settings

ALL = Found(cage=Cage(level="bubblewrap", closed=tuple(Way)), is_usable=True)
NONE = Found(cage=Cage(level="plain"), is_usable=True, remark="slow")
BROKEN = Found(cage=Cage(level="landlock"), is_usable=False, remark="not permitted")


def examined(
    monkeypatch: pytest.MonkeyPatch, *found: Found, **env: str
) -> list[tuple[str, Finding]]:
    monkeypatch.setattr(cage_examinations, "survey", lambda _: list(found))
    settings = load_settings(env={"HOME": "/home/me", **env})
    return examine_cages(
        Patient(
            environment={}, folder=Path(), settings=settings, error=None, python_version=(3, 12, 0)
        )
    )


def test_each_level_says_what_it_leaves_open(monkeypatch: pytest.MonkeyPatch) -> None:
    said = examined(monkeypatch, ALL, BROKEN, NONE)
    assert [(name, finding.health) for name, finding in said[:4]] == [
        ("bubblewrap", Health.OK),
        ("landlock", Health.WARN),
        ("plain", Health.WARN),
        ("required", Health.OK),
    ]
    assert said[1][1].detail == "does not work here: not permitted"
    assert "read files" in said[2][1].detail
    assert said[2][1].detail.endswith("; slow")
    assert said[3][1].detail == "bubblewrap is chosen; at least none is required"


def test_less_than_is_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    said = dict(examined(monkeypatch, NONE, ORCH_REQUIRE_SANDBOX="landlock", ORCH_SANDBOX="plain"))
    assert said["required"].health is Health.FAIL
    assert "leaves open: processes, secrets, files, writes" in said["required"].detail


def test_no_level_at_all_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    said = dict(examined(monkeypatch, BROKEN))
    assert said["required"].health is Health.FAIL


def test_what_tests_may_miss_stands_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    said = dict(
        examined(
            monkeypatch,
            ALL,
            ORCH_SANDBOX_NETWORK="on",
            ORCH_SANDBOX_FROZEN="on",
            ORCH_SANDBOX_READABLE="/opt/data",
            TZ="Europe/Rome",
        )
    )
    assert said["network"].detail == "tests reach the host's (ORCH_SANDBOX_NETWORK)"
    assert said["files"].detail.endswith("further: /opt/data")
    assert said["tree"].detail == "read-only (ORCH_SANDBOX_FROZEN)"
    assert said["time zone"].detail == "Europe/Rome; another one: TZ"


def test_settings_that_cannot_be_read_are_told_first() -> None:
    error = SettingsError(["ORCH_SANDBOX: is unknown"])
    patient = Patient(
        environment={}, folder=Path(), settings=None, error=error, python_version=(3, 12, 0)
    )
    [(name, finding)] = examine_cages(patient)
    assert (name, finding.health) == ("settings", Health.FAIL)


def test_the_doctor_is_asked_for_cages_alone(
    monkeypatch: pytest.MonkeyPatch, tell: Callable[..., Told], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(cage_examinations, "survey", lambda _: [ALL])
    told = tell("doctor", "--sandbox")
    assert told.status == 0
    assert told.out.splitlines()[0] == "ok    bubblewrap  closes everything that was tried"
    assert "interpreter" not in told.out.split()
