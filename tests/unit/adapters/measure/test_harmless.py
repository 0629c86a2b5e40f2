"""Which excluded statements hold no logic, and which text is a comment."""

import ast

import pytest

from coverage_gate.adapters.measure.isolated.comments import without_comments
from coverage_gate.adapters.measure.isolated.harmless import harmless_lines
from coverage_gate.adapters.measure.isolated.idle import idle_lines
from coverage_gate.adapters.measure.isolated.packed import lambdas, packed_functions

TYPING = "from typing import TYPE_CHECKING\n"

# (source, lines that a pattern matches, lines that are harmless); line 1 is the first line.
HARMLESS = {
    "an import": ("import a\nfrom a import b\n", {1}, {1, 2}),
    "plain values": ("x = 1\ny: int\nz: int = x + 1\n...\n'text'\n", set(), {1, 2, 3, 4, 5}),
    "a type variable": ("T = TypeVar('T')\nU = t.NewType('U', int)\n", set(), {1, 2}),
    "another call": ("T = make('T')\n", set(), set()),
    "a call of a call": ("T = make()('T')\n", set(), set()),
    "a choice": ("x = a or b\n", set(), set()),
    "a call that a pattern names": ("x = make('T')\n", {1}, {1}),
    "a call of calls": ("x = a(b(c()))\n", {1}, set()),
    "a loop that a pattern names": ("for x in y:\n    a()\n", {1}, set()),
    "a stub": ("@over\ndef f(x: int = 1, *, y=None) -> int: ...\n", set(), {1, 2}),
    "an async stub": (
        "async def f():\n    'text'\n    raise NotImplementedError(x)\n",
        set(),
        {1, 2, 3},
    ),
    "a stub with a costly default": ("def f(x=a or b):\n    pass\n", set(), {2}),
    "a stub that raises what it computes": ("def f():\n    raise A(b(c()))\n", set(), set()),
    "a body": ("def f():\n    return 1\n", set(), set()),
    "a body that a pattern names": ("def f():\n    x = 1\n    return a(x)\n", {1}, {1, 2, 3}),
    "a decorator that a pattern names": ("@abc.abstract\ndef f():\n    go()\n", {1}, {1, 2, 3}),
    "two statements": ("def f():\n    go()\n    return a(x)\n", {1}, set()),
    "a choice in a body": ("def f():\n    return a if b else c\n", {1}, set()),
    "a loop in a body": ("def f():\n    while x:\n        pass\n", {1}, {3}),
    "a plain class": (
        "class A(B, metaclass=C):\n    x = 1\n    def f(self): ...\n",
        {1},
        {1, 2, 3},
    ),
    "a class with a method": (
        "class A(B):\n    x = 1\n    def f(self):\n        go()\n",
        {1},
        {1, 2},
    ),
    "a class of a call": ("class A(make()):\n    x = 1\n", {1}, {2}),
    "a condition": ("if debug:\n    go()\n", {1}, {1, 2}),
    "a condition with another way": ("if debug:\n    go()\nelse:\n    stay()\n", {1}, set()),
    "a condition that calls": ("if debug():\n    go()\n", {1}, set()),
    "a handler": ("try:\n    import a\nexcept ImportError:\n    a = none()\n", {3}, {2, 3, 4}),
    "two on one line": ("go(1); go(2)\n", {1}, set()),
    "a stub and one more on a line": ("x = 1; go(2)\n", {1}, {1}),
    "a case": ("match x:\n    case 1:\n        go()\n    case _:\n        pass\n", {4}, {5}),
    "types": (TYPING + "if TYPE_CHECKING:\n    import a\n    go()\n", {2}, {1, 2, 3}),
    "types of a module": (
        "import typing as t\nif t.TYPE_CHECKING:\n    import a\n",
        {2},
        {1, 2, 3},
    ),
    "types of typing": ("import typing\nif typing.TYPE_CHECKING:\n    import a\n", {2}, {1, 2, 3}),
    "types by a constant": (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import a\n",
        {2},
        {1, 2, 3},
    ),
    "types unknown": ("if TYPE_CHECKING:\n    import a\n", {1}, {2}),
    "types of another module": (
        "from a import TYPE_CHECKING\nif TYPE_CHECKING:\n    go()\n",
        {2},
        {1},
    ),
    "types of any module": (TYPING + "from a import *\nif TYPE_CHECKING:\n    go()\n", {3}, {1, 2}),
    "types by another name": (
        "from typing import TYPE_CHECKING as T\nif T:\n    import a\n",
        set(),
        {1, 3},
    ),
}

