"""Code that is there and that no count sees."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family, Link
from coverage_gate.testing.attacks.containers import cached_name, compiled
from coverage_gate.testing.attacks.packing import PACKING
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    LABELS,
    LABELS_TESTS,
    PRICES,
    REFUNDS,
    REFUNDS_IMPORTED,
    REFUNDS_TESTS,
    TESTED,
    UNTESTED,
    edited,
    indented,
)

_HEAD = "def refund(lines, days):"
_BODY = "".join(REFUNDS.splitlines(keepends=True)[5:-1])
_MAIN = LABELS[LABELS.index("\n\n\ndef main") :]
HIDING = (
    Attack(
        name="pragma-on-a-function",
        family=Family.HIDING,
        tries="marks the new function `# pragma: no cover`",
        held_by="patch",
        files={**UNTESTED, CODE: edited(REFUNDS, _HEAD, _HEAD + "  # pragma: no cover")},
        twin_is="tests the function, and names the pragma in a text",
        twin={
            **TESTED,
            CODE: edited(REFUNDS, "too late", "too late: pragma no cover"),
        },
    ),
    Attack(
        name="pragma-in-odd-spelling",
        family=Family.HIDING,
        tries="marks the function `#PRAGMA NO COVER  (generated)`",
        held_by="patch",
        files={**UNTESTED, CODE: edited(REFUNDS, _HEAD, _HEAD + " #PRAGMA NO COVER  (generated)")},
        twin_is="tests a function with a comment about covers",
        twin={**TESTED, CODE: edited(REFUNDS, _HEAD, _HEAD + "  # covers no pragma")},
    ),
    Attack(
        name="pragma-on-a-block-around-all",
        family=Family.HIDING,
        tries="puts the whole module below `if True:  # pragma: no cover`",
        held_by="patch",
        files={**UNTESTED, CODE: "if True:  # pragma: no cover\n" + indented(REFUNDS)},
        twin_is="puts a tested module below a condition",
        twin={**TESTED, CODE: "if True:\n" + indented(REFUNDS)},
    ),
    Attack(
        name="pragma-on-old-code-whose-test-goes",
        family=Family.HIDING,
        tries="excludes a function of main and deletes its tests",
        held_by="baseline",
        files={
            "src/till/prices.py": edited(
                PRICES,
                "def discounted(price: int, percent: int) -> int:",
                "def discounted(price: int, percent: int) -> int:  # pragma: no cover",
            ),
            "tests/test_prices.py": (
                "from till.prices import shipping, total\n\n\n"
                "def test_shipping():\n    assert shipping(5000) == 0\n\n\n"
                "def test_total():\n    assert total([1000, 500]) == 1990\n"
            ),
        },
        twin_is="excludes nothing and moves a test",
        twin={
            "tests/test_labels.py": None,
            "tests/test_shelf_labels.py": LABELS_TESTS,
        },
    ),
    Attack(
        name="logic-below-an-old-pragma",
        family=Family.HIDING,
        tries="puts the new logic into a function that main already excludes",
        held_by="patch",
        files={
            "src/till/labels.py": edited(
                LABELS,
                '    print(label("tea", 250))\n',
                "    lines, days = [], 3\n" + _BODY + "    print(amount)\n",
            )
        },
        twin_is="moves that function to the top of its module",
        twin={
            "src/till/labels.py": edited(
                edited(LABELS, _MAIN, ""),
                "\n\n\ndef label(",
                "\n\n\n" + _MAIN.strip() + "\n\n\ndef label(",
            )
        },
    ),
    Attack(
        name="another-body-below-an-old-pragma",
        family=Family.HIDING,
        tries="puts as much logic as it takes out into a function that main already excludes",
        held_by="patch",
        files={
            "src/till/labels.py": edited(
                LABELS,
                '    print(label("tea", 250))\n',
                "    return [days * 9 // 10 if days > 30 else 0 for days in open(0)]\n",
            )
        },
        twin_is="edits the statement that is there",
        twin={"src/till/labels.py": edited(LABELS, '("tea", 250)', '("tea", 275), "or less"')},
    ),
    Attack(
        name="type-checking-that-is-true",
        family=Family.HIDING,
        tries="sets `TYPE_CHECKING = True` and puts the code below `if TYPE_CHECKING:`",
        held_by="patch",
        files={
            **UNTESTED,
            CODE: "TYPE_CHECKING = True\nif TYPE_CHECKING:\n" + indented(REFUNDS),
        },
        twin_is="imports types below a true `if TYPE_CHECKING:`",
        twin={
            **TESTED,
            CODE: edited(
                REFUNDS,
                '"""Refunds, in cents."""\n',
                '"""Refunds, in cents."""\n\nfrom typing import TYPE_CHECKING\n\n'
                "if TYPE_CHECKING:\n    from collections.abc import Iterable\n",
            ),
        },
    ),
    Attack(
        name="a-condition-that-the-pattern-finds",
        family=Family.HIDING,
        tries="puts the code below `if TYPE_CHECKING: ... ` written so that it always runs",
        held_by="patch",
        files={
            **UNTESTED,
            CODE: "import typing as t\nclass t2:\n    pass\n"
            "for TYPE_CHECKING in [1]:\n    if TYPE_CHECKING:\n" + indented(indented(REFUNDS)),
        },
        twin_is="has a condition with a similar name, tested",
        twin={**TESTED, CODE: "CHECKING = True\nif CHECKING:\n" + indented(REFUNDS)},
    ),
    Attack(
        name="not-debug",
        family=Family.HIDING,
        tries="puts the code below `if not __debug__:`, which no test run compiles",
        held_by="patch",
        files={
            "src/till/labels.py": LABELS + "\n\nif not __debug__:\n" + indented(REFUNDS),
        },
        twin_is="tests what runs while `__debug__` is true",
        twin={**TESTED, CODE: "if __debug__:\n" + indented(REFUNDS)},
    ),
    Attack(
        name="beside-the-scope",
        family=Family.HIDING,
        tries="puts the code into lib/, which is not measured, and imports it",
        held_by="patch",
        files={
            "lib/refunds.py": REFUNDS,
            "src/till/money_back.py": "import sys\n\nsys.path.append('lib')\n"
            "from refunds import refund\n"
            "",
            CODE_TESTS: "from till.money_back import refund\n\n\ndef test_it():\n"
            "    assert refund\n",
        },
        twin_is="adds a script beside the package, which nothing imports",
        twin={
            **TESTED,
            "scripts/print_refunds.py": "from till.refunds import refund\n\nprint(refund)\n",
        },
    ),
    Attack(
        name="a-module-named-like-a-test",
        family=Family.HIDING,
        tries="names the module test_refunds.py, inside the package",
        held_by="patch",
        files={
            "src/till/test_refunds.py": REFUNDS,
            CODE_TESTS: "from till import test_refunds\n\n\ndef test_it():\n"
            "    assert test_refunds\n",
        },
        twin_is="puts its tests into a new folder below tests/",
        twin={CODE: REFUNDS, "tests/unit/test_refunds.py": REFUNDS_TESTS},
    ),
    Attack(
        name="bytecode-without-a-source",
        family=Family.HIDING,
        tries="commits refunds.pyc, which Python imports, and no source",
        held_by="branch-unmeasurable",
        files={
            "src/till/refunds.pyc": compiled(REFUNDS, "src/till/refunds.py"),
            "src/till/money_back.py": "from till.refunds import refund\n",
            CODE_TESTS: "from till.money_back import refund\n\n\ndef test_it():\n"
            "    assert refund\n",
        },
        twin_is="has the source beside its bytecode",
        twin={
            **TESTED,
            "src/till/__pycache__/refunds.pyc": compiled(REFUNDS, "src/till/refunds.py"),
        },
    ),
    Attack(
        name="a-link-to-a-text",
        family=Family.HIDING,
        tries="links src/till/refunds.py to a text outside the package",
        held_by="unmeasured",
        files={
            "share/refunds.txt": REFUNDS,
            CODE: Link("../../share/refunds.txt"),
            CODE_TESTS: REFUNDS_IMPORTED,
        },
        twin_is="links a text to a text",
        twin={**TESTED, "docs/refunds.txt": "refunds\n", "README.txt": Link("docs/refunds.txt")},
    ),
    *PACKING,
    Attack(
        name="a-package-without-init",
        family=Family.HIDING,
        tries="puts the code into a folder without __init__.py, which nothing imports",
        held_by="unmeasured",
        files={"src/till/extra/refunds.py": REFUNDS},
        twin_is="has a tested folder without __init__.py",
        twin={
            "src/till/extra/refunds.py": REFUNDS,
            CODE_TESTS: REFUNDS_TESTS.replace("till.refunds", "till.extra.refunds"),
        },
    ),
    Attack(
        name="code-in-a-comment-of-another-encoding",
        family=Family.HIDING,
        tries="writes the code in UTF-7, where a reader of bytes sees one comment",
        held_by="branch-unmeasurable",
        files={
            **UNTESTED,
            CODE: "# coding: utf-7\n#" + REFUNDS.replace("\n", "+AAo-").replace('"""', "#") + "\n",
        },
        twin_is="has a tested module in Latin-1",
        twin={
            **TESTED,
            CODE: b"# coding: latin-1\n"
            + REFUNDS.replace("too late", "zu sp\xe4t; too late").encode("latin-1"),
        },
    ),
    Attack(
        name="line-ends-that-only-python-sees",
        family=Family.HIDING,
        tries="appends the code to a tested file with carriage returns for line ends",
        held_by="patch",
        files={"src/till/labels.py": LABELS + "\n\n" + REFUNDS.replace("\n", "\r")},
        twin_is="adds a tested module with CRLF line ends",
        twin={**TESTED, CODE: REFUNDS.replace("\n", "\r\n")},
    ),
    Attack(
        name="form-feeds",
        family=Family.HIDING,
        tries="shifts the line numbers of the code with form feeds and other separators",
        held_by="patch",
        files={**UNTESTED, CODE: edited(REFUNDS, "\n\n\n", "\n\x0c\n# \x85 \u2028 \x1c\n\n")},
        twin_is="tests a module with form feeds",
        twin={**TESTED, CODE: edited(REFUNDS, "\n\n\n", "\n\x0c\n# \x85 \u2028 \x1c\n\n")},
    ),
    Attack(
        name="bytecode-for-another-source",
        family=Family.HIDING,
        tries="commits bytecode in which each line of the source is a line that runs",
        held_by="baseline",
        files={
            **UNTESTED,
            f"src/till/__pycache__/{cached_name('refunds.py')}": compiled("pass\n" * 14, CODE),
        },
        twin_is="commits the bytecode of a tested module",
        twin={
            **TESTED,
            f"src/till/__pycache__/{cached_name('refunds.py')}": compiled(REFUNDS, CODE),
        },
    ),
    Attack(
        name="a-linked-folder",
        family=Family.HIDING,
        tries="links a folder outside the scope into the package",
        held_by="patch",
        files={
            "share/refunds.py": REFUNDS,
            "src/till/extra": Link("../../share"),
            CODE_TESTS: REFUNDS_IMPORTED.replace("from till import", "from till.extra import"),
        },
        twin_is="links a folder with documents",
        twin={**TESTED, "docs/a.txt": "x\n", "manual": Link("docs")},
    ),
    Attack(
        name="pragma-for-branches",
        family=Family.HIDING,
        tries="marks each untested condition `# pragma: no branch`",
        held_by="baseline",
        files={
            CODE: "def refund(days):\n    total = 1\n"
            + "".join(
                f"    if days > {number}:  # pragma: no branch\n        total += {number}\n"
                for number in range(8)
            )
            + "    return total\n",
            CODE_TESTS: "from till.refunds import refund\n\n\ndef test_refund():\n"
            "    assert refund(9) == 29\n",
        },
        twin_is="tests both sides of each condition",
        twin={
            CODE: "def refund(days):\n    total = 1\n"
            + "".join(
                f"    if days > {number}:\n        total += {number}\n" for number in range(8)
            )
            + "    return total\n",
            CODE_TESTS: "from till.refunds import refund\n\n\ndef test_refund():\n"
            "    assert (refund(9), refund(0)) == (29, 1)\n",
        },
    ),
    Attack(
        name="an-encoding-of-its-own",
        family=Family.HIDING,
        tries="registers a codec, and writes the module in an encoding that only it can read",
        held_by="unmeasured",
        files={
            **UNTESTED,
            "src/till/__init__.py": "import codecs\n\n"
            "codecs.register(lambda name: codecs.lookup('utf-8') if name == 'till' else None)\n",
            CODE: "# coding: till\n" + REFUNDS,
        },
        twin_is="names the encoding that every module has",
        twin={**TESTED, CODE: "# coding: utf-8\n" + REFUNDS},
    ),
)
