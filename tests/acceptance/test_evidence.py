"""What is found out about main beside the gate, and what a check makes of it, by real runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.shop import PRICE_TESTS, Shop, Told

Tell = Callable[..., Told]

CHANCE = """

def test_by_chance():
    import os, pathlib
    runs = pathlib.Path(os.environ["CHANCE"])
    runs.write_text(runs.read_text() + "x")
    if len(runs.read_text()) % 2:
        try:
            discounted(1, 101)
        except ValueError:
            pass
"""


def test_a_lost_line_names_the_tests_that_used_to_run_it(founded: Shop, tell: Tell) -> None:
    told = tell("contexts", "record", "--repo", str(founded.path), "--format", "json")
    assert (told.status, told.json["tests"]) == (0, 2)
    kept = PRICE_TESTS.replace("    assert discounted(1000, 10) == 900", "    assert discounted")
    founded.new_branch("less", {"tests/test_price.py": kept})
    told = tell("check", "--repo", str(founded.path), "--branch", "less", "--format", "json")
    places = {(place["line"], *place["tests"], *place["fates"]) for place in told.json["lost"]}
    assert (10, "tests/test_price.py::test_discount", "passes") in places


def test_contexts_are_told_to_people(founded: Shop, tell: Tell) -> None:
    told = tell("contexts", "record", "--repo", str(founded.path))
    assert told.out.endswith(": 2 tests run something in 1 files\n")


def test_a_red_main_tells_nothing_about_its_tests(founded: Shop, tell: Tell) -> None:
    red = {"tests/test_red.py": "def test_red():\n    assert not 'red'\n"}
    founded.new_branch("red", red)
    told = tell("contexts", "record", "--repo", str(founded.path), "--base", "red")
    assert (told.status, "tests fail" in told.err) == (1, True)


def test_a_main_that_cannot_be_measured_is_told(founded: Shop, tell: Tell) -> None:
    broken = {"tests/test_price.py": "import nothing_of_this_name\n"}
    founded.new_branch("broken", broken)
    for command in (("contexts", "record"), ("flaky", "record")):
        told = tell(*command, "--repo", str(founded.path), "--base", "broken")
        assert (told.status, "not measured" in told.err) == (1, True)


def test_a_line_that_runs_by_chance_is_found_listed_and_excused(
    founded: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = founded.path.parent / "runs.txt"
    runs.write_text("")
    monkeypatch.setenv("CHANCE", str(runs))
    monkeypatch.setenv("ORCH_COVERAGE_ENV_ALLOW", "CHANCE")
    monkeypatch.setenv("ORCH_SANDBOX", "plain")  # chance is a file outside of the tree here
    founded.new_branch("chance", {"tests/test_price.py": PRICE_TESTS + CHANCE})
    repo = ("--repo", str(founded.path))
    told = tell("flaky", "record", *repo, "--base", "chance")
    assert told.out.startswith("src/shop/price.py:9, branches 8→9 (tree ")
    assert tell("flaky", "list", *repo).out == told.out
    listed = tell("flaky", "list", *repo, "--format", "json").json["flaky"]
    assert [(each["line"], each["branch"]) for each in listed] == [(8, [8, 9]), (9, None)]
    # The third run misses it, as a change would that has nothing to do with it.
    runs.write_text("x")
    founded.new_branch("other", {"docs.md": "other"}, start="chance")
    told = tell("check", *repo, "--branch", "other", "--base", "chance", "--format", "json")
    assert (told.json["verdict"], told.json["lost"]) == ("PASS", [])
    assert {place["line"] for place in told.json["flaky"]} == {8, 9}
    assert len(runs.read_text()) == 2


def test_nothing_flaky_is_told_too(founded: Shop, tell: Tell) -> None:
    repo = ("--repo", str(founded.path))
    assert tell("flaky", "record", *repo).out == "both measurements ran the same\n"
    assert tell("flaky", "list", *repo).out == "no line is known to be flaky\n"


def test_a_folder_without_a_commit_has_no_main(tell: Tell, shop: Shop) -> None:
    empty = shop.path.parent / "empty"
    empty.mkdir()
    told = tell("flaky", "record", "--repo", str(empty))
    assert told.status == 2


UNITTESTS = """\
import unittest

from shop.price import shipping


class Prices(unittest.TestCase):
    def test_shipping(self):
        self.assertEqual(shipping(5000), 0)
"""


def test_tests_of_another_command_are_found_by_their_functions(
    founded: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TEST_COMMAND", "python -m unittest tests.test_price")
    founded.new_branch("plain", {"tests/test_price.py": UNITTESTS, "tests/__init__.py": ""})
    told = tell("contexts", "record", "--repo", str(founded.path), "--base", "plain")
    assert told.out.endswith(": 1 tests run something in 1 files\n")


def test_the_change_after_a_lawful_deletion_passes(founded: Shop, tell: Tell) -> None:
    repo = ("--repo", str(founded.path))
    dark = "def dark(number):\n" + "".join(f"    number += {each}\n" for each in range(9))
    lit = dark.replace("dark", "lit")
    start = {
        "src/shop/lit.py": lit,
        "tests/test_lit.py": "from shop.lit import lit\n\n\ndef test_lit():\n    lit(1)\n",
    }
    rules = ("--rules", "lost,unmeasured,integrity", "--epsilon", "0")
    founded.new_branch("start", start)
    own = ("--branch", "start", "--base", "start", "--work-item", "A")
    assert tell("check", *repo, *own, *rules).status == 0
    assert tell("ratchet", *repo, "--work-item", "A", "--sha", "start").status == 0
    gone = {"src/shop/lit.py": None, "tests/test_lit.py": None}
    founded.new_branch("delete", gone, start="start")
    told = tell("check", *repo, "--branch", "delete", "--base", "start", *rules, "--format", "json")
    assert told.json["verdict"] == "PASS"
    founded.new_branch("next", {"README.md": "next\n"}, start="delete")
    told = tell("check", *repo, "--branch", "next", "--base", "delete", *rules, "--format", "json")
    assert told.json["verdict"] == "PASS"
    assert "went away since the baseline was set" in told.json["reason"]
    assert "the baseline of shop: measured before, reused" in told.err
    worse = {"src/shop/more.py": dark.replace("dark", "more")}
    founded.new_branch("worse", worse, start="delete")
    told = tell("check", *repo, "--branch", "worse", "--base", "delete", *rules, "--format", "json")
    assert told.json["verdict"] == "FAIL"
