"""What is found out about main after a merge, beside the tasks: flaky lines, and who runs what."""

from __future__ import annotations

from sqlalchemy import select

from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.learning import open_main
from coverage_gate.settings import Settings, load_settings
from coverage_gate.wiring import repository_folder
from stage_engine import jobqueue
from stage_engine.context import Engine
from stage_engine.schema import JOBS
from stage_engine.store import Rows
from stage_engine.values import JobState


def ask(rows: Rows, repo: str) -> None:
    """Queue the job for a repository, unless one waits: it looks at main as it is then."""
    waits = select(JOBS.c.id).where(
        JOBS.c.kind == jobqueue.LEARN, JOBS.c.repo == repo, JOBS.c.state == JobState.PENDING
    )
    if rows.connection.execute(waits.limit(1)).one_or_none() is None:
        jobqueue.enqueue(rows, kind=jobqueue.LEARN, repo=repo)


def learn(engine: Engine, repo: str) -> tuple[str, ...] | MeasureFailure:
    """Measure main of a repository once more, and record which tests run what.

    Returns:
        What was found, for the log.

    Raises:
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    gate = engine.settings.gate

    def read(base_pyproject: bytes | None) -> Settings:
        """The settings of this host for a base with this pyproject.toml. Raises SettingsError."""
        return load_settings(env=gate.environment, base_pyproject=base_pyproject)

    with open_main(read, repo, repository_folder(gate, repo), progress=engine.progress) as main:
        flaky = main.learn_flaky()
        if isinstance(flaky, MeasureFailure):
            return flaky
        contexts = main.learn_contexts()
        if isinstance(contexts, MeasureFailure):
            return contexts
    return (
        f"ran in one of two measurements alone: {len(flaky)} lines and branches",
        f"{len(contexts.tests)} tests run something in {len(contexts.files)} files",
    )
