"""What the history of a repository tells: looked at, checked, told, and pruned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.alerting import leave_alert
from coverage_gate.boundary import visible
from coverage_gate.clock import SystemClock
from coverage_gate.core.history import (
    FAR_BACK,
    FileCounts,
    FileMove,
    HistoryError,
    Point,
    Pruned,
    Standing,
    Step,
    branch_of,
    moves,
    newest_steps,
    steps,
)
from coverage_gate.core.rates import Counts
from coverage_gate.core.times import days_before
from coverage_gate.ports import Store
from coverage_gate.receiving import CHATS, configured_topics
from coverage_gate.settings import Settings
from coverage_gate.wiring import store_of

#: All that a branch has.
EVERYTHING = 2**31

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The history of a branch.

    Attributes:
        repository: Whose.
        branch: Which.
        steps: Each point beside the one before it, oldest first; at least one.
        max_drop: A share; what falls by more is a regression.
    """

    repository: str
    branch: str
    steps: tuple[Step, ...]
    max_drop: Fraction

    @property
    def newest(self) -> tuple[Step, ...]:
        """How the newest commit stands, in each way that it was measured."""
        return newest_steps(self.steps)

    @property
    def standing(self) -> Standing:
        """How it stands altogether: the worst of `newest`."""
        found = {step.standing for step in self.newest}
        return next(each for each in _WORST_FIRST if each in found)


_WORST_FIRST = (Standing.REGRESSION, Standing.NOT_COMPARABLE, Standing.FIRST, Standing.HELD)


def past(
    settings: Settings, repository: str, *, branch: str | None = None, limit: int = FAR_BACK
) -> Past:
    """The history of a branch of a repository.

    Args:
        settings: Where the store is, which branch others land in, and what is a regression.
        repository: Its name.
        branch: Which one; None: the base.
        limit: How many points, the newest.

    Raises:
        HistoryError: If nothing is kept of it.
        StoreError: If the store cannot be read.
    """
    store, name = store_of(settings), branch_of(branch or settings.base)
    kept = store.history(repository, branch=name, limit=limit)
    if not kept:
        raise _nothing(store, repository, name)
    return Past(
        repository=repository,
        branch=name,
        steps=steps(reversed(kept), max_drop=settings.alert_drop),
        max_drop=settings.alert_drop,
    )


def tell(settings: Settings, found: Past) -> bool:
    """Leave an alert where the newest commit is a regression; False where it was told before.

    Raises:
        StoreError: If the store cannot be written.
    """
    at = SystemClock().now_iso()
    told = False
    with store_of(settings).transaction() as store:
        for step in found.newest:
            left = leave_alert(
                store,
                step,
                max_drop=found.max_drop,
                topics=chats(settings),
                at=at,
            )
            told = told or left
    return told


def chats(settings: Settings) -> list[str]:
    """Who reads that coverage fell."""
    return [topic for topic in configured_topics(settings) if topic in CHATS]


def files_of(settings: Settings, points: Sequence[Point]) -> dict[int, tuple[FileCounts, ...]]:
    """The files of points, by number. Raises StoreError."""
    store = store_of(settings)
    return {point.seq: store.point_files(point.seq) for point in points}


def counts_of_file(
    settings: Settings, found: Sequence[Step], path: str
) -> dict[int, Counts | None]:
    """The counts of one file at each point, by number; None where it was not there.

    Raises:
        HistoryError: If it was at none of them.
        StoreError: If the store cannot be read.
    """
    files = files_of(settings, [step.point for step in found])
    counts = {
        seq: next((file.counts for file in own if file.path == path), None)
        for seq, own in files.items()
    }
    if not any(counts.values()):
        raise HistoryError(f"no measurement that is shown has a file {visible(path)}")
    return counts


def last_moves(settings: Settings, found: Past) -> tuple[FileMove, ...]:
    """The files whose numbers differ between the newest point and what it was compared with."""
    step = found.steps[-1]
    if step.before is None or step.standing is Standing.NOT_COMPARABLE:
        return ()
    files = files_of(settings, [step.before, step.point])
    return moves(files[step.before.seq], files[step.point.seq])


def prune(settings: Settings, repository: str) -> Pruned:
    """Forget what is older than the settings say.

    Raises:
        HistoryError: If they say that everything is kept.
        StoreError: If the store cannot be written.
    """
    if not settings.history_days:
        raise HistoryError(
            "nothing is pruned: ORCH_COVERAGE_HISTORY_DAYS is 0, which keeps everything; set it,"
            " or give --days"
        )
    before = days_before(SystemClock().now_iso(), settings.history_days)
    return store_of(settings).prune(repository, before=before)


def _nothing(store: Store, repository: str, branch: str) -> HistoryError:
    known = store.history_branches(repository)
    if not known:
        return HistoryError(
            f"no measurement of {visible(repository)} is kept yet: `coverage-gate measure` makes"
            " the first point, `coverage-gate history import` takes what is there"
        )
    names = ", ".join(visible(name) or "(none)" for name in known[:_SHOWN])
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return HistoryError(
        f"no measurement of branch {visible(branch) or '(none)'} of {visible(repository)} is"
        f" kept; there are: {names}{more}"
    )
