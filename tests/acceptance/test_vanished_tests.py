"""Tests that vanish on a branch, by real runs of a real repository."""

from collections.abc import Callable, Mapping

import pytest
from tests.shop import PRICE, PRICE_TESTS, Shop, Told

Tell = Callable[..., Told]

SHORTER = PRICE.partition("\n\ndef discounted")[0]
DESELECTING = "def pytest_collection_modifyitems(items):\n    items[:] = items[:1]\n"
RUNS_BOTH = """
from shop import price

def test_all():
    price.shipping(5000)
    price.discounted(1, 1)
"""


def only_shipping(text: str) -> str:
    return text.partition("\n\ndef test_discount")[0].replace("discounted, ", "")


ATTACKS = {
    "deleted": (
        {"tests/test_price.py": only_shipping(PRICE_TESTS), "tests/test_all.py": RUNS_BOTH},
        [("tests/test_price.py::test_discount", "gone")],
    ),
    "skipped": (
        {
            "tests/test_price.py": "import pytest\n\npytestmark = pytest.mark.skip()\n\n"
            + PRICE_TESTS
        },
        [
            ("tests/test_price.py::test_discount", "skipped"),
            ("tests/test_price.py::test_shipping", "skipped"),
        ],
    ),
    "deselected": (
        {"tests/conftest.py": DESELECTING, "tests/test_a.py": RUNS_BOTH},
        [
            ("tests/test_price.py::test_discount", "not-run"),
            ("tests/test_price.py::test_shipping", "not-run"),
        ],
    ),
}
TWINS: Mapping[str, Mapping[str, str | None]] = {
    "with its code": {
        "tests/test_price.py": only_shipping(PRICE_TESTS),
        "src/shop/price.py": SHORTER,
    },
    "renamed": {"tests/test_price.py": PRICE_TESTS.replace("test_discount", "test_ten_percent")},
    "moved": {"tests/test_price.py": None, "tests/unit/test_price.py": PRICE_TESTS + "\n\nX = 1\n"},
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_branch_without_a_test_of_main_does_not_merge(
    founded: Shop, tell: Tell, name: str
) -> None:
    files, gone = ATTACKS[name]
    founded.new_branch("attack", files)
    told = tell("check", "--repo", str(founded.path), "--branch", "attack", "--format", "json")
    assert (told.status, told.json["verdict"]) == (1, "FAIL")
    assert [(test["test"], test["now"]) for test in told.json["vanished"]] == gone


@pytest.mark.parametrize("name", TWINS)
def test_an_honest_branch_merges(founded: Shop, tell: Tell, name: str) -> None:
    founded.new_branch("honest", TWINS[name])
    told = tell("check", "--repo", str(founded.path), "--branch", "honest", "--format", "json")
    assert (told.status, told.json["vanished"]) == (0, []), told.json["reason"]


def test_a_host_after_a_merge_gate_is_told_too(founded: Shop) -> None:
    files, _ = ATTACKS["deleted"]
    founded.new_branch("attack", files)
    ok, reason = founded.check("attack")
    assert not ok
    assert "tests/test_price.py::test_discount (gone)" in reason
