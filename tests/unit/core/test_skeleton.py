"""Tests to begin with: they compile, call the right thing, and say what is still open."""

from __future__ import annotations

import ast

import pytest
from tests.unit.core.read_source import definitions_ran, measured, read, source

from coverage_gate.core.outside import names_of, outside_of
from coverage_gate.core.skeleton import Asked, Skeleton, module_name, skeleton_of
from coverage_gate.core.ways import ways_through


def skeletons(text: str, name: str | None = None, *, is_package: bool = False) -> list[Skeleton]:
    """The tests of the last function of a text, or of the one of that name."""
    ran = definitions_ran(text) if name != "module" else []
    file = measured(text, ran=ran)
    module = read(text, file)
    named = [each for each in module.routines if name and each.name == name]
    routine = module.routines[0] if name == "module" else (named or module.routines)[-1]
    statements = [each.statement for each in routine.flow.nodes]
    found = []
    for number, way in enumerate(ways_through(routine.flow, file, routine.lines).ways):
        asked = Asked(
            module="shop.a",
            function=routine,
            way=way,
            outside=outside_of(statements, names_of(module.tree)),
            number=number,
            ran_before=bool(ran) or number > 0,
            is_package=is_package,
            names=names_of(module.tree),
        )
        found.append(skeleton_of(asked))
    for each in found:
        ast.parse("\n".join([*each.imports, each.text]))
    return found


def only(text: str, name: str | None = None) -> str:
    (found,) = skeletons(text, name)
    return found.text.partition("\n")[2]


def test_a_function_is_called_and_its_answer_asked_for() -> None:
    (found,) = skeletons("def f(a, b=1, *, c, d=2):\n    return a\n")
    assert found.name == "test_f_0"
    assert found.imports == ("from shop.a import f",)
    assert found.text == ("def test_f_0():\n    answer = f(a=..., c=...)\n    assert answer == ...")


@pytest.mark.parametrize(
    ("signature", "given"),
    [
        ("a, /, b", "f(..., b=...)"),
        ("a: str, b: int | None", 'f(a="text", b=1)'),
        ("a: Path", "f(a=tmp_path)"),
        ("a: list[int], *rest, **named", "f(a=[1])"),
        ("a: Cart", "f(a=...)"),
        ("", "f()"),
    ],
)
def test_arguments_come_from_annotations(signature: str, given: str) -> None:
    text = only(f"def f({signature}):\n    return 1\n")
    assert f"answer = {given}\n" in text


@pytest.mark.parametrize(
    ("test", "first", "second"),
    [
        ("a < 0", "0", "-1"),
        ("a <= 0", "1", "0"),
        ("a > 5", "5", "6"),
        ("a >= 5", "4", "5"),
        ("a == 'x'", "...", "'x'"),
        ("a == 3", "4", "3"),
        ("a is True", "False", "True"),
        ("a is None", "...", "None"),
        ("a is not None", "None", "..."),
        ("a in 'x'", "...", "..."),
        ("a < 'x'", "...", "..."),
        ("not a", "...", "None"),
        ("a and b", "None", "..."),
        ("a or b", "None", "..."),
        ("isinstance(a, str)", "...", '"text"'),
        ("isinstance(a, Cart)", "...", "..."),
        ("g(a)", "...", "..."),
    ],
)
def test_arguments_come_from_conditions(test: str, first: str, second: str) -> None:
    text = f"def f(a, b):\n    if {test}:\n        return 1\n    return 2\n"
    found = {each.text for each in skeletons(text)}
    for value in (first, second):
        assert any(f"f(a={value}, " in each for each in found), (value, found)


def test_a_condition_that_is_cut_tells_nothing() -> None:
    names = " and ".join(f"name_{number}" for number in range(40))
    assert len(skeletons(f"def f(a):\n    if {names}:\n        return 1\n")) == 2


def test_an_empty_value_of_the_annotated_type_is_false() -> None:
    text = "def f(a: str):\n    if a:\n        return 1\n    return 2\n"
    assert any('f(a="")' in each.text for each in skeletons(text))
    assert any('f(a="text")' in each.text for each in skeletons(text))


CLASS = source(
    """
    class Cart:
        def __init__(self, owner, size=1):
            self.owner = owner

        def total(self, discount):
            return discount

        @property
        def size(self):
            return 1

        @classmethod
        def empty(cls, owner):
            return cls(owner)

        @staticmethod
        def currency():
            return "EUR"

    class Bare:
        def name(self):
            return 1
    """
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Cart.__init__", ["made = Cart(owner=...)", "assert vars(made) == ..."]),
        ("Cart.total", ["made = Cart(owner=...)", "answer = made.total(discount=...)"]),
        ("Cart.size", ["made = Cart(owner=...)", "answer = made.size"]),
        ("Cart.empty", ["answer = Cart.empty(owner=...)"]),
        ("Cart.currency", ["answer = Cart.currency()"]),
        ("Bare.name", ["made = Bare()", "answer = made.name()"]),
    ],
)
def test_methods_are_called_on_what_is_made(name: str, expected: list[str]) -> None:
    text = only(CLASS, name)
    assert [line.strip() for line in text.split("\n")][: len(expected)] == expected


