"""The script that changes code in memory, and how a run with it is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import pytest
from tests.unit.adapters.measure_run.fake_sandbox import FakeSandbox

from coverage_gate.adapters.measure import mutant as script
from coverage_gate.adapters.measure import runner
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.adapters.measure.mutant_run import Taken, run_mutant, write_mutant
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.adapters.measure.workroom import lay_out
from coverage_gate.core.mutants import Mutant
from coverage_gate.ports import Launch, RunLimits

SOURCE = "def f(a):\n    return a < 1\n"
MUTANT = Mutant(
    path="shop.py", line=2, symbol="f", start=21, end=26, text=b"(a <= 1)", change="`<` becomes"
)
INTERPRETER = Interpreter(
    path=Path(sys.executable),
    version="3.11.7",
    minor=(3, 11),
    implementation="cpython",
    coverage_version="7.17.3",
    pytest_version="9",
    has_pytest_cov=False,
    has_xdist=False,
    fingerprint="",
    editable_roots=(),
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "shop.py").write_text(SOURCE)
    return folder


@pytest.fixture
def told(tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The change as it is laid out; the loader and the environment are restored."""
    room = lay_out(tmp_path / "work")
    monkeypatch.setattr(SourceFileLoader, "get_code", SourceFileLoader.get_code)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    return write_mutant(room, MUTANT, ["tests/test_a.py::test_it"], export=export)


def value_of(path: Path, argument: int = 1) -> bool:
    code = SourceFileLoader("shop", str(path)).get_code("shop")
    assert isinstance(code, CodeType)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - of this file
    return bool(names["f"](argument))


def mark_of(told: Path) -> Path:
    return Path(script.read_mutant(str(told))["mark"])


def test_the_changed_file_is_another_in_memory_and_the_same_on_disk(
    told: Path, export: Path
) -> None:
    assert not value_of(export / "shop.py")
    script.install(str(told))
    assert not mark_of(told).exists()
    assert value_of(export / "shop.py")
    assert mark_of(told).exists()
    assert (export / "shop.py").read_text() == SOURCE


def test_other_files_and_another_text_stay_as_they_are(
    told: Path, export: Path, tmp_path: Path
) -> None:
    script.install(str(told))
    (tmp_path / "shop.py").write_text(SOURCE)
    (export / "other.py").write_text(SOURCE)
    assert not value_of(tmp_path / "shop.py")
    assert not value_of(export / "other.py")
    (export / "shop.py").write_text(SOURCE + "\n")
    assert not value_of(export / "shop.py")
    assert not mark_of(told).exists()


