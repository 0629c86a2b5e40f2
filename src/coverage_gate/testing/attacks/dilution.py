"""Code that looks as if it was nothing new, or little."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    LABELS,
    PRICES,
    PRICES_TESTS,
    REFUNDS,
    REFUNDS_TESTS,
    STOCK,
    STOCK_TESTS,
    TESTED,
    UNTESTED,
    edited,
    indented,
)

_CONSTANTS = "".join(f"KEY_{number} = {number}\n" for number in range(3000))
_DISCOUNT = PRICES[PRICES.index("def discounted") : PRICES.index("def total")].strip() + "\n"
_DISCOUNT_TESTS = PRICES_TESTS[
    PRICES_TESTS.index("def test_discount") : PRICES_TESTS.index("def test_total")
]
_NO_DISCOUNT = edited(PRICES, _DISCOUNT + "\n\n", "")
_NO_DISCOUNT_TESTS = edited(
    edited(PRICES_TESTS, _DISCOUNT_TESTS, ""), "import discounted, shipping", "import shipping"
)
_CALLED = "".join(
    f"\n\ndef step_{number}(x):\n    a = x + {number}\n    b = a * 2\n    c = b - a\n    return c\n"
    for number in range(30)
)
_CALLS = "from till import steps\n\n\ndef test_steps():\n" + "".join(
    f"    assert steps.step_{number}(1) == {number + 1}\n" for number in range(30)
)
_SHORT_LABELS = edited(
    LABELS,
    '    if len(text) > 40:\n        short = name[:20]\n        text = f"{short}: {price}"\n',
    "",
)

DILUTION = (
    Attack(
        name="three-thousand-constants",
        family=Family.DILUTION,
        tries="lifts the rate by constants, which all run at the import",
        held_by="patch",
        files={
            **UNTESTED,
            "src/till/keys.py": _CONSTANTS,
            "tests/test_keys.py": "from till import keys\n\n\ndef test_it():\n    assert keys\n",
        },
        twin_is="adds a table of constants",
        twin={
            **TESTED,
            "src/till/keys.py": _CONSTANTS,
            "tests/test_keys.py": "from till import keys\n\n\ndef test_it():\n"
            "    assert keys.KEY_7 == 7\n",
        },
    ),
    Attack(
        name="untested-code-among-tested",
        family=Family.DILUTION,
        tries="hides untested code among so much tested code that nine of ten lines run",
        held_by="patch",
        files={
            CODE: REFUNDS + REFUNDS.replace("def refund", "def refund_again"),
            CODE_TESTS: REFUNDS_TESTS,
            "src/till/steps.py": _CALLED.lstrip()[: len(_CALLED) // 4].rpartition("\n\n\n")[0]
            + "\n",
            "tests/test_steps.py": _CALLS[: len(_CALLS) // 5].rpartition("\n")[0] + "\n",
        },
        twin_is="adds as much code, of which all runs",
        twin={
            **TESTED,
            "src/till/steps.py": _CALLED.lstrip(),
            "tests/test_steps.py": _CALLS,
        },
    ),
    Attack(
        name="room-by-deletion",
        family=Family.DILUTION,
        tries="deletes uncovered code, and spends the room on new uncovered code",
        held_by="patch",
        files={
            "src/till/labels.py": _SHORT_LABELS + "\n\ndef loud(name):\n    return name.upper()\n"
        },
        twin_is="deletes the uncovered code",
        twin={"src/till/labels.py": _SHORT_LABELS},
    ),
    Attack(
        name="a-swap",
        family=Family.DILUTION,
        tries="deletes covered code with its tests, and adds untested code in its place",
        held_by="patch",
        files={
            "src/till/prices.py": _NO_DISCOUNT + "\n\n" + REFUNDS.partition("\n\n\n")[2],
            "tests/test_prices.py": _NO_DISCOUNT_TESTS,
        },
        twin_is="deletes covered code with its tests",
        twin={
            "src/till/prices.py": _NO_DISCOUNT,
            "tests/test_prices.py": _NO_DISCOUNT_TESTS,
        },
    ),
    Attack(
        name="a-copy",
        family=Family.DILUTION,
        tries="copies tested code, so that the copy looks moved",
        held_by="patch",
        files={
            "src/till/rebates.py": _DISCOUNT,
            "tests/test_rebates.py": "from till import rebates\n\n\ndef test_it():\n"
            "    assert rebates\n",
        },
        twin_is="copies the tests, too",
        twin={
            "src/till/rebates.py": _DISCOUNT,
            "tests/test_rebates.py": "import pytest\nfrom till.rebates import discounted\n\n\n"
            + _DISCOUNT_TESTS.rstrip()
            + "\n",
        },
    ),
    Attack(
        name="moved-out-of-its-tests",
        family=Family.DILUTION,
        tries="moves tested code to another module and leaves its tests behind",
        held_by="lost",
        files={
            "src/till/prices.py": _NO_DISCOUNT,
            "src/till/rebates.py": _DISCOUNT,
            "tests/test_prices.py": _NO_DISCOUNT_TESTS,
            "tests/test_rebates.py": "from till import rebates\n\n\ndef test_it():\n"
            "    assert rebates\n",
        },
        twin_is="moves the code with its tests",
        twin={
            "src/till/prices.py": _NO_DISCOUNT,
            "src/till/rebates.py": _DISCOUNT,
            "tests/test_prices.py": _NO_DISCOUNT_TESTS,
            "tests/test_rebates.py": "import pytest\nfrom till.rebates import discounted\n\n\n"
            + _DISCOUNT_TESTS.rstrip()
            + "\n",
        },
    ),
    Attack(
        name="everything-is-indented",
        family=Family.DILUTION,
        tries="indents a whole module, so that all of it looks moved, and drops its tests' calls",
        held_by="lost",
        files={
            "src/till/prices.py": edited(
                PRICES,
                PRICES[PRICES.index("def shipping") :],
                "if True:\n\n" + indented(PRICES[PRICES.index("def shipping") :]),
            ),
            "tests/test_prices.py": PRICES_TESTS.replace(
                "        discounted(1000, -1)", "        raise ValueError('percent')"
            ),
        },
        twin_is="indents a whole module",
        twin={
            "src/till/prices.py": edited(
                PRICES,
                PRICES[PRICES.index("def shipping") :],
                "if True:\n\n" + indented(PRICES[PRICES.index("def shipping") :]),
            ),
        },
    ),
    Attack(
        name="a-rename-with-an-addition",
        family=Family.DILUTION,
        tries="renames a module and puts the untested code into it on the way",
        held_by="patch",
        files={
            "src/till/stock.py": None,
            "src/till/shelves.py": STOCK + "\n\n" + REFUNDS.partition("\n\n\n")[2],
            "tests/conftest.py": "import pytest\nfrom till.shelves import Stock\n\n\n"
            "@pytest.fixture\n"
            "def stock():\n    shelf = Stock()\n    shelf.put('tea', 3)\n    return shelf\n",
        },
        twin_is="renames the module",
        twin={
            "src/till/stock.py": None,
            "src/till/shelves.py": STOCK,
            "tests/conftest.py": "import pytest\nfrom till.shelves import Stock\n\n\n"
            "@pytest.fixture\n"
            "def stock():\n    shelf = Stock()\n    shelf.put('tea', 3)\n    return shelf\n",
        },
    ),
    Attack(
        name="moved-out-of-the-scope",
        family=Family.DILUTION,
        tries="moves a module out of the scope, where its lines count no more",
        held_by="baseline",
        files={
            "src/till/stock.py": "from tests.shelves import Stock\n\n__all__ = ['Stock']\n",
            "tests/shelves.py": STOCK,
            "tests/conftest.py": "import pathlib\nimport sys\n\n"
            "sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))\n"
            "import pytest\nfrom till.stock import Stock\n\n\n@pytest.fixture\n"
            "def stock():\n    shelf = Stock()\n    shelf.put('tea', 3)\n    return shelf\n",
            "tests/test_stock.py": edited(STOCK_TESTS, '    assert stock.pieces["tea"] == 0\n', ""),
        },
        twin_is="moves a helper of the tests out of them",
        twin={
            "tests/conftest.py": "from shelf import stock\n\n__all__ = ['stock']\n",
            "tests/shelf.py": "import pytest\nfrom till.stock import Stock\n\n\n@pytest.fixture\n"
            "def stock():\n    shelf = Stock()\n    shelf.put('tea', 3)\n    return shelf\n",
        },
    ),
    Attack(
        name="a-condition-on-the-tests",
        family=Family.DILUTION,
        tries="runs the tested lines only while pytest is loaded, and other ones in production",
        held_by="patch",
        files={
            "src/till/prices.py": edited(
                PRICES,
                "    if total >= 5000:\n",
                "    import sys\n\n    if 'pytest' not in sys.modules:\n"
                "        total = total * 2\n        total = total - 1\n        return total\n"
                "    if total >= 5000:\n",
            ),
        },
        twin_is="has a tested condition of the same size",
        twin={
            "src/till/prices.py": edited(
                PRICES,
                "    if total >= 5000:\n",
                "    if total > 90000:\n        total = 90000\n    if total >= 5000:\n",
            ),
            "tests/test_prices.py": PRICES_TESTS
            + "\n\ndef test_very_much():\n    assert shipping(99999) == 0\n",
        },
    ),
)
