"""Tests that are there no more, or say nothing any more.

The code that they tested runs under other tests, too: no line is lost by them.
"""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.configuration import BROKEN_STOCK
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    LABELS_TESTS,
    PRICES_TESTS,
    REFUNDS,
    REFUNDS_TESTS,
    STOCK_TESTS,
    TESTED,
    edited,
)

_FILE = "tests/test_stock.py"
_TAKE = """def test_take(stock):
    assert stock.take("tea", 1) == 2
"""
_WITHOUT_TAKE = edited(STOCK_TESTS, _TAKE + "\n\n", "")

VANISHING = (
    Attack(
        name="a-second-test-of-the-name",
        family=Family.TESTS,
        tries="shadows a test by a second function of its name that says nothing",
        held_by="lost",
        files={
            "tests/test_prices.py": PRICES_TESTS
            + "\n\ndef test_no_negative_discount():\n    pass\n"
        },
        twin_is="adds a test with another name",
        twin={
            "tests/test_prices.py": PRICES_TESTS
            + "\n\ndef test_full_discount():\n    assert discounted(1000, 100) == 0\n"
        },
    ),
    Attack(
        name="an-emptied-test",
        family=Family.TESTS,
        tries="empties the body of a test",
        held_by="lost",
        files={
            "tests/test_prices.py": edited(
                PRICES_TESTS,
                '    with pytest.raises(ValueError, match="percent"):\n'
                "        discounted(1000, -1)\n",
                "    pass\n",
            )
        },
        twin_is="writes the body anew",
        twin={
            "tests/test_prices.py": edited(
                PRICES_TESTS,
                '    with pytest.raises(ValueError, match="percent"):\n'
                "        discounted(1000, -1)\n",
                "    with pytest.raises(ValueError):\n        discounted(1, 101)\n",
            )
        },
    ),
    Attack(
        name="a-stop-in-the-middle",
        family=Family.TESTS,
        tries="stops the run with status 0 before the tests of broken code",
        held_by="lost",
        files={
            **BROKEN_STOCK,
            "tests/test_a.py": "import pytest\n\n\ndef test_a():\n"
            "    pytest.exit('done', returncode=0)\n",
        },
        twin_is="tests a function that ends the program",
        twin={
            **TESTED,
            "tests/test_a.py": "import sys\n\nimport pytest\n\n\ndef test_a():\n"
            "    with pytest.raises(SystemExit):\n        sys.exit(0)\n",
        },
    ),
    Attack(
        name="a-module-that-ends-the-run",
        family=Family.TESTS,
        tries="calls sys.exit(0) while it is imported",
        held_by="branch-unmeasurable",
        files={**BROKEN_STOCK, "tests/test_a.py": "import sys\n\nsys.exit(0)\n"},
        twin_is="has an end of the program that only a script reaches",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS
            + "\n\nif __name__ == '__main__':\n    raise SystemExit(pytest.main())\n",
        },
    ),
    Attack(
        name="no-tests-at-all",
        family=Family.TESTS,
        tries="deletes all tests, for a run that finds none",
        held_by="branch-unmeasurable",
        files={
            "tests/conftest.py": None,
            "tests/test_prices.py": None,
            "tests/test_stock.py": None,
            "tests/test_labels.py": None,
        },
        twin_is="moves all tests to another folder below tests/",
        twin={
            "tests/test_prices.py": None,
            "tests/test_stock.py": None,
            "tests/test_labels.py": None,
            "tests/unit/test_prices.py": PRICES_TESTS,
            "tests/unit/test_stock.py": STOCK_TESTS,
            "tests/unit/test_labels.py": LABELS_TESTS,
        },
    ),
)
