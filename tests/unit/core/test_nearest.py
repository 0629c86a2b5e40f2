"""Which tests are near, and where a new one goes."""

from __future__ import annotations

import pytest

from coverage_gate.core.nearest import (
    TestPlace,
    is_test_module,
    named_in,
    place_of,
    read_tests,
)


def place(path: str, tests: dict[str, str], *names: str) -> TestPlace:
    return place_of(path, names, read_tests(tests))


@pytest.mark.parametrize("name", ["a/test_x.py", "x_test.py", "tests.py", "a/test.py"])
def test_a_test_module_is_known_by_its_name(name: str) -> None:
    assert is_test_module(name)


@pytest.mark.parametrize("name", ["tests/conftest.py", "latest.py", "test_x.txt", "tests/x.py"])
def test_other_files_are_no_test_modules(name: str) -> None:
    assert not is_test_module(name)


@pytest.mark.parametrize(
    ("path", "test", "text"),
    [
        # named for it
        ("src/shop/cart.py", "tests/test_cart.py", ""),
        ("src/shop/cart.py", "tests/cart_test.py", ""),
        ("src/shop/cart.py", "tests/test_shop_cart.py", ""),
        ("src/shop/__init__.py", "tests/test_shop.py", ""),
        ("src/shop/__main__.py", "tests/test_main.py", ""),
        # imports it
        ("src/shop/cart.py", "tests/test_all.py", "from shop.cart import Cart\n"),
        ("src/shop/cart.py", "tests/test_all.py", "import os, shop.cart as c\n"),
        ("src/shop/cart.py", "tests/test_all.py", "from shop import (\n    price,\n    cart,\n)\n"),
        ("src/shop/cart.py", "tests/test_all.py", "from shop import cart as c\n"),
        ("shop/cart.py", "shop/tests/test_all.py", "from ..cart import Cart\n"),
        ("src/shop/__init__.py", "tests/test_all.py", "import shop\n"),
    ],
)
def test_a_module_that_is_named_for_it_or_imports_it_is_where_it_is_tested(
    path: str, test: str, text: str
) -> None:
    others = {"tests/test_price.py": "import shop.price\n"}
    found = place(path, {test: text, **others})
    assert (found.path, found.is_new) == (test, False)


def test_the_strongest_comes_first_and_the_next_ones_are_named() -> None:
    tests = {
        "tests/test_a.py": "from shop.cart import Cart\n",
        "tests/test_cart.py": "from shop.cart import Cart\n",
        "tests/test_b.py": "from shop import Cart\nCart().discount()\n",
        "tests/test_c.py": "from . import\nimport ,\n",
    }
    found = place("src/shop/cart.py", tests, "Cart.discount")
    assert found == TestPlace(
        path="tests/test_cart.py", is_new=False, near=("tests/test_a.py", "tests/test_b.py")
    )


@pytest.mark.parametrize(
    ("path", "tests", "expected"),
    [
        # flat
        ("src/shop/new.py", ["tests/test_a.py", "tests/test_b.py"], "tests/test_new.py"),
        ("new.py", ["test_a.py"], "tests/test_new.py"),
        ("new.py", [], "tests/test_new.py"),
        # the folder that holds most of them
        ("src/shop/new.py", ["tests/x/test_a.py", "tests/y/test_b.py", "tests/y/test_c.py"],
         "tests/y/test_new.py"),
        # mirrored
        ("src/shop/sub/new.py", ["tests/unit/sub/test_a.py", "tests/e2e/test_b.py"],
         "tests/unit/sub/test_new.py"),
        ("src/shop/new.py", ["tests/shop/test_a.py", "tests/shop/sub/test_b.py"],
         "tests/shop/test_new.py"),
        # beside
        ("shop/new.py", ["shop/tests/test_a.py", "tests/test_b.py"], "shop/tests/test_new.py"),
        # spelt the other way round
        ("shop/new.py", ["tests/a_test.py", "tests/b_test.py"], "tests/new_test.py"),
        ("shop/sub/__init__.py", ["tests/test_a.py"], "tests/test_sub.py"),
        ("__init__.py", ["tests/test_a.py"], "tests/test_init.py"),
    ],
)  # fmt: skip
def test_a_new_test_module_goes_where_the_others_are(
    path: str, tests: list[str], expected: str
) -> None:
    found = place(path, dict.fromkeys(tests, ""))
    assert found == TestPlace(path=expected, is_new=True)


def test_a_mirrored_module_that_is_there_is_not_new() -> None:
    found = place("a/tests.py", {"tests/test_tests.py": "x", "tests/test_b.py": "run"}, "run")
    assert found == TestPlace(path="tests/test_tests.py", is_new=False, near=("tests/test_b.py",))


TESTS = """\
def test_one():
    discount()


class TestCart:
    def helper(self):
        return discount()

    async def test_two(self):
        assert discount() == 3

    class TestInner:
        def test_three(self):
            discounted()


def test_four():
    Cart.discount()
"""


def test_tests_that_name_a_function_have_the_ids_of_pytest() -> None:
    modules = read_tests({"t.py": TESTS, "other.py": ""})
    assert named_in("Cart.discount", modules) == (
        "t.py::test_one",
        "t.py::TestCart::test_two",
        "t.py::test_four",
    )


def test_only_the_first_tests_are_named() -> None:
    text = "".join(f"def test_{number}(): run()\n" for number in range(9))
    assert len(named_in("run", read_tests({"t.py": text}))) == 3
