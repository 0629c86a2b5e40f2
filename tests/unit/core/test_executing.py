"""Places that run code, by the names that they look up, and which texts are code with logic."""

from __future__ import annotations

import ast

import pytest

from coverage_gate.core.executing import code_texts, logic_lines, sites_of


def names(text: str) -> list[str]:
    return [site.name for site in sites_of(ast.parse(text))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("exec(x)", "exec"),
        ("y = eval(x)", "eval"),
        ("compile(x, '', 'exec')", "compile"),
        ("run = exec", "exec"),
        ("import builtins as b\nb.exec(x)", "exec"),
        ("from builtins import exec as run\nrun(x)", "exec"),
        ("from builtins import *\nexec(x)", "exec"),
        ("import builtins\ngetattr(builtins, 'eval')(x)", "eval"),
        ("__builtins__['exec'](x)", "exec"),
        ("import builtins\nvars(builtins)['exec'](x)", "exec"),
        ("import builtins\nbuiltins.__dict__['exec'](x)", "exec"),
        ("__import__('builtins').exec(x)", "exec"),
        ("import importlib\nimportlib.import_module('runpy').run_path(x)", "runpy.run_path"),
        ("from runpy import *\nrun_path(x)", "runpy.run_path"),
        ("def f(run=exec):\n    run(x)", "exec"),
        ("def f(exec=exec):\n    exec(x)", "exec"),
        ("exec = exec\n", "exec"),
        ("import sys\nsys.modules['builtins'].exec(x)", "exec"),
        ("import operator, builtins\noperator.attrgetter('exec')(builtins)(x)", "exec"),
        (
            "from operator import attrgetter\nimport builtins\nattrgetter('eval')(builtins)",
            "eval",
        ),
        ("import builtins\ngetattr(builtins, 'ex' + 'ec')(x)", "a computed name of builtins"),
        (
            "import ctypes\nctypes.pythonapi.PyRun_SimpleString(x)",
            "ctypes.pythonapi.PyRun_SimpleString",
        ),
        ("from timeit import Timer\nTimer(x)", "timeit.Timer"),
        ("from timeit import *\ntimeit(x)", "timeit.timeit"),
        ("import sys\nrun([sys.executable, '-c', x])", "sys.executable"),
        ("import marshal\nmarshal.loads(x)", "marshal.loads"),
        ("from types import CodeType as C\nC(1, 2)", "types.CodeType"),
        ("import zipimport\nzipimport.zipimporter(x)", "zipimport.zipimporter"),
        ("import sys\nsys.path.append(x)", "sys.path"),
        ("from sys import path\npath += [x]", "sys.path"),
        (
            "from importlib.util import spec_from_file_location as s\ns(x)",
            "importlib.util.spec_from_file_location",
        ),
    ],
)
def test_a_way_to_run_code(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "import re\nre.compile(x)",
        "from re import compile\ncompile(x)",
        "def compile(x):\n    return x\ncompile(1)",
        "def f(compile):\n    return compile(1)",
        "key = lambda eval: eval + 1",
        "frame.eval(x)",
        "cursor.exec(x)",
        "self.exec = 1",
        "import types\nisinstance(f, types.FunctionType)",
        "from ast import literal_eval\nliteral_eval(x)",
        "import importlib\nimportlib.import_module(name)",
        "__import__()",
        "attrgetter('exec')()",
        "attrgetter(name)(x)",
        "import sys\ngetattr(sys, name)",
        "import ctypes\nctypes.pythonapi.PyThreadState_Get()",
        "__import__(name).exec(x)",
        "f(x)['exec']",
        "from other import *\nrun(x)",
        "'exec'",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert names(text) == []


def test_a_site_knows_its_statement_and_what_it_does() -> None:
    tree = ast.parse(
        "import runpy, sys\nif x:\n    y = [\n        exec(x)]\nrunpy.run_path(x)\nsys.path"
    )
    one, two, three = sites_of(tree)
    assert [one.line, two.line, three.line] == [3, 5, 6]
    assert [one.loads, two.loads, three.loads] == [False, True, True]
    assert [one.runs_any, two.runs_any, three.runs_any] == [True, True, False]
    (other,) = sites_of(ast.parse("exec( x )"))
    assert other.digest == one.digest


def test_the_same_names_in_another_call_are_another_site() -> None:
    assert sites_of(ast.parse("exec(x)"))[0].digest != sites_of(ast.parse("exec(y)"))[0].digest


def test_a_deep_nesting_breaks_nothing() -> None:
    tree = ast.Module(
        body=[ast.Expr(value=ast.Name(id="exec", ctx=ast.Load()), lineno=1)], type_ignores=[]
    )
    for _ in range(5000):
        tree.body = [
            ast.If(test=ast.Name(id="x", ctx=ast.Load()), body=tree.body, orelse=[], lineno=1)
        ]
    assert [site.name for site in sites_of(tree)] == ["exec"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1\ndef f():\n    return x\n", (2, 3)),
        ("if days > 30:\n    late = True\n", (1, 2)),
        ("  def f():\n      return 1\n", (1, 2)),
        ("class A:\n    def f(self):\n        self.x = 1\n", (2, 3)),
        ("for x in y:\n    print(x)\n\nwith a:\n    b()\n", (1, 5)),
        ("try:\n    import a\nexcept ImportError:\n    a = None\n", (1, 4)),
    ],
)
def test_logic(text: str, lines: tuple[int, int]) -> None:
    assert logic_lines(text.encode()) == lines


@pytest.mark.parametrize(
    "text",
    [
        "if in doubt: ask\n",
        "x = 1\ny = [2]\n",
        "import a\n",
        "def f() -> int: ...\n",
        "def f():\n    '''Says.'''\n    raise NotImplementedError\n",
        "class A:\n    x: int\n    def f(self): pass\n",
        "if TYPE_CHECKING:\n    import a\n",
        "{'def f': 1}\n",
        "for you\n" * 3,
        "def f():\n    return 1\n" + "#" * (1024 * 1024),
    ],
)
def test_no_logic(text: str) -> None:
    assert logic_lines(text.encode()) is None


def test_in_a_stub_only_functions_can_have_logic() -> None:
    choice = b"if sys.version_info >= (3, 12):\n    T = TypeVar('T')\n"
    assert logic_lines(choice) == (1, 2)
    assert logic_lines(choice, is_stub=True) is None
    assert logic_lines(b"def f():\n    return 1\n", is_stub=True) == (1, 2)


def test_texts_that_are_code() -> None:
    tree = ast.parse(
        "A = 'def f():\\n    return 1'\nB = b'for x in y:\\n    z(x)'\nC = 'for you'\nD = 1\n"
    )
    assert sorted(code_texts(tree)) == [
        (1, b"def f():\n    return 1"),
        (2, b"for x in y:\n    z(x)"),
    ]
