"""Which changes are offered, how they are written, and which are chosen."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.mutants import Mutant, choose, mutants_of

EVERY = (1 << 200) - 1


def changes(source: str, lines: int = EVERY) -> list[str]:
    return [mutant.change for mutant in mutants_of("a.py", source.encode(), lines)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = a < b", ["`a < b` becomes `a <= b`"]),
        ("x = a is None", ["`a is None` becomes `a is not None`"]),
        ("x = a not in b", ["`a not in b` becomes `a in b`"]),
        ("x = a and b", ["`a and b` becomes `a or b`"]),
        ("x = a or b", ["`a or b` becomes `a and b`"]),
        ("x = not a", ["`not a` becomes `a`"]),
        ("x = -a", []),
        ("x = a - b", ["`a - b` becomes `a + b`"]),
        ("x = a + b", []),
        ("x = a * b", []),
        ("x = a + 1", ["`a + 1` becomes `a - 1`", "`1` becomes `2`"]),
        ("x = 1.5 + a", ["`1.5 + a` becomes `1.5 - a`", "`1.5` becomes `2.5`"]),
        ("x = True", ["`True` becomes `False`"]),
        ("x = 'text'", []),
        ("x: list[1] = 3", ["`3` becomes `4`"]),
        ("x: int", []),
        ("f(a)", ["`f(a)` becomes nothing"]),
        ("x.y = a", ["`x.y = a` becomes nothing"]),
        ("x[a], y = b", []),
        ("x += a", ["`x += a` becomes nothing"]),
        ("with f(a < b): pass", ["`a < b` becomes `a <= b`"]),
        ("for x in f(not a): pass", ["`not a` becomes `a`"]),
        ("raise E(1)", ["`raise E(1)` becomes nothing"]),
        # What nobody tests.
        ("assert a < b", []),
        ("import a", []),
        ("'text'", []),
        ("__all__ = [1]", []),
        ("log.info('x', a < b)", []),
        ("self.logger.warning(1)", []),
        ("print(1)", []),
        ("warnings.warn('x', stacklevel=2)", []),
        ("x = f(print(1))", []),
        ("x = f()(1)", ["`1` becomes `2`"]),
        ("x = f'{a < b}'", []),
        ("x = lambda: 1", []),
        # What may not end.
        ("while a < b:\n    f(a)\n    x += 1", []),
    ],
)
def test_what_is_offered(code: str, expected: list[str]) -> None:
    assert changes(code) == expected


def test_what_is_only_for_type_checkers_or_scripts_is_left_alone() -> None:
    assert changes("if TYPE_CHECKING:\n    x = 1\nif t.TYPE_CHECKING:\n    x = 1") == []
    assert changes("if __name__ == '__main__':\n    main(1)") == []


def test_a_return_answers_nothing_and_a_bare_one_stays() -> None:
    assert changes("def f():\n    return a") == ["`a` becomes `None`"]
    assert changes("def f():\n    return\n    return None") == []


def test_an_awaited_call_goes_and_an_awaited_name_stays() -> None:
    assert changes("async def f():\n    await g()\n    await x") == ["`await g()` becomes nothing"]


def test_each_part_of_a_statement_is_met_and_headers_of_functions_are_not() -> None:
    code = (
        "class C:\n    def m(self, a=1):\n        try:\n            return 2\n"
        "        except E:\n            return 3\n"
        "def f(x):\n    match x:\n        case 1:\n            g(x)\n"
    )
    found = mutants_of("a.py", code.encode(), EVERY)
    assert [(each.line, each.symbol) for each in found] == [
        (4, "C.m"),
        (4, "C.m"),
        (6, "C.m"),
        (6, "C.m"),
        (10, "f"),
    ]
    assert found[-1].place == "a.py:10 f: `g(x)` becomes nothing"


def test_a_function_in_a_loop_is_changed() -> None:
    code = "while a:\n    def f():\n        return x\n    raise E\n"
    assert changes(code) == ["`x` becomes `None`", "`raise E` becomes nothing"]


def test_only_the_lines_that_are_asked_for_are_changed() -> None:
    assert changes("x = 1\ny = 2\n", 1 << 2) == ["`2` becomes `3`"]


def test_a_change_keeps_the_number_of_lines_and_what_stands_around() -> None:
    source = "# é\nx = [f(a\n    < b), 'ü']; y = 1  # ß\r\nz = 1\n".encode()
    (first, *_) = mutants_of("a.py", source, 1 << 2)
    expected = "# é\nx = [f((a <= b\n)), 'ü']; y = 1  # ß\r\nz = 1\n"
    assert first.applied(source).decode() == expected


def test_a_long_change_is_told_in_short() -> None:
    (told,) = changes(f"x = {'a' * 80} < b")
    assert len(told) < 150
    assert "…" in told


@pytest.mark.parametrize(
    "source",
    [b"x = (", b"\xef\xbb\xbfx = 1", "# coding: latin-1\nx = 'ü' < 1".encode("latin-1"), b"\0"],
)
def test_what_cannot_be_read_is_left_alone(source: bytes) -> None:
    assert mutants_of("a.py", source, EVERY) == ()


def test_what_cannot_be_written_down_is_left_alone() -> None:
    deep = "x = " + "f(" * 60 + "a < b" + ")" * 60
    assert len(changes(deep)) == 1
    surrogate = b"x = a < '\\ud800'"
    assert mutants_of("a.py", surrogate, EVERY) != ()
    # As text this would be a number of more digits than Python writes.
    assert changes(f"x = 0x{'f' * 5000} < a") == []


def test_the_choice_depends_on_the_seed_alone_and_takes_each_line_once() -> None:
    source = "".join(f"x{number} = a < {number} and b\n" for number in range(30)).encode()
    offered = mutants_of("a.py", source, EVERY)
    turned = offered[::-1]
    chosen = choose(offered, most=12, seed="tree")
    assert chosen == choose(turned, most=12, seed="tree")
    assert len({each.line for each in chosen}) == 12
    assert chosen != choose(offered, most=12, seed="other")
    assert choose(offered, most=5, seed="tree") == chosen[:5]


CODE = st.sampled_from(
    [
        "if a < 1 and not b:\n    return x\n",
        "y.z = (a\n  - 1)\n",
        "f(a ==\n  b or c)\n",
        "for i in range(3):\n    total += i\n",
        "try:\n    f()\nexcept E:\n    raise\n",
    ]
)


@given(st.lists(CODE, min_size=1, max_size=4))
def test_every_change_is_python_of_as_many_lines_and_says_something_else(parts: list[str]) -> None:
    body = "".join(parts).replace("\n", "\n    ").rstrip(" ")
    source = f"def f(a):\n    {body}".encode()
    tree = ast.dump(ast.parse(source))
    for mutant in mutants_of("a.py", source, EVERY):
        changed = mutant.applied(source)
        assert ast.dump(ast.parse(changed)) != tree
        assert changed.count(b"\n") == source.count(b"\n")


def test_a_mutant_at_module_level_names_no_function() -> None:
    mutant = Mutant(path="a.py", line=1, symbol=None, start=0, end=1, text=b"", change="`1`")
    assert mutant.place == "a.py:1: `1`"
