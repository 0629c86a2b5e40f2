"""The rule of the ratchet in numbers, without a store."""

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.ratchet import (
    RANK_ONE,
    LeaseRow,
    RatchetResult,
    checked_rank,
    checked_ttl,
    judge_ratchet,
    lease_allows,
    newest_of,
    rank_of,
)
from coverage_gate.core.rates import Counts

LEASE = LeaseRow(repository="repo", holder="task", fence=7, boot="boot", expires_ms=100)
ROW = Baseline(
    key=BaselineKey(repository="repo", scope="s", kind="k"),
    epoch=1,
    rate=Fraction(1, 2),
    counts=None,
    sha="",
    updated_at="2026-01-01T00:00:00Z",
)


@pytest.mark.parametrize(
    ("own", "star", "new", "result"),
    [
        (None, None, 0, RatchetResult.FOUNDED),
        (None, 5, 5, RatchetResult.FOUNDED),
        (None, 5, 4, RatchetResult.NOT_HIGHER),
        (5, None, 6, RatchetResult.MOVED),
        (5, None, 5, RatchetResult.RESTAMPED),
        (5, None, 4, RatchetResult.NOT_HIGHER),
        (5, 9, 6, RatchetResult.MOVED),  # the "*" row binds a founding only
        (9, 5, 6, RatchetResult.NOT_HIGHER),
    ],
)
def test_a_value_is_judged_by_the_own_row_else_by_the_star_row(
    own: int | None, star: int | None, new: int, result: RatchetResult
) -> None:
    assert judge_ratchet(own=own, star=star, new=new) is result


def test_the_results_that_wrote_are_three() -> None:
    assert [result.value for result in RatchetResult if result.wrote] == [
        "founded",
        "moved",
        "restamped",
    ]


@pytest.mark.parametrize(
    ("rate", "rank"),
    [(Fraction(0), 0), (Fraction(1), RANK_ONE), (Fraction(2, 3), 666_666_666_666_666)],
)
def test_a_rank_is_the_floor_of_the_rate(rate: Fraction, rank: int) -> None:
    assert rank_of(rate) == rank


def test_a_rank_fits_a_column_of_64_bits() -> None:
    assert RANK_ONE < 2**63


def test_nothing_measurable_never_becomes_a_baseline() -> None:
    with pytest.raises(ValueError, match="0/0"):
        checked_rank(Fraction(0), Counts(covered=0, total=0))


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_lease_without_time_is_refused(ttl: int) -> None:
    with pytest.raises(ValueError, match="lasts longer"):
        checked_ttl(ttl)


@pytest.mark.parametrize(
    ("now", "boot", "free"), [(99, "boot", False), (100, "boot", True), (0, "other", True)]
)
def test_a_lease_is_free_when_its_time_or_its_clock_is_gone(
    now: int, boot: str, free: bool
) -> None:
    assert LEASE.is_free(now_ms=now, boot=boot) is free


def test_a_lease_that_was_given_back_is_free() -> None:
    assert replace(LEASE, holder=None).is_free(now_ms=0, boot="boot")


def test_a_writer_without_a_name_never_fits_a_lease_without_holder() -> None:
    assert not lease_allows(replace(LEASE, holder=None), holder=None, fence=7)


@pytest.mark.parametrize(
    "newer",
    [
        replace(ROW, epoch=2, updated_at="2025-01-01T00:00:00Z"),
        replace(ROW, updated_at="2026-01-02T00:00:00Z", rate=Fraction(0)),
        replace(ROW, rate=Fraction(2, 3)),
        replace(ROW, key=replace(ROW.key, kind="l")),
    ],
)
def test_the_newest_row_is_found_in_any_order(newer: Baseline) -> None:
    star = replace(ROW, key=BaselineKey(repository="repo"), rate=Fraction(1))
    assert newest_of([newer, ROW, star]) == newest_of([star, ROW, newer]) == (newer,)
