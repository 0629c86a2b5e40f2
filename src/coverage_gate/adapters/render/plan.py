"""A plan as Markdown that a person or an agent carries out in order, and what of it is done."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from coverage_gate.adapters.render.order import condition_text
from coverage_gate.adapters.render.plan_record import record_line
from coverage_gate.adapters.render.printable import markdown_code, markdown_text, one_line
from coverage_gate.core.linebits import ranges_text
from coverage_gate.core.outside import Outside
from coverage_gate.core.places import Unit, branches_text
from coverage_gate.core.plan import Done, FileDone, FilePlan, Plan, Task
from coverage_gate.core.rates import Counts, percent_text
from coverage_gate.core.tokens import within

_SHOWN = 20
_NAME = 48
_BOX = re.compile(r"^- \[[ x]\] \*\*(Task \d+|Verify `[^`]+`)\*\*", re.MULTILINE)


def plan_markdown(plan: Plan, *, name: str) -> str:
    """The plan. Ends in a line that `read_plan` reads.

    Args:
        plan: The plan.
        name: How its commands call the file that it stands in.
    """
    return "\n".join([*_lines(plan, name), "", record_line(plan)])


def _lines(plan: Plan, name: str) -> Iterator[str]:
    tasks = plan.tasks
    yield "# Coverage plan"
    yield ""
    yield f"Made for commit {markdown_code(plan.commit[:12] or 'none')}."
    if tasks:
        yield (
            f"{_count(len(tasks), 'task')} in {_count(len(plan.files), 'file')}, to be done in this"
            " order: each is one test, and counts on those before it. A test asserts what the code"
            " answers or does; every `...` is to be filled in."
        )
    else:
        yield "There is nothing to do."
    yield ""
    yield from (f"- {markdown_code(target.pattern)}: {target.text}" for target in plan.targets)
    if plan.reached:
        yield f"- {_count(plan.reached, 'file')} reach it already."
    yield from (
        f"- {markdown_code(path)} is not measured: let a test import it, then plan anew"
        for path in plan.unmeasured
    )
    yield from _overview(plan.files)
    for file in plan.files:
        yield from _file(file, name)
    yield from _at_last(plan, name)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _overview(files: Sequence[FilePlan]) -> Iterator[str]:
    if not files:
        return
    yield ""
    yield "| file | now | after | tasks |"
    yield "|---|---|---|---|"
    for file in files:
        cells = _counts(file.counts), _counts(file.predicted), len(file.tasks)
        yield f"| {markdown_text(file.path)} | {' | '.join(map(str, cells))} |"


def _counts(counts: Counts) -> str:
    return f"{counts} ({percent_text(counts.rate)})"


def _file(file: FilePlan, name: str) -> Iterator[str]:
    verb = "create" if file.place.is_new else "modify"
    yield ""
    yield f"## {markdown_code(file.path)}: {file.target.text}"
    yield ""
    yield f"Tests: {verb} {markdown_code(file.place.path)}{_like(file)}."
    yield f"Now {_counts(file.counts)}, after these tasks {_counts(file.predicted)}."
    if file.stuck:
        yield f"No way leads to {_units_text(file.stuck)}: dead code, or more than can be read."
    if not file.reaches:
        yield "These tasks do not suffice for the target: plan anew when they are done."
    symbol: object = file
    for task in file.tasks:
        if task.symbol != symbol:
            symbol = task.symbol
            yield ""
            yield f"### {markdown_code(task.symbol) if task.symbol else 'At module level'}"
        yield ""
        yield from _task(task, file, name)
    yield from _closing(file, name)


def _like(file: FilePlan) -> str:
    near = [markdown_code(path) for path in file.place.near[:2]]
    return f", like {' and '.join(near)}" if near else ""


def _task(task: Task, file: FilePlan, name: str) -> Iterator[str]:
    missing = "; ".join(_missing(task))
    yield f"- [ ] **Task {task.number}**: {missing}. Gain: {_count(task.gain, 'line')}."
    code = markdown_code(within(one_line(task.code), _NAME)) if task.code else ""
    yield f"  - begins with {code}" if code else "  - begins where the file cannot be read"
    for each in task.conditions:
        yield f"  - reached when {condition_text(each)} (line {each.line})"
    yield from (f"  - {_outside_text(each)}" for each in task.outside)
    if task.tests:
        yield f"  - like {', '.join(markdown_code(test) for test in task.tests)}"
    yield f"  - write in {markdown_code(file.place.path)}:"
    yield ""
    yield from _skeleton(task)
    yield ""
    yield f"  - verify: {markdown_code(check_command(name, task=task.number))}"


def _missing(task: Task) -> Iterator[str]:
    """What no test runs that this one will."""
    if task.lines:
        yield _ranges("line", task.lines)
    if task.branches:
        yield f"{_plural('branch', task.branches)} {branches_text(task.branches)}"


def _skeleton(task: Task) -> Iterator[str]:
    """How the test begins, as a listing within an item of a list."""
    yield "    ```python"
    yield from (f"    {line}" for line in task.skeleton.imports)
    yield ""
    yield ""
    yield from (f"    {line}" for line in task.skeleton.text.split("\n"))
    yield "    ```"


def _plural(word: str, items: Sequence[object]) -> str:
    return word if len(items) == 1 else f"{word}{'es' if word.endswith('ch') else 's'}"


def _ranges(word: str, spans: Sequence[tuple[int, int]]) -> str:
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    is_one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"{word if is_one else word + 's'} {', '.join(shown)}"


def _outside_text(each: Outside) -> str:
    return f"{markdown_code(each.name)} (line {each.line}) {each.what}: use {each.instead}"


def _closing(file: FilePlan, name: str) -> Iterator[str]:
    yield ""
    yield (
        f"- [ ] **Verify {markdown_code(file.path)}**:"
        f" {markdown_code(check_command(name, file=file.path))}"
    )
    commands = (
        shlex.join(["git", "add", file.place.path]),
        shlex.join(["git", "commit", "-m", f"test: cover {file.path}"]),
    )
    yield f"- [ ] **Commit**: {markdown_code(' && '.join(commands))}"


def _at_last(plan: Plan, name: str) -> Iterator[str]:
    patterns = ", ".join(markdown_code(target.pattern) for target in plan.targets)
    yield ""
    yield "## At last"
    yield ""
    yield f"- [ ] **All of** {patterns}: {markdown_code(check_command(name))}"
    if plan.has_hooks:
        yield f"- [ ] **Hooks**: {markdown_code('pre-commit run --all-files')}"
    else:
        yield f"- [ ] **All tests**: {markdown_code('python -m pytest')}; there is no pre-commit"


def check_command(name: str, *, task: int | None = None, file: str | None = None) -> str:
    """What verifies a task, a file, or all of a plan."""
    words = ["coverage-gate", "plan", "--check", name]
    words += ["--task", str(task)] if task is not None else []
    words += ["--file", file] if file is not None else []
    return shlex.join(words)


# What of it is done


def ticked(text: str, done: Iterable[FileDone], *, is_whole: bool) -> str:
    """The Markdown of a plan with its boxes set; whatever people wrote beside them stays.

    Args:
        text: As it was written.
        done: What was looked at.
        is_whole: Whether whole files were looked at, and not a task by itself.
    """
    states: dict[str, bool] = {}
    for file in done:
        states |= {f"Task {task.number}": task.is_done for task in file.tasks}
        if is_whole:
            states[f"Verify {markdown_code(file.path)}"] = file.is_reached
    return _BOX.sub(
        lambda found: (
            f"- [{'x' if states[found[1]] else ' '}] **{found[1]}**"
            if found[1] in states
            else found[0]
        ),
        text,
    )


def progress_text(done: Sequence[FileDone], *, is_alone: bool) -> str:
    """What is done, for people."""
    return "\n".join(line for file in done for line in _progress(file, is_alone=is_alone))


def _progress(file: FileDone, *, is_alone: bool) -> Iterator[str]:
    finished = sum(task.is_done for task in file.tasks)
    if not is_alone:
        word = "reached" if file.is_reached else "not reached"
        yield (
            f"{one_line(file.path)}: {_counts(file.counts)}, {file.target.text}: {word};"
            f" {finished} of {_count(len(file.tasks), 'task')} done"
        )
    for task in file.tasks:
        if is_alone or not task.is_done:
            yield f"  {_done_text(task)}"


def _done_text(task: Done) -> str:
    ran = task.promised - len(task.missing)
    told = f"task {task.number}: {ran} of {task.promised} statements and branches run"
    told += f"; missing: {_units_text(task.missing)}" if task.missing else ""
    return told + (f"; beyond the plan: {_units_text(task.beyond)}" if task.beyond else "")


def _units_text(units: Sequence[Unit]) -> str:
    shown = units[:_SHOWN]
    lines = ranges_text(unit.line for unit in shown if not unit.is_branch)
    arcs = branches_text((unit.line, unit.target) for unit in shown if unit.is_branch)
    parts = [f"lines {lines}"] * bool(lines) + [f"branches {arcs}"] * bool(arcs)
    more = len(units) - len(shown)
    return ", ".join([*parts, *([f"{more} more"] if more else [])])


def progress_object(done: Sequence[FileDone]) -> dict[str, object]:
    """What is done, for machines: docs/schema/plan-progress.schema.json."""
    return {
        "schema_version": 1,
        "files": [
            {
                "path": one_line(file.path, limit=4000),
                "covered": file.counts.covered,
                "total": file.counts.total,
                "reached": file.is_reached,
                "tasks": [
                    {
                        "number": task.number,
                        "promised": task.promised,
                        "done": task.is_done,
                        "missing": [[unit.line, unit.target] for unit in task.missing],
                        "beyond": [[unit.line, unit.target] for unit in task.beyond],
                    }
                    for task in file.tasks
                ],
            }
            for file in done
        ],
    }
