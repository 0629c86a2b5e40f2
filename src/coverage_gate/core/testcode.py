"""A test file's functions, and what each of them is about."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from coverage_gate.core.assertions import is_assertion
from coverage_gate.core.syntax import (
    Function,
    NotPythonError,
    body_digest,
    dotted_name,
    imported_names,
    parse_source,
    statements_within,
)

#: Classes within classes that are looked into.
_DEEPEST = 5
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a test function is about, with the helpers and fixtures of its file.

    Attributes:
        refers: Imported things that it uses, as dotted names, and strings that look like some.
        words: Every name, attribute and identifier in a string that it uses.
        strength: How many assertions it makes.
    """

    refers: frozenset[str]
    words: frozenset[str]
    strength: int

    @property
    def weight(self) -> int:
        """What it counts for: to run something is a little, too."""
        return max(self.strength, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What a piece of code says, before its names are looked up."""

    words: frozenset[str]
    chains: frozenset[str]
    dotted: frozenset[str]
    assertions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One parsed test file or conftest.py.

    Attributes:
        functions: Functions by "TestCart::test_total" or "test_total"; of a class by its name.
        local: What the top level names: functions, classes, values.
        imports: Name → dotted name, of the whole file.
        stars: Modules of which everything is imported.
        known: What was found out about nodes, by their identity; they live as long as this does.
    """

    functions: Mapping[str, Function | ast.ClassDef] = field(default_factory=dict)
    local: Mapping[str, tuple[ast.AST, ...]] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    stars: frozenset[str] = frozenset()
    known: dict[int, _Facts] = field(default_factory=dict, repr=False, compare=False)

    def digest(self, name: str) -> str | None:
        """See `syntax.body_digest`; None for what is no function here."""
        node = self.functions.get(name)
        return body_digest(node) if isinstance(node, Function) else None


def read_code(data: bytes | None) -> Code:
    """The code of a file; nothing for one that is missing or no Python."""
    try:
        tree = parse_source(data or b"")
    except NotPythonError:
        return Code()
    return code_of(tree)


def code_of(tree: ast.Module) -> Code:
    """The code of a file that was parsed."""
    imports = {
        name: dotted
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name, dotted in imported_names(node).items()
    }
    star = imports.pop("*", None)
    return Code(
        functions=dict(_functions(tree.body, "")),
        local=_local(tree.body),
        imports=imports,
        stars=frozenset() if star is None else frozenset({star}),
    )


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in statements_within(body):
        if isinstance(node, Function | ast.ClassDef):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef) and prefix.count("::") < _DEEPEST:
            yield from _functions(node.body, f"{prefix}{node.name}::")


def _local(body: list[ast.stmt]) -> dict[str, tuple[ast.AST, ...]]:
    found: dict[str, tuple[ast.AST, ...]] = {}
    for node in statements_within(body):
        for name in names_bound(node):
            found[name] = (*found.get(name, ()), node)
    return found


def names_bound(node: ast.stmt) -> list[str]:
    """The names that a definition or assignment binds."""
    if isinstance(node, Function | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [
        part.id
        for target in targets
        if isinstance(target, ast.expr)
        for part in ast.walk(target)
        if isinstance(part, ast.Name)
    ]


def subject_of(name: str, code: Code, conftests: Iterable[Code] = ()) -> Subject:
    """What the test of this name is about.

    Its helpers, fixtures and class, in its file and the conftest.py files given, are part of it:
    a test mostly meets the code that it is about through them.
    """
    sources = (code, *conftests)
    facts = list(_reached(name, sources))
    imports = {
        alias: dotted for each in reversed(sources) for alias, dotted in each.imports.items()
    }
    stars = {star for each in sources for star in each.stars}
    chains = {chain for each in facts for chain in each.chains}
    literal = frozenset[str]().union(*(each.dotted for each in facts))
    return Subject(
        refers=literal | {full for chain in chains for full in _resolved(chain, imports, stars)},
        words=frozenset[str]().union(*(each.words for each in facts)),
        strength=sum(each.assertions for each in facts),
    )


def _resolved(chain: str, imports: Mapping[str, str], stars: set[str]) -> set[str]:
    first, dot, rest = chain.partition(".")
    if first in imports:
        return {imports[first] + dot + rest}
    return {f"{star}.{chain}" for star in stars}


def _reached(name: str, sources: tuple[Code, ...]) -> Iterator[_Facts]:
    """The test and everything of these files that it names, each once."""
    code = sources[0]
    todo: list[ast.AST] = list(_own_nodes(name, code))
    seen = {id(node) for node in todo}
    while todo:
        facts = _facts(todo.pop(), code.known)
        yield facts
        for word in facts.words:
            near = (found for source in sources for found in source.local.get(word, ()))
            fresh = [found for found in near if id(found) not in seen]
            seen.update(map(id, fresh))
            todo += fresh


def _own_nodes(name: str, code: Code) -> Iterator[ast.AST]:
    own = code.functions.get(name)
    if own is not None:
        yield own
    group = code.functions.get(name.rpartition("::")[0])
    if isinstance(group, ast.ClassDef):
        # Not its other tests: they are about other things.
        yield from group.decorator_list
        yield from group.bases
        yield from (node for node in group.body if own is None or not _is_test(node))


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, Function | ast.ClassDef) and node.name.lower().startswith("test")


def _facts(node: ast.AST, known: dict[int, _Facts]) -> _Facts:
    """What a node says; a helper is asked for by each test that uses it."""
    facts = known.get(id(node))
    if facts is None:
        parts = list(ast.walk(node))
        facts = known[id(node)] = _Facts(
            words=frozenset(word for part in parts for word in _words(part)),
            chains=frozenset(chain for part in parts if (chain := _chain(part))),
            dotted=frozenset(dotted for part in parts for dotted in _dotted(part)),
            assertions=sum(map(is_assertion, parts)),
        )
    return facts


def _words(node: ast.AST) -> Iterable[str]:
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word):
            return (word,)
        case ast.alias(name=word):
            return (word.rpartition(".")[2],)
        case ast.Constant(value=str(text)) if _is_dotted(text):
            return text.split(".")
    return ()


def _chain(node: ast.AST) -> str:
    return dotted_name(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _dotted(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return imported_names(node).values()
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_dotted(node.value):
        return (node.value,)
    return ()


def _is_dotted(text: str) -> bool:
    """Whether a string may name something, as those that `monkeypatch.setattr` takes."""
    return len(text) <= _LONGEST_NAME and all(part.isidentifier() for part in text.split("."))
