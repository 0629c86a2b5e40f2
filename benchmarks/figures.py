"""From single costs to medians and ratios. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.timing import Cost

#: Peer → what it has cost in one round; every round holds every peer once.
Round = Mapping[str, Cost]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A median and what lies around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one peer comes to.

    Attributes:
        cpu_s: Median of its seconds of CPU.
        wall_s: Median of its seconds.
        rss_mib: Largest peak.
        cpu_ratio: To the reference in the same round.
        wall_ratio: To the reference in the same round.
    """

    cpu_s: float
    wall_s: float
    rss_mib: float
    cpu_ratio: Spread
    wall_ratio: Spread


def spread(values: Sequence[float]) -> Spread:
    """Median, lowest and highest. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    return Spread(median=median(values), low=min(values), high=max(values))


def figures(rounds: Sequence[Round], peer: str, reference: str) -> Figures:
    """One peer over all rounds, against another one that ran in the same rounds.

    Each ratio is of two runs of one round, so what slows the machine for a while slows both. Raises
    ValueError for no rounds.
    """
    own = [each[peer] for each in rounds]
    other = [each[reference] for each in rounds]
    pairs = list(zip(own, other, strict=True))
    return Figures(
        cpu_s=spread([cost.cpu_s for cost in own]).median,
        wall_s=spread([cost.wall_s for cost in own]).median,
        rss_mib=spread([cost.rss_mib for cost in own]).high,
        cpu_ratio=spread([ratio(a.cpu_s, b.cpu_s) for a, b in pairs]),
        wall_ratio=spread([ratio(a.wall_s, b.wall_s) for a, b in pairs]),
    )


def ratio(one: float, other: float) -> float:
    """How often the other one fits in; clocks have steps, so nothing counts as a millisecond."""
    return one / max(other, 0.001)


def order(names: Sequence[str], number: int) -> tuple[str, ...]:
    """The order of a round: every second one runs backwards, so that a drift cancels out."""
    return tuple(names) if number % 2 == 0 else tuple(reversed(names))
