"""What people named and kept: definitions, templates, hosts. One small table of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, inspect, select
from sqlalchemy.dialects import sqlite

from coverage_gate.boundary import visible
from coverage_gate.settings.values import nearest
from stage_engine.definitions import DEFAULT_NAME, Definition, default_definition, read_definition
from stage_engine.errors import InputError
from stage_engine.machine import is_host_name
from stage_engine.store import Rows
from stage_engine.templates import Template, read_template

METADATA = MetaData()

ENTRIES = Table(
    "engine_catalogue",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)


class Kind(StrEnum):
    """What an entry is; the value is what people read."""

    DEFINITION = "definition"
    TEMPLATE = "template"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that was kept.

    Attributes:
        name: Under which name.
        body: Its JSON; "{}" for a host.
        at: Since when, ISO 8601 in UTC; empty for what is built in.
    """

    name: str
    body: str
    at: str


def entries(rows: Rows, kind: Kind) -> tuple[Entry, ...]:
    """All of a kind, what is built in first, else by name."""
    built_in = () if kind is not Kind.DEFINITION else (_default(),)
    if not _is_there(rows.connection):
        return built_in
    wanted = select(ENTRIES).where(ENTRIES.c.kind == kind).order_by(ENTRIES.c.name)
    kept = (Entry(name=r.name, body=r.body, at=r.at) for r in rows.connection.execute(wanted))
    return (*built_in, *kept)


def find(rows: Rows, kind: Kind, name: str) -> Entry:
    """The entry of this name.

    Raises:
        InputError: Without one; the message names the nearest.
    """
    known = {entry.name: entry for entry in entries(rows, kind)}
    if name not in known:
        raise InputError([_unknown_text(kind, name, list(known))])
    return known[name]


def keep(rows: Rows, kind: Kind, name: str, body: str) -> bool:
    """Keep an entry; one of the same name is replaced.

    Returns:
        Whether anything changed.

    Raises:
        InputError: If the name cannot be one, or is that of something built in.
    """
    if not is_host_name(name):
        shown = visible(name)
        raise InputError(
            [f"{shown!r} cannot be a name: use letters, digits, '.', '-' and '_', at most 63"]
        )
    if kind is Kind.DEFINITION and name == DEFAULT_NAME:
        raise InputError([f"{name!r} is built in: choose another name"])
    METADATA.create_all(rows.connection, checkfirst=True)
    values = {"kind": kind, "name": name, "body": body, "at": rows.at}
    kept = sqlite.insert(ENTRIES).values(**values)
    kept = kept.on_conflict_do_update(
        index_elements=["kind", "name"],
        set_={"body": body, "at": rows.at},
        where=ENTRIES.c.body != body,
    )
    return rows.connection.execute(kept.returning(ENTRIES.c.name)).one_or_none() is not None


def remove(rows: Rows, kind: Kind, name: str) -> None:
    """Forget an entry.

    Raises:
        InputError: If there is none, or it is built in.
    """
    if not find(rows, kind, name).at:
        raise InputError([f"{name!r} is built in and stays"])
    rows.connection.execute(delete(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.name == name))


def definition(rows: Rows, name: str) -> Definition:
    """The definition of this name. Raises InputError, also for one that is not valid any more."""
    return read_definition(find(rows, Kind.DEFINITION, name).body.encode(), name=name)


def template(rows: Rows, name: str) -> Template:
    """The template of this name. Raises InputError, also for one that is not valid any more."""
    return read_template(find(rows, Kind.TEMPLATE, name).body.encode(), name=name)


def check_host(rows: Rows, name: str) -> None:
    """Refuse a host that nobody registered; empty is any host. Raises InputError."""
    if name:
        find(rows, Kind.HOST, name)


def _default() -> Entry:
    body = default_definition().model_dump_json()
    return Entry(name=DEFAULT_NAME, body=body, at="")


def _is_there(connection: Connection) -> bool:
    return inspect(connection).has_table(ENTRIES.name)


def _unknown_text(kind: Kind, name: str, known: list[str]) -> str:
    hint = nearest(name, known)
    listed = f"`stage-engine {kind}s list` names them"
    return f"there is no {kind} {visible(name)!r}{hint}; {listed}"