#: Each makes the name another one than that of `typing`.
BINDINGS = (
    "TYPE_CHECKING = True",
    "TYPE_CHECKING += 1",
    "TYPE_CHECKING: bool = True",
    "typing.TYPE_CHECKING = 1",
    "TYPE_CHECKING, x = 1, 2",
    "for TYPE_CHECKING in [1]: pass",
    "(TYPE_CHECKING := 1)",
    "def TYPE_CHECKING(): pass",
    "def f(TYPE_CHECKING): pass",
    "class TYPE_CHECKING: pass",
    "def f():\n    global TYPE_CHECKING",
    "import TYPE_CHECKING",
    "import a as TYPE_CHECKING",
    "setattr(typing, 'TYPE_CHECKING', 1)",
)


def walked(source: str) -> tuple[ast.Module, list[ast.AST]]:
    tree = ast.parse(source)
    return tree, list(ast.walk(tree))


@pytest.mark.parametrize("name", HARMLESS)
def test_only_what_holds_no_logic_is_harmless(name: str) -> None:
    source, matched, harmless = HARMLESS[name]
    assert harmless_lines(ast.parse(source), {}, matched) == harmless


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_name_that_is_bound_otherwise_is_no_type_checking(binding: str) -> None:
    source = f"{TYPING}if TYPE_CHECKING:\n    import a\n{binding}\n"
    assert 2 not in harmless_lines(ast.parse(source), {}, {2})


def test_lines_are_those_of_the_logical_line() -> None:
    source = "x = make(\n    1,\n)\n"
    assert harmless_lines(ast.parse(source), {2: 1, 3: 1}, {1}) == {1}


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("x = 1  # it's\ny = 2\n", "x = 1        \ny = 2\n"),
        ("x = 'a # b'\n", "x = '     '\n"),
        ("x = rb'\\'#'\n", "x = rb'\\' '\n"),
        ("x = '''a #\nb'''\n", "x = '''   \n '''\n"),
        ("x = 'it is'\n", "x = 'it is'\n"),
        ("x = 1\f\ny = 2  # z", "x = 1\f\ny = 2     "),
    ],
)
def test_comments_and_texts_that_look_like_one_are_blank(source: str, plain: str) -> None:
    assert without_comments(source) == plain
    ast.parse(without_comments(source))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a\ndef f(x): return x\n", [(2, 2)]),
        ("a\nasync def f(x) -> int: a(); b()\n", [(2, 2)]),
        ("a\n@deco\ndef f(x): return x\n", [(3, 2)]),
        ("a\ndef f(x=lambda: 1): return x\n", [(2, -2)]),
        ("a\ndef f(x) -> [a for a in b]: return x\n", [(2, -2)]),
        ("def f(x): ...\n", []),
        ("def f(x):\n    return x\n", []),
        ("class A: x = f()\n", []),
    ],
)
def test_functions_on_one_line_are_told_with_their_entry(
    source: str, found: list[tuple[int, int]]
) -> None:
    assert packed_functions(*walked(source), {}) == found


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        ("def f(x): return x\na\n", 1),
        ("def f(x): return x\n", -1),
        ("def f(x): return x\nglobal g\nb: int\n", -1),
        ("@deco\ndef f(x): return x\n", -1),
        ("@deco\ndef f(x): return x\na\n", 1),
    ],
)
def test_on_its_first_line_the_module_is_entered_too(source: str, entry: int) -> None:
    ((_, found),) = packed_functions(*walked(source), {})
    assert found == entry


