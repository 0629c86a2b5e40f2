"""Each attack is held in both fail modes, and its honest twin merges."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.redteam.arena import TWIN, Arena, Trial, build, holders, report_status

from coverage_gate.core.verdict import State
from coverage_gate.testing.attacks import ATTACKS, Attack

_EACH = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    """Built and measured once; not to be changed."""
    return build(tmp_path_factory.mktemp("arena"))


@_EACH
def test_the_attack_is_held_and_its_twin_merges(
    attack: Attack, arena: Arena, tmp_path: Path
) -> None:
    trial = Trial(arena=arena, attack=attack, top=tmp_path)
    trial.set_up()

    for mode, verdict in trial.judge(TWIN).items():
        assert verdict.state is State.PASS, (mode, verdict.reason)
        assert verdict.merge_allowed

    trial.plant()
    for mode, verdict in trial.judge(trial.branch).items():
        assert not verdict.merge_allowed, (mode, verdict.reason, verdict.warnings)
        assert verdict.state is State.FAIL
        assert attack.held_by in holders(verdict), (mode, holders(verdict), verdict.reason)
        assert report_status(verdict)[0] is False
    assert trial.alive() == []
    assert not trial.witness.exists()
