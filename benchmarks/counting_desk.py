"""The gate's own count of a project that ran under coverage.py, without its git and its run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.measure.base_config import read_base_config
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.data_file import read_raw
from coverage_gate.adapters.measure.interpreter import InterpreterChoice, probe_interpreter
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest
from coverage_gate.adapters.measure.scope import resolve_scope
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.adapters.stores.store import open_store
from coverage_gate.clock import SystemClock
from coverage_gate.core.counting import count
from coverage_gate.core.forgery import forged_files
from coverage_gate.core.rates import Counts
from coverage_gate.measuring.analysing import Analyst, Question
from coverage_gate.measuring.bench import Plan
from coverage_gate.measuring.place import Place
from coverage_gate.ports import NoProgress, TreeSource

_MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that counting needs, ready."""

    analyst: Analyst
    question: Question
    data: Path

    def count(self) -> tuple[int, int]:
        """Covered and total."""
        static = self.analyst.analyse(self.question)
        raw = read_raw(
            [self.data],
            self.question.place.root,
            known=static.paths,
            branch=True,
            max_bytes=_MOST_BYTES,
        )
        if forged_files(static.files, raw.files):
            raise ValueError("the data is forged")
        files = count(static.files, raw.files, branch=True)
        counts = [file.counts for file in files]
        whole = Counts(
            covered=sum(each.covered for each in counts), total=sum(each.total for each in counts)
        )
        return whole.covered, whole.total


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """The desk for a folder that `count_cost` made."""
    sources = sorted((folder / "src").rglob("*.py"))
    blobs = {file.relative_to(folder).as_posix(): blob_id(file.read_bytes()) for file in sources}
    config = read_base_config({".coveragerc": b"[run]\nbranch = true\nsource = src\n"})
    choice = InterpreterChoice(path=Path(sys.executable), origin="the benchmark's own")
    interpreter = probe_interpreter(
        choice, roots=(folder,), needs_pytest=False, sandbox=PlainSandbox(), env={}
    )
    plan = Plan(
        source=TreeSource(tree="tree", config_tree=None),
        config=config,
        scope=resolve_scope(config, list(blobs)),
        interpreter=interpreter,
        core="ctrace",
        command=parse_test_command("pytest"),
        trusted=TrustedPytest(),
        root_name=str(PurePosixPath(".")),
    )
    rc = folder / "gate.rc"
    rc.write_text(f"[run]\nbranch = true\nsource = {folder}/src\n")
    place = Place(
        folder=folder,
        root=folder,
        work=folder,
        data_file=folder / "data",
        rc=rc,
        canary=folder / "canary" / "never_runs.py",
    )
    clock = SystemClock()
    store = open_store(folder / "facts.db", clock=clock)
    # Tables are made by whoever asks first: in a check that is long before the count.
    store.load_facts("generated", "", [""])
    yield Desk(
        analyst=Analyst(
            repository="generated",
            store=store,
            clock=clock,
            progress=NoProgress(),
            timeout_s=3600,
            check_percent=0,
        ),
        question=Question(plan=plan, place=place, blobs=blobs, layout=list(blobs)),
        data=folder / "data",
    )
