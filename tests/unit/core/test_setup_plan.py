"""What `init` would write, from what is there."""

from __future__ import annotations

import tomllib

import pytest

from coverage_gate.core.setup_plan import Deed, Step, Wishes, steps_of, wanted_files

NOTHING = Wishes(workflows={}, hooks=False, agent=False)
ALL = Wishes(workflows={".gitlab/ci/coverage-gate.yml": "jobs\n"}, hooks=True, agent=True)


def pyproject(texts: dict[str, str], *paths: str) -> Step:
    (step,) = steps_of(texts, paths, NOTHING)
    return step


@pytest.mark.parametrize(
    ("paths", "source"),
    [
        (("src/shop/a.py", "shop/__init__.py"), ["src"]),
        (("shop/__init__.py", "tests/__init__.py", "mail/__init__.py", "x/y.py"), ["mail", "shop"]),
        (("a.py",), ["."]),
    ],
)
def test_an_empty_repository_gets_both_tables(paths: tuple[str, ...], source: list[str]) -> None:
    step = pyproject({}, *paths)
    assert step.deed is Deed.NEW
    tool = tomllib.loads(step.text)["tool"]
    assert tool["coverage"]["run"] == {"branch": True, "source": source}
    assert tool["coverage-gate"]["patch_min_percent"] == 90


@pytest.mark.parametrize("there", ["", "[project]\nname = 'a'\n", "[project]\nname = 'a'"])
def test_tables_are_added_to_the_end(there: str) -> None:
    step = pyproject({"pyproject.toml": there})
    assert step.deed is Deed.ADD
    assert tomllib.loads(there + step.text)["tool"].keys() == {"coverage", "coverage-gate"}


@pytest.mark.parametrize(
    ("texts", "tables"),
    [
        ({".coveragerc": ""}, {"coverage-gate"}),
        ({"setup.cfg": "[coverage:run]\n"}, {"coverage-gate"}),
        ({"tox.ini": "[tox]\n"}, {"coverage", "coverage-gate"}),
    ],
)
def test_a_configuration_elsewhere_is_left_alone(texts: dict[str, str], tables: set[str]) -> None:
    assert tomllib.loads(pyproject(texts).text)["tool"].keys() == tables


@pytest.mark.parametrize(
    ("limit", "floor"), [("97", 97), ("97.5", 97.5), ("0", 0), ("101", 0), ("'x'", 0), ("true", 0)]
)
def test_a_limit_that_the_project_holds_already_becomes_the_floor(limit: str, floor: float) -> None:
    there = f"[tool.coverage.report]\nfail_under = {limit}\n"
    made = pyproject({"pyproject.toml": there})
    assert tomllib.loads(there + made.text)["tool"]["coverage-gate"]["min_percent"] == floor
    assert ("fail_under" in made.text) is bool(floor)
    odd = pyproject({"pyproject.toml": "[tool]\ncoverage = 1\n"})
    assert "min_percent = 0 " in odd.text


def test_what_is_there_is_left_alone() -> None:
    there = "[tool.coverage.run]\nbranch = false\n[tool.coverage-gate]\n"
    assert pyproject({"pyproject.toml": there}).deed is Deed.THERE
    assert not pyproject({"pyproject.toml": there}).is_written


def test_files_of_others_are_to_be_changed_by_hand() -> None:
    fresh = steps_of({}, (), ALL)
    assert [step.deed for step in fresh] == [Deed.NEW] * 5
    assert {step.path for step in fresh} <= set(wanted_files(ALL))
    again = steps_of({step.path: step.text for step in fresh}, (), ALL)
    assert [step.deed for step in again] == [Deed.THERE] * 5
    others = {step.path: "x: 1\n" for step in fresh if step.path != "pyproject.toml"}
    assert [step.deed for step in steps_of(others, (), ALL)][1:] == [Deed.BY_HAND] * 4
