"""Which conditions stand above a line, and which way a branch makes its header go."""

from __future__ import annotations

from textwrap import dedent

import pytest

from coverage_gate.core.reach import MAX_SOURCE, Header, Reach, lines_in, reach_of, text_of

SOURCE = dedent(
    """\
    def f(a, b):
        if a < 0:
            raise ValueError
        if a == 1:
            b = 2
        elif a == 2:
            b = 3
        else:
            return 0
        for item in (
            b
        ):
            if not item: continue
            use(item)
        else:
            done()
        while a:
            a -= 1
        while True:
            break
        try:
            g()
        except (KeyError, OSError):
            h()
        except:
            k()
        else:
            quiet()
        finally:
            last()
        match b:
            case [x, *_] if x:
                i()
            case _:
                j()
        with a, b:
            def inner():
                return 1
        class C:
            d = 1
            @deco
            def e(self): pass
        return b
    """
)


def told(line: int, target: int = 0) -> list[tuple[str, bool]]:
    reach = reach_of(SOURCE)
    found = reach.of_branch(line, target) if target else reach.of_line(line)
    return [(condition.text, condition.wanted) for condition in found]


GUARD = [("a < 0", False)]


@pytest.mark.parametrize(
    ("line", "conditions"),
    [
        (1, []),
        (2, []),
        (3, [("a < 0", True)]),
        (4, GUARD),
        (5, [*GUARD, ("a == 1", True)]),
        # elif and else: the tests above failed
        (6, [*GUARD, ("a == 1", False)]),
        (7, [*GUARD, ("a == 1", False), ("a == 2", True)]),
        (9, [*GUARD, ("a == 1", False), ("a == 2", False)]),
        # loops; a guard that leaves on its own line
        (13, [*GUARD, ("for item in b", True)]),
        (14, [*GUARD, ("for item in b", True), ("not item", False)]),
        (16, [*GUARD, ("for item in b", False)]),
        (18, [*GUARD, ("a", True)]),
        (20, GUARD),
        # try
        (22, GUARD),
        (24, [*GUARD, ("except (KeyError, OSError)", True)]),
        (26, [*GUARD, ("except", True)]),
        (28, [*GUARD, ("try", True)]),
        (30, GUARD),
        (33, [*GUARD, ("match b: case [x, *_] if x", True)]),
        (35, [*GUARD, ("match b: case _", True)]),
        # a function inside of another one begins anew
        (37, GUARD),
        (38, []),
        (40, GUARD),
        (43, GUARD),
        (99, []),
    ],
)
def test_a_line_is_reached_under_the_conditions_above_it(
    line: int, conditions: list[tuple[str, bool]]
) -> None:
    assert told(line) == conditions


@pytest.mark.parametrize(
    ("branch", "conditions"),
    [
        ((2, 3), [("a < 0", True)]),
        ((2, 4), [("a < 0", False)]),
        ((10, 13), [*GUARD, ("for item in b", True)]),
        ((10, 16), [*GUARD, ("for item in b", False)]),
        ((17, -1), [*GUARD, ("a", False)]),
        ((23, 24), [*GUARD, ("except (KeyError, OSError)", True)]),
        ((23, 25), [*GUARD, ("except (KeyError, OSError)", False)]),
        ((32, 34), [*GUARD, ("match b: case [x, *_] if x", False)]),
        ((36, 37), GUARD),
    ],
)
def test_a_branch_says_which_way_its_header_goes(
    branch: tuple[int, int], conditions: list[tuple[str, bool]]
) -> None:
    assert told(*branch) == conditions


def test_a_branch_to_a_decorated_function_goes_inside() -> None:
    reach = reach_of("if a:\n    @b\n    def c(): pass\n")
    assert reach.of_branch(1, 2)[0].wanted
    assert not reach.of_branch(1, -1)[0].wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("if a:\n    pass\nelse:\n    raise B\nc()\n", True),
        ("if a:\n    raise B\nelse:\n    raise C\nc()\n", None),
        ("if a:\n    b\nc()\n\n\n", None),
    ],
)
def test_only_an_if_of_which_one_way_leaves_is_a_guard(source: str, wanted: bool | None) -> None:
    found = reach_of(source).of_line(len(source.rstrip().splitlines()))
    assert [condition.wanted for condition in found] == ([] if wanted is None else [wanted])


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n",
        "a\0b",
        "x = " + "-" * 100_000 + "1\n",
        "(" * 1000,
        "#" * (MAX_SOURCE + 1),
        "if a:\n" + "elif b:\n    pass\n" * 3,
    ],
    ids=["syntax", "null", "deep", "parentheses", "long", "elif"],
)
def test_what_cannot_be_read_tells_nothing(source: str) -> None:
    assert reach_of(source) == Reach()


def test_texts_are_those_of_the_source_on_one_line() -> None:
    long = "x" * 300
    reach = reach_of(f"if é == '{long}' and (\n    b):\n    c()\nif ä:\n    d()\n")
    first, second = reach.of_line(3)[0], reach.of_line(5)[0]
    assert first.header is Header.TEST
    assert first.text.startswith("é == 'xxx")
    assert first.text.endswith("…")
    assert second.text == "ä"


def test_lines_are_pythons() -> None:
    assert lines_in("a\r\nb\rc\x0cd\u2028e\nf") == ["a", "b", "c\x0cd\u2028e", "f"]


def test_a_source_that_is_no_utf8_has_a_text_all_the_same() -> None:
    assert text_of(b"\xef\xbb\xbfa") == "a"
    assert text_of(b"# \xe9") == "# é"
