"""What judging needs from the outside, as protocols; adapters and the public fakes fit them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.configured import ConfigurationChange
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.history import FileCounts, Point, Pruned
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.outbox import Message
from coverage_gate.core.ratchet import LeaseRow, RatchetResult, RatchetStep
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import (
    AuditRow,
    Intent,
    IntentState,
    MeasurementSummary,
    OutboxRow,
    OutboxState,
)
from coverage_gate.core.sampling import Trial
from coverage_gate.core.waiver import Waiver


class DeliveryError(Exception):
    """A message did not arrive, or nobody knows whether it did. The text holds no secret.

    Attributes:
        retry_s: How long the receiver asks to wait; None: it does not say.
        is_final: Whether the same message would be refused again.
        is_wide: Whether every other message to this receiver would fare alike now.
        status: Of HTTP; None where there was no answer.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_s: float | None = None,
        is_final: bool = False,
        is_wide: bool = True,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_s = retry_s
        self.is_final = is_final
        self.is_wide = is_wide
        self.status = status


#: The code of a repository whose configuration git cannot read: who works in it can do that, so
#: it is no error of the tool that would open.
BAD_GIT_CONFIG = "bad-git-config"


class RepositoryError(Exception):
    """Git could not answer. The message says what to do next.

    Attributes:
        code: Stable, with a heading in docs/errors.md.
        branch_fault: Whether the branch's own content caused it.
    """

    def __init__(
        self, message: str, *, code: str = "git-failed", branch_fault: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.branch_fault = branch_fault


class StoreError(Exception):
    """The store could not answer or write. The message says what to do next."""


class SandboxError(Exception):
    """A process could not be started at all. The message says what to do next."""


class WeakSandboxError(SandboxError):
    """The level that works here closes less than is required. Nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSource:
    """The files to be measured: a git tree, or a folder as it stands.

    Attributes:
        tree: Git tree id; None for a folder without a commit ("uncommitted").
        config_tree: Git tree whose configuration rules (the base's); None: the source's own.
        commit: The commit whose tree it is; None for a merge result.
        folder: The folder, where there is no tree.
        label: For progress: "branch feature/x", "base main".
        branch: Whose history the numbers belong to; empty where nobody said.
    """

    tree: str | None
    config_tree: str | None
    commit: str | None = None
    folder: Path | None = None
    label: str = ""
    branch: str = ""


class Repository(Protocol):
    """A git repository, read by plumbing only."""

    def resolve(self, ref: str) -> Commit:
        """Pin a branch, tag or sha; RepositoryError for a name that is unknown or no commit."""

    def landing(self, base: Commit, head: Commit) -> Landing:
        """Head's tree, or the merge of both; RepositoryError without a common history."""

    def changes(self, base_tree: str, tree: str) -> Changes:
        """What differs from one tree to the other, renames found."""

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """What differs line by line in the Python source files, renamed ones with each other."""

    def read_file(self, tree: str, path: str) -> bytes | None:
        """One blob of a tree; None where the tree has no such regular file."""

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those regular files of a tree that fit into so many bytes together, in this order."""


class TreeReader(Protocol):
    """The files of git trees, for what is told beside a verdict."""

    def paths(self, tree: str) -> tuple[str, ...]:
        """The regular files of a tree."""

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those regular files of a tree that fit into so many bytes together, in this order."""


class ChangeReader(TreeReader, Protocol):
    """The files of git trees, and what differs between two."""

    def resolve(self, ref: str) -> Commit:
        """As `Repository.resolve`."""

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """As `Repository.diff`."""


class Measurer(Protocol):
    """Runs the tests of a tree and counts what they executed."""

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """Measure, or reuse the same identity unless `fresh`; raises for nothing in the tree."""


class Mutator(Protocol):
    """Runs the tests of a tree with one change of its code in memory."""

    def try_mutants(
        self, source: TreeSource, mutants: Sequence[Mutant], *, seconds: float
    ) -> tuple[Trial, ...] | MeasureFailure:
        """Try them one after the other, as far as the time goes; raises for nothing in the tree.

        A failure where the tests do not even pass without a change.
        """


class Configurations(Protocol):
    """Reads what a branch does to the configuration of coverage.py, pytest and the gate."""

    def change(self, base_tree: str, tree: str) -> ConfigurationChange:
        """Compare both; RepositoryError where a file cannot be read from git."""


class Store(Protocol):
    """Baselines, measurements, lease, intents, audit and outbox. Any method may raise StoreError.

    Times (`at`) are ISO 8601 in UTC of one and the same form. A value that cannot be stored (a
    rate outside [0, 1], a name that is empty where one is needed, a payload that is no JSON)
    raises ValueError before anything is written. Each writing method is durable when it returns.
    """

    def transaction(self) -> AbstractContextManager[Store]:
        """All or nothing: what is written through the store that the block gets.

        It is written when the block ends and forgotten when the block raises. One writer at a
        time: others wait. Inside the block this thread writes only through what it was given.
        """

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """The key's own row of the repository's newest epoch, else its "*" row."""

    def has_baseline(self, repository: str) -> bool:
        """Whether the repository has a baseline of any scope and kind in its newest epoch."""

    def baselines(self) -> tuple[Baseline, ...]:
        """Of each repository the row that was written last in its newest epoch, by name."""

    def ratchet(
        self,
        *,
        key: BaselineKey,
        rate: Fraction,
        counts: Counts | None,
        sha: str,
        tree: str | None,
        holder: str | None,
        fence: int | None,
        at: str,
    ) -> RatchetResult:
        """Raise the key's baseline in the newest epoch, found it, or stamp an equal one anew.

        Decided by one statement in the database; see `core.ratchet` for the rule. ValueError for
        a rate that is not that of the counts.
        """

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """Open a new epoch with this "*" value, audited: the one way down. Returns the epoch.

        ValueError without actor or reason.
        """

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """The newest steps of all baselines of a repository, newest first."""

    def load_measurement(self, identity: str) -> Measurement | None:
        """The stored measurement of this identity; None, too, when it cannot be read any more."""

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """Keep a measurement under its identity; the first one that is readable wins.

        One without identity (an uncommitted tree) is not kept.
        """

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """The newest measurements of a repository, newest first."""

    def note_point(self, point: Point, files: Sequence[FileCounts]) -> bool:
        """Keep a point of the history; False where its branch has the same numbers of its commit.

        ValueError without repository or identity, or where its counts are not those of its files.
        """

    def note_merge(
        self,
        repository: str,
        *,
        tree: str,
        scope: str,
        kind: str,
        branch: str,
        commit: str,
        at: str,
    ) -> Point | None:
        """Keep what was measured of a tree as a point of the branch that it landed in.

        Returns:
            The point, also one that was kept before; None where the tree was not measured so.
        """

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """The newest points of a branch, or of all, newest first by their time."""

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """The branches that have points, by name; the empty name where nobody said which."""

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """The files of a point, by path; none for an unknown number."""

    def prune(self, repository: str, *, before: str) -> Pruned:
        """Forget the points and measurements that are older.

        What a baseline stands on stays, and so does the newest point of each branch and kind.
        """

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """Keep flaky lines of main; one that is known is stamped anew."""

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """The flaky lines that were seen at that time or later, by tree and place."""

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """Keep which tests run which lines of main, in the place of the map before."""

    def load_contexts(self, repository: str) -> ContextMap | None:
        """The newest map; None, too, when it cannot be read any more."""

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """Those of these facts that are kept under this key, by their name, as they were given."""

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """Keep facts in the place of those of their name; what was kept before `since` goes."""

    def forget_facts(self, repository: str) -> None:
        """Keep none of a repository any more."""

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """Take the merge lease. Returns its fence, or None while another one holds it.

        Each grant raises the fence. The holder of a lease that still runs gets its current fence
        again and the longer of both times: so a repeated call is no hand-over to oneself.
        """

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """Prolong the lease to now + ttl; False when it is someone else's by now."""

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """Give the lease back; False when it is someone else's by now."""

    def lease(self, repository: str) -> LeaseRow | None:
        """The lease row as it stands; None where the repository never had a lease."""

    def leases(self) -> tuple[LeaseRow, ...]:
        """The lease rows of all repositories that ever had one, by name."""

    def open_intent(
        self,
        *,
        repository: str,
        holder: str,
        fence: int,
        sha: str,
        payload: Mapping[str, object],
        at: str,
    ) -> int | None:
        """Note a merge before it is made. Returns its number; None when the lease is not held so.

        The same sha under the same fence is the same intent.
        """

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """The intents that nobody has settled, oldest first."""

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """Close an open intent as DONE or DROPPED; False when it was closed before."""

    def count_tool_error(self, repository: str, *, at: str) -> int:
        """One more tool error of this repository. Returns how many came in a row."""

    def tool_errors(self, repository: str) -> int:
        """How many tool errors came in a row."""

    def forget_tool_errors(self, repository: str, *, fewer_than: int | None = None) -> None:
        """Begin again at none; where `fewer_than` is given, only if there are fewer."""

    def audit(
        self,
        *,
        actor: str,
        action: str,
        repository: str,
        reason: str,
        detail: Mapping[str, object],
        at: str,
    ) -> None:
        """Keep for ever who did what and why."""

    def audits(self, repository: str, *, limit: int) -> tuple[AuditRow, ...]:
        """The newest audit rows of a repository, newest first."""

    def grant_waiver(self, waiver: Waiver) -> int:
        """Keep a waiver, audited. Returns its number. ValueError without actor or reason."""

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """End a waiver, audited; False where there is none, or it was revoked before."""

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """The waivers of a repository that were not revoked, oldest first."""

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """Remember that the verdict on a tree used these waivers of a repository."""

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """End the waivers that the verdict on a merged tree used, audited. Returns which."""

    def enqueue(
        self, *, topic: str, payload: Mapping[str, object], dedup_key: str | None, at: str
    ) -> bool:
        """Leave a message to be sent; False when topic and key were told already."""

    def claim_messages(
        self, *, at: str, retry_at: str, limit: int, only: Sequence[int] | None = None
    ) -> tuple[OutboxRow, ...]:
        """Take due messages to be sent, oldest first; nobody else gets them before `retry_at`.

        Args:
            at: Now.
            retry_at: When they are due again, unless they are settled before.
            limit: How many at most.
            only: Of these numbers; None: of all.
        """

    def settle_message(
        self, seq: int, *, state: OutboxState, error: str, retry_at: str | None = None
    ) -> bool:
        """Say how sending ended. False when it was settled before.

        Args:
            seq: Which.
            state: PENDING: it is tried again.
            error: Why it did not arrive, or a remark; empty for none.
            retry_at: When it is tried again; None: as it was claimed.
        """

    def due_messages(self, topic: str, *, at: str, limit: int) -> tuple[OutboxRow, ...]:
        """The messages of a topic that are due, oldest first. They are not taken."""

    def messages(
        self, *, states: Collection[OutboxState], topic: str | None = None, limit: int
    ) -> tuple[OutboxRow, ...]:
        """The newest messages in these states, newest first; of one topic, or of all."""

    def message_counts(self) -> Mapping[tuple[str, OutboxState], int]:
        """How many messages there are, by topic and state."""

    def revive_message(self, seq: int, *, at: str) -> bool:
        """Have a dead message tried again, as if it were new. False when it is not dead."""

    def forget_messages(self, *, before: str) -> int:
        """Delete what was delivered, or is dead, and was last tried before a time. How many.

        What waits stays, however old it is.
        """


class Receiver(Protocol):
    """Somebody who is told: a chat, a tracker, a forge."""

    @property
    def topic(self) -> str:
        """The topic of the messages that it gets, as in "telegram"."""

    @property
    def is_chat(self) -> bool:
        """Whether people read each message: what belongs together is told as one."""

    def deliver(self, message: Message) -> str:
        """Send a message, so that sending it again changes nothing where that is possible.

        Returns:
            A remark for the operator; empty for none.

        Raises:
            DeliveryError: If it did not arrive.
        """

    def check(self) -> str:
        """Ask whether messages would arrive; changes nothing. Returns what was found.

        Raises:
            DeliveryError: If they would not.
        """


class Clock(Protocol):
    """The time."""

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""


class Progress(Protocol):
    """Hears what the gate is doing. Must not raise."""

    def step(self, text: str) -> None:
        """A new step begins."""

    def detail(self, text: str) -> None:
        """Something to show within the step, as in "42 tests"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProgress:
    """Hears nothing."""

    def step(self, text: str) -> None:
        """Ignore."""

    def detail(self, text: str) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """Bounds of one test run.

    Attributes:
        timeout_s: Wall time of the test command.
        output_bytes: How much of its output is kept (first and last half).
        data_bytes: Largest data file that is read.
    """

    timeout_s: float = 900.0
    output_bytes: int = 64 * 1024
    data_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a bounded process ended.

    Attributes:
        exit_status: Of the process; negative for a signal; None: killed at the time limit.
        output: First and last part of stdout and stderr together.
        seconds: Wall time.
    """

    exit_status: int | None
    output: bytes
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What a run finds beside the system's own programs. A level that isolates shows no more.

    Attributes:
        writable: Folders that it may change; what it leaves there is read afterwards.
        readable: Files and folders.
        emptied: Folders below writable ones that nobody reads afterwards; they may be in memory.
        stand_ins: (place, source): the source's files are seen at the place.
    """

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    emptied: tuple[Path, ...] = ()
    stand_ins: tuple[tuple[Path, Path], ...] = ()


class Sandbox(Protocol):
    """Holds a foreign process. Each isolation level is one implementation."""

    @property
    def name(self) -> str:
        """As in "plain" or "bubblewrap"."""

    def run(
        self,
        argv: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        premises: Premises,
        limits: RunLimits,
        progress: Progress,
        progress_file: Path | None = None,
    ) -> ProcessResult:
        """Run to the end or the limit; whatever it started is gone when this returns.

        Raises:
            SandboxError: If it cannot be started; never for what it does once it runs.
        """
