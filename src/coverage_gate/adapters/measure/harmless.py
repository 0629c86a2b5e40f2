"""Which statements hold no logic: stubs, imports for type checkers, a call to `main`.

A part of the script `analyse.py`: it runs on CPython from 3.10, with the standard library only.
Of excluded ones, what a comment excludes is not asked here: whoever writes it hides a statement on
purpose. Of the others, those that only type checkers read are told, since no run passes them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeGuard

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SIMPLE = (ast.Return, ast.Raise, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)
_INERT = (ast.Import, ast.ImportFrom, ast.Pass, getattr(ast, "TypeAlias", ast.Pass))

#: What chooses, repeats, waits, or holds code of its own.
_CHOICES = (
    *(ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp),
    *(ast.GeneratorExp, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom),
)

#: What has code of its own.
_OWN_CODE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

#: What computes.
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Compare)

#: Calls in one statement: `sys.exit(main())`.
_MAX_CALLS = 2

#: Calls that only declare a type.
_TYPE_CALLS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "namedtuple"})

#: Tokens that are texts; an f-string has tokens of its own since Python 3.12.
_TEXTS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
_PREFIXES = "rRbBfFuU"
_ANY = re.compile(r".")
#: What makes a text a text stays: its quotes and escapes.
_NO_MARK = re.compile(r"[^'\"\\\n]")

_CHECKING = "TYPE_CHECKING"
_OVERLOAD = "overload"
_TYPING = ("typing", "typing_extensions")


# Comments


def without_comments(source: str) -> str:
    """The source with blanks for comments, and for texts that could pass for one.

    What a pattern still matches in it, it matches by code.
    """
    # Not `splitlines`, which ends a line at a form feed, too.
    lines = io.StringIO(source).readlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            _blank(lines, token.start, token.end, _ANY)
        elif token.type in _TEXTS and "#" in token.string:
            prefix = len(token.string) - len(token.string.lstrip(_PREFIXES))
            _blank(lines, (token.start[0], token.start[1] + prefix), token.end, _NO_MARK)
    return "".join(lines)


def _blank(
    lines: list[str], start: tuple[int, int], end: tuple[int, int], what: re.Pattern[str]
) -> None:
    for number in range(start[0], end[0] + 1):
        text = lines[number - 1]
        first = start[1] if number == start[0] else 0
        last = end[1] if number == end[0] else len(text)
        lines[number - 1] = text[:first] + what.sub(" ", text[first:last]) + text[last:]


# Statements


def harmless_lines(
    tree: ast.Module, firsts: Mapping[int, int], matched: AbstractSet[int]
) -> set[int]:
    """First lines of statements that may be excluded by a pattern without hiding any logic.

    Args:
        tree: The file.
        firsts: Line → first line of its logical line, where it is another one.
        matched: First lines that a pattern matches by code.
    """
    good: set[int] = set()
    bad: set[int] = set()
    straight: Counter[int] = Counter()
    has_checking = _knows_checking(list(ast.walk(tree)))
    todo: list[ast.AST] = list(ast.iter_child_nodes(tree))
    while todo:
        node = todo.pop()
        if not isinstance(node, (ast.stmt, ast.excepthandler)):
            todo += _blocks_of(node)
            continue
        lines = {firsts.get(line, line) for line in _header_lines(node)}
        is_direct = bool(lines & matched)
        if _is_stub(node) or (is_direct and _is_single(node)):
            good |= {firsts.get(line, line) for line in _lines_of(node)}
            straight.update(lines if isinstance(node, _SIMPLE) and not _is_stub(node) else ())
            continue
        is_frame = _is_plain_class(node) or (has_checking and _is_checking(node))
        (good if is_frame else bad).update(lines)
        todo += _blocks_of(node)
    return good - bad - {line for line, count in straight.items() if count > 1}


def _blocks_of(node: ast.AST) -> list[ast.AST]:
    kinds = (ast.stmt, ast.excepthandler, ast.match_case)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, kinds)]


def _header_lines(node: ast.stmt | ast.excepthandler) -> range:
    """The lines of a statement, but for the block that it holds; decorators are among them."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    body: Sequence[ast.stmt] = getattr(node, "body", ())
    if isinstance(node, ast.Match):
        last = node.subject.end_lineno or first
    else:
        last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or first
    return range(first, last + 1)


