"""What somebody may have meant."""

from __future__ import annotations

from coverage_gate.core.similar import did_you_mean, did_you_mean_file, did_you_mean_test

PATHS = ("src/shop/cart.py", "src/shop/carts.py", "src/shop/price.py", "src/bank/cart.py", "a.md")


def test_the_nearest_names_end_a_sentence() -> None:
    assert did_you_mean("shpo", ["bank", "shop", "shops"]) == "; did you mean shop?"
    assert did_you_mean("shpo", ["shops", "shop"], most=2) == "; did you mean shop, shops?"
    assert not did_you_mean("zoo", ["bank", "shop"])
    assert not did_you_mean("shop", [])


def test_a_file_is_looked_for_in_its_folder_and_by_its_name() -> None:
    assert did_you_mean_file("src/shop/crat.py", PATHS).startswith("; did you mean src/shop/cart")
    assert did_you_mean_file("src/shpo/price.py", PATHS) == "; did you mean src/shop/price.py?"
    assert not did_you_mean_file("lib/x.py", PATHS)


def test_a_test_is_looked_for_in_its_file_or_class_and_by_its_name() -> None:
    ids = ("t/test_a.py::test_one", "t/test_a.py::TestB::test_two", "t/test_b.py::test_two")
    assert (
        did_you_mean_test("t/test_a.py::test_ona", ids) == "; did you mean t/test_a.py::test_one?"
    )
    assert (
        did_you_mean_test("t/test_c.py::test_two", ids) == "; did you mean t/test_b.py::test_two?"
    )
    assert not did_you_mean_test("x", ids)
