"""The developer's loop, in a real folder with real tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from tests.integration.measure_run.bench import make_environment, write_tree
from tests.shop import Told

from coverage_gate.adapters.measure.loop import Tree, read_tree
from coverage_gate.adapters.stores.store import open_store
from coverage_gate.cli import run as module
from coverage_gate.cli.run import Target, target_of, watched
from coverage_gate.clock import SystemClock
from coverage_gate.core.contexts import context_map
from coverage_gate.ports import StoreError

Tell = Callable[..., Told]

FILES = {
    "src/shop/__init__.py": "",
    "src/shop/cart.py": "def price(n):\n    if n > 9:\n        return n * 9\n    return n * 10\n",
    "src/shop/mail.py": "def send():\n    return 1\n",
    "tests/test_cart.py": (
        "from shop.cart import price\n\n\ndef test_price():\n    assert price(1) == 10\n"
    ),
    "tests/test_flow.py": "def test_flow():\n    assert True\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def folder(tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = write_tree(tmp_path / "shop", FILES)
    monkeypatch.chdir(top)
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(python))
    monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "store.db"))
    return top


def test_a_file_is_run_by_the_tests_that_are_named_for_it(folder: Path, tell: Tell) -> None:
    told = tell("run", "--file", "src/shop/cart.py", "--html")
    assert (told.status, told.err) == (0, "tests: by names and imports: tests/test_cart.py\n")
    lines = told.out.splitlines()
    assert lines[0].startswith("src/shop/cart.py  75%  3/4")
    assert lines[1] == "     3 !         return n * 9"
    assert lines[-1] == f"report: {folder / 'htmlcov' / 'index.html'}"
    assert (folder / "htmlcov" / "index.html").exists()
    assert {path.name for path in folder.iterdir()} <= {
        *("src", "tests", "pyproject.toml", "htmlcov", ".pytest_cache"),
    }


def test_recorded_tests_are_run_and_a_failing_one_is_status_1(
    folder: Path, tell: Tell, tmp_path: Path
) -> None:
    (folder / "tests/test_flow.py").write_text(
        "from shop import mail\n\n\ndef test_flow():\n    assert mail.send() == 2\n"
    )
    contexts = context_map(
        "t", {"src/shop/mail.py": "b"}, {"src/shop/mail.py": {"tests/test_flow.py::test_flow": 6}}
    )
    store = open_store(tmp_path / "store.db", clock=SystemClock())
    store.save_contexts("shop", contexts, "2026-01-01T00:00:00Z")
    told = tell("run", "--package", "shop.mail")
    assert told.status == 1
    assert told.err.startswith("tests: recorded on main: tests/test_flow.py\n")
    assert told.out.startswith("src/shop/mail.py  100%")


def test_everything_is_run_where_nothing_is_named(
    folder: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise StoreError("no")

    monkeypatch.setattr("coverage_gate.wiring.open_store", lambda *_, **__: StoreOf(broken))
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    told = tell("run", "--open", "--test-command", "python -m pytest -x")
    assert (told.status, told.err) == (0, "tests: all tests\n")
    # The tests themselves are no part of it, and what never ran is.
    assert "tests/test_cart.py" not in told.out
    assert "src/shop/mail.py  0%  0/2" in told.out
    assert opened == [(folder / "htmlcov/index.html").as_uri()]


class StoreOf:
    """A store whose every call is broken."""

    def __init__(self, broken: Callable[..., object]) -> None:
        self.load_contexts = broken


def test_data_of_several_processes_is_put_together(folder: Path, tell: Tell) -> None:
    (folder / ".coveragerc").write_text("[run]\nparallel = true\nsource = src\n")
    table = '[tool.coverage-gate]\ntest_command = "python -m unittest discover -s tests -t ."\n'
    (folder / "pyproject.toml").write_text(table)
    told = tell("run")
    assert "nothing was measured" not in told.err
    assert told.out.splitlines()[-1].startswith("TOTAL  ")


def test_a_configuration_that_cannot_be_read_is_coverages_to_tell(folder: Path, tell: Tell) -> None:
    (folder / ".coveragerc").write_text("[run\n")
    told = tell("run")
    assert told.status == 1
    assert told.err.endswith("nothing was measured\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--file", "a", "--package", "b"), "exclude each other"),
        (("--file", "src/shop/crt.py"), "did you mean src/shop/cart.py?"),
        (("--package", "zzz"), "there is no package zzz\n"),
        (("--test-command", "tests.sh"), "is no Python command"),
        (("--python", "/nowhere/python"), "/nowhere/python cannot be used"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_run_is_a_usage_error(
    tell: Tell, options: tuple[str, ...], words: str
) -> None:
    told = tell("run", *options)
    assert told.status == 2
    assert words in told.err


def test_targets_are_found_by_dots_by_path_and_from_within(folder: Path) -> None:
    tree = read_tree(folder)
    package = ("src/shop/__init__.py", "src/shop/cart.py", "src/shop/mail.py")
    of_package = Target(paths=package, folders=("src/shop",))
    assert target_of("shop", None, folder, tree) == of_package
    assert target_of("src/shop/", None, folder, tree) == of_package
    of_file = Target(paths=("src/shop/cart.py",), folders=("src/shop",))
    assert target_of("shop.cart", None, folder, tree) == of_file
    assert target_of(None, str(folder / "src/shop/cart.py"), folder, tree) == of_file
    assert target_of(None, "./src/shop/cart.py", folder.parent, tree) == of_file
    assert target_of(None, None, folder, tree) == Target()


def test_environments_hidden_and_built_folders_are_no_source(folder: Path) -> None:
    write_tree(folder, {".x/a.py": "", "build/a.py": "", "env/pyvenv.cfg": "", "env/a.py": ""})
    assert set(read_tree(folder).paths) == {path for path in FILES if path.endswith(".py")}
    assert read_tree(folder).text("nowhere.py") == ""


def test_a_written_file_is_run_again_and_an_idle_look_is_not(folder: Path) -> None:
    ran: list[Tree] = []

    def once(tree: Tree) -> int:
        ran.append(tree)
        return len(ran)

    def looks() -> Iterator[bool]:
        yield True
        (folder / "src/shop/new.py").write_text("a = 1\n")
        yield True
        (folder / "src/shop/new.py").write_text("a = 2\n")
        yield True
        yield False

    steps = looks()
    trees = iter(lambda: read_tree(folder), None)
    assert watched(once, lambda: next(trees), lambda: next(steps)) == len(ran)
    assert "src/shop/new.py" in ran[-1].paths
    assert 2 <= len(ran) <= 3  # two writes may share a tick of the clock of the file system


def test_a_file_that_goes_away_while_it_is_looked_at_has_no_time(folder: Path) -> None:
    tree = read_tree(folder)
    (folder / "src/shop/mail.py").unlink()
    assert ("src/shop/mail.py", 0) in tree.stamp()


@pytest.mark.usefixtures("folder")
def test_watching_ends_when_it_is_interrupted(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[bool] = []

    def pause() -> bool:
        pauses.append(real())
        if len(pauses) > 1:
            raise KeyboardInterrupt
        return pauses[-1]

    real = module.pause
    monkeypatch.setattr(module, "LOOK_S", 0)
    monkeypatch.setattr(module, "pause", pause)
    monkeypatch.setattr(module.Round, "__call__", lambda _self, _tree: 0)
    assert tell("run", "--watch").status == 130
    assert pauses == [True, True]


@pytest.mark.parametrize(
    ("shell", "words"),
    [("bash", "complete -o nosort"), ("zsh", "#compdef coverage-gate"), ("fish", "complete --no")],
)
def test_a_shell_is_taught_to_complete(tell: Tell, shell: str, words: str) -> None:
    told = tell("completion", shell)
    assert told.status == 0
    assert words in told.out
    assert "_COVERAGE_GATE_COMPLETE" in told.out


def test_a_bad_setting_is_told_of_the_file_that_was_read(folder: Path, tell: Tell) -> None:
    (folder / "pyproject.toml").write_text("[tool.coverage-gate]\nmin_percnt = 8\n")
    told = tell("run")
    assert told.status == 2
    assert "min_percnt in [tool.coverage-gate] of pyproject.toml is unknown" in told.err
    assert "base's" not in told.err
