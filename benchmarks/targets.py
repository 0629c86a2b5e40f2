"""What the gate may cost, and whether it did. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.count_cost import CountCost
from benchmarks.figures import Round, Spread, ratio, spread
from benchmarks.rivals import COLD, HOSTED, NAIVE, PLAIN, SAME, TRACED, WARM

_WIDTH = 62
_ROW = "{:<62} {:<21} {:>6}  {}"
#: What the targets of a run are about.
NEEDED = frozenset({PLAIN, TRACED, NAIVE, COLD, WARM, HOSTED, SAME})
#: Suites that take less say nothing about a ratio to a run.
LONG_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that may cost so much.

    Attributes:
        what: It.
        found: What was measured.
        most: What it may be.
        remark: On what it was measured, and what is to be known of it.
    """

    what: str
    found: Spread
    most: float
    remark: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the median is within the limit."""
        return self.found.median <= self.most


def over(
    rounds: Sequence[Round], above: Callable[[Round], float], below: Callable[[Round], float]
) -> Spread:
    """The ratio of two figures of the same round, over all rounds."""
    return spread([ratio(above(each), below(each)) for each in rounds])


def of_runs(title: str, rounds: Sequence[Round], *, is_sysmon: bool) -> list[Target]:
    """The targets that a run of the tests is in."""
    plain = spread([each[PLAIN].cpu_s for each in rounds]).median
    remark = title if plain >= LONG_S else f"{title}; the suite takes {plain:.1f} s only"
    found = [
        Target(
            what="whole gate / tracing alone, same core",
            found=over(rounds, _cpu(WARM), _cpu(TRACED)),
            most=1.05,
            remark=remark,
        ),
        Target(
            what="whole gate in a running host / tracing alone, same core",
            found=over(rounds, _cpu(HOSTED), _cpu(TRACED)),
            most=1.05,
            remark=remark,
        ),
        Target(
            what="whole gate, no source known / tracing alone",
            found=over(rounds, _cpu(COLD), _cpu(TRACED)),
            most=1.15,
            remark=f"{remark}; no target of the issue",
        ),
    ]
    if is_sysmon:
        found += [
            Target(
                what="whole gate / plain pytest, sys.monitoring",
                found=over(rounds, _cpu(WARM), _cpu(PLAIN)),
                most=1.15,
                remark=remark,
            ),
            Target(
                what="whole gate in a running host / plain pytest, sys.monitoring",
                found=over(rounds, _cpu(HOSTED), _cpu(PLAIN)),
                most=1.15,
                remark=remark,
            ),
            _added(WARM, "what the gate adds to a re-test", rounds, remark),
            _added(HOSTED, "what it adds in a running host", rounds, remark),
        ]
    return found


def _added(name: str, what: str, rounds: Sequence[Round], remark: str) -> Target:
    """A naive gate runs the tests a second time; ours is the run that takes place anyway."""
    found = over(
        rounds, lambda each: each[name].cpu_s - each[PLAIN].cpu_s, lambda each: each[NAIVE].cpu_s
    )
    title = f"{what} / what the naive gate adds"
    return Target(what=title, found=found, most=0.10, remark=remark)


def of_same_tree(title: str, rounds: Sequence[Round]) -> Target:
    """A verdict for a tree that is measured already."""
    return Target(
        what="verdict for a known tree, s of CPU for the command",
        found=spread([each[SAME].cpu_s for each in rounds]),
        most=0.6,
        remark=title,
    )


def of_counts(counts: Iterable[CountCost]) -> list[Target]:
    """The targets of counting after the run."""
    found = []
    for each in counts:
        if each.json_s is not None:
            most = 0.05 if each.files >= 500 else 0.15  # noqa: PLR2004 - as the issue says
            warm, cold = each.warm_s / each.json_s, each.cold_s / each.json_s
            found += [
                _single("count, source known / coverage json", warm, most, f"{each.files} files"),
                _single("count, nothing known / coverage json", cold, 0.8, f"{each.files} files"),
            ]
        else:
            found.append(
                _single("peak memory of the count, MiB", each.warm_mib, 100, f"{each.files} files")
            )
    return found


def _single(what: str, value: float, most: float, remark: str) -> Target:
    return Target(what=what, found=spread([value]), most=most, remark=remark)


def single(what: str, values: Sequence[float], most: float, remark: str = "") -> Target:
    """A target of figures that stand for themselves."""
    return Target(what=what, found=spread(values), most=most, remark=remark)


def table(targets: Iterable[Target]) -> str:
    """A row for each."""
    rows = [_ROW.format("what", "median (low-high)", "target", "")]
    for each in targets:
        name = f"{each.what} [{each.remark}]" if each.remark else each.what
        met = "met" if each.is_met else "MISSED"
        # A remark may be long: the figures stand in columns of their own all the same.
        rows += [name] if len(name) > _WIDTH else []
        shown = "" if len(name) > _WIDTH else name
        rows.append(_ROW.format(shown, _shown(each.found), f"{each.most:g}", met))
    return "\n".join(rows)


def as_json(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """All of it."""
    return [{**asdict(each), "is_met": each.is_met} for each in targets]


def _shown(found: Spread) -> str:
    digits = 0 if found.median >= 10 else 3  # noqa: PLR2004 - mebibytes
    middle, low, high = (f"{value:.{digits}f}" for value in (found.median, found.low, found.high))
    return middle if low == high else f"{middle} ({low}-{high})"


def _cpu(name: str) -> Callable[[Round], float]:
    return lambda each: each[name].cpu_s
