"""What somebody may have meant who named something that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1) -> str:
    """The end of a sentence: the most similar names; empty where none is similar."""
    return _told(_similar(name, known, most=most))


def did_you_mean_file(path: str, paths: Iterable[str]) -> str:
    """The same for a file: one of that folder, or one of that name. There may be very many."""
    return _told(_near(path, paths, divider="/"))


def did_you_mean_test(test: str, tests: Iterable[str]) -> str:
    """The same for the id of a test: one of that file or class, or one of that name."""
    return _told(_near(test, tests, divider="::"))


def _near(name: str, known: Iterable[str], *, divider: str) -> list[str]:
    place, _, last = name.rpartition(divider)
    pairs = [(each.rpartition(divider), each) for each in known]
    beside = {tail: each for (head, _, tail), each in pairs if head == place}
    away = {head: each for (head, _, tail), each in pairs if tail == last}
    return [
        *(beside[each] for each in _similar(last, beside, most=1)),
        *(away[each] for each in _similar(place, away, most=1)),
    ]


def _similar(name: str, known: Iterable[str], *, most: int) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    return get_close_matches(name, sorted(known), n=most)


def _told(names: list[str]) -> str:
    return f"; did you mean {', '.join(names)}?" if names else ""