def test_a_body_on_the_last_line_of_a_header_is_on_its_line() -> None:
    source = "a\ndef f(\n    x,\n): return x\n"
    assert packed_functions(*walked(source), {3: 2, 4: 2}) == [(2, 2)]


@pytest.mark.parametrize(
    "value",
    [
        "a if x else b",
        "x and b",
        "x * 2",
        "-x",
        "x.y > 3",
        "[a for a in x]",
        "f(g(h(x)))",
        "(y := x)",
        "lambda: x + 1",
        "f'{x + 1}'",
    ],
)
def test_a_lambda_with_logic_is_told(value: str) -> None:
    assert (2, 2) in lambdas(*walked(f"a\nf = lambda x: {value}\nb\n"), {})


@pytest.mark.parametrize(
    "value",
    ["x", "None", "x.y[0]", "f(x)", "f(g(x))", "60 * 60 * 24", "-1", "f(-1)", "[]", "f'{x}'"],
)
def test_a_lambda_that_only_hands_on_is_not(value: str) -> None:
    assert lambdas(*walked(f"a\nf = lambda x: {value}\nb\n"), {}) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # Its statement is another line than the one by which it is entered.
        ("a\nf(\n    lambda x: x + 1,\n)\n", [(2, 3)]),
        ("a\nf(\n    lambda x: (\n        x + 1\n    ),\n)\n", [(2, 3)]),
        # Two on one line; one in another; a comprehension, a class, a packed function beside it.
        ("a\nf(lambda x: x + 1, lambda: 0)\n", [(2, -2)]),
        ("a\nf(lambda: lambda x: x + 1)\n", [(2, -2), (2, 2)]),
        ("a\n[a for a in b if f(lambda x: x + a)]\n", [(2, -2)]),
        ("a\nclass A: f = lambda x: x + 1\n", [(2, -2)]),
        ("a\ndef f(x=lambda x: x + 1): return x\n", [(2, -2)]),
        # What lies in it runs with it only.
        ("a\nf(lambda x: [y + 1 for y in x])\n", [(2, 2)]),
        # A function whose body comes later is entered by another statement.
        ("a\ndef f(x=lambda x: x + 1):\n    return x\n", [(2, 2)]),
        ("a\n@deco(lambda x: x + 1)\ndef f(x):\n    return x\n", [(2, 2)]),
        # The module begins on its first line, too.
        ("f = lambda x: x + 1\na\n", [(1, 1)]),
        ("f = lambda x: x + 1\n", [(1, -1)]),
        ('"doc"; f = lambda x: x + 1\n', [(1, -1)]),
        ("f: object = lambda x: x + 1\n", [(1, -1)]),
    ],
)
def test_lambdas_are_told_with_their_entry(source: str, found: list[tuple[int, int]]) -> None:
    firsts = {3: 2, 4: 2, 5: 2, 6: 2} if source.startswith("a\nf(\n") else {}
    assert lambdas(*walked(source), firsts) == found


CHECKED = "from typing import TYPE_CHECKING\nimport typing as t\n"
OVERLOAD = "from typing import overload\n"

