"""One tree from its blobs to its measurement, with real git, real tests and a real store."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.shop import MAIN, NAME, PYPROJECT, Shop

from coverage_gate import wiring
from coverage_gate.adapters.measure.isolated import start
from coverage_gate.core.history import FileCounts, Point
from coverage_gate.core.measurement import (
    TOOL_FAILURES,
    FailureCode,
    MeasureFailure,
    Measurement,
)
from coverage_gate.core.names import SCRATCH
from coverage_gate.core.times import moment
from coverage_gate.measuring import Stage, TreeMeasurer, tracked_in
from coverage_gate.measuring.recording import committed_at, note
from coverage_gate.ports import (
    Launch,
    ProcessResult,
    RepositoryError,
    RunLimits,
    SandboxError,
    StoreError,
    TreeSource,
)
from coverage_gate.settings import load_settings
from coverage_gate.testing.fakes import RecordingProgress
from coverage_gate.testing.stores import MemoryStore


class BrokenSandbox:
    """Cannot start the tests."""

    name = "broken"

    def run(self, launch: Launch) -> ProcessResult:
        del launch
        raise SandboxError("no such level; see `coverage-gate doctor`")


class FullStore(MemoryStore):
    """Keeps nothing."""

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        del repository, measurement, at
        raise StoreError("found no room")


@contextmanager
def measurer_of(shop: Shop, folder: Path | None = None) -> Iterator[TreeMeasurer]:
    """The measurer that the settings make, with a progress that is kept."""
    progress = RecordingProgress()
    place = folder or shop.path
    with wiring.open_workshop(repository=NAME, folder=place, progress=progress) as workshop:
        yield workshop.measurer(load_settings())


def source_of(shop: Shop, branch: str, config: str | None = None) -> TreeSource:
    """The tree of a branch, under the configuration of another or its own."""
    tree = shop.git.git("rev-parse", f"{branch}^{{tree}}")
    return TreeSource(
        tree=tree,
        config_tree=None if config is None else shop.git.git("rev-parse", f"{config}^{{tree}}"),
        commit=shop.sha(branch),
        label=branch,
    )


def measure(shop: Shop, branch: str, **changes: object) -> Measurement | MeasureFailure:
    with measurer_of(shop) as measurer:
        return replace(measurer, **changes).measure(source_of(shop, branch))  # type: ignore[arg-type]


def heard_of(measurer: TreeMeasurer) -> list[str]:
    assert isinstance(measurer.progress, RecordingProgress)
    return measurer.progress.heard


# The same identity is the same measurement


def test_what_was_measured_before_is_reused(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        measured = measurer.measure(source_of(shop, "main"))
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"
    assert heard_of(measurer) == ["main: measured before, reused"]


def test_a_reused_measurement_names_the_commit_that_was_asked_for(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        measured = measurer.measure(replace(source_of(shop, "main"), commit=None))
    assert isinstance(measured, Measurement)
    assert measured.provenance.commit is None


def test_a_fresh_measurement_runs_the_tests_again(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        measured = measurer.measure(source_of(shop, "main"), fresh=True)
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"
    assert "running the tests" in heard_of(measurer)


def test_a_new_measurement_is_kept(shop: Shop) -> None:
    shop.new_branch("new", {"README.md": "new\n"})
    first, second = measure(shop, "new"), measure(shop, "new")
    assert isinstance(second, Measurement)
    assert first == second
    assert shop.store.load_measurement(second.provenance.identity) is not None


def test_a_run_that_collects_what_tests_leave_is_not_kept(shop: Shop) -> None:
    shop.new_branch("new", {"README.md": "new\n"})
    with measurer_of(shop) as measurer:
        measured = measurer.measure(replace(source_of(shop, "new"), collects=True), fresh=True)
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"
    assert shop.store.load_measurement(measured.provenance.identity) is None


def test_a_run_whose_tests_failed_is_not_kept(shop: Shop) -> None:
    measured = measure(shop, "failing")
    assert isinstance(measured, Measurement)
    assert measured.tests.failed == {"tests/test_price.py::test_discount"}
    assert shop.store.load_measurement(measured.provenance.identity) is None


def test_a_measurement_that_cannot_be_kept_is_one_all_the_same(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        measured = replace(measurer, store=FullStore()).measure(source_of(shop, "docs"))
    assert isinstance(measured, Measurement)
    assert heard_of(measurer)[-1] == "the measurement is not kept: found no room"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ORCH_COVERAGE_TEST_COMMAND", "pytest -q"), ("ORCH_COVERAGE_BRANCH", "off")],
)
def test_what_decides_the_numbers_is_in_the_identity(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    before = measure(shop, "main")
    monkeypatch.setenv(variable, value)
    after = measure(shop, "main")
    assert isinstance(before, Measurement)
    assert isinstance(after, Measurement)
    assert before.provenance.identity != after.provenance.identity


def test_the_place_of_the_repository_is_not_in_the_identity(shop: Shop) -> None:
    (shop.repos / NAME).rename(shop.repos / "moved")
    moved = Shop(top=shop.top, python=shop.python)
    with measurer_of(moved, shop.repos / "moved") as measurer:
        view = measurer.view
        assert view is not None
        commit = view.resolve("main")
        source = TreeSource(tree=commit.tree, config_tree=None, label="main")
        assert isinstance(measurer.measure(source), Measurement)
    assert heard_of(measurer) == ["main: measured before, reused"]


def test_a_tree_with_the_same_code_takes_a_measurement_over_where_that_is_asked_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_REUSE", "code")
    with measurer_of(shop) as measurer:
        first = measurer.measure(source_of(shop, "main"), fresh=True)
    shop.new_branch("told", {"NEWS.md": "news\n"})
    with measurer_of(shop) as measurer:
        source = source_of(shop, "told")
        taken, again = measurer.measure(source), measurer.measure(source)
    assert isinstance(first, Measurement)
    assert isinstance(taken, Measurement)
    assert taken == again == replace(first, provenance=taken.provenance)
    assert (taken.provenance.tree, taken.provenance.commit) == (source.tree, source.commit)
    assert taken.provenance.identity != first.provenance.identity
    assert shop.store.load_measurement(taken.provenance.identity) == taken
    assert heard_of(measurer) == [
        "told: its code is that of another tree",
        "told: measured before, reused",
        "told: measured before, reused",
    ]


# Whose configuration, whose interpreter


def test_the_configuration_is_that_of_the_tree_that_was_named(shop: Shop) -> None:
    shop.new_branch("lines", {"pyproject.toml": "[tool.coverage.run]\nsource = ['src']\n"})
    with measurer_of(shop) as measurer:
        own = measurer.measure(source_of(shop, "lines"))
        bases = measurer.measure(source_of(shop, "lines", config="main"))
    assert isinstance(own, Measurement)
    assert isinstance(bases, Measurement)
    assert (str(own.counts), str(bases.counts)) == ("6/8", "8/12")


def test_a_broken_configuration_is_told(shop: Shop) -> None:
    shop.new_branch("broken", {".coveragerc": "[run\n"})
    failure = measure(shop, "broken")
    assert isinstance(failure, MeasureFailure)
    assert (failure.code, ".coveragerc" in failure.message) == (
        FailureCode.BAD_CONFIGURATION,
        True,
    )


def test_a_configuration_that_no_run_can_take_is_told(shop: Shop) -> None:
    table = '[tool.coverage.report]\nexclude_also = ["(?x) a # why\\n b"]\n'
    shop.new_branch("broken", {"pyproject.toml": table})
    failure = measure(shop, "broken")
    assert isinstance(failure, MeasureFailure)
    assert (failure.code, "verbose" in failure.message) == (FailureCode.BAD_CONFIGURATION, True)


def test_an_interpreter_is_probed_once(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        measurer.measure(source_of(shop, "main"))
        measurer.measure(source_of(shop, "docs"))
        assert list(measurer.probed) == [shop.python]


def test_an_interpreter_that_cannot_be_used_is_told(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, configured=shop.top / "nowhere")
        failure = replace(measurer, bench=bench).measure(source_of(shop, "main"))
    assert isinstance(failure, MeasureFailure)
    assert failure.code is FailureCode.NO_INTERPRETER


def test_the_environment_of_a_tainted_checkout_is_not_used(shop: Shop) -> None:
    python = shop.path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, configured=None, fallback=shop.python)
        clean = replace(bench, tainted=frozenset({shop.path}))
        used = replace(measurer, bench=bench).measure(source_of(shop, "main"))
        passed_over = replace(measurer, bench=clean).measure(source_of(shop, "main"))
    assert isinstance(used, MeasureFailure)
    assert isinstance(passed_over, Measurement)


@pytest.mark.parametrize(
    ("path", "tracked"),
    [(".venv/bin/python", True), (".venv", True), ("venv", False), ("", False), ("z", False)],
)
def test_a_path_is_tracked_as_an_entry_or_as_a_folder_of_one(path: str, tracked: bool) -> None:
    # Names that sort between a folder and what it holds.
    assert tracked_in([".venv-old/x", ".venv/bin/python", "a.py"])(path) is tracked


# What keeps a tree from being measured


def test_a_sandbox_that_cannot_start_is_told(shop: Shop) -> None:
    shop.new_branch("new", {"README.md": "new\n"})
    failure = measure(shop, "new", sandbox=BrokenSandbox())
    assert isinstance(failure, MeasureFailure)
    assert failure.code is FailureCode.SANDBOX_FAILED


def test_tests_that_cannot_start_are_told_with_their_output(shop: Shop) -> None:
    failure = measure(shop, "cannot-start")
    assert isinstance(failure, MeasureFailure)
    assert failure.code is FailureCode.TESTS_CANNOT_START
    assert "nothing_of_this_name" in failure.output


def test_source_that_cannot_be_analysed_in_time_is_told(shop: Shop) -> None:
    # What is known of the same texts is not analysed again.
    shop.new_branch("new", {"src/shop/price.py": "x = 1\n"})
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, limits=RunLimits(timeout_s=0.001))
        failure = replace(measurer, bench=bench).measure(source_of(shop, "new"))
    assert isinstance(failure, MeasureFailure)
    assert failure.code is FailureCode.ANALYSIS_FAILED


def test_a_fault_of_the_analysis_itself_is_the_tools(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(Path(start.__file__).parent, tmp_path / "scripts"))
    text = (folder / "facts.py").read_text().replace("    parser = parsed(", "    parser = _gone(")
    (folder / "facts.py").write_text(text)
    monkeypatch.setattr(start, "__file__", str(folder / "start.py"))
    shop.new_branch("new", {"src/shop/price.py": "x = 1\n"})
    with measurer_of(shop) as measurer:
        failure = measurer.measure(source_of(shop, "new"))
    assert isinstance(failure, MeasureFailure)
    assert failure.code in TOOL_FAILURES
    assert "own static analysis does not work" in failure.message
    assert "NameError" in failure.message


FORGED = """
import atexit, pathlib
import coverage

