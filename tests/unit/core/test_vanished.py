"""Which tests count as vanished: each excuse, who would abuse it, and its honest twin."""

from collections.abc import Mapping, Sequence

import pytest

from coverage_gate.core.changes import ChangeKind, Changes, FileChange
from coverage_gate.core.measurement import TestOutcome, TestRun
from coverage_gate.core.replaced import Sources
from coverage_gate.core.vanished import Vanished, vanished_tests, wanted
from coverage_gate.testing.values import tree_id

Files = Mapping[str, str]
CART = "src/shop/cart.py"
TESTS = "tests/test_cart.py"

PRODUCT = '''
LIMIT = 10

try:
    import json
except ImportError:
    json = None

def total(prices):
    """Sum up."""
    amount = sum(prices)
    return max(amount, 0)

def discount(price):
    rate = price / LIMIT
    return price - rate

class Cart:
    prices = ()

    def add(self, price):
        self.prices = [price]
        return self

    def clear(self):
        self.prices = []
        return None
'''

SUITE = '''
import pytest
from shop import cart
from shop.cart import Cart, discount, total

@pytest.fixture
def full():
    return Cart().add(3)

def test_total():
    assert total([1, 2]) == 3

def test_discount():
    """Of ten."""
    assert discount(10) == 9

def test_clear(full):
    assert full.clear() is None

class TestAdd:
    def test_add(self):
        assert cart.Cart().add(1).prices == [1]

@pytest.mark.parametrize("price", [1, 2, 3])
def test_many(price):
    assert total([price]) == price
'''

IDS = (
    *("test_total", "test_discount", "test_clear", "TestAdd::test_add"),
    *("test_many[1]", "test_many[2]", "test_many[3]"),
)
ALL = tuple(f"{TESTS}::{name}" for name in IDS)


def change_of(base: Files, head: Files, renames: Mapping[str, str]) -> Changes:
    back = {new: old for old, new in renames.items()}
    files = []
    for path in sorted(base.keys() | head.keys()):
        old = back.get(path, path)
        if path in renames or head.get(path) == base.get(old):
            continue
        kind = ChangeKind.MODIFIED
        if path in back:
            kind = ChangeKind.RENAMED
        elif path not in head:
            kind = ChangeKind.DELETED
        elif path not in base:
            kind = ChangeKind.ADDED
        files.append(
            FileChange(
                kind=kind,
                path=path,
                old_path=old,
                old_blob=None if kind is ChangeKind.ADDED else tree_id("old"),
                blob=None if kind is ChangeKind.DELETED else tree_id("new"),
                mode=None if kind is ChangeKind.DELETED else "100644",
            )
        )
    for old, new in renames.items():
        if base.get(old) == head.get(new):
            files.append(
                FileChange(
                    kind=ChangeKind.RENAMED,
                    path=new,
                    old_path=old,
                    old_blob=tree_id("old"),
                    blob=tree_id("old"),
                    mode="100644",
                )
            )
    return Changes(base_tree=tree_id("base"), tree=tree_id("head"), files=tuple(files))


def run_of(tests: Sequence[str] | Mapping[str, str]) -> TestRun:
    ends = tests if isinstance(tests, Mapping) else dict.fromkeys(tests, "passed")
    return TestRun(exit_status=0, outcomes={test: TestOutcome(end) for test, end in ends.items()})


def judged(
    head: Files,
    tests: Sequence[str] | Mapping[str, str],
    *,
    base: Files | None = None,
    before: Sequence[str] | Mapping[str, str] = ALL,
    renames: Mapping[str, str] | None = None,
) -> tuple[Vanished, ...]:
    base = {CART: PRODUCT, TESTS: SUITE} if base is None else base
    changes = change_of(base, head, renames or {})
    old, new = run_of(before), run_of(tests)
    of_base, of_head = wanted(old, new, changes)
    sources = Sources(
        base={path: base[path].encode() for path in of_base if path in base},
        head={path: head[path].encode() for path in of_head if path in head},
    )
    return vanished_tests(old, new, changes, sources, [CART, "src/shop/__init__.py"])


def named(found: Sequence[Vanished]) -> list[tuple[str, str]]:
    return [(each.test.partition("::")[2], each.now) for each in found]


def without(text: str, name: str, *, keep: str = "") -> str:
    """A text without the function of this name, and with something else instead."""
    lines = text.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.strip().startswith(f"def {name}("))
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and (
        not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent
    ):
        end += 1
    while start and lines[start - 1].strip().startswith("@"):
        start -= 1
    return "".join(lines[:start]) + keep + "".join(lines[end:])


