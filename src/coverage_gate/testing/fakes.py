"""Public fakes of the ports: what they answer is given when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.configured import ConfigurationChange
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.ports import RepositoryError, TreeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedClock:
    """A clock that stands still."""

    iso: str = "2026-01-01T00:00:00Z"
    seconds: float = 0.0

    def now_iso(self) -> str:
        """The fixed time."""
        return self.iso

    def monotonic(self) -> float:
        """The fixed number of seconds."""
        return self.seconds


@dataclass(slots=True, kw_only=True)
class RecordingProgress:
    """Keeps what it heard, in order."""

    heard: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        """Keep a step."""
        self.heard.append(text)

    def detail(self, text: str) -> None:
        """Keep a detail."""
        self.heard.append(text)


@dataclass(slots=True, kw_only=True)
class FakeMeasurer:
    """Answers by tree id; `asked` keeps each (tree, fresh) in order."""

    answers: Mapping[str, Measurement | MeasureFailure]
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """The answer that was given for this tree."""
        tree = source.tree or ""
        self.asked.append((tree, fresh))
        return self.answers[tree]


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeConfigurations:
    """The change that was given, whatever the trees."""

    answer: ConfigurationChange = field(default_factory=ConfigurationChange)

    def change(self, base_tree: str, tree: str) -> ConfigurationChange:
        """The change that was given."""
        del base_tree, tree
        return self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRepository:
    """One landing and one set of changes; refs that are not listed are unknown."""

    landed: Landing
    changed: Changes
    refs: Mapping[str, Commit]
    error: RepositoryError | None = None
    diffs: tuple[FileDiff, ...] = ()
    texts: Mapping[tuple[str, str], bytes] = field(default_factory=dict)

    def resolve(self, ref: str) -> Commit:
        """The commit of a listed ref."""
        if ref not in self.refs:
            raise RepositoryError(f"unknown branch {ref}", code="unknown-ref")
        return self.refs[ref]

    def landing(self, base: Commit, head: Commit) -> Landing:
        """The landing that was given, whatever the commits."""
        del base, head
        return self.landed

    def changes(self, base_tree: str, tree: str) -> Changes:
        """The changes that were given, or the error."""
        del base_tree, tree
        if self.error is not None:
            raise self.error
        return self.changed

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """The diffs that were given."""
        del base_tree, tree
        return self.diffs

    def read_file(self, tree: str, path: str) -> bytes | None:
        """Nothing: no file is in a fake tree."""
        del tree, path
        return None

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those of the given texts, however large."""
        del max_total
        return {path: self.texts[tree, path] for path in paths if (tree, path) in self.texts}
