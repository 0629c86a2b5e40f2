"""Every statement and table is one that PostgreSQL takes too."""

from fractions import Fraction
from typing import Any, cast

import pytest
from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Executable,
    LargeBinary,
    Text,
    create_mock_engine,
    select,
)
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.compiler import SQLCompiler

from coverage_gate.adapters.stores import (
    sql_baseline,
    sql_facts,
    sql_history,
    sql_lease,
    sql_records,
)
from coverage_gate.adapters.stores.dialect import WRITER_QUEUE, queue_for_writing, upsert
from coverage_gate.adapters.stores.schema import BASELINES, METADATA, TRIGGERS
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.history import point_of
from coverage_gate.core.ratchet import Rise
from coverage_gate.core.records import IntentState, OutboxState
from coverage_gate.testing.values import covered, measurement

KEY = BaselineKey(repository="repo", scope="scope", kind="kind")
RISE = Rise(
    key=KEY,
    rate=Fraction(1, 2),
    counts=None,
    sha="sha",
    tree=None,
    holder="task",
    fence=None,
    at="at",
)
GRANT = sql_lease.Grant(repository="repo", holder="task", expires_ms=2, now_ms=1, boot="boot")
PLAN = sql_lease.Plan(repository="repo", holder="task", fence=1, sha="sha", payload="{}", at="at")
ROW = sql_records.measurement_row("repo", measurement(covered(1, 2)), b"payload", "at")
NOTE = sql_records.audit_row(
    actor="ann", action="act", repository="repo", reason="why", detail={}, at="at"
)
POINT = {
    **sql_history.point_row(
        point_of(
            measurement(covered(1, 2)), repository="repo", branch="main", at="at", recorded_at="at"
        )
    ),
    "payload": b"payload",
}
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
DIALECTS: dict[str, Dialect] = {
    name: registry.load(it.replace("+", "."))() for name, it in DRIVERS.items()
}


def statements(name: str) -> dict[str, Executable]:
    return {
        "rising": sql_baseline.rising(name, RISE),
        "logged": sql_baseline.logged(RISE, epoch=1, old_rank=None, fence=1),
        "rows_for": sql_baseline.rows_for(KEY),
        "newest_epoch": select(sql_baseline.newest_epoch("repo")),
        "newest_steps": sql_baseline.newest_steps("repo", 5),
        "may_write": select(sql_lease.may_write("repo", "task", 1)),
        "may_write_nobody": select(sql_lease.may_write("repo", None, None)),
        "granting": sql_lease.granting(name, GRANT),
        "renewing": sql_lease.renewing(GRANT, 1),
        "releasing": sql_lease.releasing("repo", "task", 1),
        "lease_row": sql_lease.lease_row("repo"),
        "planning": sql_lease.planning(name, PLAN),
        "open_ones": sql_lease.open_ones("repo"),
        "settling": sql_lease.settling(1, IntentState.DONE, "at"),
        "payload_of": sql_records.payload_of("identity"),
        "keeping": sql_records.keeping(name, ROW),
        "replacing": sql_records.replacing(ROW),
        "newest_measurements": sql_records.newest_measurements("repo", 5),
        "auditing": sql_records.auditing(NOTE),
        "newest_audits": sql_records.newest_audits("repo", 5),
        "queueing": sql_records.queueing(name, topic="t", payload="{}", dedup_key=None, at="at"),
        "claiming": sql_records.claiming(at="at", retry_at="later", limit=5),
        "settling_message": sql_records.settling_message(1, OutboxState.DEAD, "why"),
        "due_messages": sql_records.due_messages("t", at="at", limit=5),
        "newest_messages": sql_records.newest_messages(tuple(OutboxState), topic="t", limit=5),
        "counting_messages": sql_records.counting_messages(),
        "reviving_message": sql_records.reviving_message(1, at="at"),
        "facts_named": sql_facts.named("repo", "key", ["name"]),
        "facts_keeping": sql_facts.keeping(name),
        "facts_forgetting": sql_facts.forgetting("repo", before="at"),
        "noting": sql_history.noting(name, POINT),
        "measured_tree": sql_history.measured_tree("repo", "tree", "scope", "kind"),
        "point_known": sql_history.point_known(POINT),
        "newest_points": sql_history.newest_points("repo", "main", 5),
        "points_of_all": sql_history.newest_points("repo", None, 5),
        "branches_of": sql_history.branches_of("repo"),
        "payload_of_point": sql_history.payload_of_point(1),
        "pruning_points": sql_history.pruning_points("repo", "at"),
        "pruning_measurements": sql_history.pruning_measurements("repo", "at"),
        "upsert": upsert(name, BASELINES).on_conflict_do_nothing(),
    }


