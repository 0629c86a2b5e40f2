"""Which files that do not count are imported by files that do. Nothing is run for it."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from coverage_gate.core.counting import StaticFile
from coverage_gate.core.scope import looks_like_test

#: Where a module may lie that is imported by its full name.
_ROOTS = ("", "src", "lib")


def importers(
    counted: Iterable[StaticFile], aside: Iterable[StaticFile], roots: Iterable[str]
) -> dict[str, str]:
    """Path of a file aside → the first file that counts and imports it, also by way of others.

    A test is the first only where nothing else does.

    Args:
        counted: Files that count.
        aside: Files that do not.
        roots: Folders that modules are imported from, besides the usual ones.
    """
    files = [*counted]
    beside = {file.path: file for file in aside}
    tests = {file.path: file for file in files if looks_like_test(file.path)}
    # A test on the way hides nothing that the product reaches by it.
    known = {**tests, **beside}
    names = [modules_by_name(each, {*_ROOTS, *roots}) for each in (beside, tests)]
    found: dict[str, str] = {}
    todo = deque(sorted(((file, file.path) for file in files), key=_tests_last))
    while todo:
        file, first = todo.popleft()
        for path in _imported_by(file, names):
            if path not in found:
                found[path] = first
                # Before the next one that counts: what the product reaches is no test's.
                todo.appendleft((known[path], first))
    return {path: first for path, first in found.items() if path in beside}


def _imported_by(file: StaticFile, names: Iterable[Mapping[str, str]]) -> Iterator[str]:
    for name in sorted(file.imports):
        place = place_of_import(name, file.path)
        yield from (each[place] for each in names if place in each)


def _tests_last(each: tuple[StaticFile, str]) -> tuple[bool, str]:
    return looks_like_test(each[1]), each[1]


def modules_by_name(paths: Iterable[str], roots: Iterable[str]) -> Mapping[str, str]:
    """Names of modules, "a.b", or their places from the root on, "/src/a/b" → path."""
    modules: dict[str, str] = {}
    for path in sorted(paths):
        place = path.rpartition(".")[0].removesuffix("/__init__")
        for name in (f"/{place}", *_names(place, roots)):
            modules.setdefault(name, path)
    return modules


def _names(place: str, roots: Iterable[str]) -> Iterator[str]:
    for root in sorted(roots):
        if not root or place.startswith(f"{root}/"):
            yield place[len(root) + 1 if root else 0 :].replace("/", ".")


def place_of_import(name: str, importer: str) -> str:
    """An absolute name as it is; a relative one as its place from the root on.

    Both are keys of `modules_by_name`.
    """
    rest = name.lstrip(".")
    if rest == name:
        return name
    ups = [".."] * (len(name) - len(rest) - 1)
    folder = posixpath.dirname(importer)
    return posixpath.normpath(posixpath.join("/", folder, *ups, rest.replace(".", "/")))
