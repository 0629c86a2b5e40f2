"""The table of targets: its arithmetic, and what it says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import plot, rivals, target_table, targets
from benchmarks.count_cost import CountCost
from benchmarks.figures import Round
from benchmarks.rivals import TITLES, Mode, mode_of
from benchmarks.timing import Cost

COSTS = {
    "pytest": 10.0,
    "traced": 10.5,
    "reported": 15.0,
    "naive": 16.0,
    "slipcover": 11.0,
    "cold": 12.0,
    "warm": 11.0,
    "hosted": 10.8,
    "same": 0.5,
}
ROUND: Round = {
    name: Cost(cpu_s=seconds, wall_s=seconds, rss_mib=50) for name, seconds in COSTS.items()
}
COUNTS = [
    CountCost(files=25, json_s=1.0, cold_s=0.7, warm_s=0.2, warm_mib=40, counts=(1, 2)),
    CountCost(files=500, json_s=10.0, cold_s=7.0, warm_s=0.4, warm_mib=40, counts=(1, 2)),
    CountCost(files=10_000, json_s=None, cold_s=70.0, warm_s=4.0, warm_mib=99, counts=(1, 2)),
]


def test_every_rival_has_a_title() -> None:
    assert COSTS.keys() == TITLES.keys()


@pytest.mark.parametrize(
    ("minor", "mode"),
    [
        ((3, 11), Mode(branch=True, core="ctrace")),
        ((3, 12), Mode(branch=False, core="sysmon")),
        ((3, 13), Mode(branch=False, core="sysmon")),
        ((3, 14), Mode(branch=True, core="sysmon")),
    ],
)
def test_the_mode_is_the_cheapest_of_an_interpreter(minor: tuple[int, int], mode: Mode) -> None:
    assert mode_of(minor) == mode


def test_ratios_of_runs_are_of_the_same_round() -> None:
    found = targets.of_runs("a project", [ROUND], is_sysmon=True)
    medians = [round(each.found.median, 3) for each in found]
    assert medians == [1.048, 1.029, 1.143, 1.1, 1.08, 0.062, 0.05]
    assert all(each.is_met for each in found)
    assert len(targets.of_runs("a project", [ROUND], is_sysmon=False)) == 3


def test_a_short_suite_is_told() -> None:
    short = {name: Cost(cpu_s=1, wall_s=1, rss_mib=1) for name in COSTS}
    (first, *_) = targets.of_runs("a project", [short], is_sysmon=False)
    assert first.remark == "a project; the suite takes 1.0 s only"


def test_counts_have_limits_by_size() -> None:
    found = targets.of_counts(COUNTS)
    assert [each.most for each in found] == [0.15, 0.8, 0.05, 0.8, 100]
    assert [each.is_met for each in found] == [False, True, True, True, True]


def test_the_table_says_what_is_missed() -> None:
    shown = targets.table(targets.of_counts(COUNTS)).splitlines()
    assert [line.split()[-1] for line in shown[1:]] == ["MISSED", "met", "met", "met", "met"]
    long = targets.table([targets.single("x" * 80, [1.0], 2, "y")]).splitlines()
    assert long[1] == f"{'x' * 80} [y]"
    assert long[2].split() == ["1.000", "2", "met"]


def test_targets_are_told_where_all_rivals_ran() -> None:
    bouts = [
        target_table.Bout(
            title="a project",
            mode=Mode(branch=True, core="ctrace"),
            versions={},
            rounds=(ROUND,),
            left_out=broken,
        )
        for broken in ({}, {"slipcover": "it broke"}, {"warm": "it broke"})
    ]
    assert len(target_table.all_targets(bouts, COUNTS)) == 2 * (3 + 1) + 5


def test_the_result_holds_what_the_plot_needs(tmp_path: Path) -> None:
    growth = {100: {"seconds": 0.1}, 1_000: {"seconds": 1.0}}
    found = target_table.Findings(
        path=tmp_path / "new" / "table-1.json", counts=[*COUNTS], growth=growth
    )
    path = found.keep()
    assert found.keep() == path
    assert plot.newest(path.parent) == path
    lines = plot.lines_of(json.loads(path.read_text()))
    assert lines["judging a change"] == [(100, 0.1), (1_000, 1.0)]
    assert lines["coverage json"] == [(25, 1.0), (500, 10.0)]
    assert len(lines) == 4


def test_a_mode_is_shown_as_people_say_it() -> None:
    assert rivals.Mode(branch=False, core="sysmon").title == "lines, sysmon"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (["src/shop/__init__.py", "tests/__init__.py"], "src"),
        (["shop/__init__.py", "tests/__init__.py"], "shop"),
        (["shop.py", "tests/__init__.py"], "src"),
    ],
)
def test_others_are_told_where_the_product_is(
    files: list[str], source: str, tmp_path: Path
) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert rivals.package_in(tmp_path) == source