def test_children_get_it_once_and_without_a_path_too(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.install(str(told))
    script.install(str(told))
    assert os.environ["PYTHONPATH"] == f"{told.parent}{os.pathsep}elsewhere"
    monkeypatch.delenv("PYTHONPATH")
    script.install(str(told))
    assert os.environ["PYTHONPATH"] == str(told.parent)


def test_without_a_change_the_loader_is_left_alone(
    tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    before = SourceFileLoader.get_code
    script.install(str(write_mutant(lay_out(tmp_path / "w"), None, None, export=export)))
    assert SourceFileLoader.get_code is before


@pytest.mark.parametrize("has_own", [True, False])
def test_a_child_changes_too_and_then_does_what_the_environment_wants(
    told: Path, export: Path, tmp_path: Path, has_own: bool
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    if has_own:
        (own / "sitecustomize.py").write_text("import builtins\nbuiltins.customised = True\n")
    code = (
        "import builtins, shop, sys\n"
        "print(shop.f(1), getattr(builtins, 'customised', False), sys.path.count(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(told.parent)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (told.parent, own, export)))},
        capture_output=True,
        check=True,
        text=True,
    )
    shown = done.stdout.split()
    assert (shown[0], shown[2]) == ("True", "0")
    assert shown[1] == "True" or not has_own


def test_in_this_process_the_folder_goes_and_the_name_is_free(
    told: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [str(told.parent), *sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    custom = told.parent / "sitecustomize.py"
    script.in_child(str(custom))
    assert str(told.parent) not in sys.path
    (tmp_path / "sitecustomize.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(sys, "path", [str(told.parent), str(tmp_path), *sys.path])
    script.in_child(str(custom))
    assert sys.modules["sitecustomize"].VALUE == 1
    monkeypatch.setattr(sys, "path", [])
    script.in_child(str(custom))
    assert "sitecustomize" not in sys.modules


# The plugin


def config_of(told: Path, root: Path) -> Any:  # noqa: ANN401 - pytest's
    return SimpleNamespace(
        getoption=lambda name: str(told) if name == script.OPTION else None, rootpath=root
    )


def test_files_without_a_wanted_test_are_left_out(told: Path, export: Path) -> None:
    config = config_of(told, export)
    tests = export / "tests"
    tests.mkdir()
    for name in ("test_a.py", "test_b.py", "conftest.py"):
        (tests / name).touch()
    ignored = {
        path.name: script.pytest_ignore_collect(path, config)
        for path in (tests, *tests.iterdir(), Path(__file__))
    }
    assert ignored.pop(Path(__file__).name) is None
    assert {name for name, answer in ignored.items() if answer} == {"test_b.py"}


def test_only_wanted_tests_stay_or_all_where_the_names_moved(
    told: Path, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = SimpleNamespace(short_id=lambda node: node)
    monkeypatch.setitem(sys.modules, "coverage_gate_recorder", same)
    config = config_of(told, export)
    wanted, other = (Namespace(nodeid=f"tests/test_a.py::test_{name}") for name in ("it", "other"))
    items = [wanted, other]
    script.pytest_collection_modifyitems(config, items)
    assert items == [wanted]
    items = [other]
    script.pytest_collection_modifyitems(config, items)
    assert items == [other]


def test_without_wanted_tests_all_are_run(tmp_path: Path, export: Path) -> None:
    told = write_mutant(lay_out(tmp_path / "w"), MUTANT, None, export=export)
    config = config_of(told, export)
    items = [Namespace(nodeid="a")]
    script.pytest_collection_modifyitems(config, items)
    assert len(items) == 1
    assert script.pytest_ignore_collect(export / "shop.py", config) is None


def test_the_runner_installs_the_module_that_lies_beside_what_it_is_told(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "coverage_gate_mutant", None)
    del sys.modules["coverage_gate_mutant"]
    before = SourceFileLoader.get_code
    runner.change(None)
    assert SourceFileLoader.get_code is before
    runner.change(str(told))
    assert SourceFileLoader.get_code is not before
    assert sys.path[-1] == str(told.parent)


def test_the_option_is_hidden() -> None:
    heard: list[object] = []
    script.pytest_addoption(SimpleNamespace(addoption=lambda *names, **_: heard.extend(names)))
    assert heard == [script.OPTION]


# A run


def leave(*, exit_status: int | None = 0, marked: bool = True, claims: str | None = None) -> Any:  # noqa: ANN401
    """Does what a run leaves behind; no claims where there is no status."""

    def act(call: Launch) -> None:
        told = json.loads(Path(call.argv[-1]).read_text())
        if marked:
            Path(script.read_mutant(told["mutant"])["mark"]).touch()
        if exit_status is not None:
            text = json.dumps({"exit": exit_status, "tracer": "CTracer", "foreign": {}})
            Path(told["claims"]).write_text(claims or text)

    return act


def rig_of(top: Path, export: Path, sandbox: FakeSandbox, command: str) -> Rig:
    """What runs a command in the export."""
    return Rig(
        interpreter=INTERPRETER,
        command=parse_test_command(command),
        export=export,
        work=top / "w",
        roots=(),
        sandbox=sandbox,
        limits=RunLimits(),
        allowed={},
    )


@pytest.mark.parametrize(
    ("sandbox", "changed", "taken"),
    [
        (FakeSandbox(act=leave()), True, Taken.PASSED),
        (FakeSandbox(act=leave(marked=False)), True, Taken.UNREACHED),
        (FakeSandbox(act=leave(marked=False)), False, Taken.PASSED),
        (FakeSandbox(act=leave(), status=1), True, Taken.NOTICED),
        (FakeSandbox(act=leave(exit_status=1)), True, Taken.NOTICED),
        (FakeSandbox(act=leave(exit_status=None)), True, Taken.NOTICED),
        (FakeSandbox(act=leave(claims="no")), True, Taken.NOTICED),
        (FakeSandbox(act=leave(), status=None), True, Taken.LATE),
        (FakeSandbox(act=leave(), status=-9), True, Taken.NOTICED),
    ],
)
def test_how_the_tests_took_it(
    tmp_path: Path, export: Path, sandbox: FakeSandbox, changed: bool, taken: Taken
) -> None:
    found = run_mutant(
        MUTANT if changed else None, None, rig_of(tmp_path, export, sandbox, "pytest tests")
    )
    assert (found.taken, found.seconds) == (taken, 1.5)
    spec = json.loads(Path(sandbox.calls[0].argv[-1]).read_text())
    assert spec["args"][-2:] == ["tests", "-x"]
    assert f"{script.OPTION}={spec['mutant']}" in spec["args"]
    digest = sha256(SOURCE.encode()).hexdigest() if changed else ""
    assert script.read_mutant(spec["mutant"])["digest"] == digest


def test_another_command_than_pytest_gets_no_options(tmp_path: Path, export: Path) -> None:
    sandbox = FakeSandbox(act=leave())
    run_mutant(MUTANT, None, rig_of(tmp_path, export, sandbox, "manage.py test"))
    assert json.loads(Path(sandbox.calls[0].argv[-1]).read_text())["args"] == ["test"]
