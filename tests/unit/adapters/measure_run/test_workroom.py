"""What is laid out for a run."""

import json
from pathlib import Path, PurePosixPath

import pytest

from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.workroom import (
    import_roots,
    lay_out,
    runner_of,
    write_spec,
)


def test_the_folder_that_python_starts_from_has_the_runner_and_nothing_that_does_something(
    tmp_path: Path,
) -> None:
    room = lay_out(tmp_path / "deep" / "work")
    sizes = {path.name: path.stat().st_size for path in room.boot.iterdir()}
    assert sizes.pop(runner_of(room).name) > 0
    assert sizes == {"sitecustomize.py": 0, "usercustomize.py": 0}


def test_the_folder_on_the_path_of_the_tests_has_only_names_of_the_gate(tmp_path: Path) -> None:
    room = lay_out(tmp_path)
    names = sorted(path.name for path in room.plugin.iterdir())
    assert names == ["coverage_gate_foreign.py", "coverage_gate_recorder.py"]


def test_laying_out_twice_changes_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert (lay_out(tmp_path).folder, sorted(tmp_path.rglob("*"))) == (tmp_path, before)


def test_all_names_are_below_the_folder(tmp_path: Path) -> None:
    room = lay_out(tmp_path)
    names = (room.home, room.tmp, room.outcomes, room.started, room.summary, room.claims)
    assert all(name.is_relative_to(tmp_path) for name in (*names, room.spec, room.metadata))


@pytest.mark.parametrize(
    ("files", "editable", "roots"),
    [
        (["a.py"], [], ["."]),
        (["src/a.py"], [], [".", "src"]),
        (["src/a.py"], ["src"], [".", "src"]),
        (["src/__init__.py"], [], ["."]),
        (["src/__init__.py"], ["src"], [".", "src"]),
        (["lib/b/a.py", "src/a.py"], ["lib/b", "gone", ".", "lib/../lib/b"], [".", "lib/b", "src"]),
    ],
)
def test_modules_are_imported_from_the_root_the_editable_folders_and_src(
    tmp_path: Path, files: list[str], editable: list[str], roots: list[str]
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    found = import_roots(tmp_path, [PurePosixPath(root) for root in editable])
    assert [root.relative_to(tmp_path).as_posix() for root in found] == roots


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("pytest -x", ["-p", "coverage_gate_recorder", "--coverage-gate-spec={spec}", "-x"]),
        ("manage.py test", ["test"]),
    ],
)
def test_only_pytest_is_given_the_recorder(tmp_path: Path, command: str, args: list[str]) -> None:
    room = lay_out(tmp_path)
    write_spec(
        room,
        command=parse_test_command(command),
        rc=Path("/rc"),
        export=tmp_path,
        roots=[Path("/c\udcff")],
        editable=[],
    )
    spec = json.loads(room.spec.read_text("ascii"))
    assert spec["args"] == [arg.format(spec=room.spec) for arg in args]
    assert spec["roots"] == ["/c\udcff"]
