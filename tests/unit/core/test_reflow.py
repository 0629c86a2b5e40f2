from __future__ import annotations

import pytest

from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import kept_runs, line_map
from coverage_gate.core.matching import sheet_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.reflow import Candidates, reflowed, squeezed
from coverage_gate.testing.values import file_diff, tree_id

CALL = "result = compute_the_thing(first, second)"
BROKEN = "result = compute_the_thing(\n    first,\n    second,\n)"


def _sheet(path: str, statements: list[int], continued: list[int]) -> FileCoverage:
    return FileCoverage(
        path=path,
        blob=tree_id(path),
        statements=bits_of(statements),
        executed=0,
        continued=bits_of(continued),
    )


def pairs(
    before: str, old: tuple[list[int], list[int]], after: str, new: tuple[list[int], list[int]]
) -> dict[int, int]:
    diff = file_diff("a.py", before, after)
    return reflowed(
        Candidates(
            diff=diff,
            base=sheet_of(_sheet("a.py", *old)),
            head=sheet_of(_sheet("a.py", *new)),
            lines=line_map(kept_runs(diff)),
            old=old[0],
            new=new[0],
        )
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CALL, BROKEN),
        ("a = 'b'", 'a = "b"'),
        ("return a", "return (\n    a\n)"),
        ("f([1, 2])", "f(\n    [\n        1,\n        2,\n    ],\n)"),
        ("a = b + \\\n    c", "a = b + c  # d"),
        ("a, b", "a,\nb,"),
        ("return(a)", "return a"),
        ("f(a for a in(b, c))", "f(\n    a\n    for a in (b, c)\n)"),
        ("a = 'it\\'s'", 'a = "it\'s"'),
        ("a = R'b\\d'", 'a = r"b\\d"'),
        ("a = f'{ b }, {c [0]} d'", 'a = f"{b}, {c[0]} d"'),
        ("a = f'{b[\"c\"]}'", "a = f\"{b['c']}\""),
        ("def f():\n    '''  One.\n\n    Two.'''", 'def f():\n  """One.\n\n  Two.\n  """'),
        ("f(\n # one, two\n)", "f(\n    # one,  two\n)"),
    ],
)
def test_what_formatters_change_is_left_out(one: str, other: str) -> None:
    assert squeezed(one.encode().splitlines()) == squeezed(other.encode().splitlines())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a, b)", "f(b, a)"),
        ("a.b", "ab"),
        ("a", "-a"),
        ("not x", "notx"),
        ("return(x)", "returnx"),
        ("raise ValueError('percent')", "raise ValueError('per cent')"),
        ("a = 'b  c'", "a = 'b c'"),
        ("a = ' b'", "a = 'b'"),
        ("a = '(b)'", "a = 'b'"),
        ("a = 'b,'", "a = 'b'"),
        ("a = f'{b} c'", "a = f'{b}c'"),
        ("a = '''b c'''", "a = '''bc'''"),
        ("a = '''b\nc'''", "a = '''bc'''"),
        ('a = "it\'s b"', 'a = "it\'sb"'),
    ],
)
def test_what_says_something_else_stays_different(one: str, other: str) -> None:
    assert squeezed(one.encode().splitlines()) != squeezed(other.encode().splitlines())


@pytest.mark.parametrize("again", [rb"\" ", rb"\' \"", rb'\"" ', rb"\'' ", rb"f{ ", rb",\ "])
def test_quotes_without_an_end_are_read_in_a_moment(again: bytes) -> None:
    lines = [b"don't \"", b'"""' + again * 100_000]
    assert squeezed(lines) == squeezed(lines)


def test_a_statement_that_was_broken_into_lines_is_found() -> None:
    assert pairs(
        f"a\n{CALL}\nb\n", ([1, 2, 3], []), f"a\n{BROKEN}\nb\n", ([1, 2, 6], [3, 4, 5])
    ) == {2: 2}


def test_a_statement_whose_first_line_stays_is_found() -> None:
    before, after = "f(\n    a, b\n)\nx\n", "f(\n    a,\n    b,\n)\nx\n"
    assert pairs(before, ([1], [2, 3]), after, ([1], [2, 3, 4])) == {1: 1}