@pytest.mark.parametrize(
    ("raised", "expected", "imported"),
    [
        ("raise ValueError('x')", "ValueError", None),
        ("raise CartError", "CartError", "from shop.a import CartError"),
        ("raise errors.CartError(1)", "errors.CartError", "from shop.a import errors"),
        ("raise", "Exception", None),
        ("raise error", "Exception", None),
        ("sys.exit(2)", "SystemExit", None),
    ],
)
def test_an_error_is_expected(raised: str, expected: str, imported: str | None) -> None:
    (found,) = skeletons(f"def f():\n    {raised}\n")
    assert f"with pytest.raises({expected}):\n        f()" in found.text
    assert "import pytest" in found.imports
    assert imported is None or imported in found.imports


def test_generators_are_exhausted_and_coroutines_run() -> None:
    assert "answer = list(f())" in only("def f():\n    yield from [1]\n")
    text = only("@contextlib.contextmanager\ndef f():\n    yield 1\n", "f")
    assert "answer = f().__enter__()" in text
    assert "answer = asyncio.run(f())" in only("async def f():\n    return 1\n")
    assert "answer = f()" in only("def f():\n    return lambda: (yield)\n")


def test_a_function_within_is_reached_by_the_outer_one() -> None:
    text = "def outer(a):\n    def inner(b):\n        return b\n    return inner\n"
    assert [line.strip() for line in only(text, "outer.inner").split("\n")] == [
        "# inner stands in outer: call that, so that it is called",
        "answer = outer(...)",
        "assert answer == ...",
    ]


def test_a_module_is_imported_or_run() -> None:
    assert 'importlib.import_module("shop.a")' in only("a = 1\n", "module")
    found = skeletons("a = 1\nif __name__ == '__main__':\n    a = 2\n", "module")
    assert any('runpy.run_module("shop.a", run_name="__main__")' in each.text for each in found)


def test_a_module_that_was_imported_before_is_run_again() -> None:
    found = skeletons("try:\n    import x\nexcept ImportError:\n    x = None\n", "module")
    assert 'runpy.run_module("shop.a", run_name="shop.a")' in found[1].text


def test_a_package_is_run_by_its_path() -> None:
    """`runpy.run_module` would look for its `__main__.py`."""
    text = "try:\n    import x\nexcept ImportError:\n    x = None\n"
    main = "if __name__ == '__main__':\n    f()\n"
    found = skeletons(text + main, "module", is_package=True)
    again = next(each for each in found if "setitem" in each.text)
    assert again.imports == ("import importlib", "import runpy", "import sys")
    assert [line.strip() for line in again.text.split("\n")] == [
        "def test_import_1(monkeypatch):",
        'monkeypatch.setitem(sys.modules, "x", None)  # no such module',
        'file = importlib.import_module("shop.a").__file__',
        'names = runpy.run_path(file, run_name="shop.a.__init__")',
        "assert names[...] == ...",
    ]
    assert any('run_path(file, run_name="__main__")' in each.text for each in found)


@pytest.mark.parametrize(
    ("tried", "line"),
    [
        ("import x.y as z", 'monkeypatch.setitem(sys.modules, "x.y", None)  # no such module'),
        ("from x import y", 'monkeypatch.setitem(sys.modules, "x", None)  # no such module'),
        ("from .x import y", None),
        ("a = b[0]", None),
        ("a = f()", None),
        (
            "a = version('shop')",
            'monkeypatch.setattr("importlib.metadata.version", ...)  # a function that raises',
        ),
    ],
)
def test_what_has_to_fail_while_a_module_runs_is_made_to(tried: str, line: str | None) -> None:
    head = "from importlib.metadata import version\n\n\n"
    text = f"{head}try:\n    {tried}\nexcept Exception:\n    a = None\n"
    again = skeletons(text, "module")[1]
    told = [each.strip() for each in again.text.split("\n")[1:-2]]
    assert told == ([] if line is None else [line])


def test_a_program_gets_its_arguments_and_its_input() -> None:
    text = "import sys\n\n\ndef f():\n    return sys.argv[1:], sys.stdin.read(), sys.stdin\n"
    (found,) = skeletons(text, "f")
    assert found.imports == ("from shop.a import f", "import io")
    assert [line.strip() for line in found.text.split("\n")][1:3] == [
        'monkeypatch.setattr("sys.argv", ["program", ...])',
        'monkeypatch.setattr("sys.stdin", io.StringIO(...))',
    ]


def test_what_leaves_the_process_is_replaced() -> None:
    text = "import os, time\n\n\ndef f():\n    time.sleep(1)\n    return os.environ['a']\n"
    (found,) = skeletons(text, "f")
    assert found.text.startswith("def test_f_0(monkeypatch):\n")
    assert 'monkeypatch.setattr("shop.a.time.sleep", lambda *args, **kwargs: ...)' in found.text
    assert "# os.environ reads the environment: give it monkeypatch.setenv" in found.text


@pytest.mark.parametrize(
    ("path", "packages", "name"),
    [
        ("src/shop/a.py", {"src/shop"}, "shop.a"),
        ("shop/__init__.py", {"shop"}, "shop"),
        ("a.py", set(), "a"),
        ("src/shop/a.py", set(), "shop.a"),
        ("tools/a.py", set(), "a"),
        ("x/shop/sub/a.py", {"x/shop", "x/shop/sub"}, "shop.sub.a"),
    ],
)
def test_a_module_has_the_name_that_it_is_imported_by(
    path: str, packages: set[str], name: str
) -> None:
    assert module_name(path, frozenset(packages)) == name