def ids(*names: str, path: str = TESTS) -> list[str]:
    return [f"{path}::{name}" for name in names]


REST = [test for test in ALL if not test.endswith("test_discount")]


def test_nothing_is_read_where_no_test_is_missing() -> None:
    old, new = run_of(ALL), run_of([*ALL, *ids("test_more")])
    assert wanted(old, new, change_of({}, {TESTS: SUITE}, {})) == ((), ())
    assert judged({CART: PRODUCT, TESTS: SUITE}, ALL) == ()


def test_a_deleted_test_of_code_that_is_still_there_is_named() -> None:
    found = judged({CART: PRODUCT, TESTS: without(SUITE, "test_discount")}, REST)
    assert found == (
        Vanished(
            test=f"{TESTS}::test_discount",
            was="passed",
            now="gone",
            why="no other test takes its place, and its code is still there",
        ),
    )


@pytest.mark.parametrize("end", ["skipped", "xfailed", "xpassed"])
def test_a_test_that_need_not_pass_any_more_is_named(end: str) -> None:
    ends = dict.fromkeys(ALL, "passed") | {f"{TESTS}::test_total": end}
    assert named(judged({CART: PRODUCT, TESTS: SUITE + "#"}, ends)) == [("test_total", end)]


@pytest.mark.parametrize("end", ["failed", "error"])
def test_a_test_that_fails_is_seen_and_has_not_vanished(end: str) -> None:
    ends = dict.fromkeys(ALL, "passed") | {f"{TESTS}::test_total": end}
    assert judged({CART: PRODUCT, TESTS: SUITE}, ends) == ()


def test_only_what_passed_on_the_base_can_vanish() -> None:
    before = dict.fromkeys(ALL, "passed") | {f"{TESTS}::test_discount": "failed"}
    assert (
        judged({CART: PRODUCT, TESTS: without(SUITE, "test_discount")}, REST, before=before) == ()
    )


def test_skipped_on_both_sides_is_no_loss() -> None:
    ends = dict.fromkeys(ALL, "passed") | {f"{TESTS}::test_total": "skipped"}
    assert judged({CART: PRODUCT, TESTS: SUITE + "#"}, ends, before=ends) == ()


def test_a_test_that_was_deselected_is_still_in_its_file() -> None:
    found = judged({CART: PRODUCT, TESTS: SUITE, "conftest.py": "hooks = 1"}, REST)
    assert named(found) == [("test_discount", "not-run")]


def test_a_file_that_is_skipped_as_a_whole_is_told_so() -> None:
    found = judged({CART: PRODUCT, TESTS: SUITE + "#"}, {TESTS: "skipped"})
    assert {each.now for each in found} == {"skipped"}
    assert len(found) == len(ALL)


def test_a_file_that_pytest_does_not_collect_any_more() -> None:
    head = {CART: PRODUCT, "tests/cart_checks.py": SUITE}
    found = judged(head, ids("test_x", path="t.py"), renames={TESTS: "tests/cart_checks.py"})
    assert {each.now for each in found} == {"not-run"}
    assert len(found) == len(ALL)


# Excuse: the code went away


GONE_DISCOUNT = without(PRODUCT, "discount")


def test_a_test_goes_with_its_function() -> None:
    assert judged({CART: GONE_DISCOUNT, TESTS: without(SUITE, "test_discount")}, REST) == ()


def test_a_test_goes_with_the_method_that_its_fixture_leads_to() -> None:
    head = {CART: without(PRODUCT, "clear"), TESTS: without(SUITE, "test_clear")}
    assert judged(head, [test for test in ALL if not test.endswith("test_clear")]) == ()


def test_a_test_goes_with_a_module_and_its_values() -> None:
    base = {
        CART: PRODUCT,
        TESTS: "import shop.cart\n\ndef test_limit():\n    assert shop.cart.LIMIT\n",
    }
    before = ids("test_limit")
    head = {CART: PRODUCT.replace("LIMIT = 10", "").replace("LIMIT", "10"), TESTS: "x = 1\n"}
    assert judged(head, [], base=base, before=before) == ()
    assert judged({"src/shop/new.py": "y = 1"}, [], base=base, before=before) == ()


def test_a_test_goes_with_a_module_that_it_only_imports() -> None:
    base = {CART: "run()\n", TESTS: "def test_import():\n    import shop.cart\n"}
    assert judged({}, [], base=base, before=ids("test_import")) == ()