def _lines_of(node: ast.stmt | ast.excepthandler) -> range:
    return range(_header_lines(node).start, (node.end_lineno or node.lineno) + 1)


def _is_stub(node: ast.AST) -> bool:
    """Whether it says what there is and does nothing."""
    if isinstance(node, _INERT):
        return True
    if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return node.value is None or _is_plain(node.value) or _is_type_call(node.value)
    if isinstance(node, ast.Raise):
        return _is_straight(node)
    if isinstance(node, _FUNCTIONS):
        return _has_plain_head(node) and all(map(_is_stub, node.body))
    return _is_plain_class(node) and all(map(_is_stub, _blocks_of(node)))


def _is_plain(value: ast.AST) -> bool:
    return _is_straight(value) and not any(isinstance(part, ast.Call) for part in ast.walk(value))


def _is_type_call(value: ast.AST) -> bool:
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else value.func
    name = name.id if isinstance(name, ast.Name) else name
    return name in _TYPE_CALLS and _is_straight(value)


def _is_straight(node: ast.AST) -> bool:
    """Whether it chooses nothing and calls hardly anything."""
    parts = list(ast.walk(node))
    calls = sum(isinstance(part, ast.Call) for part in parts)
    return calls <= _MAX_CALLS and not any(isinstance(part, _CHOICES) for part in parts)


