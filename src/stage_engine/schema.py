"""The engine's tables, beside the library's in the same database; see ADR 0010."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)

METADATA = MetaData()

# SQLite numbers rows only in a column that is called INTEGER.
_BIG = BigInteger().with_variant(Integer(), "sqlite")


def _number(name: str, *, start: int = 0) -> Column[int]:
    return Column(name, _BIG, nullable=False, server_default=text(str(start)))


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


TASKS = Table(
    "engine_task",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("repo", Text, nullable=False),
    Column("work_item", Text, nullable=False),
    Column("branch", Text, nullable=False),
    _words("title"),
    Column("stage", Text, nullable=False),
    Column("status", Text, nullable=False),
    _words("reason"),
    _number("developer_retries"),
    Column("job_id", _BIG),
    Column("head", Text),
    Column("judged_head", Text),
    Column("judged_base", Text),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    _number("version", start=1),
    UniqueConstraint("repo", "work_item", name="engine_task_once"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

RUNS = Table(
    "engine_run",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("trace_id", Text, nullable=False),
    Column("task_id", _BIG, ForeignKey(TASKS.c.id), nullable=False),
    Column("source", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    _words("error"),
    _words("trace"),
    Index("engine_run_of", "task_id"),
    # A task has one journey at a time.
    Index("engine_run_open", "task_id", unique=True, sqlite_where=text("finished_at IS NULL")),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

EXECUTIONS = Table(
    "engine_stage_execution",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey(RUNS.c.run_id), nullable=False),
    Column("task_id", _BIG, ForeignKey(TASKS.c.id), nullable=False),
    Column("stage", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("attempt", _BIG, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("duration_ms", _BIG),
    _words("error"),
    Column("detail", Text, nullable=False, server_default="{}"),
    Index("engine_stage_execution_of", "run_id", "seq"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

JOBS = Table(
    "engine_job",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("task_id", _BIG, ForeignKey(TASKS.c.id)),
    _words("repo"),
    _words("host"),
    _words("template"),
    Column("state", Text, nullable=False),
    _number("attempt"),
    _words("worker"),
    _words("boot"),
    _number("heartbeat_ms"),
    _number("not_before_ms"),
    Column("created_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("payload", Text, nullable=False, server_default="{}"),
    _words("error"),
    Index("engine_job_due", "state", "id"),
    # The same wish twice is one job, as long as nobody has begun with it or is at it.
    Index(
        "engine_job_once",
        "task_id",
        "kind",
        unique=True,
        sqlite_where=text("state IN ('pending', 'running') AND task_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

LOGS = Table(
    "engine_job_log",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("job_id", _BIG, ForeignKey(JOBS.c.id), nullable=False),
    Column("attempt", _BIG, nullable=False),
    Column("at", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("engine_job_log_of", "job_id", "seq"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


def make_tables(connection: Connection) -> None:
    """Add the tables that are missing; nothing else in the database is touched."""
    if not inspect(connection).has_table(LOGS.name):
        METADATA.create_all(connection, checkfirst=True)
