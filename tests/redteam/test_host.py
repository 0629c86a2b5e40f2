"""Each attack on the host is held at the best level, and its honest twin works there."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import click
import jsonschema
import pytest

from coverage_gate.adapters.sandbox.caged import BubblewrapSandbox, KernelSandbox
from coverage_gate.adapters.sandbox.levels import Wish
from coverage_gate.cli import redteam
from coverage_gate.cli.branch_attacks import Branches
from coverage_gate.cli.redteam import Tried, as_json, as_text, try_all
from coverage_gate.ports import NoProgress
from coverage_gate.testing.attacks import world
from coverage_gate.testing.attacks.host import HOST_ATTACKS, HostAttack
from coverage_gate.testing.attacks.world import BOUNDS, Outcome, attempt

BEST = BubblewrapSandbox(program=Path("/usr/bin/bwrap"), bounds=BOUNDS)
PLAIN = KernelSandbox(name="plain", bounds=BOUNDS)
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "redteam.schema.json"
BY_NAME = {attack.name: attack for attack in HOST_ATTACKS}


def test_no_two_attacks_share_a_name() -> None:
    assert len(BY_NAME) == len(HOST_ATTACKS) >= 15


@pytest.mark.parametrize("attack", HOST_ATTACKS, ids=lambda attack: attack.name)
def test_the_best_level_holds_the_attack_and_its_twin_works(attack: HostAttack) -> None:
    outcome = attempt(attack, BEST)
    assert outcome.is_held
    assert outcome.twin_works, outcome.said


@pytest.mark.parametrize(
    "name", ["token-file", "files-of-the-home", "datagram", "shared-memory", "segment-of-system-v"]
)
def test_what_nothing_holds_is_noticed(name: str) -> None:
    assert not attempt(BY_NAME[name], PLAIN).is_held


def test_what_got_through_is_tried_at_the_other_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redteam, "candidates", lambda _: [BEST, PLAIN])
    attacks = [BY_NAME["cron"], BY_NAME["hold-the-pipe"]]
    tried = list(try_all(attacks, PLAIN, Wish(), NoProgress()))
    assert [each.held_by for each in tried] == [("bubblewrap",), ()]
    assert as_text(tried, Branches()).splitlines()[-1] == "1 of 2 attacks on the host got through"
    assert "(held by: bubblewrap)" in as_text(tried, Branches())
    said = json.loads(as_json("plain", tried, Branches()))
    jsonschema.validate(said, json.loads(SCHEMA.read_text()))
    assert [each["held"] for each in said["attacks"]] == [False, True]


def test_a_twin_that_fails_is_told_with_what_it_said() -> None:
    outcome = Outcome(attack=BY_NAME["cron"], is_held=True, twin_works=False, said="no\nroom")
    line = as_text([Tried(outcome=outcome)], Branches()).splitlines()[0]
    assert "its honest twin fails: no" in line


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_command_attacks_the_level_that_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    monkeypatch.setattr(redteam, "candidates", lambda _: [])
    arguments = ["--level", "plain", "--attack", "cron", "--format", output]
    context = redteam.redteam.make_context("redteam", arguments)
    assert redteam.redteam.invoke(context) == 1
    assert "cron" in capsys.readouterr().out
    assert isinstance(redteam.redteam, click.Command)


def test_a_lock_that_is_held_is_noticed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert world._is_held(lock)
