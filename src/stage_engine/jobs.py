"""Jobs as people ask for them: made from a template for a host, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stage_engine import catalogue, jobqueue
from stage_engine.context import Engine
from stage_engine.errors import InputError
from stage_engine.foreground import find_job
from stage_engine.templates import PipelineJob


def create_job(
    engine: Engine, template: str, *, host: str, given: Mapping[str, Any], name: str
) -> int:
    """Queue a job.

    Args:
        engine: Where.
        template: The name of its template.
        host: The host that has to do it; empty: any, or as the payload says.
        given: What the template leaves open.
        name: What to call that in errors.

    Returns:
        Its number.

    Raises:
        InputError: If template, host, definition or payload are not valid.
    """
    with engine.store.writing() as rows:
        found = catalogue.template(rows, template)
        payload = found.fill(given, name=name)
        if isinstance(payload, PipelineJob):
            catalogue.definition(rows, payload.definition)
            host = host or payload.host
        catalogue.check_host(rows, host)
        repo = getattr(payload, "repo", "")
        return jobqueue.enqueue(
            rows,
            kind=found.kind,
            repo=repo,
            host=host,
            template=template,
            payload=payload.model_dump(),
        )


def cancel_job(engine: Engine, job_id: int, *, reason: str) -> None:
    """End a job that is pending or running.

    Raises:
        NotFoundError: If there is no such job.
        InputError: If it has ended already.
    """
    job = find_job(engine, job_id)
    with engine.store.writing() as rows:
        if not jobqueue.cancel(rows, job_id, reason=reason):
            raise InputError([f"job {job_id} is {job.state} already; there is nothing to cancel"])
        if job.kind == jobqueue.DEVELOP and job.task_id is not None:
            # Its task has to notice that nobody works on it any more.
            jobqueue.enqueue(rows, kind=jobqueue.ADVANCE, task_id=job.task_id, repo=job.repo)
