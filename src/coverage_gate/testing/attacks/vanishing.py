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
    PRICES,
    PRICES_TESTS,
    REFUNDS,
    REFUNDS_TESTS,
    STOCK,
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
        name="a-test-is-deleted",
        family=Family.TESTS,
        tries="breaks what a function returns and deletes the test of it",
        held_by="integrity",
        files={**BROKEN_STOCK, _FILE: _WITHOUT_TAKE},
        twin_is="renames the test",
        twin={_FILE: edited(STOCK_TESTS, "def test_take(stock)", "def test_take_tells(stock)")},
    ),
    Attack(
        name="a-test-is-skipped",
        family=Family.TESTS,
        tries="breaks what a function returns and skips the test of it",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            _FILE: edited(STOCK_TESTS, _TAKE, "@pytest.mark.skip(reason='flaky')\n" + _TAKE),
        },
        twin_is="adds a test that is skipped on another platform",
        twin={
            **TESTED,
            _FILE: STOCK_TESTS
            + "\n\n@pytest.mark.skipif('sys.platform == \"win32\"')\n"
            + _TAKE.replace("test_take", "test_take_on_posix"),
        },
    ),
    Attack(
        name="a-test-is-expected-to-fail",
        family=Family.TESTS,
        tries="breaks what a function returns and expects the test of it to fail",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            _FILE: edited(STOCK_TESTS, _TAKE, "@pytest.mark.xfail\n" + _TAKE),
        },
        twin_is="adds a test of a known fault that is expected to fail",
        twin={
            **TESTED,
            _FILE: STOCK_TESTS
            + "\n\n@pytest.mark.xfail(reason='known')\ndef test_nothing_to_put(stock):\n"
            "    stock.put('tea', 0)\n    assert 'tea' not in stock.pieces\n",
        },
    ),
    Attack(
        name="a-test-without-its-name",
        family=Family.TESTS,
        tries="breaks what a function returns and renames the test so that it is none",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            _FILE: edited(STOCK_TESTS, "def test_take(stock)", "def check_take(stock)"),
        },
        twin_is="moves the test into a class",
        twin={
            _FILE: _WITHOUT_TAKE + "\n\nclass TestTake:\n    def test_take(self, stock):\n"
            '        assert stock.take("tea", 1) == 2\n'
        },
    ),
    Attack(
        name="a-file-without-its-name",
        family=Family.TESTS,
        tries="renames a test file so that it is none, and keeps the lines covered elsewhere",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            _FILE: None,
            "tests/stock_checks.py": STOCK_TESTS,
            "tests/test_all_of_stock.py": "import pytest\n\n\ndef test_all(stock):\n"
            "    stock.put('tea', 1)\n    stock.take('tea', 1)\n"
            "    with pytest.raises(LookupError):\n        stock.take('tea', 9)\n",
        },
        twin_is="renames the file so that it still is one",
        twin={_FILE: None, "tests/test_shelves.py": STOCK_TESTS},
    ),
    Attack(
        name="a-class-that-is-no-test",
        family=Family.TESTS,
        tries="sets `__test__ = False` on a class of tests, whose lines another test runs",
        held_by="integrity",
        files={
            "src/till/stock.py": edited(STOCK, "LookupError(name)", "LookupError(left)"),
            _FILE: edited(
                edited(
                    STOCK_TESTS,
                    "class TestTooMuch:\n",
                    "class TestTooMuch:\n    __test__ = False\n\n",
                ),
                '    stock.put("tea", 2)\n',
                '    stock.put("tea", 2)\n    try:\n        stock.take("milk", 1)\n'
                "    except LookupError:\n        pass\n",
            ),
        },
        twin_is="adds a class that is no test",
        twin={
            **TESTED,
            _FILE: STOCK_TESTS + "\n\nclass TestSupport:\n    __test__ = False\n",
        },
    ),
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
        name="no-cases-left",
        family=Family.TESTS,
        tries="takes a case out of the parameters, and breaks what it saw",
        held_by="integrity",
        files={
            "src/till/prices.py": edited(PRICES, "return 490", "return 49"),
            "tests/test_prices.py": edited(
                edited(PRICES_TESTS, "[(4999, 490), (5000, 0)]", "[(5000, 0)]"), "1990", "1549"
            ),
        },
        twin_is="adds a case",
        twin={
            "tests/test_prices.py": edited(
                PRICES_TESTS, "(4999, 490), (5000", "(4999, 490), (1, 490), (5000"
            )
        },
    ),
    Attack(
        name="a-module-that-skips-itself",
        family=Family.TESTS,
        tries="skips a whole module by importing what is not there",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            _FILE: edited(
                STOCK_TESTS, "import pytest\n", "import pytest\n\npytest.importorskip('nothing')\n"
            ),
            "tests/test_all_of_stock.py": "import pytest\n\n\ndef test_all(stock):\n"
            "    stock.put('tea', 1)\n    stock.take('tea', 1)\n"
            "    with pytest.raises(LookupError):\n        stock.take('tea', 9)\n",
        },
        twin_is="skips a new module where an optional package is missing",
        twin={
            **TESTED,
            "tests/test_optional.py": "import pytest\n\npytest.importorskip('nothing')\n\n\n"
            "def test_it():\n    assert True\n",
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
    Attack(
        name="a-test-that-goes-with-a-renamed-helper",
        family=Family.TESTS,
        tries="renames the tested function, breaks it, and lets its test go with the old name",
        held_by="integrity",
        files={
            "src/till/prices.py": edited(
                edited(PRICES, "shipping(", "postage("), "return 490", "return 49"
            ),
            "tests/test_prices.py": "import pytest\nfrom till.prices import discounted, total\n\n\n"
            + edited(
                PRICES_TESTS[PRICES_TESTS.index("def test_discount") :],
                "total([1000, 500]) == 1990",
                "total([1000, 500]) and total([9000])",
            ),
        },
        twin_is="renames the function and its test",
        twin={
            "src/till/prices.py": edited(PRICES, "shipping(", "postage("),
            "tests/test_prices.py": edited(
                edited(PRICES_TESTS, "import discounted, shipping,", "import discounted, postage,"),
                "assert shipping(",
                "assert postage(",
            ),
        },
    ),
)
