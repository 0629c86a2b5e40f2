"""What a developer is told."""

from dataclasses import replace

import pytest
from tests.engine_world import REPO, World

from coverage_gate import gate
from coverage_gate.adapters.render.report import render_coverage_report
from coverage_gate.adapters.report_files import write_report
from stage_engine.engine import open_engine
from stage_engine.orders import first_order, work_order
from stage_engine.values import Task


@pytest.fixture
def task(world: World) -> Task:
    world.feature("f1")
    return world.submit(open_engine(), "f1")


def test_the_first_order_is_the_title(task: Task) -> None:
    text = first_order(task)
    assert text.startswith("# Work order: do f1\n\nF1 of shop, branch f1\n")
    assert "Commit on `f1`" in text


def test_a_task_without_title_is_named_by_its_work_item(task: Task) -> None:
    assert first_order(replace(task, title="")).startswith("# Work order: F1\n")


def test_an_order_names_check_reason_and_attempt(task: Task) -> None:
    text = work_order(task, check="check_ci_green", reason="red\x1b[31m\nall over", attempt=2)
    assert "Attempt 2. `check_ci_green` failed:\n\n`red\\x1b[31m\\nall over`\n" in text


def test_the_coverage_gates_order_is_that_of_its_report(task: Task) -> None:
    report = gate.report_path(REPO, "F1")
    fields = {"coverage_status": "FAIL", "order": "# Work order\n```\nrun `a.py`"}
    write_report(report, render_coverage_report("F1", fields))
    text = work_order(task, check="check_coverage_gate", reason="r", attempt=1)
    assert "\n# Work order\n```\nrun `a.py`\n\n## How to finish" in text
    assert "What the gate found" not in text


def test_a_report_without_order_is_told_as_it_stands(world: World, task: Task) -> None:
    world.measure(REPO, "F1", "f1")
    text = work_order(task, check="check_coverage_gate", reason="r", attempt=1)
    assert "## What the gate found" in text
    assert "coverage_status:" not in text


def test_the_report_of_the_gate_is_not_in_the_order_of_another_check(
    world: World, task: Task
) -> None:
    world.measure(REPO, "F1", "f1")
    text = work_order(task, check="check_ci_green", reason="r", attempt=1)
    assert "What the gate found" not in text


def test_an_order_without_report_still_names_the_reason(task: Task) -> None:
    text = work_order(task, check="check_coverage_gate", reason="too low", attempt=1)
    assert "too low" in text
    assert "What the gate found" not in text
