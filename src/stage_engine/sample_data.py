"""Makes something to look at: a small repository with tasks, a host, templates, a definition.

What is there already stays as it is, so that it can be called at any time.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import BuildError, RepositoryBuilder
from coverage_gate.wiring import repository_folder
from stage_engine import catalogue, tasks
from stage_engine.catalogue import Kind
from stage_engine.context import Engine
from stage_engine.engine import submit_task
from stage_engine.machine import own_host
from stage_engine.samples import DEFINITIONS, MAIN, REPO, SAMPLES, TEMPLATES
from stage_engine.store import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Something of the sample data.

    Attributes:
        what: "repository", "host", "template", "definition" or "task".
        name: Its name.
        is_new: Whether it was made now; False: it was there.
    """

    what: str
    name: str
    is_new: bool


def make_sample_data(engine: Engine) -> tuple[Made, ...]:
    """Make what is missing.

    Args:
        engine: Where.

    Returns:
        All of it, in the order in which it is made.

    Raises:
        RepositoryError: If the repository cannot be made.
        StoreError: If the rest cannot be kept.
    """
    made = [Made(what="repository", name=REPO, is_new=_make_repository(engine))]
    with engine.store.writing() as rows:
        made += _entries(rows)
    return (*made, *_tasks(engine))


def _make_repository(engine: Engine) -> bool:
    folder = repository_folder(engine.settings.gate, REPO)
    if folder.exists():
        engine.origin(REPO)
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sample-", dir=folder.parent) as scratch:
            built = _built(Path(scratch) / REPO)
            # In one move: nobody ever finds half a repository.
            built.git_dir.rename(folder)
    except (BuildError, OSError) as error:
        message = f"the sample repository cannot be made in {folder}: {error}"
        raise RepositoryError(message) from error
    return True


def _built(path: Path) -> RepositoryBuilder:
    repo = RepositoryBuilder.create(path)
    repo.commit("a sample with tests", MAIN)
    for sample in SAMPLES:
        repo.branch(sample.branch)
        repo.commit(sample.title, sample.files)
        repo.switch("main")
    repo.git("config", "core.bare", "true")
    # The index is of a work tree that goes away.
    (repo.git_dir / "index").unlink()
    shutil.rmtree(repo.git_dir / "logs", ignore_errors=True)
    return repo


def _entries(rows: Rows) -> Iterator[Made]:
    yield _entry(rows, Kind.HOST, own_host(), {})
    for name, template in TEMPLATES.items():
        yield _entry(rows, Kind.TEMPLATE, name, template)
    for name, definition in DEFINITIONS.items():
        yield _entry(rows, Kind.DEFINITION, name, definition)


def _entry(rows: Rows, kind: Kind, name: str, body: Mapping[str, object]) -> Made:
    is_there = name in {entry.name for entry in catalogue.entries(rows, kind)}
    if not is_there:
        catalogue.keep(rows, kind, name, json.dumps(body))
    return Made(what=kind, name=name, is_new=not is_there)


def _tasks(engine: Engine) -> Iterator[Made]:
    with engine.store.reading() as rows:
        known = {task.work_item for task in tasks.listed(rows, repo=REPO)}
    for sample in SAMPLES:
        is_new = sample.work_item not in known
        if is_new:
            submit_task(
                engine,
                repo=REPO,
                work_item=sample.work_item,
                branch=sample.branch,
                title=sample.title,
                source="sample",
            )
        yield Made(what="task", name=sample.work_item, is_new=is_new)
