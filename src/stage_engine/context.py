"""The engine as one value: its settings, its store, its gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.boundary import Redactor, redactor
from coverage_gate.clock import SystemClock
from coverage_gate.ports import NoProgress, Progress
from stage_engine import lease as leases
from stage_engine import locks
from stage_engine.lease import Lease
from stage_engine.qg import QG_CHECKS, SUB_GATES, Check
from stage_engine.repository import Origin, open_origin
from stage_engine.settings import EngineSettings, load_engine_settings
from stage_engine.store import EngineClock, EngineStore
from stage_engine.values import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Everything that advancing a task needs.

    Attributes:
        settings: As they were read for this engine.
        store: Tasks, runs, jobs, lease, outbox.
        checks: The quality gates by name.
        sub_gates: Those on the edge deploy-staging → deploy, in order.
        progress: Hears each step when it begins.
        held: Locks of tasks: the commands that are run for one keep it until they are gone.
    """

    settings: EngineSettings
    store: EngineStore
    checks: Mapping[str, Check] = field(default_factory=lambda: QG_CHECKS)
    sub_gates: tuple[str, ...] = SUB_GATES.names
    progress: Progress = field(default_factory=NoProgress)
    held: tuple[int, ...] = ()

    @property
    def clock(self) -> EngineClock:
        """The store's."""
        return self.store.clock

    def origin(self, repo: str) -> Origin:
        """The authoritative repository. Raises RepositoryError."""
        return open_origin(self.settings.gate, repo)

    @contextmanager
    def exclusive(self, task_id: int) -> Iterator[Engine | None]:
        """Have a task for the length of the block: this engine with the task's lock in `held`.

        None: somebody else has the task. See `locks.exclusive`.
        """
        folder = locks.locks_folder(self.settings.gate.store_target)
        with locks.exclusive(folder, task_id) as lock:
            yield None if lock is None else replace(self, held=(*self.held, lock))

    def acquire(self, task: Task) -> Lease | None:
        """The merge lease of the task's repository; None while another work item has it."""
        return leases.acquire(
            self.store.shared,
            self.clock,
            repo=task.repo,
            holder=task.work_item,
            ttl_s=self.settings.lease_ttl_s,
        )

    def redact(self) -> Redactor:
        """Blanks our secrets."""
        return redactor(self.settings.gate.secrets())


def open_engine(*, progress: Progress | None = None) -> Engine:
    """An engine by the settings as they are now.

    Raises:
        SettingsError: If a variable is invalid.
        StoreError: If the database is not supported.
    """
    settings = load_engine_settings()
    clock = SystemClock()
    shared = open_store(settings.gate.store_target, clock=clock)
    return Engine(
        settings=settings,
        store=EngineStore(shared=shared, clock=clock),
        progress=progress or NoProgress(),
    )
