"""`coverage-gate redteam` judges branches by the limits, the level and the interpreter of here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click
import jsonschema
import pytest

from coverage_gate.cli import branch_attacks, redteam
from coverage_gate.cli.branch_attacks import (
    SHIPPED,
    Branches,
    Judged,
    SetUp,
    interleaved,
    others_of,
    setup_of,
    try_branches,
)
from coverage_gate.clock import SystemClock
from coverage_gate.ports import NoProgress
from coverage_gate.settings import load_settings
from coverage_gate.testing.attacks import ATTACKS, Family
from coverage_gate.testing.attacks.arena import Arena, ArenaError, Trial
from coverage_gate.testing.repositories import RepositoryBuilder

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "redteam.schema.json"
PRAGMA = next(attack for attack in ATTACKS if attack.name == "pragma-on-a-function")
#: Under these nobody looks at the change.
LENIENT = {"ORCH_COVERAGE_RULES": "integrity", "ORCH_COVERAGE_POLICY": "absolute"}


def judged(
    env: Mapping[str, str],
    others: Mapping[str, SetUp] | None = None,
    *,
    until: float = float("inf"),
) -> Branches:
    return try_branches(
        [PRAGMA],
        SetUp(env={"ORCH_SANDBOX": "plain", **env}, table=b"", fail_closed=False),
        others or {},
        until=until,
        clock=SystemClock(),
        progress=NoProgress(),
    )


def test_a_branch_is_held_by_the_limits_of_here(arena: Arena) -> None:
    branches = judged(arena.env)
    (one,) = branches.judged
    assert (one.is_held, branches.through, branches.twin, branches.untried) == (True, 0, "", ())
    assert "patch" in one.held_by


def test_what_merges_here_is_judged_by_everything_else(arena: Arena) -> None:
    setup = SetUp(
        env={**arena.env, **LENIENT, "ORCH_SANDBOX": "plain"}, table=b"", fail_closed=True
    )
    missing = {**arena.env, "ORCH_COVERAGE_PYTHON": "/nowhere/python"}
    others = others_of(setup, []) | {"broken": SetUp(env=missing, table=b"", fail_closed=False)}
    branches = judged({**arena.env, **LENIENT}, others)
    (one,) = branches.judged
    assert (one.is_held, branches.through, one.would_hold) == (False, 1, (SHIPPED,))
    assert one.said
    text = redteam.as_text([], branches)
    assert f"THROUGH  {PRAGMA.name}  {PRAGMA.tries} (held by: {SHIPPED})" in text
    assert text.endswith("1 of 1 branches got through")


def test_where_honest_branches_fail_too_that_is_told(arena: Arena) -> None:
    branches = judged({**arena.env, "ORCH_COVERAGE_MIN_PERCENT": "100"})
    assert branches.twin
    assert "an honest branch does not merge either" in redteam.as_text([], branches)


def test_after_its_time_no_branch_is_judged(arena: Arena) -> None:
    branches = judged(arena.env, until=0)
    assert branches == Branches(untried=(PRAGMA.name,))
    assert "1 branches were not tried" in redteam.as_text([], branches)


def test_where_nothing_can_be_measured_nothing_is_said(arena: Arena) -> None:
    with pytest.raises(ArenaError):
        judged({**arena.env, "ORCH_COVERAGE_PYTHON": "/nowhere/python"})


def test_a_bounded_time_sees_every_family() -> None:
    first = list(interleaved(ATTACKS))[: len(Family)]
    assert [attack.family for attack in first] == list(Family)
    assert len(list(interleaved(ATTACKS))) == len(ATTACKS)


def test_what_an_attack_did_outside_is_harm(arena: Arena, tmp_path: Path) -> None:
    trial = Trial(arena=arena, top=tmp_path)
    assert branch_attacks._harm(trial) == []
    trial.witness.touch()
    (tmp_path / "pids").write_text(str(os.getpid()))
    assert len(branch_attacks._harm(trial)) == 2


def test_nothing_that_holds_is_said_to_be_nothing() -> None:
    one = Judged(attack=PRAGMA, is_held=False, held_by=(), said="PASS")
    assert "nothing that was tried" in redteam.as_text([], Branches(judged=(one,)))


def test_the_set_up_is_that_of_the_repository(tmp_path: Path) -> None:
    repository = RepositoryBuilder.create(tmp_path / "shop")
    repository.commit(files={"pyproject.toml": "[tool.coverage-gate]\ntool_fail_closed = true\n"})
    env = {
        "HOME": str(tmp_path),
        "PATH": os.defpath,
        "ORCH_COVERAGE_EPSILON": "2",
        "ORCH_SANDBOX": "plain",
        "ORCH_API_TOKEN": "s3cr3t-s3cr3t-s3cr3t",
    }
    settings = load_settings(env=env)
    setup = setup_of(settings, repository.path, level="landlock")
    assert setup.mode == "fail-closed"
    assert b"tool_fail_closed" in setup.table
    assert setup.env["ORCH_COVERAGE_EPSILON"] == "2"
    assert setup.env["ORCH_SANDBOX"] == "landlock"
    assert "ORCH_API_TOKEN" not in setup.env

    others = others_of(setup, ["unshare", "landlock"])
    assert list(others) == ["unshare", SHIPPED]
    assert others["unshare"].env["ORCH_COVERAGE_EPSILON"] == "2"
    assert "ORCH_COVERAGE_EPSILON" not in others[SHIPPED].env

    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    assert setup_of(settings, nowhere, level=None).table == b""


def invoke(*words: str) -> int:
    context = redteam.redteam.make_context("redteam", list(words))
    return int(redteam.redteam.invoke(context))


def test_the_command_judges_the_branches_that_are_named(
    arena: Arena,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", arena.env["ORCH_COVERAGE_PYTHON"])
    words = ["--repo", str(tmp_path), "--level", "plain", "--format", "json"]
    assert invoke(*words, "--attack", PRAGMA.name, "--seconds", "0") == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, json.loads(SCHEMA.read_text()))
    assert said["attacks"] == []
    assert [(each["name"], each["held"]) for each in said["branches"]] == [(PRAGMA.name, True)]
    assert said["branches"][0]["family"] == "hiding"


def test_the_command_says_why_nothing_can_be_judged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", "/nowhere/python")
    with pytest.raises(click.ClickException, match="cannot be measured here"):
        invoke("--repo", str(tmp_path), "--level", "plain", "--attack", PRAGMA.name)


def test_a_name_that_no_attack_has_is_refused() -> None:
    with pytest.raises(click.UsageError, match="no attack is called 'nonsense'"):
        invoke("--attack", "nonsense")


def test_a_family_is_all_that_is_tried() -> None:
    chosen = redteam._chosen(["host"], [])
    assert chosen.host
    assert not chosen.branches
    hooks = redteam._chosen(["hooks"], [])
    assert {attack.family for attack in hooks.branches} == {Family.HOOKS}
    assert not hooks.host
