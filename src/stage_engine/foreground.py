"""Work that is done here and now, by the process of a person, and not by a worker."""

from __future__ import annotations

from coverage_gate.boundary import visible
from stage_engine import catalogue, jobqueue
from stage_engine.catalogue import Kind
from stage_engine.context import Engine
from stage_engine.definitions import DEFAULT_NAME, Definition, default_definition
from stage_engine.errors import InputError, NotFoundError
from stage_engine.jobkinds import KINDS, Work, run_job
from stage_engine.journey import Hands
from stage_engine.machine import own_host, worker_name
from stage_engine.pulse import carried
from stage_engine.values import Job, JobState

_BEAT_S = 5.0


def own_hands() -> Hands:
    """This process as a worker."""
    host = own_host()
    return Hands(worker=worker_name(host), host=host, beat_s=_BEAT_S)


def definition_of(engine: Engine, name: str) -> Definition:
    """The definition of this name; the built-in one needs no database. Raises InputError."""
    if name == DEFAULT_NAME:
        return default_definition()
    with engine.store.reading() as rows:
        return catalogue.definition(rows, name)


def check_is_here(engine: Engine, host: str) -> None:
    """Refuse what is meant for another host, or for one that is not known. Raises InputError."""
    if host in ("", own_host()):
        return
    with engine.store.reading() as rows:
        catalogue.find(rows, Kind.HOST, host)
    queueing = "`stage-engine jobs create` or `stage-engine submit --host`"
    here = f"it is for host {visible(host)!r}, and this is {own_host()!r}"
    raise InputError([f"{here}: queue it with {queueing}"])


def find_job(engine: Engine, job_id: int) -> Job:
    """The job of this number. Raises NotFoundError."""
    with engine.store.reading() as rows:
        job = jobqueue.find(rows, job_id)
    if job is None:
        raise NotFoundError(f"Job {job_id} not found; `stage-engine jobs list` lists them")
    return job


def run_one_job(engine: Engine, job_id: int) -> JobState:
    """Do a pending job here and now, also before its time.

    Raises:
        NotFoundError: If there is no such job.
        InputError: If it is not pending, is for another host, or cannot be done here.
        StoreError: If it cannot be written how it went.
    """
    job = find_job(engine, job_id)
    check_is_here(engine, job.host)
    if job.kind not in KINDS:
        raise InputError([f"job {job_id} is of the kind {visible(job.kind)!r}, unknown here"])
    if job.kind == jobqueue.DEVELOP and engine.settings.gate.developer_command is None:
        raise InputError([f"job {job_id} needs ORCH_DEVELOPER_COMMAND, which is not set"])
    hands = own_hands()
    with engine.store.writing() as rows:
        taken = jobqueue.take_job(
            rows, worker=hands.worker, host=hands.host, clock=engine.clock, only=job_id
        )
    if taken is None:
        raise InputError([f"job {job_id} is {job.state}, not pending; it cannot be run"])
    with carried(engine, taken, every_s=hands.beat_s) as pulse:
        return run_job(Work(engine=engine, job=taken, should_stop=lambda: pulse.is_lost))
