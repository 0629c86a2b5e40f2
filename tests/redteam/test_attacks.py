"""Each attack is held in both fail modes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.redteam.arena import report_status

from coverage_gate.core.verdict import State
from coverage_gate.testing.attacks import ATTACKS, Attack
from coverage_gate.testing.attacks.arena import Arena, Trial, holders


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_attack_is_held(attack: Attack, arena: Arena, tmp_path: Path) -> None:
    trial = Trial(arena=arena, top=tmp_path, timeout_s=attack.timeout_s).set_up()

    for mode, verdict in trial.judge(trial.attack(attack)).items():
        assert not verdict.merge_allowed, (mode, verdict.reason, verdict.warnings)
        assert verdict.state is State.FAIL
        assert attack.held_by in holders(verdict), (mode, holders(verdict), verdict.reason)
        assert report_status(verdict)[0] is False
    assert trial.alive() == []
    assert list(trial.scratch.iterdir()) == [], "the gate left its private folder"
    assert not trial.witness.exists()