# (source, lines that no run passes, lines on which a whole overload stands)
IDLE = {
    "types": (CHECKED + "if TYPE_CHECKING:\n    import a\n    T = t.TypeVar('T')\n", {4, 5}, set()),
    "types of a module": (CHECKED + "if t.TYPE_CHECKING:\n    import a\n", {4}, set()),
    "the other side": (
        CHECKED + "if t.TYPE_CHECKING:\n    import a\nelse:\n    b = 1\n",
        {4},
        set(),
    ),
    "on one line": (CHECKED + "if TYPE_CHECKING: import a\n", set(), set()),
    "logic": (
        CHECKED + "if TYPE_CHECKING:\n    import a\n    pay()\n    a = 1; pay()\n",
        {4},
        set(),
    ),
    "a class of stubs": (
        CHECKED
        + "if TYPE_CHECKING:\n    class A(t.Protocol):\n        def f(self):\n            ...\n",
        {4, 5, 6},
        set(),
    ),
    "a class with a body": (
        CHECKED + "if TYPE_CHECKING:\n    class A:\n        def f(self):\n            pay()\n",
        {4},
        set(),
    ),
    "a choice of types": (
        CHECKED
        + "if TYPE_CHECKING:\n    if sys.version_info > (3,):\n        import a\n    else:\n"
        + "        import b\n",
        {4, 5, 7},
        set(),
    ),
    "a choice that calls": (
        CHECKED + "if TYPE_CHECKING:\n    if pay():\n        import a\n",
        set(),
        set(),
    ),
    "an attempt": (
        CHECKED
        + "if TYPE_CHECKING:\n    try:\n        import a\n    except ImportError:\n        a = 1\n"
        + "    try:\n        import b\n    except:\n        pass\n",
        {4, 5, 6, 7, 8, 9, 10, 11},
        set(),
    ),
    "nested in a choice": (
        CHECKED + "def f():\n    if x:\n        go()\n    elif TYPE_CHECKING:\n        import a\n",
        {7},
        set(),
    ),
    "a constant that is true": (
        "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    a = 1\n",
        set(),
        set(),
    ),
    "a constant that is false": (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    a = 1\n",
        {3},
        set(),
    ),
    "set from elsewhere": (
        CHECKED + "setattr(t, 'TYPE_CHECKING', 1)\nif t.TYPE_CHECKING:\n    a = 1\n",
        set(),
        set(),
    ),
    "another object": (
        CHECKED + "if own.TYPE_CHECKING:\n    a = 1\n",
        set(),
        set(),
    ),
    "another object of that name": (
        CHECKED + "for t in [1]:\n    if t.TYPE_CHECKING:\n        a = 1\n",
        set(),
        set(),
    ),
    "a call of the name": (CHECKED + "if make().TYPE_CHECKING:\n    a = 1\n", set(), set()),
    "overloads": (
        OVERLOAD + "@overload\ndef f(x: int):\n    'text'\n    ...\nf(x=1)\n",
        {4, 5},
        set(),
    ),
    "an overload on one line": (OVERLOAD + "@overload\nasync def f(x: int): ...\n", set(), {3}),
    "an overload of a module": ("import typing\n@typing.overload\ndef f(x): ...\n", set(), {3}),
    "an overload with a body": (
        OVERLOAD + "@overload\ndef f(x):\n    return pay()\n",
        set(),
        set(),
    ),
    "another decorator": (OVERLOAD + "@cache\ndef f(x):\n    ...\n", set(), set()),
    "another overload": ("def overload(f): pass\n@overload\ndef f(x):\n    ...\n", set(), set()),
    "an overload of another module": (
        "from mine import overload\n@overload\ndef f(x):\n    ...\n",
        set(),
        set(),
    ),
    "an overload of a name that anything may have": (
        OVERLOAD + "from mine import *\n@overload\ndef f(x):\n    ...\n",
        set(),
        set(),
    ),
    "an overload of a name that is global": (
        OVERLOAD + "def g():\n    global overload\n@overload\ndef f(x):\n    ...\n",
        set(),
        set(),
    ),
    "a module with the name of typing": (
        "import mine as typing\n@typing.overload\ndef f(x):\n    ...\n",
        set(),
        set(),
    ),
}


@pytest.mark.parametrize(("source", "idle", "exits"), IDLE.values(), ids=IDLE)
def test_what_only_type_checkers_read_is_told(source: str, idle: set[int], exits: set[int]) -> None:
    _, nodes = walked(source)
    assert idle_lines(nodes, nodes, {}) == (idle, exits)
