"""What is compared with what, and when it is a regression."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.history import (
    FileCounts,
    Point,
    Standing,
    Step,
    branch_of,
    counts_of,
    moves,
    newest_steps,
    point_of,
    step_text,
    steps,
)
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.rates import Counts
from coverage_gate.testing.values import covered, measurement, tree_id

TWO = Fraction(2, 100)


def point(
    covered: int, total: int = 1000, *, commit: str | None = "c", scope: str = "s", kind: str = "k"
) -> Point:
    return Point(
        repository="shop",
        branch="main",
        commit=commit,
        tree="tree",
        at="2026-01-01T00:00:00Z",
        recorded_at="2026-01-01T00:00:00Z",
        counts=Counts(covered=covered, total=total),
        scope=scope,
        kind=kind,
        identity="identity",
    )


def last(*points: Point, max_drop: Fraction = TWO) -> Step:
    return steps(points, max_drop=max_drop)[-1]


@pytest.mark.parametrize(
    ("after", "standing"),
    [
        (879, Standing.REGRESSION),
        (880, Standing.HELD),
        (881, Standing.HELD),
        (900, Standing.HELD),
        (1000, Standing.HELD),
    ],
)
def test_more_than_two_points_alert_and_exactly_two_do_not(after: int, standing: Standing) -> None:
    step = last(point(900), point(after))
    assert (step.standing, step.change) == (standing, Fraction(after - 900, 1000))


def standings(*covered: int, max_drop: Fraction = TWO) -> list[int]:
    """Which of these points of a thousand statements are regressions."""
    found = steps([point(each) for each in covered], max_drop=max_drop)
    return [place for place, step in enumerate(found) if step.standing is Standing.REGRESSION]


@pytest.mark.parametrize(
    ("covered", "told"),
    [
        ((900, 890, 885, 880), []),  # exactly two points together
        ((900, 890, 885, 879), [3]),
        ((900, 890, 885, 879, 878, 870), [3]),  # told: it is measured by 879 now
        ((900, 890, 885, 879, 870, 858), [3, 5]),
        ((900, 890, 910, 895), []),  # growth in between raises the mark, and 910 holds
        ((900, 890, 910, 895, 889), [4]),
        ((900, 870, 860, 849), [1, 3]),  # a single fall begins anew, too
        ((900, 885, 900, 885, 900, 885), []),  # there and back is no slide
    ],
)
def test_small_falls_add_up_and_a_slide_is_told_by_one_point(
    covered: tuple[int, ...], told: list[int]
) -> None:
    assert standings(*covered) == told


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.integers(0, 30))
def test_no_point_lies_untold_below_what_was_before(covered: list[int], drop: int) -> None:
    limit = Fraction(drop, 100)
    found = steps([point(each, 100) for each in covered], max_drop=limit)
    mark = covered[0]
    for step in found:
        now = step.point.counts.covered
        assert (step.standing is Standing.REGRESSION) == (mark - now > drop)
        mark = now if step.standing is Standing.REGRESSION else max(mark, now)


def test_a_slide_says_from_where_to_where() -> None:
    points = [
        point(each, commit=letter * 40) for each, letter in ((900, "a"), (885, "b"), (876, "c"))
    ]
    step = last(*points)
    assert (step.before, step.top, step.change) == (points[1], points[0], Fraction(-9, 1000))
    assert step_text(step, max_drop=TWO) == (
        "coverage fell by more than 2 points in several steps: -2.4 points, from 90% (900/1000) at "
        "aaaaaaaaa to 87.6% (876/1000) at ccccccccc"
    )
    assert last(point(900)).slid == 0


def test_a_slide_is_followed_in_each_way_of_measuring_alone() -> None:
    mixed = [
        point(900),
        point(100, kind="x"),
        point(885),
        point(0, 0),
        point(879),
        point(99, kind="x"),
    ]
    found = steps(mixed, max_drop=TWO)
    assert [step.standing for step in found[-2:]] == [Standing.REGRESSION, Standing.HELD]
    assert found[-2].top == mixed[0]


def test_nothing_is_rounded_before_it_is_compared() -> None:
    # Both print as a fall from 90% to 88%; only the second one is more than two points.
    assert last(point(9 * 10**17, 10**18), point(88 * 10**16, 10**18)).standing is Standing.HELD
    fell = last(point(9 * 10**17, 10**18), point(88 * 10**16 - 1, 10**18))
    assert fell.standing is Standing.REGRESSION


@pytest.mark.parametrize("other", [point(10, scope="other"), point(10, kind="other")])
def test_another_scope_or_kind_is_not_comparable(other: Point) -> None:
    before = point(900)
    expected = Step(point=other, before=before, standing=Standing.NOT_COMPARABLE)
    assert last(before, other) == expected


def test_the_nearest_comparable_point_is_looked_for() -> None:
    before = point(900)
    step = last(point(999), before, point(1, kind="other"), point(870))
    assert (step.before, step.standing) == (before, Standing.REGRESSION)


def test_nothing_measurable_is_compared_with_nothing() -> None:
    empty = point(0, 0)
    assert last(point(900), empty).standing is Standing.NOT_COMPARABLE
    assert last(empty, point(900)).standing is Standing.NOT_COMPARABLE
    assert last(point(900), empty, point(870)).standing is Standing.REGRESSION


def test_the_first_point_has_nothing_to_be_compared_with() -> None:
    assert last(point(900)) == Step(point=point(900), before=None, standing=Standing.FIRST)
    assert steps([], max_drop=TWO) == ()


def test_the_newest_commit_counts_in_each_way_that_it_was_measured() -> None:
    found = steps(
        [
            point(900, commit="a"),
            point(900, commit="a", kind="other"),
            point(500, commit="b"),
            point(890, commit="b"),
            point(400, commit="b", kind="other"),
        ],
        max_drop=TWO,
    )
    newest = newest_steps(found)
    assert [step.point.counts.covered for step in newest] == [890, 400]
    assert [step.standing for step in newest] == [Standing.HELD, Standing.REGRESSION]


def test_what_has_no_commit_stands_alone() -> None:
    found = steps([point(900, commit=None), point(880, commit=None)], max_drop=TWO)
    assert newest_steps(found) == (found[-1],)
    assert newest_steps(()) == ()


def test_a_regression_says_from_where_to_where() -> None:
    step = last(point(900, commit="a" * 40), point(879, commit="b" * 40))
    assert step_text(step, max_drop=TWO) == (
        "coverage fell by more than 2 points: -2.1 points, from 90% (900/1000) at aaaaaaaaa "
        "to 87.9% (879/1000) at bbbbbbbbb"
    )


def test_what_held_says_so() -> None:
    assert step_text(last(point(900), point(881)), max_drop=Fraction(25, 1000)) == (
        "held within 2.5 points: -1.9 points, from 90% (900/1000) at c to 88.1% (881/1000) at c"
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (point(9), point(8, kind="x"), "not comparable with c, measured as x, before as k"),
        (point(9), point(8, scope="x"), "c, measured under another scope or configuration"),
        (point(9), point(0, 0), "not comparable with c, nothing measurable"),
        (point(0, 0), point(9), "not comparable with c, nothing measurable"),
    ],
)
def test_what_is_not_comparable_says_why(before: Point, after: Point, words: str) -> None:
    assert words in step_text(last(before, after), max_drop=TWO)


def test_the_first_one_says_so() -> None:
    told = step_text(last(point(900)), max_drop=TWO)
    assert told == "90% (900/1000) at c: the first one, nothing to compare it with"


def test_a_point_is_called_by_commit_tree_or_identity() -> None:
    whole = point(1, commit="1234567890")
    nameless = replace(whole, commit=None)
    assert [each.name for each in (whole, nameless, replace(nameless, tree=None))] == [
        "123456789",
        "tree",
        "identity",
    ]


@pytest.mark.parametrize(
    ("ref", "branch"),
    [
        ("main", "main"),
        ("refs/heads/feature/x", "feature/x"),
        ("refs/remotes/origin/main", "main"),
        ("origin/main", "main"),
        ("HEAD", ""),
        ("a" * 40, ""),
        ("A" * 64, ""),
        ("a" * 41, "a" * 41),
    ],
)
def test_a_ref_means_a_branch(ref: str, branch: str) -> None:
    assert branch_of(ref) == branch


def test_a_measurement_becomes_a_point_with_the_counts_of_its_files() -> None:
    measured = measurement(covered(3, 4), covered(1, 2, path="src/b.py"))
    found = point_of(measured, repository="shop", branch="dev", at="then", recorded_at="now")
    assert (found.commit, found.tree, found.scope, found.kind) == (
        tree_id("head"),
        tree_id("head"),
        "scope",
        "ctrace-3.11-line",
    )
    assert (found.counts, found.at, found.recorded_at) == (
        Counts(covered=4, total=6),
        "then",
        "now",
    )


def test_the_counts_of_a_file_are_those_of_its_statements_and_branches() -> None:
    file = FileCoverage(
        path="a.py",
        blob="b",
        statements=0b1110,
        executed=0b110,
        branches=((1, 2), (1, 3)),
        taken=((1, 2),),
    )
    found = counts_of(file)
    assert (found.lines, found.branches) == (Counts(covered=2, total=3), Counts(covered=1, total=2))
    assert found.counts == file.counts


def test_files_that_moved_come_with_those_that_lost_most_first() -> None:
    def file(path: str, covered: int, total: int) -> FileCounts:
        return FileCounts(path=path, lines=Counts(covered=covered, total=total))

    found = moves(
        [file("same", 1, 1), file("fell", 9, 10), file("gone", 0, 5)],
        [file("same", 1, 1), file("fell", 7, 10), file("new", 1, 4), file("also", 1, 4)],
    )
    assert [(move.path, move.lost) for move in found] == [
        ("also", 3),
        ("new", 3),
        ("fell", 2),
        ("gone", -5),
    ]
    assert (found[1].before, found[3].after) == (None, None)
