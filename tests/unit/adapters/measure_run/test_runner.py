"""The runner in processes that are measured, and its parts."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from coverage_gate.adapters.measure import foreign, runner
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.mutant_run import write_mutant
from coverage_gate.adapters.measure.outcomes import read_claims
from coverage_gate.adapters.measure.workroom import Workroom, lay_out, write_spec


def start(
    top: Path, files: dict[str, str], command: str, *, rc: str = "rc", is_trial: bool = False
) -> tuple[Workroom, int]:
    """Run the script itself on a tree of these files. Returns what it left and its status."""
    export = top / "export"
    for name, text in files.items():
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        (export / name).write_text(text)
    (top / "rc").write_text(f"[run]\ndata_file = {top}/data\nsource = {export}\n")
    room = lay_out(top / "work")
    write_spec(
        room,
        command=parse_test_command(command),
        rc=top / rc,
        export=export,
        roots=[top / "checkout"],
        editable=[],
        mutant=write_mutant(room, None, None, export=export) if is_trial else None,
    )
    done = subprocess.run(
        [sys.executable, str(runner.__file__), str(room.spec)],
        cwd=export,
        env={**os.environ, "PYTHONPATH": str(room.boot)},
        capture_output=True,
        check=False,
    )
    return room, done.returncode


@pytest.mark.parametrize(
    ("code", "status"),
    [("", 0), ("raise SystemExit(3)", 3), ("raise SystemExit('no')", 1), ("1 / 0", 1)],
)
def test_the_status_of_the_command_is_claimed_and_answered(
    tmp_path: Path, code: str, status: int
) -> None:
    room, answered = start(tmp_path, {"tests.py": code}, "python tests.py")
    claims = read_claims(room.claims)
    assert claims is not None
    assert (answered, claims.exit_status, claims.core) == (status, status, "ctrace")


def test_a_configuration_that_is_not_there_is_a_run_without_tracer(tmp_path: Path) -> None:
    room, status = start(tmp_path, {"tests.py": ""}, "python tests.py", rc="none")
    claims = read_claims(room.claims)
    assert claims is not None
    assert (claims.core, claims.exit_status, status) == (None, 1, 1)


def test_a_trial_has_what_changes_code_in_memory(tmp_path: Path) -> None:
    code = "import sys\nassert 'coverage_gate_mutant' in sys.modules\n"
    assert start(tmp_path, {"tests.py": code}, "python tests.py", is_trial=True)[1] == 0


def test_a_child_that_comes_back_to_the_runner_claims_nothing(tmp_path: Path) -> None:
    code = "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse: raise SystemExit(9)\n"
    room, answered = start(tmp_path, {"tests.py": code}, "python -m tests")
    claims = read_claims(room.claims)
    assert claims is not None
    assert (answered, claims.exit_status) == (0, 0)


def test_a_script_has_its_own_folder_first_and_a_module_the_current_one(tmp_path: Path) -> None:
    code = "import json, sys; open('path.json', 'w').write(json.dumps(sys.path[:2]))"
    for number, (command, first) in enumerate({"tools/t.py": "tools", "-m tools.t": ""}.items()):
        top = tmp_path / str(number)
        start(top, {"tools/t.py": code}, command)
        path = json.loads((top / "export" / "path.json").read_text())
        assert path[0] == os.path.normpath(top / "export" / first)


@pytest.fixture
def checkout(tmp_path: Path) -> runner.Checkout:
    """Two checkouts, one in the other, an environment in the outer one, and an export."""
    for name in ("root/src/shop", "root/tree/src", "root/.venv/lib", "export/src/shop"):
        (tmp_path / name).mkdir(parents=True)
    roots = [str(tmp_path / "root"), str(tmp_path / "root" / "tree")]
    environment = [str(tmp_path / "root" / ".venv" / "lib")]
    return runner.Checkout(roots=roots, export=str(tmp_path / "export"), environment=environment)


@pytest.mark.parametrize(
    ("path", "is_held"),
    [
        ("root", True),
        ("root/src/shop/a.py", True),
        ("root/tree", True),
        ("root2", False),
        ("root/.venv/lib/site-packages", False),
        ("root/.venv/lib2", True),
        ("export/src", False),
    ],
)
def test_what_lies_in_a_checkout_but_not_in_its_environment_is_the_checkouts(
    tmp_path: Path, checkout: runner.Checkout, path: str, is_held: bool
) -> None:
    assert checkout.holds(str(tmp_path / path)) is is_held


@pytest.mark.parametrize(
    ("path", "exported"), [("root/src", "src"), ("root/tree/src", "src"), ("root", ".")]
)
def test_a_path_of_the_deepest_checkout_has_its_place_in_the_export(
    tmp_path: Path, checkout: runner.Checkout, path: str, exported: str
) -> None:
    assert checkout.exported(str(tmp_path / path)) == os.path.normpath(
        tmp_path / "export" / exported
    )


def test_a_link_to_the_checkout_leads_to_the_checkout(
    tmp_path: Path, checkout: runner.Checkout
) -> None:
    (tmp_path / "way").symlink_to("root/src")
    assert checkout.holds(str(tmp_path / "way"))


class Finder:
    """Finds what it was given."""

    color = "red"

    def __init__(self, spec: ModuleSpec | None) -> None:
        self.spec = spec

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del name, path, target
        return self.spec


def spec_at(path: Path) -> ModuleSpec | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return importlib.util.spec_from_file_location("shop", path)


def namespace_at(path: Path) -> ModuleSpec:
    spec = ModuleSpec("shop", None, is_package=True)
    spec.submodule_search_locations = [str(path)]
    return spec


def test_a_package_of_the_checkout_is_found_in_the_export(
    tmp_path: Path, checkout: runner.Checkout
) -> None:
    (tmp_path / "export/src/shop/__init__.py").touch()
    finder = Finder(spec_at(tmp_path / "root/src/shop/__init__.py"))
    spec = runner.Redirect(finder, checkout).find_spec("shop")
    assert spec is not None
    assert spec.origin == str(tmp_path / "export/src/shop/__init__.py")
    assert spec.submodule_search_locations == [str(tmp_path / "export/src/shop")]


def test_what_only_the_checkout_has_is_not_found(tmp_path: Path, checkout: runner.Checkout) -> None:
    specs = [spec_at(tmp_path / "root/gone.py"), namespace_at(tmp_path / "root/src"), None]
    found = [runner.Redirect(Finder(spec), checkout).find_spec("shop") for spec in specs]
    assert found == [None, None, None]


def test_what_is_found_elsewhere_goes_through(tmp_path: Path, checkout: runner.Checkout) -> None:
    builtin = importlib.util.find_spec("sys")
    for spec in (spec_at(tmp_path / "other/shop.py"), namespace_at(tmp_path), builtin):
        assert runner.Redirect(Finder(spec), checkout).find_spec("shop") is spec


def test_a_redirected_finder_has_what_the_finder_has_and_can_be_taken_out(
    checkout: runner.Checkout,
) -> None:
    finder = Finder(None)
    redirect = runner.Redirect(finder, checkout)
    finders = [redirect, PathFinder]
    assert (redirect.color, hash(redirect), finders.index(redirect)) == ("red", hash(finder), 0)
    finders.remove(finder)
    assert finders == [PathFinder]


def test_the_import_systems_own_finders_stay_as_they_are(checkout: runner.Checkout) -> None:
    class ByClass:
        find_spec = None

    old = SimpleNamespace(find_module=None)
    fenced = [runner._fenced(finder, checkout) for finder in (PathFinder, old, ByClass)]
    assert fenced[:2] == [PathFinder, old]
    assert isinstance(fenced[2], runner.Redirect)


def test_tools_are_found_on_the_given_path_only(tmp_path: Path) -> None:
    (tmp_path / "pytest.py").touch()
    (tmp_path / "shop.py").touch()
    finder = runner.ToolFinder([str(tmp_path)])
    found = finder.find_spec("pytest")
    assert found is not None
    assert found.origin == str(tmp_path / "pytest.py")
    assert finder.find_spec("shop") is None


def test_entries_of_the_checkout_and_of_the_runner_leave_the_path(
    tmp_path: Path, checkout: runner.Checkout
) -> None:
    own, source, site = str(tmp_path / "boot"), str(tmp_path / "root/src"), "/usr/lib/python3"
    assert runner.clean_path([own, site, source], own, checkout) == ([site], [source])


@pytest.mark.parametrize(
    ("mapping", "namespaces", "leads"),
    [
        ({"shop": "root/src/shop"}, {}, True),
        ({}, {"shop": ["elsewhere", "root/src"]}, True),
        ({"shop": "elsewhere"}, {"x": []}, False),
    ],
)
def test_an_entry_that_stands_for_packages_of_the_checkout_leads_there(
    checkout: runner.Checkout,
    monkeypatch: pytest.MonkeyPatch,
    mapping: dict[str, str],
    namespaces: dict[str, list[str]],
    leads: bool,
) -> None:
    top = Path(checkout.export).parent
    finder = ModuleType("__editable___shop_finder")
    finder.__dict__.update(
        PATH_PLACEHOLDER="__editable__.shop.finder.__path_hook__",
        MAPPING={name: str(top / place) for name, place in mapping.items()},
        NAMESPACES={n: [str(top / place) for place in many] for n, many in namespaces.items()},
    )
    monkeypatch.setitem(sys.modules, finder.__name__, finder)
    assert runner.leads_astray("__editable__.shop.finder.__path_hook__", checkout) is leads


def test_metadata_is_linked_once(tmp_path: Path) -> None:
    (tmp_path / "src" / "shop.egg-info").mkdir(parents=True)
    links = tmp_path / "links"
    for _ in range(2):
        assert runner.keep_metadata([str(tmp_path / "src")], links) == [str(links)]
    assert [path.readlink() for path in links.iterdir()] == [tmp_path / "src" / "shop.egg-info"]


def test_without_metadata_there_is_no_folder_for_it(tmp_path: Path) -> None:
    assert runner.keep_metadata([str(tmp_path)], tmp_path / "links") == []


@pytest.mark.parametrize(
    ("value", "status"), [(None, 0), (0, 0), (True, 1), (256, 0), (-1, 255), ("text", 1)]
)
def test_a_status_is_what_python_makes_of_it(
    value: object, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.exit_status(value) == status
    assert capsys.readouterr().err == ("text\n" if value == "text" else "")


class Run:
    """A run of coverage.py that fails to start when it is told to."""

    started = 0

    def __init__(self, tracer: str) -> None:
        self._collector = SimpleNamespace(tracer_name=lambda: tracer)

    def start(self) -> None:
        self.started += 1


def test_the_tracer_of_the_first_run_is_noted_and_nothing_stays_changed() -> None:
    start_method = Run.start
    names = runner.note_tracer(Run)
    runs = [Run("CTracer"), Run("PyTracer")]
    for run in runs:
        run.start()
    assert (names, [run.started for run in runs]) == (["CTracer"], [1, 1])
    assert Run.start is start_method


def test_customisation_of_the_user_runs_only_where_it_is_enabled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    said: list[str] = []
    for name in ("sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(f"import builtins; builtins.said.append({name!r})\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr("builtins.said", said, raising=False)
    for enabled in (True, False):
        monkeypatch.setattr("site.ENABLE_USER_SITE", enabled)
        runner.customise()
    assert said == ["sitecustomize", "usercustomize", "sitecustomize"]


@pytest.mark.parametrize("process", [os.getpid(), 0], ids=["own", "other"])
def test_only_the_process_that_was_started_claims_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: int
) -> None:
    monkeypatch.setitem(sys.modules, "coverage_gate_foreign", foreign)
    places = {name: str(tmp_path / name) for name in ("export", "tmp", "claims")}
    what = {"rc": "rc", "module": True, "name": "m", "args": ["-x"], "import_roots": []}
    said: list[list[str]] = []
    assert runner.run(places | what, said.append, [], process=process) == 0
    assert said == [["run", "--rcfile=rc", "-m", "m", "-x"]]
    assert (tmp_path / "claims").exists() is (process != 0)