@pytest.mark.parametrize(
    "body",
    [
        "from shop.cart import *\n\ndef test_d():\n    assert discount(1)\n",
        "import shop\n\ndef test_d():\n    assert shop.discount(1)\n",
        "from shop import discount as d\n\ndef test_d():\n    assert d(1)\n",
        "def test_d(monkeypatch):\n    monkeypatch.setattr('shop.cart.discount', None)\n",
        """
def helper():
    from shop.cart import discount
    return discount(1)

def test_d():
    assert helper()
""",
        """
import shop

class TestD:
    def setup_method(self):
        self.it = shop.cart.discount

    def test_d(self):
        assert self.it(1)
""",
        """
import shop

CASES = [shop.discount]

class Base:
    def test_d(self):
        assert CASES

class TestD(Base):
    pass
""",
    ],
)
def test_ways_to_be_about_a_function(body: str) -> None:
    name = "TestD::test_d" if "TestD" in body else "test_d"
    base = {CART: PRODUCT, TESTS: body}
    assert judged({CART: GONE_DISCOUNT, TESTS: "#"}, [], base=base, before=ids(name)) == ()
    assert judged({CART: PRODUCT + "#", TESTS: "#"}, [], base=base, before=ids(name))


def test_fixtures_of_conftest_files_are_looked_into() -> None:
    conftest = "from shop.cart import discount\n\n@fixture\ndef off():\n    return discount\n"
    base = {
        CART: PRODUCT,
        "tests/conftest.py": conftest,
        TESTS: "def test_d(off):\n    assert off(10)\n",
    }
    head = {CART: GONE_DISCOUNT, "tests/conftest.py": "", TESTS: ""}
    assert judged(head, [], base=base, before=ids("test_d")) == ()


def test_a_case_goes_with_the_code_that_it_is_called_after() -> None:
    suite = "import shop\n\n@parametrize(shop.names())\ndef test_it(name):\n    assert name\n"
    base, before = {CART: PRODUCT, TESTS: suite}, ids("test_it[total]", "test_it[discount]")
    assert judged({CART: GONE_DISCOUNT, TESTS: suite}, before[:1], base=base, before=before) == ()
    found = judged({CART: PRODUCT + "#", TESTS: suite}, before[:1], base=base, before=before)
    assert named(found) == [("test_it[discount]", "gone")]


def test_a_renamed_function_is_no_excuse() -> None:
    head = {CART: PRODUCT.replace("discount", "rebate"), TESTS: without(SUITE, "test_discount")}
    assert named(judged(head, REST)) == [("test_discount", "gone")]


def test_a_function_that_is_renamed_and_edited_is_no_excuse() -> None:
    edited = PRODUCT.replace("def discount", "def rebate").replace(
        "price - rate", "price - rate - 0"
    )
    found = judged({CART: edited, TESTS: without(SUITE, "test_discount")}, REST)
    assert named(found) == [("test_discount", "gone")]


def test_a_function_that_moved_to_another_module_is_no_excuse() -> None:
    moved = (
        "LIMIT = 10\n\ndef discount(price):\n    rate = price / LIMIT\n    return price - rate\n"
    )
    head = {CART: GONE_DISCOUNT, "src/shop/off.py": moved, TESTS: without(SUITE, "test_discount")}
    assert named(judged(head, REST)) == [("test_discount", "gone")]


def test_a_function_that_the_module_still_offers_is_no_excuse() -> None:
    head = {
        CART: "from shop.off import discount\n" + GONE_DISCOUNT,
        "src/shop/off.py": "def discount(price):\n    return price * 0.9\n",
        TESTS: without(SUITE, "test_discount"),
    }
    assert named(judged(head, REST)) == [("test_discount", "gone")]


@pytest.mark.parametrize(
    "open_door", ["from shop.off import *\n", "def __getattr__(name): ...\n", "("]
)
def test_a_module_of_which_nobody_knows_the_names_loses_none(open_door: str) -> None:
    head = {CART: open_door + GONE_DISCOUNT, TESTS: without(SUITE, "test_discount")}
    assert named(judged(head, REST)) == [("test_discount", "gone")]


def test_a_renamed_class_is_no_excuse() -> None:
    head = {
        CART: PRODUCT.replace("class Cart", "class Basket"),
        TESTS: without(SUITE, "test_clear"),
    }
    found = judged(head, [test for test in ALL if not test.endswith("test_clear")])
    assert named(found) == [("test_clear", "gone")]


def test_a_module_whose_functions_moved_is_no_excuse() -> None:
    base = {
        CART: PRODUCT,
        TESTS: "import shop.cart\n\ndef test_t():\n    assert shop.cart.total([1])\n",
    }
    head = {"src/shop/basket.py": "import os\n" + PRODUCT, TESTS: ""}
    assert named(judged(head, [], base=base, before=ids("test_t"))) == [("test_t", "gone")]


