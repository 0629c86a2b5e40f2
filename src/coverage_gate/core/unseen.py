"""Code that a branch lets run and that no count of statements can see. See ADR 0023.

Coverage counts lines of Python files. Code in a text, in a file without the ending of Python, in
an archive or in a submodule has none. A branch that adds a way to run such code in the product, or
such code where there is a way, is told; what main has already is not.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from coverage_gate.core.changes import Changes, FileChange
from coverage_gate.core.deltas import Units
from coverage_gate.core.executing import Site, code_texts, logic_lines, sites_of
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.replaced import Sources
from coverage_gate.core.scope import looks_like_tooling, serves_the_project
from coverage_gate.core.syntax import NotPythonError, imported_names, parse_source

_SUBMODULE = "160000"
_FILES = ("100644", "100755")
_MODULES = (b".py", b".pyc", b".pyo", b".pyw")
#: The beginning of an entry in the table of a zip archive, and of the table's end.
_ENTRY, _END = b"PK\x01\x02", b"PK\x05\x06"
#: Files without one of these words run nothing.
_WORDS = re.compile(
    rb"exec|eval|compile|marshal|CodeType|FunctionType|zipimport|runpy|imp\b|importlib"
    rb"|addsitedir|sys|builtins|pythonapi|timeit|rofile|pdb|bdb|trace|code"
)

_AS_MODULE = "write it as a module of the scope and test it, or have the lines waived"
_OUT = "move it out of the package, or install it as a package of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Product:
    """The product's files of one side, as far as they were read."""

    trees: Mapping[str, ast.Module]
    sites: Mapping[str, tuple[Site, ...]]

    def of(self, paths: Collection[str]) -> _Product:
        """Some of them."""
        return _Product(
            trees={path: tree for path, tree in self.trees.items() if path in paths},
            sites={path: sites for path, sites in self.sites.items() if path in paths},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carrier:
    """A changed file that holds code and is no Python file by its name.

    Attributes:
        path: Of it.
        lines: Where the code is.
        is_archive: Whether it holds modules, which need nothing but a place on the path.
    """

    path: str
    lines: tuple[int, int]
    is_archive: bool


def changed_sources(changes: Changes, head: Measurement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whose texts are needed of base and head at first; the product's own come first."""
    product = _product(head)
    files = [change for change in changes.files if change.blob != change.old_blob]
    own = sorted(change.path for change in files if change.path in product)
    others = sorted(change.path for change in files if _may_carry(change))
    of_base = {change.old_path for change in files if change.old_blob}
    return tuple(sorted(filter(_is_product, of_base))), (*own, *others)


def further_sources(changes: Changes, head: Measurement, sources: Sources) -> tuple[str, ...]:
    """Whose texts are needed as well: where there is something to run, all of the product's."""
    after = _read(sources.head, _product(head, sources.head))
    before = _read(sources.base, sources.base.keys())
    if any(_new_texts(after, before)) or any(_carriers(changes, sources.head)):
        return tuple(sorted(_product(head) - sources.head.keys()))
    return ()


def _product(head: Measurement, among: Collection[str] | None = None) -> set[str]:
    """Files that count, but for tests that do: those may run what they like.

    Args:
        head: The measured head.
        among: The paths that matter; None: all do.
    """
    paths = {file.path for file in head.files}
    return set(filter(_is_product, paths if among is None else paths.intersection(among)))


def _is_product(path: str) -> bool:
    return path.endswith(".py") and not looks_like_tooling(path) and not serves_the_project(path)


def _may_carry(change: FileChange) -> bool:
    return not change.path.endswith(".py") and change.mode in _FILES


def _read(texts: Mapping[str, bytes], paths: Collection[str]) -> _Product:
    trees = {}
    for path in sorted(texts.keys() & paths):
        with suppress(NotPythonError):
            trees[path] = parse_source(texts[path])
    sites = {path: sites_of(trees[path]) for path in trees if _WORDS.search(texts[path])}
    return _Product(trees=trees, sites=sites)


def unseen_code(changes: Changes, head: Measurement, sources: Sources) -> tuple[Hidden, ...]:
    """What the branch lets run unseen, by place.

    Args:
        changes: From the base to the head.
        head: The measured head.
        sources: Texts of what `changed_sources` and `further_sources` name.
    """
    everything = _read(sources.head, _product(head, sources.head))
    before = _read(sources.base, sources.base.keys())
    after = everything.of({each.path for each in changes.files if each.blob != each.old_blob})
    fresh = list(_fresh(after.sites, before.sites.values()))
    ways = [site for sites in everything.sites.values() for site in sites if site.runs_any]
    found = [
        *_new_ways(fresh),
        *(_texts_to_run(after, before) if any(not site.loads for site in ways) else ()),
        *_carried(changes, sources.head, fresh, has_way=bool(ways)),
        *_submodules(changes, head, after.trees.values()),
    ]
    return tuple(sorted(found, key=lambda hidden: (hidden.path, hidden.lines, hidden.why)))


def _new_ways(fresh: Iterable[tuple[str, Site]]) -> Iterator[Hidden]:
    """What executes code, and did not before."""
    for path, site in fresh:
        if site.is_told:
            yield _hidden(path, site.line, site.line, f"executes code with {site.name}")


def _texts_to_run(after: _Product, before: _Product) -> Iterator[Hidden]:
    """New texts with code, for a product that executes texts."""
    why = "code in a text, and the product executes texts"
    return (_hidden(path, line, line, why) for path, line in _new_texts(after, before))


def _carried(
    changes: Changes,
    texts: Mapping[str, bytes],
    fresh: Iterable[tuple[str, Site]],
    *,
    has_way: bool,
) -> Iterator[Hidden]:
    """Code in files that are no Python by name, where the product has a way to run it."""
    has_new_way = any(site.loads for _, site in fresh)
    for carrier in _carriers(changes, texts):
        is_run = carrier.is_archive or has_way
        if has_new_way or (is_run and not serves_the_project(carrier.path)):
            yield _hidden(carrier.path, *carrier.lines, "code that is no module")


def _hidden(path: str, first: int, last: int, why: str, cure: str = _AS_MODULE) -> Hidden:
    lines = bits_of(range(first, last + 1))
    return Hidden(path=path, lines=lines, why=why, other_cure=cure, units=Units(lines=lines))


def _fresh(
    after: Mapping[str, Iterable[Site]], before: Iterable[Iterable[Site]]
) -> Iterator[tuple[str, Site]]:
    """The places that are more than there were, wherever in the product they were."""
    known = [site for sites in before for site in sites]
    digests = Counter((site.name, site.digest) for site in known)
    spare = Counter(site.name for site in known)
    unknown = []
    for path, sites in sorted(after.items()):
        for site in sites:
            key = (site.name, site.digest)
            if digests[key]:
                digests[key] -= 1
                spare[site.name] -= 1
            else:
                unknown.append((path, site))
    # One that is written anew in the place of another is no further way.
    for name in {site.name for _, site in unknown}:
        rest = [(path, site) for path, site in unknown if site.name == name]
        if len(rest) > spare[name]:
            yield from rest


def _new_texts(after: _Product, before: _Product) -> Iterator[tuple[str, int]]:
    """Texts with code in the product that the base had nowhere, as path and first line."""
    known = {text for tree in before.trees.values() for _, text in code_texts(tree)}
    for path, tree in after.trees.items():
        yield from ((path, line) for line, text in code_texts(tree) if text not in known)


def _carriers(changes: Changes, texts: Mapping[str, bytes]) -> Iterator[_Carrier]:
    for change in changes.files:
        if change.blob == change.old_blob or not _may_carry(change):
            continue
        data = texts.get(change.path)
        # Of what is too large to be read nobody knows that it holds no code.
        is_archive = data is not None and _holds_modules(data)
        lines = (1, 1) if data is None else _logic(change.path, data)
        if is_archive or lines:
            yield _Carrier(path=change.path, lines=lines or (1, 1), is_archive=is_archive)


def _logic(path: str, data: bytes) -> tuple[int, int] | None:
    return logic_lines(data, is_stub=path.endswith(".pyi"))


def _holds_modules(data: bytes) -> bool:
    """Whether a file is a zip archive, whatever stands before it, with a module in its table."""
    if _END not in data:
        return False
    starts = (match.start() for match in re.finditer(_ENTRY, data))
    return any(_name_at(data, start).endswith(_MODULES) for start in starts)


def _name_at(data: bytes, start: int) -> bytes:
    """The name in an entry: its length is in bytes 28 and 29, itself from byte 46 on."""
    length = int.from_bytes(data[start + 28 : start + 30], "little")
    return data[start + 46 : start + 46 + length]


def _submodules(
    changes: Changes, head: Measurement, trees: Iterable[ast.Module]
) -> Iterator[Hidden]:
    """Repositories that the branch puts, or moves on, where the product's modules are."""
    new = [each for each in changes.files if each.mode == _SUBMODULE and each.blob != each.old_blob]
    if not new:
        return
    folders = {folder for file in head.files for folder in _above(file.path)}
    names = {name.partition(".")[0] for tree in trees for name in _imported(tree)}
    for path in (change.path for change in new):
        is_inside = posixpath.dirname(path) in folders and not serves_the_project(path)
        if is_inside or posixpath.basename(path) in names:
            yield _hidden(path, 1, 1, "a submodule among the product's modules", _OUT)


def _above(path: str) -> Iterator[str]:
    """The folders that a file lies in, but for the root."""
    while path := posixpath.dirname(path):
        yield path


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            yield from imported_names(node).values()
