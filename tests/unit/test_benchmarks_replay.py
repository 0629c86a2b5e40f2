"""The replay of real commits: whether an attribution is the difference of two verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.honest_commits import Judged, is_explained, line, summary

_WAYS = [
    f"{way}_{kind}"
    for way in ("new", "deleted", "newly_included", "newly_excluded")
    for kind in ("covered", "uncovered")
]
_BUCKETS = dict.fromkeys([*_WAYS, "lost", "gained", "moved"], 0)
_PARENT = Judged(
    commit="a" * 40,
    subject="first",
    verdict="PASS",
    reason="",
    failed={},
    hidden=0,
    covered=8,
    total=10,
    counted_as="ctrace x",
    attribution=_BUCKETS,
    gaps=(),
    lost=(),
    seconds=1.0,
)


@pytest.mark.parametrize(
    ("covered", "total", "buckets"),
    [
        (8, 10, {"moved": 3}),
        (10, 13, {"new_covered": 2, "new_uncovered": 1}),
        (7, 10, {"lost": 2, "gained": 1}),
        (7, 8, {"deleted_covered": 1, "deleted_uncovered": 1}),
        (9, 12, {"newly_included_covered": 1, "newly_included_uncovered": 1}),
        (6, 7, {"newly_excluded_covered": 2, "newly_excluded_uncovered": 1}),
    ],
)
def test_the_attribution_is_the_difference(
    covered: int, total: int, buckets: dict[str, int]
) -> None:
    judged = replace(_PARENT, covered=covered, total=total, attribution={**_BUCKETS, **buckets})
    assert is_explained(_PARENT, judged) is True
    assert is_explained(_PARENT, replace(judged, covered=covered + 1)) is False
    assert is_explained(_PARENT, replace(judged, total=total + 1)) is False


def test_what_was_not_measured_is_not_checked() -> None:
    assert is_explained(replace(_PARENT, covered=None), _PARENT) is None
    assert is_explained(_PARENT, replace(_PARENT, attribution=None)) is None


def test_a_sum_that_does_not_hold_is_told() -> None:
    told = [_PARENT, replace(_PARENT, sums=True), replace(_PARENT, sums=False)]
    assert summary(told).endswith("sums: 1 of 2 hold")
    assert ["does not sum" in line(each) for each in told] == [False, False, True]
