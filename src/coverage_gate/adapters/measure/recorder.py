"""A pytest plugin that writes down how each test ended, while the run goes on.

A script of its own, copied to a private folder and loaded as `coverage_gate_recorder`. Under
xdist the controller records; a worker measures itself, since nobody else does, and sends what it
knows. What it writes is a claim: the tests share its process.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import importlib
import json
import os
import sys
from argparse import SUPPRESS
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

OPTION = "--coverage-gate-spec"

#: From the mildest to the one that counts when a test has several.
_RANK = ("passed", "skipped", "xfailed", "xpassed", "error", "failed")
_LONGEST_ID = 1000
#: The lowest number of a descriptor of ours.
_FROM = 100
_SEED = 0
_WORKER = "PYTEST_XDIST_WORKER"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the path of the run's specification. The first hook of all, before any conftest.py."""
    parser.addoption(OPTION, help=SUPPRESS)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before plugins and conftest.py start: measure in a worker, and nothing else measures."""
    options = early_config.known_args_namespace
    steady(options)
    if _WORKER in os.environ:  # noqa: TID251 - how xdist tells a worker what it is
        spec = read_spec(options.coverage_gate_spec)
        measurer = WorkerMeasurer(importlib.import_module("coverage"), rc=spec["rc"])
        early_config.pluginmanager.register(measurer, "coverage_gate_measurer")
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what records: `WorkerRecorder` in a worker of xdist, else `Recorder`."""
    steady(config.option)
    spec = read_spec(config.option.coverage_gate_spec)
    # Now: the tests may change the path.
    importlib.import_module("coverage_gate_foreign")
    recorder = WorkerRecorder(spec) if hasattr(config, "workerinput") else Recorder(spec)
    config.pluginmanager.register(recorder, "coverage_gate_state")
    if spec.get("contexts"):
        switcher = ContextSwitcher(importlib.import_module("coverage").Coverage)
        config.pluginmanager.register(switcher, "coverage_gate_contexts")
    if spec.get("collects"):
        config.pluginmanager.register(Collector(), "coverage_gate_collector")


def read_spec(path: str) -> dict[str, Any]:
    """The specification that the runner got, too."""
    spec: dict[str, Any] = json.loads(Path(path).read_text("ascii"))
    return spec


def steady(options: Any) -> None:  # noqa: ANN401 - a namespace of whatever plugins there are
    """Set what would make runs differ, or measure a second time, as if it was never asked for.

    By attribute and not on the command line, where an option of a plugin that is missing or
    switched off is an error.
    """
    if hasattr(options, "cov_source"):
        options.cov_source = []
    for name, value in vars(options).items():
        if name.startswith("testmon") and value is True:
            setattr(options, name, False)
    if not isinstance(getattr(options, "randomly_seed", _SEED), int):
        options.randomly_seed = _SEED


def word_of(report: pytest.TestReport) -> str | None:
    """How one phase of a test ended; None when that says nothing about the test."""
    if report.failed:
        return "error" if report.when in ("setup", "teardown") else "failed"
    is_subtest = hasattr(report, "context")
    is_expected = hasattr(report, "wasxfail")
    if report.skipped and not is_subtest:
        return "xfailed" if is_expected else "skipped"
    if report.passed and report.when == "call":
        return "xpassed" if is_expected else "passed"
    return None