def test_other_code_that_went_away_is_no_excuse() -> None:
    head = {CART: without(PRODUCT, "total"), TESTS: without(SUITE, "test_discount")}
    assert named(judged(head, REST)) == [("test_discount", "gone")]


def test_the_same_name_in_another_module_is_no_excuse() -> None:
    other = "def discount():\n    return 0\n"
    base = {CART: PRODUCT, "src/shop/other.py": other, TESTS: SUITE}
    head = {CART: PRODUCT, TESTS: without(SUITE, "test_discount")}
    assert named(judged(head, REST, base=base)) == [("test_discount", "gone")]


def test_what_the_tests_themselves_define_is_no_product() -> None:
    base = {CART: PRODUCT, TESTS: SUITE, "tests/tools.py": "def aid():\n    return 1\n"}
    base[TESTS] += (
        "\nfrom tests.tools import aid\n\ndef test_aid():\n    assert aid() and total([1])\n"
    )
    assert named(
        judged({CART: PRODUCT, TESTS: SUITE}, ALL, base=base, before=[*ALL, *ids("test_aid")])
    ) == [("test_aid", "gone")]


# Excuse: another test in its place


def test_a_renamed_test_with_the_same_body() -> None:
    head = {CART: PRODUCT, TESTS: SUITE.replace("test_discount", "test_ten_percent_off")}
    assert judged(head, [*REST, *ids("test_ten_percent_off")]) == ()


def test_a_test_moved_to_another_file_with_other_fixtures() -> None:
    moved = "from shop.cart import discount\n\ndef test_off():\n    assert discount(10) == 9\n"
    head = {CART: PRODUCT, TESTS: without(SUITE, "test_discount"), "tests/test_off.py": moved}
    assert judged(head, [*REST, *ids("test_off", path="tests/test_off.py")]) == ()


def test_a_file_that_was_renamed_and_edited() -> None:
    new = "tests/unit/test_cart.py"
    head = {CART: PRODUCT, new: SUITE.replace("== 9", "== 9.0")}
    tests = [test.replace(TESTS, new) for test in ALL]
    assert judged(head, tests, renames={TESTS: new}) == ()
    found = judged(head, tests[1:], renames={TESTS: new})
    assert [(each.test, each.now) for each in found] == [(f"{TESTS}::test_total", "not-run")]


def test_a_class_that_was_renamed() -> None:
    head = {CART: PRODUCT, TESTS: SUITE.replace("TestAdd", "TestAdding")}
    tests = [test.replace("TestAdd", "TestAdding") for test in ALL]
    assert judged(head, tests) == ()


def test_a_test_that_was_renamed_and_rewritten() -> None:
    new = "def test_rate():\n    result = discount(100)\n    assert result == 90\n\n"
    head = {CART: PRODUCT, TESTS: without(SUITE, "test_discount", keep=new)}
    assert judged(head, [*REST, *ids("test_rate")]) == ()


def test_a_test_that_follows_its_renamed_function() -> None:
    suite = without(
        SUITE, "test_discount", keep="def test_rebate():\n    assert rebate(10) == 9\n\n"
    )
    head = {
        CART: PRODUCT.replace("discount", "rebate"),
        TESTS: suite.replace("Cart, discount", "Cart, rebate"),
    }
    assert judged(head, [*REST, *ids("test_rebate")]) == ()


def test_a_test_of_something_else_takes_no_place() -> None:
    new = "def test_nothing():\n    assert True\n\n"
    head = {CART: PRODUCT, TESTS: without(SUITE, "test_discount", keep=new)}
    assert named(judged(head, [*REST, *ids("test_nothing")])) == [("test_discount", "gone")]


def test_a_test_that_checks_nothing_takes_no_place_of_one_that_does() -> None:
    new = "def test_run():\n    discount(10)\n\n"
    head = {CART: PRODUCT, TESTS: without(SUITE, "test_discount", keep=new)}
    after = [*REST, *ids("test_run")]
    assert named(judged(head, after)) == [("test_discount", "gone")]
    base = {CART: PRODUCT, TESTS: SUITE.replace("assert discount(10) == 9", "discount(9)")}
    assert judged(head, after, base=base) == ()


def test_one_new_test_takes_one_place() -> None:
    suite = without(without(SUITE, "test_discount"), "test_total")
    suite += "\ndef test_both():\n    assert total([discount(10)])\n"
    rest = [test for test in REST if not test.endswith("test_total")]
    found = judged({CART: PRODUCT, TESTS: suite}, [*rest, *ids("test_both")])
    assert len(found) == 1


