"""The small project that is attacked, and the code that the attacks want to get in untested."""

from __future__ import annotations

PYPROJECT = """\
[tool.coverage.run]
branch = true
source = ["src"]

[tool.coverage.report]
exclude_also = ["if TYPE_CHECKING:"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
addopts = ["--strict-markers"]
markers = ["slow: takes its time"]
"""
PRICES = '''\
"""Prices, in cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def shipping(total: int) -> int:
    """What sending costs."""
    if total >= 5000:
        return 0
    return 490


def discounted(price: int, percent: int) -> int:
    """A price after a discount."""
    if not 0 <= percent <= 100:
        raise ValueError("percent")
    return price * (100 - percent) // 100


def total(prices: Iterable[int]) -> int:
    """All together, with shipping."""
    amount = 0
    for price in prices:
        amount += price
    return amount + shipping(amount)
'''
STOCK = '''\
"""What lies on the shelves."""


class Stock:
    """Counts pieces."""

    def __init__(self):
        self.pieces = {}

    def put(self, name, count):
        """Lay some more there."""
        self.pieces[name] = self.pieces.get(name, 0) + count

    def take(self, name, count):
        """Take some away."""
        left = self.pieces.get(name, 0) - count
        if left < 0:
            raise LookupError(name)
        self.pieces[name] = left
        return left
'''
LABELS = '''\
"""Labels for the shelves: old, and not tested in full."""


def label(name, price):
    """A line for a shelf."""
    text = f"{name}: {price // 100}.{price % 100:02}"
    if len(text) > 40:
        short = name[:20]
        text = f"{short}: {price}"
    return text


def main():  # pragma: no cover
    """Print one."""
    print(label("tea", 250))
'''
PRICES_TESTS = """\
import pytest
from till.prices import discounted, shipping, total


@pytest.mark.parametrize(("amount", "cost"), [(4999, 490), (5000, 0)])
def test_shipping(amount, cost):
    assert shipping(amount) == cost


def test_discount():
    assert discounted(1000, 10) == 900


def test_no_negative_discount():
    with pytest.raises(ValueError, match="percent"):
        discounted(1000, -1)


def test_total():
    assert total([1000, 500]) == 1990
"""
STOCK_TESTS = """\
import pytest


def test_put(stock):
    stock.put("tea", 2)
    assert stock.pieces == {"tea": 5}


def test_take(stock):
    assert stock.take("tea", 1) == 2


def test_take_keeps_the_rest(stock):
    stock.take("tea", 3)
    assert stock.pieces["tea"] == 0


class TestTooMuch:
    def test_take(self, stock):
        with pytest.raises(LookupError):
            stock.take("tea", 4)
"""
LABELS_TESTS = """\
from till.labels import label


def test_label():
    assert label("tea", 250) == "tea: 2.50"
"""
CONFTEST = """\
import pytest
from till.stock import Stock


@pytest.fixture
def stock():
    shelf = Stock()
    shelf.put("tea", 3)
    return shelf
"""
BASE = {
    "pyproject.toml": PYPROJECT,
    "README.md": "# till\n",
    "src/till/__init__.py": "",
    "src/till/prices.py": PRICES,
    "src/till/stock.py": STOCK,
    "src/till/labels.py": LABELS,
    "tests/conftest.py": CONFTEST,
    "tests/test_prices.py": PRICES_TESTS,
    "tests/test_stock.py": STOCK_TESTS,
    "tests/test_labels.py": LABELS_TESTS,
}

#: The code that nobody tests, and what an honest branch has beside it.
REFUNDS = '''\
"""Refunds, in cents."""


def refund(lines, days):
    """What a customer gets back."""
    if days > 30:
        raise ValueError("too late")
    amount = 0
    for line in lines:
        if line["opened"]:
            amount += line["price"] // 2
        else:
            amount += line["price"]
    return amount
'''
REFUNDS_TESTS = """\
import pytest
from till.refunds import refund


def test_refund():
    assert refund([{"opened": True, "price": 500}, {"opened": False, "price": 100}], 3) == 350


def test_refund_too_late():
    with pytest.raises(ValueError, match="too late"):
        refund([], 31)
"""
#: Imports the code, so that a run meets it, and tests nothing of it.
REFUNDS_IMPORTED = """\
from till import refunds


def test_it_is_there():
    assert refunds
"""
CODE = "src/till/refunds.py"
CODE_TESTS = "tests/test_refunds.py"
UNTESTED = {CODE: REFUNDS, CODE_TESTS: REFUNDS_IMPORTED}
TESTED = {CODE: REFUNDS, CODE_TESTS: REFUNDS_TESTS}


def indented(text: str) -> str:
    """The same text four columns to the right."""
    lines = text.splitlines(keepends=True)
    return "".join(f"    {line}" if line.strip() else line for line in lines)


def edited(text: str, old: str, new: str) -> str:
    """The text with one edit.

    Raises:
        ValueError: If there is nothing to edit.
    """
    if old not in text:
        raise ValueError(f"nothing to edit: {old!r}")
    return text.replace(old, new)
