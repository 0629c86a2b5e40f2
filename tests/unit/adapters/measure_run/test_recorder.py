"""The plugin in real sessions of pytest, which are measured, and its parts."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coverage_gate.adapters.measure import recorder
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.outcomes import read_outcomes, read_summary
from coverage_gate.adapters.measure.workroom import Workroom, lay_out, write_spec

NAME = "coverage_gate.adapters.measure.recorder"
SOURCE = Path(recorder.__file__).parents[3]


def session(
    top: Path, tests: str, *options: str, contexts: bool = False, collects: bool = False
) -> Workroom:
    """Run pytest with the plugin on one file of tests, in a process that is measured."""
    room = lay_out(top / "work")
    export = top / "export"
    export.mkdir()
    (export / "test_it.py").write_text(tests)
    (top / "rc").write_text(f"[run]\nparallel = true\ndata_file = {top}/data\n")
    write_spec(
        room,
        command=parse_test_command("pytest"),
        rc=top / "rc",
        export=export,
        roots=[],
        editable=[],
        contexts=contexts,
        collects=collects,
    )
    # Our own tests may run in a worker of xdist: the session is none.
    inherited = {name: each for name, each in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    arguments = ["-p", NAME, f"{recorder.OPTION}={room.spec}", *options]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=export,
        env={**inherited, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(room.plugin)])},
        capture_output=True,
        check=False,
    )
    return room


def ends(room: Workroom) -> dict[str, str]:
    """The last part of each test's id → its outcome."""
    outcomes = read_outcomes(room.outcomes) or {}
    return {test.rpartition("::")[2]: str(end) for test, end in outcomes.items()}


def report(**facts: object) -> Any:  # noqa: ANN401 - stands for several classes of pytest
    """A report of pytest, as far as the recorder looks at it; it passed unless facts say so."""
    outcome = facts.setdefault("outcome", "passed")
    words = {word: outcome == word for word in ("passed", "failed", "skipped")}
    return SimpleNamespace(nodeid="t.py::a", **words, **facts)


def test_a_session_is_written_down(tmp_path: Path) -> None:
    room = session(
        tmp_path,
        "import os, pytest\n"
        "def test_pass(): pass\n"
        "def test_fail(): assert 0\n"
        "def test_skip(): pytest.skip()\n"
        "def test_fork():\n"
        "    pid = os.fork()\n"
        "    if pid: os.waitpid(pid, 0)\n"
        "    else: assert 0\n"
        "def test_not(): pass\n",
        "-k",
        "not test_not",
    )
    assert ends(room) == {
        "test_pass": "passed",
        "test_fail": "failed",
        "test_skip": "skipped",
        "test_fork": "passed",
    }
    assert read_summary(room.summary).deselected == 1
    assert len(room.started.read_text().splitlines()) == 4


def test_a_file_that_cannot_be_collected_is_an_error(tmp_path: Path) -> None:
    assert ends(session(tmp_path, "import no_such_module\n")) == {"test_it.py": "error"}


def test_a_session_with_workers_is_written_down_once(tmp_path: Path) -> None:
    tests = "def test_pass(): pass\ndef test_not(): pass\n"
    room = session(tmp_path, tests, "-n2", "-k", "not test_not")
    assert ends(room) == {"test_pass": "passed"}
    assert read_summary(room.summary).deselected == 1


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"when": "setup"}, None),
        ({"when": "call"}, "passed"),
        ({"when": "teardown"}, None),
        ({"when": "setup", "outcome": "failed"}, "error"),
        ({"when": "call", "outcome": "failed"}, "failed"),
        ({"when": "teardown", "outcome": "failed"}, "error"),
        ({"when": "???", "outcome": "failed"}, "failed"),
        ({"when": "setup", "outcome": "skipped"}, "skipped"),
        ({"when": "call", "outcome": "skipped", "wasxfail": ""}, "xfailed"),
        ({"when": "call", "wasxfail": ""}, "xpassed"),
        ({"when": "call", "outcome": "skipped", "context": None}, None),
        ({"when": "call", "outcome": "failed", "context": None}, "failed"),
    ],
)
def test_each_phase_has_its_word(facts: dict[str, object], word: str | None) -> None:
    assert recorder.word_of(report(**facts)) == word


@pytest.fixture
def started(tmp_path: Path) -> recorder.Recorder:
    """A recorder that writes to a folder."""
    names = ("outcomes", "started", "summary", "tmp", "export")
    spec: dict[str, Any] = {name: str(tmp_path / name) for name in names}
    return recorder.Recorder(spec | {"import_roots": []})


def told(recording: recorder.Recorder) -> list[str]:
    lines = Path(recording.spec["outcomes"]).read_text().splitlines()
    return [json.loads(line)["outcome"] for line in lines]


def test_a_test_that_is_run_again_is_told_once(started: recorder.Recorder) -> None:
    for facts in (
        {"when": "setup"},
        {"when": "call", "outcome": "rerun"},
        {"when": "setup"},
        {"when": "call"},
        {"when": "teardown"},
    ):
        started.pytest_runtest_logreport(report(**facts))
    assert told(started) == ["passed"]


def test_the_worst_phase_counts(started: recorder.Recorder) -> None:
    for facts in (
        {"when": "call", "outcome": "failed", "context": None},
        {"when": "call"},
        {"when": "teardown", "outcome": "failed"},
    ):
        started.pytest_runtest_logreport(report(**facts))
    assert told(started) == ["failed"]