def compiled(name: str, statement: Any) -> SQLCompiler:  # noqa: ANN401 - statements and tables
    result = statement.compile(dialect=DIALECTS[name])
    assert isinstance(result, SQLCompiler)
    return result


@pytest.mark.parametrize("statement", statements("sqlite"))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_statement_compiles(dialect: str, statement: str) -> None:
    text = str(compiled(dialect, statements(dialect)[statement]))
    assert text.split(maxsplit=1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")


def test_the_guard_and_the_rise_are_one_statement_on_both() -> None:
    for dialect in DIALECTS:
        text = str(compiled(dialect, statements(dialect)["rising"]))
        assert text.count(";") == 0
        assert all(part in text for part in ("coverage_lease", "ON CONFLICT", "RETURNING"))


def test_values_reach_postgresql_with_their_types() -> None:
    text = str(compiled("postgresql", statements("postgresql")["rising"]))
    assert "%(param_4)s::BIGINT" in text


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_a_table_is_made_of_types_that_both_have(table: Any) -> None:  # noqa: ANN401 - a FromClause in stubs
    assert {type(column.type) for column in table.columns} <= {BigInteger, Text, LargeBinary}
    text = str(CreateTable(table).compile(dialect=DIALECTS["postgresql"]))
    assert "STRICT" not in text


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_a_table_on_sqlite_is_strict(table: Any) -> None:  # noqa: ANN401 - a FromClause in stubs
    text = str(CreateTable(table).compile(dialect=DIALECTS["sqlite"]))
    assert text.rstrip().endswith("STRICT")


def test_every_name_has_our_prefix() -> None:
    names = [table.name for table in METADATA.sorted_tables]
    names += [str(index.name) for table in METADATA.sorted_tables for index in table.indexes]
    assert [name for name in names if not name.startswith("coverage_")] == []


def test_numbers_of_rows_are_counted_by_the_database_on_both() -> None:
    log = METADATA.tables["coverage_ratchet_log"]
    made = {name: str(CreateTable(log).compile(dialect=it)) for name, it in DIALECTS.items()}
    assert "seq BIGSERIAL" in made["postgresql"]
    assert "PRIMARY KEY AUTOINCREMENT" in made["sqlite"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_indexes_compile(dialect: str) -> None:
    indexes = [index for table in METADATA.sorted_tables for index in table.indexes]
    texts = [str(CreateIndex(index).compile(dialect=DIALECTS[dialect])) for index in indexes]
    assert len(texts) == 9


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_has_a_trigger_against_a_fall_and_a_queue_of_writers(dialect: str) -> None:
    assert any("NEW.rank < OLD.rank" in text for text in TRIGGERS[dialect])
    queue = [str(compiled(dialect, it)) for it in WRITER_QUEUE[dialect]]
    assert ["pg_advisory_xact_lock" in text for text in queue] == [True] * (dialect != "sqlite")


@pytest.mark.parametrize(("dialect", "count"), [("sqlite", 0), ("postgresql", 1)])
def test_a_writer_takes_its_place_in_the_queue(dialect: str, count: int) -> None:
    sent: list[object] = []
    connection = create_mock_engine(
        f"{DRIVERS[dialect]}://", lambda statement, *_: sent.append(statement)
    )
    queue_for_writing(cast("Connection", connection))
    assert len(sent) == count
