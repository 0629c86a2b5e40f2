"""A plan as Markdown and as JSON, read back, and ticked off."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.unit.core.read_source import PATH, definitions_ran, measured, with_spans
from tests.unit.core.test_planning import ALL, SHOP, material

from coverage_gate.adapters.render.plan import (
    check_command,
    plan_markdown,
    progress_object,
    progress_text,
    ticked,
)
from coverage_gate.adapters.render.plan_record import (
    MARK,
    MARK_END,
    plan_object,
    read_plan,
    record_line,
)
from coverage_gate.core.nearest import TestPlace
from coverage_gate.core.places import Unit
from coverage_gate.core.plan import Done, FileDone, Plan, PlanError
from coverage_gate.core.planning import plan_of
from coverage_gate.core.rates import Counts
from coverage_gate.core.targets import Target
from coverage_gate.testing.values import measurement

SCHEMAS = Path(__file__).parents[4] / "docs/schema"


@pytest.fixture(scope="module")
def plan() -> Plan:
    file = with_spans(measured(SHOP, ran=definitions_ran(SHOP)), SHOP)
    tests = "from shop.a import price\n\n\ndef test_it():\n    assert price(1) == 2\n"
    return plan_of(measurement(file, unlisted=("src/idle.py",)), (ALL,), material(tests=tests))


def test_the_plan_tells_all_that_a_task_needs(plan: Plan) -> None:
    text = plan_markdown(plan, name="plan.md")
    for part in (
        "# Coverage plan",
        "- `src/idle.py` is not measured: let a test import it, then plan anew",
        "## `src/shop/a.py`: 100% of statements and branches",
        "Tests: modify `tests/test_a.py`.",
        "### `price`",
        "- [ ] **Task 1**: lines 12-13, 15; branch 13→15. Gain: 3 lines.",
        "  - begins with `time.sleep(1)`",
        "  - reached when `item < 0` is false (line 13)",
        "  - `time.sleep` (line 12) waits: use a function that notes the seconds and returns",
        "  - like `tests/test_a.py::test_it`",
        "    def test_price_12(monkeypatch):",
        "  - verify: `coverage-gate plan --check plan.md --task 1`",
        "- [ ] **Verify `src/shop/a.py`**: `coverage-gate plan --check plan.md --file",
        "- [ ] **Commit**: `git add tests/test_a.py && git commit -m 'test: cover src/shop/a.py'`",
        "- [ ] **All of** `**`: `coverage-gate plan --check plan.md`",
        "- [ ] **All tests**: `python -m pytest`; there is no pre-commit",
    ):
        assert part in text, part
    with_hooks = plan_markdown(replace(plan, has_hooks=True), name="plan.md")
    assert "- [ ] **Hooks**: `pre-commit run --all-files`" in with_hooks


def test_each_test_of_the_plan_compiles(plan: Plan) -> None:
    tokens = MarkdownIt().parse(plan_markdown(plan, name="plan.md"))
    fences = [token.content for token in tokens if token.type == "fence"]
    assert len(fences) == len(plan.tasks)
    for fence in fences:
        compile(fence, "test.py", "exec")


def test_what_does_not_suffice_is_said(plan: Plan) -> None:
    (file,) = plan.files
    stuck = replace(
        file,
        tasks=(),
        stuck=(Unit(path=PATH, line=3),),
        place=TestPlace(path="tests/test_new.py", is_new=True, near=("tests/test_b.py",)),
    )
    text = plan_markdown(replace(plan, files=(stuck,), reached=2), name="p")
    assert "There is nothing to do." in text
    assert "- 2 files reach it already." in text
    assert "No way leads to lines 3: dead code" in text
    assert "These tasks do not suffice for the target" in text
    assert "Tests: create `tests/test_new.py`, like `tests/test_b.py`." in text
    assert "| file |" not in plan_markdown(replace(plan, files=()), name="p")


def test_a_module_level_task_and_one_without_text(plan: Plan) -> None:
    (file,) = plan.files
    bare = replace(file.tasks[0], symbol=None, code="", lines=(), branches=((3, -1),))
    text = plan_markdown(replace(plan, files=(replace(file, tasks=(bare,)),)), name="p")
    assert "### At module level" in text
    assert "- [ ] **Task 1**: branch 3→exit. Gain: 3 lines." in text
    assert "begins where the file cannot be read" in text


def test_the_object_fits_its_schema(plan: Plan) -> None:
    schema = json.loads((SCHEMAS / "plan.schema.json").read_text())
    made = json.loads(json.dumps(plan_object(plan)))
    jsonschema.Draft202012Validator(schema).validate(made)
    assert set(schema["required"]) == set(made)


def test_what_is_written_is_read_back(plan: Plan) -> None:
    markdown = read_plan(plan_markdown(plan, name="p"))
    assert markdown == read_plan(json.dumps(plan_object(plan)))
    (file,) = markdown.files
    assert (file.path, file.target, file.missing) == (PATH, ALL, frozenset(plan.files[0].missing))
    assert [each.units for each in file.promises] == [frozenset(each.units) for each in plan.tasks]
    assert file.promises[0].test == "tests/test_a.py::test_price_12"


def test_no_name_can_end_the_record(plan: Plan) -> None:
    odd = replace(plan.files[0], path="src/a --> b -- c.py")
    line = record_line(replace(plan, files=(odd,)))
    assert line.count(MARK_END) == 1
    assert read_plan(line).files[0].path == "src/a --> b -- c.py"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no plan"),
        ("# notes\n", "no plan"),
        ("[1]", "no plan"),
        ('{"schema_version": 2}', "another version"),
        ('{"schema_version": 1}', "damaged"),
        ('{"schema_version": 1, "commit": "c", "files": [{"path": "a"}]}', "damaged"),
        ('{"schema_version": 1, "commit": "c", "files": [1]}', "damaged"),
        (f"{MARK}{'[' * 100_000}{MARK_END}", "no plan"),
    ],
)
def test_a_text_that_is_no_plan_is_refused(text: str, problem: str) -> None:
    with pytest.raises(PlanError, match=problem):
        read_plan(text)


@given(st.text(), st.integers(0, 10_000), st.integers(0, 200))
def test_a_damaged_record_ends_in_a_sentence(filler: str, start: int, length: int) -> None:
    file = with_spans(measured(SHOP, ran=definitions_ran(SHOP)), SHOP)
    text = record_line(plan_of(measurement(file), (ALL,), material()))
    damaged = text[:start] + filler + text[start + length :]
    with suppress(PlanError):
        assert read_plan(damaged).commit is not None


# What is done


def done(*, is_done: bool) -> FileDone:
    missing = () if is_done else (Unit(path=PATH, line=3), Unit(path=PATH, line=3, target=-1))
    return FileDone(
        path=PATH,
        target=Target(pattern="**", least=Fraction(1)),
        counts=Counts(covered=4 if is_done else 2, total=4),
        tasks=(
            Done(number=1, promised=2, missing=missing, beyond=(Unit(path=PATH, line=9),)),
            Done(number=2, promised=1, missing=()),
        ),
    )


def test_boxes_are_set_and_the_rest_stays(plan: Plan) -> None:
    text = plan_markdown(plan, name="p") + "\n\nmy own notes - [ ] **Task 1**\n"
    after = ticked(text, [done(is_done=True)], is_whole=True)
    assert "- [x] **Task 1**: lines" in after
    assert "- [x] **Task 2**" in after
    assert "- [ ] **Task 3**" in after
    assert f"- [x] **Verify `{PATH}`**" in after
    assert "my own notes - [ ] **Task 1**" in after
    again = ticked(after, [done(is_done=False)], is_whole=False)
    assert "- [ ] **Task 1**: lines" in again
    assert f"- [x] **Verify `{PATH}`**" in again


def test_progress_is_told_for_people() -> None:
    assert progress_text([done(is_done=False)], is_alone=False) == (
        f"{PATH}: 2/4 (50%), 100% of statements: not reached; 1 of 2 tasks done\n"
        "  task 1: 0 of 2 statements and branches run; missing: lines 3, branches 3→exit;"
        " beyond the plan: lines 9"
    )
    assert "reached; 2 of 2" in progress_text([done(is_done=True)], is_alone=False)
    alone = progress_text([done(is_done=True)], is_alone=True)
    assert alone.count("\n") == 1
    many = tuple(Unit(path=PATH, line=line) for line in range(1, 30))
    long = replace(done(is_done=True), tasks=(Done(number=1, promised=29, missing=many),))
    assert "lines 1-20, 9 more" in progress_text([long], is_alone=True)


def test_progress_is_told_for_machines() -> None:
    schema = json.loads((SCHEMAS / "plan-progress.schema.json").read_text())
    made = json.loads(json.dumps(progress_object([done(is_done=False)])))
    jsonschema.Draft202012Validator(schema).validate(made)
    assert made["files"][0]["tasks"][0]["missing"] == [[3, 0], [3, -1]]


def test_commands_quote_names() -> None:
    assert check_command("my plan.md", task=3) == "coverage-gate plan --check 'my plan.md' --task 3"