def _has_plain_head(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    values = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
    return all(_is_straight(value) for value in values if value is not None)


def _is_plain_class(node: ast.AST) -> bool:
    if not isinstance(node, ast.ClassDef):
        return False
    values = [*node.bases, *(keyword.value for keyword in node.keywords)]
    return all(map(_is_plain, values)) and all(map(_is_straight, node.decorator_list))


def _is_single(node: ast.AST) -> bool:
    """Whether it is one statement that chooses nothing, or a block that holds one."""
    if isinstance(node, _SIMPLE):
        return _is_straight(node)
    if isinstance(node, ast.If):
        is_head = not node.orelse and _is_plain(node.test) and not _is_checking(node)
        return is_head and _is_one(node.body)
    if isinstance(node, _FUNCTIONS):
        return _has_plain_head(node) and _is_one(node.body)
    return isinstance(node, ast.ExceptHandler) and _is_one(node.body)


def _is_one(body: Iterable[ast.stmt]) -> bool:
    more = [node for node in body if not _is_stub(node)]
    return len(more) <= 1 and all(isinstance(each, _SIMPLE) and _is_straight(each) for each in more)


# Functions within a statement that runs without them


def packed_functions(
    tree: ast.Module, nodes: Iterable[ast.AST], firsts: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Functions whose body is on the line of their header, as (first line of the statement, entry).

    Their `def` runs when the module is imported. The entry is the line that a call is traced to
    enter by, as a negative number where something else on the line may be entered, too.
    """
    found = []
    for node in nodes:
        if not isinstance(node, _FUNCTIONS) or all(map(_is_stub, node.body)):
            continue
        line = firsts.get(node.lineno, node.lineno)
        if firsts.get(node.body[0].lineno, node.body[0].lineno) == line:
            entry = _header_lines(node).start
            is_told = _is_alone(node) and not _ends_module(line, entry, tree, firsts)
            found.append((line, entry if is_told else -entry))
    return sorted(found)


def _is_alone(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    head = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
    return not any(isinstance(part, _OWN_CODE) for each in head for part in ast.walk(each))


def lambdas(
    tree: ast.Module, nodes: Iterable[ast.AST], firsts: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Lambdas that hold logic, as `packed_functions` tells functions.

    A lambda that picks, names or hands on something holds none.
    """
    codes = defaultdict(list)
    for node in nodes:
        if isinstance(node, (*_OWN_CODE, *_FUNCTIONS, ast.ClassDef)):
            codes[_entry_of(node)].append(node)
    found = []
    for entry, entered in codes.items():
        for node in entered:
            if isinstance(node, ast.Lambda) and _has_logic(node.body):
                line = firsts.get(entry, entry)
                within = set(ast.walk(node))
                others = (each for each in entered if each not in within)
                is_told = not any(_begins_on(each, line, firsts) for each in others)
                is_told = is_told and not _ends_module(line, entry, tree, firsts)
                found.append((line, entry if is_told else -entry))
    return sorted(found)


def _entry_of(node: ast.expr | ast.stmt) -> int:
    """The line by which the code of a node is entered."""
    return _header_lines(node).start if isinstance(node, ast.stmt) else node.lineno


def _begins_on(node: ast.AST, line: int, firsts: Mapping[int, int]) -> bool:
    """Whether the code of a node begins within the statement on a line."""
    if not isinstance(node, _FUNCTIONS):
        return True
    first = node.body[0].lineno
    return firsts.get(first, first) == line


def _ends_module(line: int, entry: int, tree: ast.Module, firsts: Mapping[int, int]) -> bool:
    """Whether the module itself is entered by that line, and left by the same statement."""
    if entry > 1:
        return False
    running = [node for node in tree.body if not isinstance(node, (ast.Global, ast.AnnAssign))]
    last = running[-1] if running else tree.body[0]
    return last is tree.body[0] or firsts.get(last.lineno, last.lineno) == line


def _has_logic(value: ast.expr) -> bool:
    """Whether it chooses, calls much, or computes with anything but constants."""
    return not _is_straight(value) or any(map(_is_computed, ast.walk(value)))


def _is_computed(node: ast.AST) -> bool:
    if not isinstance(node, _OPERATIONS):
        return False
    operands = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return not all(isinstance(each, (ast.Constant, *_OPERATIONS)) for each in operands)


# TYPE_CHECKING


def _is_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == _CHECKING) or (
        isinstance(test, ast.Attribute) and test.attr == _CHECKING
    )


def _knows_checking(nodes: Sequence[ast.AST]) -> bool:
    """Whether TYPE_CHECKING is that of `typing`, or False, wherever the file speaks of it."""
    return all(map(_is_honest, nodes)) and any(map(_brings_checking, nodes))


def _is_honest(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value != _CHECKING
    if isinstance(node, ast.Assign) and _CHECKING in map(_name_of, node.targets):
        return isinstance(node.value, ast.Constant) and node.value.value is False
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPING or not {_CHECKING, "*"} & set(_bound(node.names))
    return _CHECKING not in _other_bindings(node)


def _other_bindings(node: ast.AST) -> Iterator[object]:
    """Names that a node gives a meaning in another way than by a plain assignment."""
    if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For)):
        yield _name_of(node.target)
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.Import):
        yield from _bound(node.names)
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Store):
        yield from map(_name_of, node.elts)


def _name_of(node: ast.AST) -> object:
    return getattr(node, "id", getattr(node, "attr", None))


def _bound(names: Iterable[ast.alias]) -> Iterator[str]:
    return (alias.asname or alias.name for alias in names)


