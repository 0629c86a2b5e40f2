"""Part of the store in memory: what runs on main taught."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.testing.memory.part import MemoryPart


class Lessons(MemoryPart):
    """Fits `ports.store.Lessons`."""

    __slots__ = ()

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """See `ports.Store.note_flaky`."""
        name_text(repository)
        with self._change() as rows:
            for line in lines:
                rows.flaky[repository, line.tree, line.unit] = line, at

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """See `ports.Store.flaky_lines`."""
        return tuple(
            sorted(
                line
                for (owner, _, _), (line, at) in self.rows.flaky.items()
                if owner == repository and at >= since
            )
        )

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """See `ports.Store.save_contexts`."""
        del at
        with self._change() as rows:
            rows.contexts[name_text(repository)] = contexts

    def load_contexts(self, repository: str) -> ContextMap | None:
        """See `ports.Store.load_contexts`."""
        return self.rows.contexts.get(repository)

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """See `ports.Store.load_facts`."""
        kept = {name: self.rows.facts.get((repository, key, name)) for name in names}
        return {name: fact[1] for name, fact in kept.items() if fact is not None}

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """See `ports.Store.keep_facts`."""
        name_text(repository)
        with self._change() as rows:
            for place, (kept_at, _) in list(rows.facts.items()):
                if place[0] == repository and kept_at < since:
                    del rows.facts[place]
            rows.facts.update(
                ((repository, key, name), (at, payload)) for name, payload in facts.items()
            )

    def forget_facts(self, repository: str) -> None:
        """See `ports.Store.forget_facts`."""
        with self._change() as rows:
            for place in [place for place in rows.facts if place[0] == repository]:
                del rows.facts[place]
