"""What product modules define, and what of it a change took away."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coverage_gate.core.changes import ChangeKind, Changes, FileChange
from coverage_gate.core.scope import looks_like_tooling
from coverage_gate.core.syntax import (
    Function,
    NotPythonError,
    body_of,
    imported_names,
    node_digest,
    parse_source,
    statements_within,
)
from coverage_gate.core.testcode import Subject, names_bound

#: Digests of the statements, or of the value, that a definition consists of.
Parts = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """Something that a module of the base defined: "Cart.discount", or "" for the module itself."""

    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """What the base defined and the head does not.

    Attributes:
        gone: What nothing of the head is the same as.
        renamed: What the head has under another name or elsewhere, body for body.
    """

    gone: tuple[Definition, ...] = ()
    renamed: tuple[Definition, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """Their own names, without class or module."""
        return frozenset(each.name.rpartition(".")[2] for each in (*self.gone, *self.renamed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """What a module has.

    Attributes:
        names: What it defines → digests of what that is made of.
        bound: What it imports: still there for who asks the module for it.
        is_open: Whether it may have names that nobody can list.
    """

    names: Mapping[str, Parts] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    is_open: bool = False


def is_product(path: str) -> bool:
    """Whether a path is a module of the product."""
    return path.endswith(".py") and not looks_like_tooling(path)


def departed(changes: Changes, base: Mapping[str, bytes], head: Mapping[str, bytes]) -> Departed:
    """What a change takes away.

    Args:
        changes: From the base to the head.
        base: Texts of changed files in the base, by path.
        head: Likewise in the head.
    """
    missing: dict[Definition, Parts] = {}
    arrived: list[Parts] = []
    for change in changes.files:
        old, new = _sides(change, base, head)
        missing |= _missing(change, old, new)
        arrived += [parts for name, parts in new.names.items() if name not in old.names]
    renamed = _renamed(missing, arrived)
    renamed |= {each for each in missing if _is_class_of(each, missing, renamed)}
    return Departed(
        gone=tuple(each for each in missing if each not in renamed),
        renamed=tuple(each for each in missing if each in renamed),
    )


def _renamed(missing: Mapping[Definition, Parts], arrived: Sequence[Parts]) -> set[Definition]:
    """Of what is missing, that of which half arrived in one piece under another name."""
    places: dict[str, list[int]] = {}
    for place, parts in enumerate(arrived):
        for part in parts:
            places.setdefault(part, []).append(place)
    found = set()
    for thing, parts in missing.items():
        shared = Counter(place for part in parts for place in places.get(part, ()))
        if 2 * max(shared.values(), default=0) >= max(len(parts), 1):
            found.add(thing)
    return found


def _is_class_of(
    thing: Definition, missing: Mapping[Definition, Parts], renamed: set[Definition]
) -> bool:
    """Whether half of the methods of a class are somewhere else: then so is the class."""
    prefix = f"{thing.name}."
    own = {each for each in missing if each.path == thing.path and each.name.startswith(prefix)}
    return bool(thing.name and own) and 2 * len(renamed & own) >= len(own)


def _sides(
    change: FileChange, base: Mapping[str, bytes], head: Mapping[str, bytes]
) -> tuple[_Module, _Module]:
    """A file before and after; nothing on the side where it is none of the product's."""
    old = _read(base.get(change.old_path)) if is_product(change.old_path) else _Module()
    is_there = change.kind is not ChangeKind.DELETED and is_product(change.path)
    new = _read(head.get(change.path)) if is_there else _Module()
    return (_Module() if change.kind is ChangeKind.ADDED else old), new


def _missing(change: FileChange, old: _Module, new: _Module) -> dict[Definition, Parts]:
    if new.is_open:
        return {}
    missing: dict[Definition, Parts] = {}
    if change.kind is ChangeKind.DELETED and is_product(change.old_path):
        missing[Definition(path=change.old_path, name="")] = frozenset()
    for name, parts in old.names.items():
        if name not in new.names and name not in new.bound:
            missing[Definition(path=change.old_path, name=name)] = parts
    return missing


def _read(data: bytes | None) -> _Module:
    try:
        tree = parse_source(data or b"")
    except NotPythonError:
        # Nobody knows what it defines.
        return _Module(is_open=True)
    statements = list(statements_within(tree.body))
    bound = {name for node in statements for name in imported_names(node)}
    names = dict(pair for node in statements for pair in _defined(node))
    is_open = "*" in bound or "__getattr__" in names
    return _Module(names=names, bound=frozenset(bound), is_open=is_open)


def _defined(node: ast.stmt) -> Iterator[tuple[str, Parts]]:
    for name in names_bound(node):
        yield name, _parts(node)
    if isinstance(node, ast.ClassDef):
        for inner in statements_within(node.body):
            if isinstance(inner, Function):
                yield f"{node.name}.{inner.name}", _parts(inner)


def _parts(node: ast.stmt) -> Parts:
    value = getattr(node, "value", None)
    parts: list[ast.stmt] | list[ast.expr] = [value] if isinstance(value, ast.expr) else []
    if isinstance(node, Function | ast.ClassDef):
        parts = body_of(node)
    return frozenset(digest for part in parts if (digest := node_digest(part)))


def is_about(subject: Subject, departed_here: Departed) -> Definition | None:
    """The first thing that went away which a test is about; None: there is none.

    What was only renamed is no excuse: its test can follow it.
    """
    moved = {
        each.path
        for each in departed_here.renamed
        if each.name and _refers_to(subject.refers, each.path, each.name.partition(".")[0])
    }
    for thing in departed_here.gone:
        if (thing.name or thing.path not in moved) and _is_about(subject, thing):
            return thing
    return None


def _is_about(subject: Subject, thing: Definition) -> bool:
    if not thing.name:
        return not subject.refers.isdisjoint(module_names(thing.path))
    first, dot, member = thing.name.partition(".")
    if _refers_to(subject.refers, thing.path, first):
        return not dot or member in subject.words
    # A method is met by an object that may come from anywhere in its module.
    met = any(
        module in prefixes(name) for name in subject.refers for module in module_names(thing.path)
    )
    return bool(dot) and met and member in subject.words


def _refers_to(refers: frozenset[str], path: str, name: str) -> bool:
    """Whether a name of a module is meant, asked of the module or of a package around it."""
    holders = {holder for module in module_names(path) for holder in prefixes(module)}
    names = {f"{holder}.{name}" for holder in holders}
    return any(not names.isdisjoint(prefixes(each)) for each in refers)


def prefixes(dotted: str) -> tuple[str, ...]:
    """Of "a.b.c": "a", "a.b", "a.b.c"."""
    parts = dotted.split(".")
    return tuple(".".join(parts[:size]) for size in range(1, len(parts) + 1))


def module_names(path: str) -> tuple[str, ...]:
    """What a file may be imported as: the root of imports may be any folder above it."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    names = [".".join(parts[start:]) for start in range(len(parts))]
    # A file deep in a package that is called "json" is not what `import json` means.
    return tuple(name for name in names if name.split(".")[0] not in sys.stdlib_module_names)
