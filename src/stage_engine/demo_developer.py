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
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

_FILE = re.compile(r"^### `(?P<path>[^`]+\.py)`: test in `(?P<tests>[^`]+\.py)`")
_GAP = re.compile(r"^- `[^`]+`: (?P<facts>.+)$", re.MULTILINE)
_NUMBER = re.compile(r"(\d+)(?:-(\d+))?")
_BRING_BACK = re.compile(r"^  - run `git checkout ([0-9a-f]{40}) -- ([\w./-]+)`$", re.MULTILINE)
_CALLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What the order says of one file.

    Attributes:
        path: The file.
        tests: The test module that it is tested in.
        lines: What no test runs.
    """

    path: str
    tests: str
    lines: frozenset[int]


def pieces_of(order: str) -> Iterator[Piece]:
    """The files of an order."""
    for part in re.split(r"^(?=### )", order, flags=re.MULTILINE):
        head = _FILE.match(part)
        if head is None:
            continue
        gaps = _GAP.finditer(part)
        lines = frozenset(line for gap in gaps for line in _lines(gap["facts"]))
        yield Piece(path=head["path"], tests=head["tests"], lines=lines)


def _lines(facts: str) -> Iterator[int]:
    """The lines of one gap, and those that its branches start from."""
    for fact in facts.split("; "):
        if fact.startswith(("lines ", "branches ")):
            for first, last in _NUMBER.findall(re.sub("→\\w+", "", fact)):
                yield from range(int(first), int(last or first) + 1)


def functions_at(source: str, lines: frozenset[int]) -> list[ast.FunctionDef]:
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
    """Test each function that the order points at, in the test module that it names."""
    written = []
    sys.path.insert(0, str(folder / "src"))
    for piece in pieces_of(order):
        module = piece.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        source = (folder / piece.path).read_text(encoding="utf-8")
        for function in functions_at(source, piece.lines):
            call = getattr(importlib.import_module(module), function.name)
            text = module_of_tests(module, function.name, answers(function, call))
            written.append(_added(folder / piece.tests, text))
    return written


def _added(path: Path, text: str) -> Path:
    """Tests at the end of a module, which is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") + "\n\n" if path.exists() else ""
    path.write_text(before + text, encoding="utf-8")
    return path


def brought_back(order: str, folder: Path) -> list[Path]:
    """Take the files that the order asks for from the commit that it names."""
    files = []
    for commit, path in _BRING_BACK.findall(order):
        subprocess.run(["git", "checkout", "-q", commit, "--", path], cwd=folder, check=True)  # noqa: S603, S607 - plain words, by the pattern
        files.append(folder / path)
    return files


def main() -> int:
    """Follow the order that `ORCH_WORK_ORDER` names, in this folder. Returns the exit status."""
    # The engine hands a developer its order by this variable; we are that developer here.
    order = Path(os.environ["ORCH_WORK_ORDER"])  # noqa: TID251 - see the line above
    text = order.read_text(encoding="utf-8")
    written = [*brought_back(text, Path.cwd()), *develop(text, Path.cwd())]
    if not written:
        sys.stderr.write("the order names no line that a test could run: a person has to look\n")
        return 1
    names = sorted({str(path) for path in written})
    subprocess.run(["git", "add", "--", *names], check=True)  # noqa: S603, S607 - fixed words
    tested = sorted({path.stem.removeprefix("test_") for path in written})
    message = "test: " + ", ".join(tested)
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@localhost"]
    subprocess.run(["git", *identity, "commit", "-qm", message], check=True)  # noqa: S603, S607 - fixed words
    return 0


if __name__ == "__main__":
    sys.exit(main())
