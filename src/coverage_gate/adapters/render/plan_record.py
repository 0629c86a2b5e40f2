"""A plan as JSON, and read back: what stands in the Markdown is for people and is never parsed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from coverage_gate.adapters.render.json_verdict import to_json_line
from coverage_gate.adapters.render.order import condition_text
from coverage_gate.adapters.render.printable import one_line
from coverage_gate.core.places import Unit
from coverage_gate.core.plan import FilePlan, Plan, PlanError, Promise, Record, Task, Written
from coverage_gate.core.rates import percent_number
from coverage_gate.core.targets import Target

SCHEMA_VERSION = 1
MARK, MARK_END = "<!-- coverage-gate plan ", " -->"
#: Larger texts are no plan of ours.
_LONGEST = 16_000_000


def plan_object(plan: Plan) -> dict[str, object]:
    """The plan, see docs/schema/plan.schema.json."""
    return {
        "schema_version": SCHEMA_VERSION,
        "commit": plan.commit,
        "targets": [_target(target) for target in plan.targets],
        "reached": plan.reached,
        "unmeasured": [_exact(path) for path in plan.unmeasured],
        "files": [_file(file) for file in plan.files],
    }


def record_line(plan: Plan) -> str:
    """What of the plan is read back, as a comment of Markdown."""
    files = [
        {
            **{key: file[key] for key in ("path", "blob", "target", "missing")},
            "tasks": [
                {key: task[key] for key in ("number", "test", "statements", "branches")}
                for task in file["tasks"]
            ],
        }
        for file in map(_file, plan.files)
    ]
    line = to_json_line({"schema_version": SCHEMA_VERSION, "commit": plan.commit, "files": files})
    # Two dashes stand within texts alone, and could end the comment.
    return MARK + line.replace("--", "-\\u002d") + MARK_END


def _target(target: Target) -> dict[str, object]:
    return {
        "pattern": target.pattern,
        "least": str(target.least),
        "percent": percent_number(target.least),
        "branches": target.branches,
    }


def _file(file: FilePlan) -> dict[str, Any]:
    return {
        "path": _exact(file.path),
        "blob": file.blob,
        "target": _target(file.target),
        "covered": file.counts.covered,
        "total": file.counts.total,
        "predicted": file.predicted.covered,
        "reaches": file.reaches,
        "test_file": _exact(file.place.path),
        "is_new": file.place.is_new,
        "missing": _units(file.missing),
        "stuck": _units(file.stuck),
        "tasks": [_task(task, file) for task in file.tasks],
    }


def _task(task: Task, file: FilePlan) -> dict[str, object]:
    return {
        "number": task.number,
        "symbol": task.symbol,
        "lines": [list(span) for span in task.lines],
        **_units(task.units),
        "gain": task.gain,
        "conditions": [condition_text(each) for each in task.conditions],
        "code": one_line(task.code),
        "outside": [
            {"line": each.line, "name": each.name, "what": each.what, "instead": each.instead}
            for each in task.outside
        ],
        "nearest_tests": [_exact(test) for test in task.tests],
        "test": f"{_exact(file.place.path)}::{task.skeleton.name}",
        "imports": list(task.skeleton.imports),
        "skeleton": task.skeleton.text,
    }


def _units(units: Iterable[Unit]) -> dict[str, object]:
    known = sorted(units)
    return {
        "statements": [unit.line for unit in known if not unit.is_branch],
        "branches": [[unit.line, unit.target] for unit in known if unit.is_branch],
    }


def _exact(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


# Read back


def read_plan(text: str) -> Record:
    """What was written, out of Markdown or JSON.

    Raises:
        PlanError: If the text is no plan, or one of another version.
    """
    found = _json_of(text[:_LONGEST])
    if found.get("schema_version") != SCHEMA_VERSION:
        raise PlanError("the plan was written by another version of coverage-gate: make it anew")
    try:
        files = tuple(_written(each) for each in found["files"])
        return Record(commit=str(found["commit"]), files=files)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError):
        raise PlanError("the plan is damaged: make it anew") from None


def _json_of(text: str) -> Mapping[str, Any]:
    start, end = text.rfind(MARK), text.rfind(MARK_END)
    inner = text[start + len(MARK) : end] if 0 <= start < end else text
    try:
        found = json.loads(inner.strip().rpartition("\n")[2])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PlanError("this is no plan: it has no line that `coverage-gate plan` wrote")
    return found


def _written(each: Mapping[str, Any]) -> Written:
    path, target = str(each["path"]), each["target"]
    return Written(
        path=path,
        blob=str(each["blob"]),
        target=Target(
            pattern=str(target["pattern"]),
            least=Fraction(str(target["least"])),
            branches=bool(target["branches"]),
        ),
        missing=_read_units(path, each["missing"]),
        promises=tuple(
            Promise(
                number=int(task["number"]),
                units=_read_units(path, task),
                test=str(task["test"]),
            )
            for task in each["tasks"]
        ),
    )


def _read_units(path: str, each: Mapping[str, Sequence[Any]]) -> frozenset[Unit]:
    lines = {Unit(path=path, line=int(line)) for line in each["statements"]}
    return frozenset(lines) | {
        Unit(path=path, line=int(line), target=int(target)) for line, target in each["branches"]
    }
