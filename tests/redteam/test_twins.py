"""The honest twin of each attack merges, in both fail modes.

Twins that can be one tree are judged as one. Is it without a spot, nothing hidden and all that is
new run, then no rule finds fault with any of them. Else each is judged alone, and so are all of
them with `REDTEAM_TWINS=alone` (`make redteam-night`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.redteam.arena import is_spotless
from tests.redteam.company import MOST, Company, companies

from coverage_gate.core.verdict import State, Verdict
from coverage_gate.testing.attacks import ATTACKS, Attack, Files
from coverage_gate.testing.attacks.arena import Arena, Trial
from coverage_gate.testing.attacks.attack import Family

ALONE = os.environ.get("REDTEAM_TWINS") == "alone"
COMPANIES = companies(ATTACKS)


@pytest.mark.parametrize(
    "company", COMPANIES, ids=lambda company: "+".join(each.name for each in company.attacks)
)
def test_honest_twins_merge(company: Company, arena: Arena, tmp_path: Path) -> None:
    if not ALONE and all(map(_is_well, judged(arena, tmp_path / "all", company.files))):
        return
    for attack in company.attacks:
        for verdict in judged(arena, tmp_path / attack.name, attack.twin):
            assert verdict.state is State.PASS, (attack.name, verdict.reason)
            assert verdict.merge_allowed


def _is_well(verdict: Verdict) -> bool:
    return verdict.state is State.PASS and verdict.merge_allowed and is_spotless(verdict)


def judged(arena: Arena, top: Path, files: Files) -> tuple[Verdict, ...]:
    """The verdicts on an honest branch in each mode and place."""
    top.mkdir()
    trial = Trial(arena=arena, top=top).set_up()
    trial.commit("twin", files)
    verdicts = tuple(trial.judge("twin").values())
    assert list(trial.scratch.iterdir()) == [], "the gate left its private folder"
    return verdicts


def _honest(name: str, twin: Files) -> Attack:
    return Attack(
        name=name, family=Family.GIT, tries="", held_by="", files={}, twin_is="", twin=twin
    )


def test_no_two_twins_of_a_company_want_one_place() -> None:
    one, same = _honest("one", {"a.py": "1", "b": None}), _honest("same", {"a.py": "1"})
    other, inside = _honest("other", {"a.py": "2"}), _honest("inside", {"b/c.py": "3"})
    above = _honest("above", {"a.py": "2", "x": None})
    below = _honest("below", {"x/y": "1"})
    test = _honest("test", {"x/test_a.py": "1"})
    like = _honest("like", {"z/test_a.py": "1"})

    found = companies([one, other, same, inside, above, below, test, like])
    names = [[attack.name for attack in company.attacks] for company in found]
    assert names == [["one", "same", "below", "test"], ["other", "inside", "above", "like"]]


def test_a_second_module_of_a_name_gets_a_number() -> None:
    first = _honest("first", {"src/refunds.py": "1"})
    second = _honest("second", {"src/refunds.py": "import refunds"})
    (company,) = companies([first, second])
    assert company.files == {"src/refunds.py": "1", "src/refunds1.py": "import refunds1"}

    bytecode = _honest("bytecode", {"src/refunds.py": b"2"})
    assert len(companies([first, bytecode])) == 2


def test_each_twin_is_in_one_company() -> None:
    names = [attack.name for company in COMPANIES for attack in company.attacks]
    assert sorted(names) == sorted(attack.name for attack in ATTACKS)
    assert max(len(company.attacks) for company in COMPANIES) == MOST