def _brings_checking(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPING and any(
            alias.name == _CHECKING and alias.asname in (None, _CHECKING) for alias in node.names
        )
    if isinstance(node, ast.Import):
        return any(alias.name in _TYPING for alias in node.names)
    return isinstance(node, ast.Assign) and _CHECKING in map(_name_of, node.targets)


# What only type checkers read


def idle_lines(
    heads: Sequence[ast.AST], nodes: Sequence[ast.AST], firsts: Mapping[int, int]
) -> tuple[set[int], set[int]]:
    """First lines of statements without logic that no run passes.

    They stand below `if TYPE_CHECKING:`, or are the body of an `@overload`, by the names that
    `typing` has for these.

    Args:
        heads: The functions and conditions of the file, maybe with more of it.
        nodes: All of the file.
        firsts: Line → first line of its logical line, where it is another one.

    Returns:
        These lines, and those on which the whole of an `@overload` stands: they run, and what
        would leave the function does not.
    """
    if not any(map(_may_be_for_checkers, heads)):
        return set(), set()  # most files: what the names mean need not be found out
    modules, names = _typing_names(nodes)
    has_checking = _knows_checking(nodes)
    unread: set[ast.AST] = set()
    exits: set[int] = set()
    for node in heads:
        if isinstance(node, _FUNCTIONS) and _is_overload(node, modules, names):
            body = set(_without_logic(node.body))
            unread |= body
            exits |= _firsts_of(body, firsts) & _firsts_of([node], firsts)
        elif has_checking and _is_typing_checking(node, modules):
            unread.update(_without_logic(node.body))
    others = (node for node in nodes if node not in unread)
    return _firsts_of(unread, firsts) - _firsts_of(others, firsts), exits


def _may_be_for_checkers(node: ast.AST) -> bool:
    """Whether it is called as what only type checkers read, whatever the name means."""
    if isinstance(node, _FUNCTIONS):
        return _OVERLOAD in map(_name_of, node.decorator_list)
    return _is_checking(node)


def _firsts_of(nodes: Iterable[ast.AST], firsts: Mapping[int, int]) -> set[int]:
    statements = (node for node in nodes if isinstance(node, (ast.stmt, ast.excepthandler)))
    lines = (line for node in statements for line in _header_lines(node))
    return {firsts.get(line, line) for line in lines}


def _without_logic(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Stubs and what is in them, also below plain conditions and attempts."""
    for node in body:
        if _is_stub(node):
            yield from ast.walk(node)
        elif _is_plain_class(node) or _is_plain_choice(node):
            yield node
            yield from _without_logic(_blocks_of(node))


def _is_plain_choice(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return _is_plain(node.test)
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or _is_plain(node.type)
    return isinstance(node, ast.Try)


def _is_overload(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    modules: AbstractSet[str],
    names: AbstractSet[str],
) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id == _OVERLOAD and _OVERLOAD in names)
        or _is_of(each, _OVERLOAD, modules)
        for each in node.decorator_list
    )


def _is_typing_checking(node: ast.AST, modules: AbstractSet[str]) -> TypeGuard[ast.If]:
    if not isinstance(node, ast.If):
        return False
    is_name = isinstance(node.test, ast.Name) and node.test.id == _CHECKING
    return is_name or _is_of(node.test, _CHECKING, modules)


def _is_of(value: ast.AST, name: str, modules: AbstractSet[str]) -> bool:
    """Whether it says `typing.name`."""
    if not isinstance(value, ast.Attribute) or value.attr != name:
        return False
    return isinstance(value.value, ast.Name) and value.value.id in modules


def _typing_names(nodes: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """What the file calls the module `typing`, and which of its names it has.

    Without names that mean anything else anywhere in the file.
    """
    modules: set[str] = set()
    names: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                is_typing = each.name in _TYPING
                (modules if is_typing else others).add(each.asname or each.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                is_typing = node.module in _TYPING and each.asname in (None, each.name)
                (names if is_typing else others).add(each.asname or each.name)
        else:
            others.update(_bound_by(node))
    if "*" in others:
        return set(), set()
    return modules - others - names, names - others - modules


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Names that a node gives a meaning, but for imports."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif not isinstance(node, (ast.alias, ast.keyword)):
        # Functions, classes, handlers, patterns, parameters of types; arguments; rests.
        found = (getattr(node, field, None) for field in ("name", "arg", "rest"))
        yield from (name for name in found if isinstance(name, str))