def test_a_test_without_a_last_phase_is_told_at_the_end(
    started: recorder.Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        sys.modules,
        "coverage_gate_foreign",
        SimpleNamespace(foreign_modules=lambda *_, **__: {"a": "/a.py"}),
    )
    started.pytest_runtest_logreport(report(when="???", outcome="failed"))
    started.pytest_testnodedown(SimpleNamespace())
    known = {"deselected": 4, "foreign": {"b": "/b.py"}}
    started.pytest_testnodedown(SimpleNamespace(workeroutput={"coverage_gate": known}))
    started.pytest_sessionfinish()
    assert told(started) == ["failed"]
    summary = read_summary(Path(started.spec["summary"]))
    assert (summary.deselected, summary.foreign) == (4, {"a": "/a.py", "b": "/b.py"})


def test_a_child_process_writes_nothing(started: recorder.Recorder) -> None:
    started.pid = 0
    started.pytest_runtest_logstart("t.py::a")
    assert not Path(started.spec["started"]).exists()


@pytest.mark.parametrize(
    ("options", "steadied"),
    [
        ({"cov_source": ["src"]}, {"cov_source": []}),
        (
            {"testmon": True, "testmon_forceselect": True, "testmon_env": "x"},
            {"testmon": False, "testmon_forceselect": False, "testmon_env": "x"},
        ),
        ({"randomly_seed": "default"}, {"randomly_seed": 0}),
        ({"randomly_seed": "last"}, {"randomly_seed": 0}),
        ({"randomly_seed": 17}, {"randomly_seed": 17}),
        ({"verbose": True}, {"verbose": True}),
    ],
)
def test_what_makes_runs_differ_or_measures_twice_is_switched_off(
    options: dict[str, object], steadied: dict[str, object]
) -> None:
    namespace = Namespace(**options)
    recorder.steady(namespace)
    assert vars(namespace) == steadied


def test_a_long_id_stays_its_own() -> None:
    ids = [recorder.short_id("x" * 5000 + end) for end in ("a", "b", "\udcff")]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) < 1100


class Measuring:
    """Stands for coverage.py."""

    active: Measuring | None = None

    def __init__(self, config_file: str) -> None:
        self.did = [config_file]

    @classmethod
    def current(cls) -> Measuring | None:
        return cls.active

    def start(self) -> None:
        self.did.append("start")

    def stop(self) -> None:
        self.did.append("stop")

    def save(self) -> None:
        self.did.append("save")


class Measured(Measuring):
    """Stands for coverage.py in a process that is measured."""

    active = Measuring("")


def test_a_worker_that_nobody_measures_is_measured_to_the_end() -> None:
    measurer = recorder.WorkerMeasurer(SimpleNamespace(Coverage=Measuring), rc="/rc")
    measurer.pytest_sessionfinish()
    measurer.pytest_unconfigure()
    assert measurer.run is not None
    assert measurer.run.did == ["/rc", "start", "save", "stop", "save"]


def test_a_worker_that_is_measured_already_is_left_alone() -> None:
    measurer = recorder.WorkerMeasurer(SimpleNamespace(Coverage=Measured), rc="/rc")
    measurer.pytest_sessionfinish()
    measurer.pytest_unconfigure()
    assert measurer.run is None


class Switched:
    """Stands for coverage.py while it measures; keeps the contexts that it was told."""

    told: list[str] = []  # noqa: RUF012 - of the class, since only that is asked

    @classmethod
    def current(cls) -> type[Switched]:
        return cls

    @classmethod
    def switch_context(cls, context: str) -> None:
        cls.told.append(context)


def test_coverage_py_is_told_which_test_runs() -> None:
    item: Any = SimpleNamespace(nodeid="t.py::a")
    around = recorder.ContextSwitcher(Switched).pytest_runtest_protocol(item)
    assert [*around, *Switched.told] == [None, "t.py::a", ""]


def test_nobody_is_told_where_nobody_measures() -> None:
    item: Any = SimpleNamespace(nodeid="t.py::a")
    assert list(recorder.ContextSwitcher(Measuring).pytest_runtest_protocol(item)) == [None]


def test_a_session_tells_contexts_where_it_is_asked_to(tmp_path: Path) -> None:
    tests = (
        "def test_a(request):\n"
        "    plugins = request.config.pluginmanager\n"
        "    assert plugins.has_plugin('coverage_gate_contexts')\n"
    )
    room = session(tmp_path, tests, contexts=True)
    assert ends(room) == {"test_a": "passed"}


_LEFT_BEHIND = """
import gc, weakref

class Thing:
    pass

LEFT = []

def test_a():
    gc.disable()
    thing = Thing()
    thing.itself = thing
    LEFT.append(weakref.ref(thing))

def test_b():
    assert LEFT[0]() is None
"""


@pytest.mark.parametrize(("collects", "end"), [(True, "passed"), (False, "failed")])
def test_what_a_test_leaves_is_collected_before_the_next_one(
    tmp_path: Path, collects: bool, end: str
) -> None:
    room = session(tmp_path, _LEFT_BEHIND, collects=collects)
    assert ends(room) == {"test_a": "passed", "test_b": end}


def test_what_was_there_before_a_test_is_not_looked_through() -> None:
    around = recorder.Collector().pytest_runtest_protocol()
    next(around)
    assert gc.get_freeze_count()
    gc.unfreeze()
    assert list(around) == []


def test_lines_are_added_though_a_test_closes_what_is_open(tmp_path: Path) -> None:
    lines, other = recorder.LineFile(str(tmp_path / "lines")), tmp_path / "other"
    lines.add(b"one\n")
    opened = lines.handle
    lines.add(b"two\n")
    assert lines.handle == opened >= 100
    os.close(opened)
    lines.add(b"three\n")
    with other.open("wb") as file:
        os.dup2(file.fileno(), lines.handle)
        lines.add(b"four\n")
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\nthree\nfour\n"
    assert other.read_bytes() == b""
    os.close(lines.handle)
