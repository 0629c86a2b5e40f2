"""What a branch newly hides, told line by line, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coverage_gate.core.ledger import Hidden
from coverage_gate.core.places import located

HEADING = "Newly hidden, judged as not covered"


def hidden_items(hidden: Iterable[Hidden] | None) -> tuple[str, ...]:
    """One line each: "src/a.py:3-5: excluded by a comment; remove the comment and test it"."""
    return tuple(f"{place}: {why}" for place, why in hidden_parts(hidden))


def hidden_parts(hidden: Iterable[Hidden] | None) -> Iterator[tuple[str, str]]:
    """The place, and why with what to do."""
    for each in hidden or ():
        yield located(each.path, each.lines), f"{each.why}; {each.cure}"
