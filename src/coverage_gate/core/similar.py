"""What somebody may have meant who named something that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import join, split


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1) -> str:
    """The end of a sentence: the most similar names; empty where none is similar."""
    return _told(_similar(name, known, most=most))


def did_you_mean_file(path: str, paths: Iterable[str]) -> str:
    """The same for a file: one of that folder, else one of that name; a tree may be large."""
    folder, name = split(path)
    pairs = [split(each) for each in paths]
    beside = _similar(name, (other for place, other in pairs if place == folder), most=1)
    away = _similar(folder, (place for place, other in pairs if other == name), most=1)
    return _told([*(join(folder, each) for each in beside), *(join(each, name) for each in away)])


def _similar(name: str, known: Iterable[str], *, most: int) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    return get_close_matches(name, sorted(known), n=most)


def _told(names: list[str]) -> str:
    return f"; did you mean {', '.join(names)}?" if names else ""
