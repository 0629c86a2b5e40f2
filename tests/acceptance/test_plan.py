"""A plan made, carried out and ticked off, as a person or an agent does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shop import Shop, Told

Tell = Callable[..., Told]
TARGET = "src/shop/price.py=100:branch"


def make(shop: Shop, tell: Tell, *arguments: str) -> Told:
    return tell("plan", "--repo", str(shop.path), "--branch", "main", *arguments)


def test_a_plan_is_carried_out_and_ticked_off(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "plan.md"
    assert make(shop, tell, "--target", TARGET, "--output", str(file)).status == 0
    text = file.read_text()
    assert "- [ ] **Task 1**: line 4; branch 2→4. Gain: 1 line." in text
    assert "- [ ] **Task 2**: line 9; branch 8→9. Gain: 1 line." in text
    tests = shop.path / "tests/test_price.py"
    check = ("plan", "--repo", str(shop.path), "--check", str(file))

    early = tell(*check, "--task", "1")
    assert early.status == 1
    assert "task 1 is not begun: there is no tests/test_price.py::test_shipping_4;" in early.err

    # As the plan says, with the values that it leaves open.
    first = "\n\ndef test_shipping_4():\n    answer = shipping(total=4999)\n    assert answer == "
    tests.write_text(f"{tests.read_text()}{first}...\n")
    red = tell(*check, "--task", "1")
    assert (red.status, "tests fail" in red.err, "test_shipping_4" in red.err) == (1, True, True)
    tests.write_text(tests.read_text().replace("== ...", "== 490"))
    alone = tell(*check, "--task", "1", "--format", "json")
    assert alone.status == 0
    assert alone.json["files"][0]["tasks"] == [
        {"number": 1, "promised": 2, "done": True, "missing": [], "beyond": []}
    ]
    assert "- [x] **Task 1**" in file.read_text()

    whole = tell(*check, "--file", "src/shop/price.py")
    assert (whole.status, "not reached; 1 of 2 tasks done" in whole.out) == (1, True)
    second = (
        "\n\ndef test_discounted_9():\n    import pytest\n"
        "    with pytest.raises(ValueError):\n        discounted(price=1, percent=101)\n"
    )
    tests.write_text(tests.read_text() + second)
    assert (tell(*check).status, file.read_text().count("- [x]")) == (0, 3)


def test_a_plan_for_machines(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    told = make(shop, tell, "--target", TARGET, "--format", "json")
    assert told.status == 0
    assert [task["gain"] for task in told.json["files"][0]["tasks"]] == [1, 1]
    (tmp_path / "plan.json").write_text(json.dumps(told.json))
    now = tell("plan", "--repo", str(shop.path), "--check", str(tmp_path / "plan.json"))
    assert (now.status, "0 of 2 tasks done" in now.out) == (1, True)
    (shop.path / "src/shop/price.py").write_text("a = 1\n")
    other = tell("plan", "--repo", str(shop.path), "--check", str(tmp_path / "plan.json"))
    # The tests cannot be imported any more, whatever the file says.
    assert other.status == 1
    (shop.path / "tests/test_price.py").write_text("import shop.price\n\n\ndef test(): pass\n")
    changed = tell("plan", "--repo", str(shop.path), "--check", str(tmp_path / "plan.json"))
    assert (changed.status, "the file changed since" in changed.err) == (2, True)


def test_targets_of_the_settings_are_planned_for(shop: Shop, tell: Tell) -> None:
    table = '\n[tool.coverage-gate]\ntargets = {"src/shop/price.py" = 70}\n'
    pyproject = shop.path / "pyproject.toml"
    shop.new_branch("targets", {"pyproject.toml": pyproject.read_text() + table})
    flags = ("--repo", str(shop.path), "--branch", "targets", "--base", "targets")
    told = tell("plan", *flags)
    assert (told.status, "There is nothing to do." in told.out) == (0, True)


def test_the_whole_code_base_is_planned_for(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    told = make(shop, tell, "--tiers", "--format", "json")
    assert told.status == 0
    (first, last) = told.json["phases"]
    assert [file["path"] for file in first["files"]] == ["src/shop/price.py"]
    assert (first["band"], first["need"], last["expected"]) == (
        "[50, 80)",
        1,
        {"covered": 7, "total": 8, "percent": 87.5},
    )
    file = tmp_path / "tiers.md"
    assert make(shop, tell, "--tiers", "--output", str(file)).status == 0
    assert "## Phase 2: verification" in file.read_text()


@pytest.mark.parametrize("output", ["text", "markdown", "json"])
def test_where_to_begin_is_told(shop: Shop, tell: Tell, output: str) -> None:
    flags = ("--repo", str(shop.path), "--branch", "main", "--format", output)
    told = tell("analyze", *flags, "--target", "**=80", "--priority", "src/**")
    assert told.status == 0
    assert "src/shop/price.py" in told.out
    assert "core" in told.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--priority", "./x"), "is no pattern of paths"),
        (("--priority", "lib/**"), "lib/** means no file"),
        (("--target", "x.py=1"), "x.py means no file"),
        (("--branch", "cannot-start"), "not measured"),
    ],
)
def test_an_analysis_of_nothing_ends_in_a_sentence(
    shop: Shop, tell: Tell, arguments: tuple[str, ...], problem: str
) -> None:
    told = tell("analyze", "--repo", str(shop.path), "--branch", "main", *arguments)
    assert (told.status in {1, 2}, problem in told.err, told.out) == (True, True, ""), told.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "there is no target"),
        (("--target", "lib/**=100"), "lib/** means no file"),
        (("--target", "src/**=much"), "is no plain number"),
        (("--target", "src/**"), "no pattern"),
        (("--target", "src/**=80:arc"), "neither line nor branch"),
        (("--task", "1"), "belong to --check"),
        (("--check", "nowhere.md"), "cannot be read as a plan"),
        (("--check",), "coverage-plan.md cannot be read as a plan"),
    ],
)
def test_bad_input_ends_in_a_sentence(
    shop: Shop, tell: Tell, arguments: tuple[str, ...], problem: str
) -> None:
    told = make(shop, tell, *arguments)
    assert (told.status, problem in told.err, told.out) == (2, True, ""), told.err


def test_what_cannot_be_measured_is_not_planned(shop: Shop, tell: Tell) -> None:
    flags = ("--repo", str(shop.path), "--branch", "cannot-start", "--target", TARGET)
    for more in ((), ("--tiers",)):
        told = tell("plan", *flags, *more)
        assert (told.status, "not measured" in told.err) == (1, True)


def test_a_target_that_cannot_be_reached_by_the_plan_ends_with_1(shop: Shop, tell: Tell) -> None:
    dead = "def f():\n    while True:\n        f()\n"
    shop.new_branch("dead", {"src/shop/dead.py": dead})
    flags = ("--repo", str(shop.path), "--branch", "dead", "--target", "src/shop/dead.py=100")
    told = tell("plan", *flags)
    assert (told.status, "does not suffice for" in told.err) == (1, True)


def test_a_project_without_functions_is_not_planned(shop: Shop, tell: Tell) -> None:
    price = "A = 1\nif not A:\n    A = 2\n"
    test = "from shop import price\n\n\ndef test_a():\n    assert price.A == 1\n"
    shop.new_branch("flat", {"src/shop/price.py": price, "tests/test_price.py": test})
    flags = ("--repo", str(shop.path), "--branch", "flat", "--base", "flat")
    for more in (("--target", TARGET), ("--tiers",)):
        told = tell("plan", *flags, *more)
        assert (told.status, told.out, "has a function" in told.err) == (2, "", True)
    assert "src/shop/price.py" in tell("analyze", *flags).out


def test_a_folder_without_a_commit_cannot_be_planned(tmp_path: Path, tell: Tell) -> None:
    told = tell("plan", "--repo", str(tmp_path), "--target", "**=1")
    assert (told.status, told.out) == (2, "")