def short_id(node: str) -> str:
    """The id of a test; a very long one loses its end for a digest."""
    if len(node) <= _LONGEST_ID:
        return node
    digest = hashlib.sha256(node.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{node[:_LONGEST_ID]}…{digest}"


def foreign_here(spec: Mapping[str, Any]) -> dict[str, str]:
    """The project's modules that this process took from elsewhere, name → file."""
    foreign = sys.modules["coverage_gate_foreign"]
    found: dict[str, str] = foreign.foreign_modules(
        sys.modules, export=spec["export"], roots=spec["import_roots"], scratch=spec["tmp"]
    )
    return found


class LineFile:
    """A file that grows by lines. It stays open, since there may be many thousands of tests.

    Descriptors belong to the tests as well: one may close all, or put another file in the place of
    ours. So the low numbers are left to them, and it is looked at before each line.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.handle = -1
        self.file: tuple[int, int] = (-1, -1)

    def add(self, line: bytes) -> None:
        """Write a line at the end. Raises OSError."""
        if not self._is_ours():
            self._open()
        os.write(self.handle, line)

    def _is_ours(self) -> bool:
        try:
            found = os.fstat(self.handle)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self.file

    def _open(self) -> None:
        with open(self.path, "ab") as low:  # noqa: PTH123 - for its descriptor alone
            self.handle = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, _FROM)
        found = os.fstat(self.handle)
        self.file = found.st_dev, found.st_ino


class Recorder:
    """Writes one line for each test that ended and one for each that started."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        # A forked child of a test must not write as if it was the run.
        self.pid = os.getpid()
        self.words: dict[str, str] = {}
        self.deselected = 0
        self.foreign: dict[str, str] = {}
        self.files = {where: LineFile(spec[where]) for where in ("outcomes", "started")}
        Path(spec["outcomes"]).touch()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a test begins, so that one that never ends has a name."""
        self._write("started", {"id": short_id(nodeid)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Weigh a phase; the last phase settles the test."""
        node = report.nodeid
        if str(report.outcome) == "rerun":
            self.words.pop(node, None)
            return
        word = word_of(report)
        if word is not None:
            self.words[node] = max(word, self.words.get(node, word), key=_RANK.index)
        if report.when == "teardown" and node in self.words:
            self._settle(node)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected is an error under its own name."""
        if not report.passed:
            word = "error" if report.failed else "skipped"
            self._write("outcomes", {"id": short_id(report.nodeid), "outcome": word})

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is not run."""
        self.deselected += len(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist has no public type
        """Take what a worker knows; one that crashed knows nothing."""
        known = getattr(node, "workeroutput", {}).get("coverage_gate", {})
        self.foreign.update(known.get("foreign", {}))
        # Each worker collects, and deselects, the same.
        self.deselected = max(self.deselected, known.get("deselected", 0))

    def pytest_sessionfinish(self) -> None:
        """Settle what had no last phase, as in a worker that crashed, and sum up."""
        for node in list(self.words):
            self._settle(node)
        foreign = {**self.foreign, **foreign_here(self.spec)}
        if os.getpid() == self.pid:
            text = json.dumps({"deselected": self.deselected, "foreign": foreign})
            Path(self.spec["summary"]).write_text(text, "ascii")

    def _settle(self, node: str) -> None:
        self._write("outcomes", {"id": short_id(node), "outcome": self.words.pop(node)})

    def _write(self, where: str, entry: Mapping[str, str]) -> None:
        if os.getpid() == self.pid:
            self.files[where].add(f"{json.dumps(entry)}\n".encode("ascii"))


class ContextSwitcher:
    """Tells coverage.py which test runs; what runs between tests is of none."""

    def __init__(self, coverage_class: Any) -> None:  # noqa: ANN401 - of any version
        self.coverage_class = coverage_class

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """With its fixtures, from the first to the last."""
        self._switch(short_id(item.nodeid))
        yield
        self._switch("")

    def _switch(self, context: str) -> None:
        run = self.coverage_class.current()
        if run is not None:
            run.switch_context(context)


class Collector:
    """Collects what each test leaves, and only that: with all that was there it would take long."""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Whatever a test's things do when they go, they do while they are traced."""
        gc.freeze()
        yield
        gc.collect()


class WorkerRecorder:
    """In a worker of xdist: sends what only the worker knows to the controller."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.deselected = 0

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is not run."""
        self.deselected += len(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave it where xdist takes it from."""
        known = {"deselected": self.deselected, "foreign": foreign_here(self.spec)}
        session.config.workeroutput["coverage_gate"] = known  # type: ignore[attr-defined]  # xdist's


class WorkerMeasurer:
    """Measures a worker of xdist, unless it is measured already, as with `patch = subprocess`."""

    def __init__(self, coverage: Any, *, rc: str) -> None:  # noqa: ANN401 - of any version
        self.run = None
        if coverage.Coverage.current() is None:
            self.run = coverage.Coverage(config_file=rc)
            self.run.start()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Save, because xdist does not wait long for its workers."""
        if self.run is not None:
            self.run.save()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Save what came after."""
        if self.run is not None:
            self.run.stop()
            self.run.save()
