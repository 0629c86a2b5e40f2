"""What is found out about main off the critical path: its flaky lines, and which tests run what.

A check reads what is kept here; one that fails by lost lines alone adds what main then proves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.clock import SystemClock
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine, flapping
from coverage_gate.core.history import branch_of
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.core.times import days_before
from coverage_gate.measuring import TreeMeasurer
from coverage_gate.ports import Progress, TreeSource
from coverage_gate.settings import Settings
from coverage_gate.wiring import Workshop, no_repository, open_workshop, store_of

#: Reads the settings again, now with the base's pyproject.toml.
SettingsReader = Callable[[bytes | None], Settings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """The tree of a repository's main.

    Attributes:
        repository: Its name.
        measurer: Runs its tests.
        source: The tree.
    """

    repository: str
    measurer: TreeMeasurer
    source: TreeSource

    def learn_contexts(self) -> ContextMap | MeasureFailure:
        """Find out which tests run which lines, and keep it in the place of the map before.

        Raises:
            RepositoryError, StoreError: As they occur.
        """
        found = self.measurer.contexts(self.source)
        if isinstance(found, ContextMap):
            self.measurer.store.save_contexts(self.repository, found, self._now())
        return found

    def learn_flaky(self) -> tuple[FlakyLine, ...] | MeasureFailure:
        """Measure once more, and keep what ran in one of the two measurements alone.

        Raises:
            RepositoryError, StoreError: As they occur.
        """
        first = self.measurer.measure(self.source)
        if isinstance(first, MeasureFailure):
            return first
        second = self.measurer.measure(self.source, fresh=True)
        if isinstance(second, MeasureFailure):
            return second
        found = flapping(first, second)
        self.measurer.store.note_flaky(self.repository, found, self._now())
        return found

    def _now(self) -> str:
        return self.measurer.clock.now_iso()


@contextmanager
def open_main(
    read: SettingsReader,
    repository: str,
    folder: Path,
    *,
    base: str = "",
    progress: Progress | None = None,
) -> Iterator[Main]:
    """Main as it is now, under its own configuration.

    Raises:
        SettingsError: For a bad variable, flag or key of its table.
        RepositoryError: If the folder is no repository, or has no such branch.
    """
    with open_workshop(repository=repository, folder=folder, progress=progress) as shop:
        name = base or read(None).base
        source, content = _tree_of(shop, folder, name)
        yield Main(repository=repository, measurer=shop.measurer(read(content)), source=source)


def _tree_of(shop: Workshop, folder: Path, base: str) -> tuple[TreeSource, bytes | None]:
    """The tree, and its pyproject.toml."""
    if shop.view is None:
        raise no_repository(folder)
    commit = shop.view.resolve(base)
    source = TreeSource(
        tree=commit.tree,
        config_tree=commit.tree,
        commit=commit.sha,
        label=f"base {base}",
        branch=branch_of(base),
    )
    return source, shop.view.read_file(commit.tree, "pyproject.toml")


def known_flaky(read: SettingsReader, repository: str) -> tuple[FlakyLine, ...]:
    """The flaky lines of a repository that have not expired. Raises SettingsError, StoreError."""
    settings = read(None)
    since = days_before(SystemClock().now_iso(), settings.flaky_days)
    return store_of(settings).flaky_lines(repository, since=since)
