"""Logic on a line that runs without it: packed bodies and lambdas."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.project import CODE, CODE_TESTS, UNTESTED

_PACKED = """\
def refund(a, d): a = list(a); b = len(a) * d; c = b % 7; e = c or b; f = e * 3; g = f - b; return g
def late(d): a = d * 2; b = a - 30; c = b // 2; e = c or a; f = e * 3; g = f - b; return g
def fee(d): a = d * 5; b = a - 10; c = b // 3; e = c or a; f = e * 2; g = f - b; return g
"""
_PACKED_TESTS = """\
from till.refunds import fee, late, refund


def test_all():
    assert (refund([1], 2), late(2), fee(2)) == (4, -13, 20)
"""
_LAMBDA = """\
refund = lambda lines, days: (
    sum(line["price"] // 2 if line["opened"] else line["price"] for line in lines)
    if days <= 30
    else None
)
"""
#: Called, handed on, or too plain to be asked for.
_LAMBDAS = f"""\
{_LAMBDA}

def latest(
    lines,
    key=lambda line: line["day"] or 0,
    missing=lambda: None,
):
    lines = sorted(lines, key=lambda line: -line["price"])
    return max(lines, key=key) if lines else missing()
"""
_LAMBDAS_TESTS = """\
from till.refunds import latest, refund


def test_refund():
    assert refund([{"opened": True, "price": 500}], 3) == 250
    assert refund([], 31) is None


def test_latest():
    assert latest([{"day": 1, "price": 5}, {"day": 3, "price": 2}])["price"] == 2
"""
_TABLE = """\
RULES = {
    "opened": lambda line: line["price"] // 2 if line["days"] < 15 else line["price"] // 4,
    "late": lambda line: line["price"] * (line["days"] < 60),
    "new": lambda line: line["price"],
}
FEES = {"small": 1, "large": 2}
NAMES = tuple(RULES)


def refund(kind, line):
    return RULES[kind](line)
"""
_TABLE_TEST = """\
import pytest
from till.refunds import refund


@pytest.mark.parametrize("kind", {kinds})
def test_refund(kind):
    assert refund(kind, {{"price": 8, "days": 20}}) in (2, 8)
"""

PACKING = (
    Attack(
        name="packed-one-liners",
        family=Family.HIDING,
        tries="packs whole bodies on the line of their header, which runs at the import",
        held_by="baseline",
        files={**UNTESTED, CODE: _PACKED},
        twin_is="has the same packed functions, called by a test",
        twin={CODE: _PACKED, CODE_TESTS: _PACKED_TESTS},
    ),
    Attack(
        name="logic-in-one-lambda",
        family=Family.HIDING,
        tries="writes all as one lambda, whose statement runs at the import",
        held_by="patch",
        files={**UNTESTED, CODE: _LAMBDA},
        twin_is="has that lambda, one as a key and one as a default, called by tests",
        twin={CODE: _LAMBDAS, CODE_TESTS: _LAMBDAS_TESTS},
    ),
    Attack(
        name="a-table-of-lambdas",
        family=Family.HIDING,
        tries="looks functions up in a table of lambdas, and calls the plainest",
        held_by="baseline",
        files={CODE: _TABLE, CODE_TESTS: _TABLE_TEST.format(kinds=["new"])},
        twin_is="calls all that hold logic",
        twin={CODE: _TABLE, CODE_TESTS: _TABLE_TEST.format(kinds=["opened", "late"])},
    ),
    Attack(
        name="a-lambda-beside-one-that-runs",
        family=Family.HIDING,
        tries="calls a lambda on the line of another one that holds the logic",
        held_by="patch",
        files={**UNTESTED, CODE: f"free, refund = (lambda: 0)(), {_LAMBDA.partition(' = ')[2]}"},
        twin_is="has plain lambdas on one line, and calls one",
        twin={
            CODE: "by_price, by_day = lambda line: line['price'], lambda line: line['day']\n",
            CODE_TESTS: "from till.refunds import by_day\n\n\ndef test_it():\n"
            "    assert by_day({'day': 1}) == 1\n",
        },
    ),
)
