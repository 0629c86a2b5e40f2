"""Which tests matter for some files."""

from __future__ import annotations

from coverage_gate.core.contexts import ContextMap, FileContexts
from coverage_gate.core.nearest import read_tests
from coverage_gate.core.selection import ALL, select_tests

TESTS = read_tests(
    {
        "tests/test_cart.py": "from shop.cart import price\n",
        "tests/test_flow.py": "import json\n",
        "tests/test_other.py": "import os\n",
    }
)


def recorded(*tests: str) -> ContextMap:
    lines = tuple((number, 2) for number in range(len(tests)))
    file = FileContexts(path="src/shop/cart.py", blob="b", lines=lines)
    return ContextMap(tree="t", tests=tests, files=(file,))


def test_tests_that_ran_the_code_and_those_named_for_it_are_chosen() -> None:
    contexts = recorded("tests/test_flow.py::test_a", "tests/test_gone.py::test_b")
    chosen = select_tests(["src/shop/cart.py"], contexts, TESTS)
    assert chosen.paths == ("tests/test_cart.py", "tests/test_flow.py")
    assert chosen.why == "recorded on main"


def test_names_and_imports_are_asked_where_nothing_is_recorded() -> None:
    for contexts in (None, recorded(), recorded("tests/test_gone.py::test_b")):
        chosen = select_tests(["src/shop/cart.py"], contexts, TESTS)
        assert (chosen.paths, chosen.why) == (("tests/test_cart.py",), "by names and imports")


def test_all_are_chosen_where_nothing_is_known_or_asked() -> None:
    assert select_tests(["src/shop/mail.py"], None, TESTS) is ALL
    assert select_tests([], recorded("tests/test_flow.py::test_a"), TESTS) is ALL
