import argparse
import ast
import dataclasses
import doctest
import inspect
import tarfile
import typing
from types import CodeType, ModuleType

import pytest

from coverage_gate.adapters.measure.isolated.outline import (
    imports_of,
    nodes_of,
    silent_lines,
    spans_of,
    statement_lines,
    trivial_lines,
)


def trivial(source: str, **firsts: int) -> set[int]:
    return trivial_lines(ast.parse(source), {int(line[1:]): to for line, to in firsts.items()})


@pytest.mark.parametrize(
    "source",
    [
        "import a",
        "from a import b",
        "A = 1",
        "A: int = -1",
        "a: int",
        "A = B = [1, (x.y, *z), {2: a[1:2]}, 60 * 60]",
        "__all__ += ['b']",
        "'words'",
        "...",
        "pass",
    ],
)
def test_what_runs_by_being_imported_and_decides_nothing_is_trivial(source: str) -> None:
    assert trivial(source) == {1}


@pytest.mark.parametrize(
    "source",
    [
        "f()",
        "a = f()",
        "a = f'{b}'",
        "a = 1 if b else 2",
        "a = lambda: 1",
        "a = [b for b in c]",
        "a = (b := 1)",
        "a = b < c",
        "del a",
        "raise A",
    ],
)
def test_what_calls_or_chooses_something_is_not_trivial(source: str) -> None:
    assert trivial(source) == set()


def test_blocks_and_classes_hold_trivial_lines_and_functions_do_not() -> None:
    source = """\
class C:
    A = 1
    class D:
        B = 2
    def f(self):
        c = 3
try:
    import d
except ImportError:
    d = None
match d:
    case None:
        E = 1
"""
    assert trivial(source) == {2, 4, 8, 10, 13}


@pytest.mark.parametrize(
    "source",
    [
        "import a; f()",
        "if a: import b",
        "class C: A = 1",
        "def f(): pass",
        "try: f()\nexcept A: import b",
        "match a:\n    case 1: import b",
    ],
)
def test_a_line_that_does_something_else_too_is_not_trivial(source: str) -> None:
    assert trivial(source) == set()


def test_a_statement_of_several_lines_is_told_by_its_first() -> None:
    assert trivial("(\n    'a'\n)\n", _1=1, _2=1) == {1}


def test_a_span_begins_at_its_decorators_and_knows_its_header() -> None:
    assert spans_of(ast.parse("@a\n@b\nclass C:\n    x = 1\n")) == [["C", "class", 1, 4, 3]]


SILENT = """\

# comment

@decorator(
    1,

)
def f(
    a,  # why

    b,
):
    # first

    x = [
        1,
        # two

        2,
    ]

    text = f'''
    # no comment {x}

    '''
\f
    match x:

        case [
            1,

        ]:

            pass
    try:
        pass
    # left
    except (
        # right
        E
    ):
        pass

    else:
        pass
"""


def test_only_what_lies_between_statements_is_silent() -> None:
    assert silent_lines(ast.parse(SILENT), SILENT) == {2, 3, 21, 26, 37, 43}


def lines_of_code(code: CodeType) -> set[int]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    own = {line for _, _, line in code.co_lines() if line}
    return own.union([code.co_firstlineno], *map(lines_of_code, inner))


MODULES = [ast, argparse, dataclasses, doctest, inspect, tarfile, typing]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_code_object_has_a_silent_line(module: ModuleType) -> None:
    source = inspect.getsource(module)
    silent = silent_lines(ast.parse(source), source)
    assert len(silent) > 50
    assert silent.isdisjoint(lines_of_code(compile(source, "module", "exec")))


def test_imports_are_told_as_they_are_written() -> None:
    source = """
import a.b, c as d
from e import f as g
from . import h
from ..i import j
def k():
    importlib.import_module("l.m")
    __import__("n")
    import_module(name)
    import_module()
    import_module(1)
    other("o")
"""
    assert imports_of(ast.walk(ast.parse(source))) == [
        ".",
        "..i",
        "..i.j",
        ".h",
        "a.b",
        "c",
        "e",
        "e.f",
        "l.m",
        "n",
    ]


def test_statements_are_all_but_plain_texts() -> None:
    source = "'''Text.'''\nx = 1\n\ndef f():\n    'text'\n    1\n    return (\n        2)\n"
    assert statement_lines(ast.parse(source)) == [2, 4, 6, 7]


NODES = """
import a.b as c
@d(1, *e, k=2)
class F(G, metaclass=H):
    x: int = -1 + 2
async def f(a, b=3, /, *c, d, e=4, **g) -> J:
    global h
    async with k as l, m: await n
    for o in p: q = r[s:1] if t and not u < v else lambda w: {x: 1, **y}
    try: yield from z
    except (A, B) as C: raise D from E
    finally: del f"{G!r:>{H}}"[0], I.j
    match K:
        case {"L": [1, *_], **M} if N: return {O for P in Q if R}
"""
PLACELESS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)


@pytest.mark.parametrize("source", ["", NODES, inspect.getsource(ast)], ids=["", "all", "ast"])
def test_a_file_is_walked_once_and_whole(source: str) -> None:
    tree = ast.parse(source)
    nodes, telling = nodes_of(tree)
    assert nodes == [node for node in ast.walk(tree) if not isinstance(node, PLACELESS)]
    assert imports_of(telling) == imports_of(ast.walk(tree))
    codes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If)
    heads = (*codes, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    assert [node for node in telling if isinstance(node, heads)] == [
        node for node in ast.walk(tree) if isinstance(node, heads)
    ]