place = pathlib.Path(coverage.Coverage.current().config.data_file)
atexit.register(lambda: [path.write_bytes(b"SQLite format 3") for path in place.parent.iterdir()])
"""


def test_data_that_is_none_is_told(shop: Shop) -> None:
    shop.new_branch("forger", {"tests/conftest.py": FORGED})
    failure = measure(shop, "forger")
    assert isinstance(failure, MeasureFailure)
    assert failure.code in (FailureCode.BAD_DATA, FailureCode.NO_DATA)


CLAIMANT = """
import atexit, json, pathlib

words = pathlib.Path("/proc/self/cmdline").read_text().split("\\0")
(spec,) = [pathlib.Path(word) for word in words if word.endswith("spec.json")]
claims = pathlib.Path(json.loads(spec.read_text())["claims"])

def lie():
    said = json.loads(claims.read_text())
    claims.write_text(json.dumps({**said, "tracer": "SysMonitor"}))

atexit.register(lie)
"""


def test_a_core_that_cannot_have_run_is_bad_data(shop: Shop) -> None:
    shop.new_branch("claimant", {"tests/conftest.py": CLAIMANT})
    failure = measure(shop, "claimant")
    assert isinstance(failure, MeasureFailure)
    assert (failure.code, "names the core sysmon" in failure.message) == (
        FailureCode.BAD_DATA,
        True,
    )


def test_a_disk_without_room_is_told(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, scratch=shop.top / "missing")
        failure = replace(measurer, bench=bench).measure(source_of(shop, "main"), fresh=True)
    assert isinstance(failure, MeasureFailure)
    assert (failure.code, "Free some space" in failure.message) == (
        FailureCode.EXPORT_FAILED,
        True,
    )


@pytest.mark.parametrize(
    ("env", "code"), [({"MY_TOKEN": "x"}, FailureCode.BAD_CONFIGURATION)], ids=["secret"]
)
def test_a_secret_never_reaches_the_tests(
    shop: Shop, env: dict[str, str], code: FailureCode
) -> None:
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, env=env)
        failure = replace(measurer, bench=bench).measure(source_of(shop, "main"))
    assert isinstance(failure, MeasureFailure)
    assert failure.code is code


# What is counted


def test_what_cannot_be_counted_is_listed(shop: Shop) -> None:
    shop.new_branch(
        "odd", {"src/shop/legacy.py": "print 'x'\n", "src/alone/never_ran.py": "x = 1\n"}
    )
    measured = measure(shop, "odd")
    assert isinstance(measured, Measurement)
    assert [file.path for file in measured.unparsable] == ["src/shop/legacy.py"]
    assert measured.unlisted == ("src/alone/never_ran.py",)


def test_a_measurement_says_where_it_comes_from(shop: Shop) -> None:
    measured = measure(shop, "docs")
    assert isinstance(measured, Measurement)
    origin = measured.provenance
    facts = (origin.commit, origin.sandbox, origin.kind.branch)
    assert facts == (shop.sha("docs"), "bubblewrap", True)
    assert origin.scope_text == "src (from pyproject.toml)"


# Folders without a commit


def folder_of(shop: Shop, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = shop.top / "plain" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return shop.top / "plain"


def measure_folder(shop: Shop, folder: Path) -> Measurement | MeasureFailure:
    source = TreeSource(tree=None, config_tree=None, folder=folder, label="the folder")
    with measurer_of(shop, folder) as measurer:
        return measurer.measure(source)


def test_a_folder_is_measured_as_it_stands_and_not_kept(shop: Shop) -> None:
    folder = folder_of(shop, MAIN)
    before = shop.db.read_bytes()
    measured = measure_folder(shop, folder)
    assert isinstance(measured, Measurement)
    assert (str(measured.counts), measured.provenance.identity) == ("8/12", "")
    assert shop.db.read_bytes() == before


def test_a_configuration_that_is_a_folder_is_none(shop: Shop) -> None:
    folder = folder_of(shop, {**MAIN, ".coveragerc/not-a-file": ""})
    measured = measure_folder(shop, folder)
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"


def test_environments_in_a_folder_are_none_of_its_code(shop: Shop) -> None:
    folder = folder_of(shop, {**MAIN, ".venv/lib/x.py": "not python", "venv/y.py": "nor this"})
    measured = measure_folder(shop, folder)
    assert isinstance(measured, Measurement)
    assert str(measured.counts) == "8/12"
    assert os.listdir(folder / ".venv") == ["lib"]  # noqa: PTH208 - names are enough


def test_a_tree_that_finds_no_room_is_compared_with_one_that_does(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> dict[str, str]:
        raise RepositoryError("no room; free some", code="no-space")

    monkeypatch.setattr("coverage_gate.measuring.executing.export_tree", full)
    with measurer_of(shop) as measurer:
        failed = measurer.measure(source_of(shop, "main"), fresh=True)
    assert isinstance(failed, MeasureFailure)
    assert (failed.code, failed.message) == (FailureCode.EXPORT_FAILED, "no room; free some")


@pytest.mark.parametrize(("code", "fault"), [("hostile-tree", True), ("object-missing", False)])
def test_other_faults_of_an_export_are_the_repositorys(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str, *, fault: bool
) -> None:
    def broken(*_: object) -> dict[str, str]:
        raise RepositoryError("no tree", code=code, branch_fault=fault)

    monkeypatch.setattr("coverage_gate.measuring.executing.export_tree", broken)
    with measurer_of(shop) as measurer, pytest.raises(RepositoryError, match="no tree"):
        measurer.measure(source_of(shop, "main"), fresh=True)


def test_a_root_that_is_a_package_has_the_repositorys_name(shop: Shop) -> None:
    files = {
        "__init__.py": "",
        "price_list.py": "def first():\n    return 1\n",
        "test_list.py": f"from {NAME}.price_list import first\n\n\ndef test_it():\n"
        "    assert first() == 1\n",
        "pyproject.toml": "[tool.coverage.run]\nsource = ['.']\n",
        "tests/test_price.py": None,
        "src/shop/__init__.py": None,
        "src/shop/price.py": None,
    }
    shop.new_branch("package", files)
    measured = measure(shop, "package")
    assert isinstance(measured, Measurement), measured
    assert measured.tests.exit_status == 0
    assert measured.file("price_list.py") is not None


def test_the_folder_of_temporary_files_leaves_room_for_sockets(shop: Shop) -> None:
    tests = (
        "import socket\n\n\ndef test_it(tmp_path):\n"
        "    socket.socket(socket.AF_UNIX).bind(str(tmp_path / 'server.sock'))\n"
    )
    shop.new_branch("socket", {"tests/test_socket.py": tests})
    with measurer_of(shop) as measurer:
        bench = replace(
            measurer.bench,
            scratch=Path(tempfile.mkdtemp(prefix=SCRATCH, dir=tempfile.gettempdir())),
        )
        measured = replace(measurer, bench=bench).measure(source_of(shop, "socket"))
    bench.scratch.rmdir()  # the run left nothing there
    assert isinstance(measured, Measurement), measured
    assert not measured.tests.failed


# The history


class ForgetfulStore(MemoryStore):
    """Has no history."""

    def note_point(self, point: Point, files: Iterable[FileCounts]) -> bool:
        del point, files
        raise StoreError("is locked")


def test_a_measurement_is_a_point_of_its_branch_at_the_time_of_its_commit(shop: Shop) -> None:
    store = MemoryStore()
    committed = int(shop.git.git("log", "-1", "--format=%ct", "main"))
    source = replace(source_of(shop, "main"), branch="main")
    with measurer_of(shop) as measurer:
        measured = measurer.measure(source)
        assert isinstance(measured, Measurement)
        note(
            store,
            measured,
            repository=NAME,
            branch="main",
            view=measurer.view,
            now="2999-01-01T00:00:00Z",
        )
    (point,) = store.history(NAME, branch="main", limit=9)
    assert point.at == moment(committed, latest="2999-01-01T00:00:00Z")
    assert (point.recorded_at, str(point.counts)) == ("2999-01-01T00:00:00Z", "8/12")


def test_a_commit_is_never_later_than_now_and_may_be_unknown(shop: Shop) -> None:
    now = "2020-01-01T00:00:00Z"
    with measurer_of(shop) as measurer:
        for commit in (shop.sha("main"), "0" * 40, None):
            assert committed_at(measurer.view, commit, now=now) == now
    assert committed_at(None, shop.sha("main"), now=now) == now


def test_a_commit_that_names_no_time_was_made_now(shop: Shop) -> None:
    odd = f"tree {shop.git.git('rev-parse', 'main^{tree}')}\nauthor a <a> 1 +0000\n\nodd\n"
    made = subprocess.run(
        [
            "git",
            "-C",
            str(shop.path),
            "hash-object",
            "-t",
            "commit",
            "-w",
            "--stdin",
            "--literally",
        ],
        input=odd.encode(),
        capture_output=True,
        check=True,
    )
    now = "2026-01-01T00:00:00Z"
    with measurer_of(shop) as measurer:
        commit = made.stdout.decode().strip()
        assert committed_at(measurer.view, commit, now=now) == now


def test_a_history_that_cannot_be_written_changes_no_measurement(shop: Shop) -> None:
    progress = RecordingProgress()
    with measurer_of(shop) as measurer:
        kept = measurer.store.load_measurement(identity_of_main(measurer, shop))
        assert kept is not None
        store = ForgetfulStore()
        store.save_measurement(NAME, kept, "2026-01-01T00:00:00Z")
        told = replace(measurer, store=store, progress=progress).measure(source_of(shop, "main"))
    assert isinstance(told, Measurement)
    assert progress.heard[-1] == "the history does not get it: is locked"


def identity_of_main(measurer: TreeMeasurer, shop: Shop) -> str:
    measured = measurer.measure(source_of(shop, "main"))
    assert isinstance(measured, Measurement)
    return measured.provenance.identity


def test_a_folder_without_a_commit_adopts_nothing(shop: Shop, tmp_path: Path) -> None:
    with measurer_of(shop, tmp_path) as measurer:
        source = TreeSource(tree=None, config_tree=None, folder=tmp_path)
        with pytest.raises(ValueError, match="a folder without a commit"):
            measurer.adopt(source, tmp_path / "data", is_lenient=False)


# Another use of a tree


def test_a_tree_is_laid_out_afresh_for_another_use(shop: Shop) -> None:
    def act(stage: Stage) -> tuple[list[str], str]:
        roots = [stage.export(stage.folder / name) for name in ("a", "b")]
        return [(root / "pyproject.toml").read_text() for root in roots], str(stage.command)

    with measurer_of(shop) as measurer:
        texts, command = measurer.on_stage(source_of(shop, "main"), act)  # type: ignore[misc]
    assert (texts, command) == ([PYPROJECT, PYPROJECT], "python -m pytest")


def test_a_tree_that_cannot_be_run_is_a_failure_for_another_use_too(shop: Shop) -> None:
    with measurer_of(shop) as measurer:
        bench = replace(measurer.bench, configured=Path("/nowhere/python"))
        found = replace(measurer, bench=bench).on_stage(source_of(shop, "main"), str)
    assert isinstance(found, MeasureFailure)
    assert found.code is FailureCode.NO_INTERPRETER