def test_two_tests_become_one_that_checks_as_much() -> None:
    suite = without(without(SUITE, "test_discount"), "test_total")
    suite += "\ndef test_both():\n    assert total([1, 2]) == 3\n    assert discount(10) == 9\n"
    rest = [test for test in REST if not test.endswith("test_total")]
    assert judged({CART: PRODUCT, TESTS: suite}, [*rest, *ids("test_both")]) == ()


def test_tests_become_cases_of_one() -> None:
    base = {
        CART: PRODUCT,
        TESTS: "from shop.cart import total\n"
        + "".join(f"\ndef test_{n}():\n    assert total([{n}]) == {n}\n" for n in range(3)),
    }
    suite = (
        "import pytest\nfrom shop.cart import total\n\n"
        "@pytest.mark.parametrize('n', range(3))\ndef test_n(n):\n    assert total([n]) == n\n"
    )
    before, after = ids("test_0", "test_1", "test_2"), ids("test_n[0]", "test_n[1]", "test_n[2]")
    assert judged({CART: PRODUCT, TESTS: suite}, after, base=base, before=before) == ()
    found = judged({CART: PRODUCT, TESTS: suite}, after[:2], base=base, before=before)
    assert named(found) == [("test_2", "gone")]


def test_a_test_is_merged_into_one_that_was_there() -> None:
    suite = without(SUITE, "test_discount").replace(
        "assert total([1, 2]) == 3", "assert total([1, 2]) == 3\n    assert discount(10) == 9"
    )
    assert judged({CART: PRODUCT, TESTS: suite}, REST) == ()


# Cases


def test_cases_with_other_names_are_counted() -> None:
    suite = SUITE.replace("[1, 2, 3]", "[4, 5, 6]")
    tests = [*ALL[:4], *ids("test_many[4]", "test_many[5]", "test_many[6]")]
    assert judged({CART: PRODUCT, TESTS: suite}, tests) == ()
    found = judged({CART: PRODUCT, TESTS: suite}, tests[:-1])
    assert named(found) == [(f"test_many[{n}]", "gone") for n in (1, 2, 3)]
    assert found[0].why == "3 of its cases are gone, and 2 are new"


def test_cases_called_by_addresses_are_counted() -> None:
    before = ids(*(f"test_many[<object at 0x7f00{n}>]" for n in range(3)))
    after = ids(*(f"test_many[<object at 0x7f11{n}>]" for n in range(3)))
    assert judged({CART: PRODUCT, TESTS: SUITE}, after, before=before) == ()


def test_a_case_less() -> None:
    suite = SUITE.replace("[1, 2, 3]", "[1, 2]")
    found = judged({CART: PRODUCT, TESTS: suite}, ALL[:-1])
    assert named(found) == [("test_many[3]", "gone")]


def test_cases_instead_of_a_single_test() -> None:
    suite = SUITE.replace(
        "def test_total():", "@pytest.mark.parametrize('n', [1])\ndef test_total(n):"
    )
    assert judged({CART: PRODUCT, TESTS: suite}, [*ALL[1:], *ids("test_total[1]")]) == ()


# Files that hold no tests


def test_checks_of_linters_go_with_their_file() -> None:
    base = {CART: PRODUCT, "src/shop/old.py": "x = 1\n"}
    before = ids("mypy", path="src/shop/old.py") + ids("ruff", path=CART)
    assert judged({CART: PRODUCT}, before[1:], base=base, before=before) == ()
    assert named(judged({CART: PRODUCT}, before[:1], base=base, before=before)) == [
        ("ruff", "gone")
    ]


# Hostile files


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "x = " + "-" * 90000 + "1",
        "def test_discount(:",
        "\0",
        "x" * 2**20 + "y",
        "#coding: rot13\n",
    ],
)
def test_a_file_that_cannot_be_read_excuses_nothing(text: str) -> None:
    found = judged({CART: PRODUCT, TESTS: text}, REST)
    assert named(found) == [("test_discount", "gone")]
    base = {CART: PRODUCT, TESTS: text}
    assert named(judged({CART: PRODUCT, TESTS: SUITE}, REST, base=base)) == [
        ("test_discount", "not-run")
    ]


def test_code_that_is_nested_too_deeply_has_no_likeness() -> None:
    deep = "def test_discount():\n    assert discount" + ".x" * 1500 + "\n"
    head = {CART: PRODUCT, TESTS: SUITE}
    base = {CART: PRODUCT + f"\ndef f():\n    return {'-' * 0}1{'+1' * 1500}\n", TESTS: deep}
    assert len(judged(head, [], base=base, before=ids("test_discount"))) == 1
