"""A script is started by its name, and finds the scripts beside it and nothing else of ours."""

from __future__ import annotations

import io
import json
import resource
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage_gate.adapters.measure import isolated
from coverage_gate.adapters.measure.isolated import scripts_digest, start

_FINDS = """
import runpy, sys
known = runpy.run_path(sys.argv[1])["_make_known"]()
import coverage_gate.adapters.measure.isolated.facts
for name in ("coverage_gate.core", "coverage_gate.adapters.measure.run"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name)
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a configuration. A script lowers the limits of its process, ours here."""
    monkeypatch.chdir(tmp_path)
    Path("rc").write_text("[run]\n")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.parametrize(
    ("argv", "request_text", "end"),
    [
        (["analyse", "rc", ".", "0", "0"], '{"paths": [], "skip": 0}', {"end": 0}),
        (
            ["precompile", ".", "0", "0"],
            '{"plain": ["gone.py"], "rewritten": [], "placed": {}}',
            {"path": "gone.py", "tail": "", "code": ""},
        ),
    ],
)
def test_a_script_answers_on_its_standard_output(
    argv: list[str],
    request_text: str,
    end: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", [start.__file__, *argv])
    monkeypatch.setattr(sys, "stdin", io.StringIO(request_text))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(start.__file__, run_name="__main__")
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == end


def test_nothing_else_of_ours_is_found() -> None:
    command = [sys.executable, "-I", "-B", "-c", _FINDS, start.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["coverage_gate.core", "coverage_gate.adapters.measure.run"]


def test_the_digest_is_another_one_with_each_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "__file__", str(tmp_path / "__init__.py"))
    found = set()
    for name in ("a.py", "b.py", "b.py"):
        with (tmp_path / name).open("a") as file:
            file.write("x = 1\n")
        found.add(scripts_digest.__wrapped__())
    assert len(found) == 3
