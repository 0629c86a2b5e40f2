"""Part of the store on a database: what runs on main taught."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from coverage_gate.adapters.stores import sql_contexts, sql_facts, sql_flaky
from coverage_gate.adapters.stores.context_codec import decode_contexts, encode_contexts
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.ports import StoreError


class Lessons(SqlPart):
    """Fits `ports.store.Lessons`."""

    __slots__ = ()

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """See `ports.Store.note_flaky`."""
        name_text(repository)
        rows = [sql_flaky.row_of(repository, line, at) for line in lines]
        with self._write() as connection:
            for row in rows:
                connection.execute(sql_flaky.noting(connection.dialect.name, row))

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """See `ports.Store.flaky_lines`."""
        with self._read() as connection:
            rows = connection.execute(sql_flaky.seen_since(repository, since)).all()
        return tuple(sorted(map(sql_flaky.line_of, rows)))

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """See `ports.Store.save_contexts`."""
        row = {
            "repository": name_text(repository),
            "tree": contexts.tree,
            "created_at": at,
            "payload": encode_contexts(contexts),
        }
        with self._write() as connection:
            connection.execute(sql_contexts.keeping(connection.dialect.name, row))

    def load_contexts(self, repository: str) -> ContextMap | None:
        """See `ports.Store.load_contexts`."""
        with self._read() as connection:
            payload = connection.execute(sql_contexts.payload_of(repository)).scalar()
        try:
            return None if payload is None else decode_contexts(payload)
        except StoreError:
            return None  # it only explains: a verdict does not need it

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """See `ports.Store.load_facts`."""
        with self._read() as connection:
            return sql_facts.found(connection, repository, key, names)

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """See `ports.Store.keep_facts`."""
        name_text(repository)
        with self._write() as connection:
            connection.execute(sql_facts.forgetting(repository, before=since))
            sql_facts.keep(connection, repository, key, facts, at)

    def forget_facts(self, repository: str) -> None:
        """See `ports.Store.forget_facts`."""
        with self._write() as connection:
            connection.execute(sql_facts.forgetting(repository))