def test_a_statement_whose_first_line_stays_and_whose_value_changes_is_not_found() -> None:
    before, after = "f(\n    a, b\n)\nx\n", "f(\n    a,\n    c,\n)\nx\n"
    assert pairs(before, ([1], [2, 3]), after, ([1], [2, 3, 4])) == {}


def test_a_statement_is_not_found_in_one_that_is_known() -> None:
    before, after = "f(\n    a, b\n)\nx\n", "f(\n    a,\n    b,\n)\nx\n"
    assert pairs(before, ([], [2, 3]), after, ([1], [2, 3, 4])) == {}


def test_several_short_statements_are_found_when_nothing_else_changes() -> None:
    before, after = "a = 'x'\nb = 'y'\n", 'a = "x"\nb = (\n    "y"\n)\n'
    assert pairs(before, ([1, 2], []), after, ([1, 2], [3, 4])) == {1: 1, 2: 2}


def test_statements_that_were_joined_are_not_found() -> None:
    assert pairs("a = 'x'\nb\n", ([1, 2], []), '(a = "x"b)\n', ([1], [])) == {}


def test_a_long_statement_is_found_among_others_that_change() -> None:
    before, after = f"p()\n{CALL}\n", f"q()\nr()\n{BROKEN}\n"
    assert pairs(before, ([1, 2], []), after, ([1, 2, 3], [4, 5, 6])) == {3: 2}


def test_a_short_statement_amid_others_that_change_is_not_found() -> None:
    before, after = "p()\na = 'x'\ns()\n", 'q()\nr()\na = "x"\nt()\n'
    assert pairs(before, ([1, 2, 3], []), after, ([1, 2, 3, 4], [])) == {}


def test_a_short_statement_at_the_ends_of_what_changes_is_found() -> None:
    before, after = "a = 'x'\np()\nb = 'y'\n", 'a = "x"\nq()\nr()\nb = "y"\n'
    assert pairs(before, ([1, 2, 3], []), after, ([1, 2, 3, 4], [])) == {1: 1, 4: 3}


def test_ends_are_not_known_where_a_statement_reaches_further() -> None:
    before, after = "a = 'x'\np(\n)\nz\n", 'a = "x"\nq(\n1)\nz\n'
    assert pairs(before, ([1, 2], [3]), after, ([1, 2], [3])) == {1: 1}


def test_a_comment_on_a_line_of_its_own_changes_no_statement() -> None:
    before, after = "a\nb = 1\n# old\nc\n", "a\nb = 1  # one\n# new\n# words\nc\n"
    assert pairs(before, ([1, 2, 4], []), after, ([1, 2, 5], [])) == {2: 2}


def test_what_looks_like_a_comment_within_a_text_is_none() -> None:
    before, after = 'a = """\n# old\n"""\n', 'a = """\n# new\n"""\n'
    assert pairs(before, ([1], [2, 3]), after, ([1], [2, 3])) == {}


def test_long_statements_are_found_in_their_order_and_once() -> None:
    before = f"p()\n{CALL}\n"
    after = f"q()\n{BROKEN}\nr()\n{BROKEN}\n"
    assert pairs(before, ([1, 2], []), after, ([1, 2, 6, 7], [3, 4, 5, 8, 9, 10])) == {2: 2}


def test_a_statement_that_reaches_out_of_its_hunk_is_not_taken_for_a_part_of_it() -> None:
    before = f"p()\n{CALL}\nx\n"
    assert pairs(before, ([1, 2], [3]), f"q()\nr()\n{BROKEN}\nx\n", ([1, 2, 3], [4, 5, 6, 7])) == {}


def test_a_statement_whose_text_gets_a_blank_is_not_found() -> None:
    before = 'raise ValueError("not a valid percentage")\n'
    after = before.replace("percent", "per cent")
    assert pairs(before, ([1], []), after, ([1], [])) == {}


def test_a_long_statement_whose_text_gets_a_blank_is_not_found_among_others() -> None:
    call = 'result = compute("the thing", second)'
    before, after = f"p()\n{call}\n", f"q()\nr()\n{call.replace('the thing', 'the  thing')}\n"
    assert pairs(before, ([1, 2], []), after, ([1, 2, 3], [])) == {}


def test_a_text_of_many_blanks_takes_no_longer_than_another_one() -> None:
    blanks = b" " * 1_000_000
    assert len(squeezed([b'text = """a' + blanks + b'b"""'])) > len(blanks)
