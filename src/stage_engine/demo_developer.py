"""The demo's developer: a script that is told by its work order what no test runs, and tests it.

It calls the functions that the order's lines belong to with values from their own conditions and
writes down what they answer. It knows nothing of the demo: names and numbers come from the order.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

_LINES = re.compile(r"^- `(?P<path>[^`]+\.py)`: (?P<ranges>[0-9, -]+)$", re.MULTILINE)
_CALLS = 500


def files_of(order: str) -> dict[str, set[int]]:
    """Path → lines that no test runs, as the order lists them."""
    return {found["path"]: set(_numbers(found["ranges"])) for found in _LINES.finditer(order)}


def _numbers(ranges: str) -> Iterator[int]:
    for part in ranges.split(","):
        first, _, last = part.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def functions_at(source: str, lines: set[int]) -> list[ast.FunctionDef]:
    """The functions at module level that hold one of the lines."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [node for node in found if lines & set(range(node.lineno, (node.end_lineno or 0) + 1))]


def values_for(function: ast.FunctionDef) -> list[Any]:
    """Numbers around those that the function compares with, and its texts."""
    constants = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    numbers = [value for value in constants if type(value) is int]
    near = {value + step for value in numbers or [0] for step in (-1, 0, 1)}
    texts = {value for value in constants if isinstance(value, str)}
    return [*sorted(near), *sorted(texts)]


def answers(function: ast.FunctionDef, call: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """What the function answers, as source → the first arguments that make it answer so."""
    values = values_for(function)
    found: dict[str, tuple[Any, ...]] = {}
    for number, given in enumerate(product(values, repeat=len(function.args.args))):
        if number >= _CALLS:
            break
        try:
            answer = repr(call(*given))
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            answer = type(error).__name__
        found.setdefault(answer, given)
    return found


def module_of_tests(module: str, function: str, found: dict[str, tuple[Any, ...]]) -> str:
    """A test module that asks for each of the answers."""
    lines = ["import pytest", "", f"from {module} import {function}", ""]
    for number, (answer, given) in enumerate(found.items()):
        arguments = ", ".join(map(repr, given))
        lines += ["", f"def test_{function}_{number}():"]
        if answer.isidentifier() and answer.endswith("Error"):
            lines += [f"    with pytest.raises({answer}):", f"        {function}({arguments})", ""]
        else:
            lines += [f"    assert {function}({arguments}) == {answer}", ""]
    return "\n".join(lines)


def develop(order: str, folder: Path) -> list[Path]:
    """Write a test module for each function that the order points at."""
    written = []
    sys.path.insert(0, str(folder / "src"))
    for path, lines in files_of(order).items():
        module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        for function in functions_at((folder / path).read_text(encoding="utf-8"), lines):
            call = getattr(importlib.import_module(module), function.name)
            target = folder / "tests" / f"test_{function.name}.py"
            text = module_of_tests(module, function.name, answers(function, call))
            target.write_text(text, encoding="utf-8")
            written.append(target)
    return written


def main() -> int:
    """Follow the order that `ORCH_WORK_ORDER` names, in this folder. Returns the exit status."""
    # The engine hands a developer its order by this variable; we are that developer here.
    order = Path(os.environ["ORCH_WORK_ORDER"])  # noqa: TID251 - see the line above
    written = develop(order.read_text(encoding="utf-8"), Path.cwd())
    if not written:
        sys.stderr.write("the order names no line that a test could run: a person has to look\n")
        return 1
    names = [str(path) for path in written]
    subprocess.run(["git", "add", "--", *names], check=True)  # noqa: S603, S607 - fixed words
    message = "test: " + ", ".join(path.stem.removeprefix("test_") for path in written)
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@localhost"]
    subprocess.run(["git", *identity, "commit", "-qm", message], check=True)  # noqa: S603, S607 - fixed words
    return 0


if __name__ == "__main__":
    sys.exit(main())
