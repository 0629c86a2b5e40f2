"""The benchmarks' own arithmetic, its table and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.figures import Round, figures, order, ratio, spread
from benchmarks.peers import PEERS, REFERENCE
from benchmarks.tell import Told, machine, numbers, table, write
from benchmarks.timing import Cost


def _cost(cpu: float, wall: float, rss: float = 50) -> Cost:
    return Cost(cpu_s=cpu, wall_s=wall, rss_mib=rss)


#: The machine was four times slower in the second round.
_ROUNDS: list[Round] = [
    {"pytest": _cost(1, 2), "check": _cost(2, 6, 70)},
    {"pytest": _cost(4, 8), "check": _cost(8, 24, 60)},
    {"pytest": _cost(1, 2), "check": _cost(3, 8, 50)},
]


def _told() -> Told:
    rounds: list[Round] = [{peer.name: _cost(2, 3) for peer in PEERS}]
    counts = {REFERENCE: None, "naive": (8, 10), "check": (8, 10)}
    return Told(title="a project", versions={"python": "3.11.7"}, rounds=rounds, counts=counts)


def test_ratios_are_of_runs_of_the_same_round() -> None:
    found = figures(_ROUNDS, "check", "pytest")
    assert (found.cpu_ratio.low, found.cpu_ratio.median, found.cpu_ratio.high) == (2, 2, 3)
    assert (found.wall_ratio.low, found.wall_ratio.median, found.wall_ratio.high) == (3, 3, 4)


def test_costs_are_medians_and_memory_is_the_largest() -> None:
    found = figures(_ROUNDS, "check", "pytest")
    assert (found.cpu_s, found.wall_s, found.rss_mib) == (3, 8, 70)


def test_the_reference_is_once_itself() -> None:
    assert str(figures(_ROUNDS, "pytest", "pytest").cpu_ratio) == "1.00 (1.00-1.00)"


def test_a_spread_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_a_run_without_cost_is_no_division_by_zero() -> None:
    assert ratio(0.002, 0.0) == 2


def test_every_second_round_runs_backwards() -> None:
    assert [order("abc", number) for number in range(3)] == [
        tuple("abc"),
        tuple("cba"),
        tuple("abc"),
    ]


def test_peers_have_names_of_their_own_and_the_reference_is_one() -> None:
    names = [peer.name for peer in PEERS]
    assert len(set(names)) == len(names)
    assert REFERENCE in names


def test_the_table_has_a_row_for_each_peer_at_100_columns() -> None:
    lines = table(_told()).splitlines()
    assert len(lines) == len(PEERS) + 3
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("naive", "expected"),
    [((8, 10), "all counted the same: 8/10"), ((7, 10), "counted: naive 7/10, check 8/10")],
)
def test_peers_that_counted_differently_are_named(naive: tuple[int, int], expected: str) -> None:
    assert numbers({"pytest": None, "naive": naive, "check": (8, 10)}) == expected


def test_the_json_holds_every_round_and_no_name_of_the_machine(tmp_path: Path) -> None:
    found = json.loads(write([_told()], tmp_path / "results").read_text("utf-8"))
    assert found["subjects"][0]["rounds"][0]["check"] == {"cpu_s": 2, "wall_s": 3, "rss_mib": 50}
    assert set(found["machine"]) == set(machine())
