"""Where branches attack: a repository each, the real gate, the base measured once for all."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar, cast

from coverage_gate import procedure
from coverage_gate.adapters.stores.store import open_store
from coverage_gate.clock import SystemClock
from coverage_gate.core.baseline import key_of
from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.ratchet import Rise
from coverage_gate.core.verdict import Outcome, Verdict
from coverage_gate.judging import Request, run_guarded
from coverage_gate.ports import Measurer, Repository, TreeSource
from coverage_gate.settings import Settings, load_settings
from coverage_gate.testing.attacks.attack import (
    HEAD,
    MAIN,
    PIDS,
    REPOSITORY,
    WITNESS,
    Attack,
    Content,
    Files,
    Link,
    Submodule,
)
from coverage_gate.testing.attacks.project import BASE
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.wiring import open_workshop

T = TypeVar("T")

NAME = "till"
MODES = ("fail-open", "fail-closed")
TIMEOUT_S = 120.0
#: A person's command line judges tests; in a pipeline a merge gate did.
PLACES = ("command", "pipeline")


class ArenaError(Exception):
    """Nothing can be tried here: the project that is attacked cannot be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """The project with its measured base; copied for each attack.

    Attributes:
        top: Holds repository and store.
        env: The gate's variables; what says where things lie is put over them.
        table: Stands for the base's pyproject.toml, as far as the gate reads its own table there;
            None: the project's own.
    """

    top: Path
    env: Mapping[str, str]
    table: bytes | None = None

    @property
    def repository(self) -> Path:
        """The project."""
        return self.top / NAME

    @property
    def store(self) -> Path:
        """Knows the base."""
        return self.top / "store.db"

    def settings(self, top: Path, timeout_s: float, pyproject: bytes | None) -> Settings:
        """Those of a trial below a folder. Raises SettingsError."""
        own = {
            "HOME": str(top / "home"),
            "ORCH_DB_PATH": str(top / "store.db"),
            "ORCH_REPOS_DIR": str(top),
            "ORCH_COVERAGE_RUN_TIMEOUT_S": f"{timeout_s:g}",
        }
        table = pyproject if self.table is None else self.table
        return load_settings(env={**self.env, **own}, base_pyproject=table)


def build(top: Path, env: Mapping[str, str], *, table: bytes | None = None) -> Arena:
    """Make the project, measure it, and found its baseline.

    Raises:
        ArenaError: If its tests cannot be measured.
        SettingsError: For a bad variable, or a bad table.
    """
    arena = Arena(top=top, env=env, table=table)
    RepositoryBuilder.create(arena.repository).commit(files=BASE)
    measured = procedure.measure(
        lambda base: arena.settings(top, TIMEOUT_S, base), NAME, arena.repository, head="main"
    )
    if isinstance(measured, MeasureFailure):
        raise ArenaError(f"{measured.message}\n{measured.output}".strip())
    open_store(arena.store, clock=SystemClock()).ratchet(
        Rise(
            key=key_of(NAME, measured),
            rate=Fraction(measured.counts.covered, measured.counts.total),
            counts=measured.counts,
            sha="0" * 40,
            tree=measured.provenance.tree,
            at="2026-01-01T00:00:00Z",
        )
    )
    return arena


@dataclass(frozen=True, slots=True)
class _Remembering:
    """Measures each tree once, so that several policies judge the same run."""

    measurer: Measurer
    known: dict[tuple[str | None, bool], Measurement | MeasureFailure] = field(default_factory=dict)

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """See `ports.Measurer.measure`."""
        key = (source.tree, fresh)
        if key not in self.known:
            self.known[key] = self.measurer.measure(source, fresh=fresh)
        return self.known[key]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads out of git once what is of trees, which no policy changes."""

    view: Repository
    known: dict[tuple[object, ...], object] = field(default_factory=dict)

    def resolve(self, ref: str) -> Commit:
        return self.view.resolve(ref)

    def landing(self, base: Commit, head: Commit) -> Landing:
        return self._once(self.view.landing, base, head)

    def changes(self, base_tree: str, tree: str) -> Changes:
        return self._once(self.view.changes, base_tree, tree)

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        return self._once(self.view.diff, base_tree, tree)

    def read_file(self, tree: str, path: str) -> bytes | None:
        return self._once(self.view.read_file, tree, path)

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        read = partial(self.view.read_small, max_total=max_total)
        return self._once(read, tree, tuple(paths), key="small")

    def _once(self, read: Callable[..., T], *args: Hashable, key: str = "") -> T:
        of = (key or read.__name__, *args)
        if of not in self.known:
            self.known[of] = read(*args)
        return cast("T", self.known[of])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A copy of the project with branches of its own.

    Attributes:
        arena: Whose copy it is.
        top: Holds the copy and all that the gate may write.
        timeout_s: Time limit of a run.
    """

    arena: Arena
    top: Path
    timeout_s: float = TIMEOUT_S

    @property
    def git(self) -> RepositoryBuilder:
        """The copy."""
        path = self.top / NAME
        return RepositoryBuilder(path=path, git_dir=path / ".git", files=path)

    def set_up(self) -> Trial:
        """Copy the project with its store. Returns itself."""
        shutil.copytree(self.arena.repository, self.top / NAME, symlinks=True)
        copy = sqlite3.connect(self.top / "store.db")
        with closing(sqlite3.connect(self.arena.store)) as old, closing(copy) as new:
            old.backup(new)
        self.git.git("update-index", "-q", "--refresh")
        return self

    def plant(self, files: Mapping[str, str], *, head: str) -> None:
        """Put programs and texts into the git folder; `head` is the branch that they speak of."""
        for name, text in files.items():
            target = self.git.git_dir / self._filled(name, head)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._filled(text, head))
            target.chmod(0o755)

    def commit(self, name: str, files: Files) -> None:
        """Put one commit with these files on a branch of this name."""
        self.git.branch(name)
        for path, content in files.items():
            self._put(self.git.files / path, content)
        self.git.commit(name)
        self.git.switch("main")

    def _put(self, target: Path, content: Content) -> None:
        if content is None:
            self.git.delete(target.relative_to(self.git.files).as_posix())
        elif isinstance(content, Link):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(content.target)
        elif isinstance(content, Submodule):
            RepositoryBuilder.create(target).commit(files=content.files)
        else:
            text = self._filled(content) if isinstance(content, str) else content
            self.git.write({target.relative_to(self.git.files).as_posix(): text})

    def _filled(self, text: str, head: str = "") -> str:
        places = {
            REPOSITORY: str(self.git.path),
            WITNESS: str(self.top / "witness"),
            PIDS: str(self.top / "pids"),
            MAIN: self.sha("main"),
        }
        if head:
            places[HEAD] = self.sha(head)
        for name, value in places.items():
            text = text.replace(name, value)
        return text

    def sha(self, branch: str) -> str:
        """The commit of a branch, whatever else has its name."""
        return self.git.git("rev-parse", f"refs/heads/{branch}")

    def attack(self, attack: Attack) -> str:
        """Lay an attack out, beside its twin: some want to be taken for it. Returns its branch."""
        branch = attack.branch or attack.name
        self.commit("twin", attack.twin)
        self.commit(branch, attack.files)
        self.plant(attack.planted, head=branch)
        return branch

    def judge(self, branch: str, modes: Sequence[str] = MODES) -> dict[tuple[str, str], Verdict]:
        """The verdicts in these fail modes, after a merge gate and without one."""
        self.scratch.mkdir(exist_ok=True)
        with _temporary(self.scratch):
            return self._judge(branch, modes)

    @property
    def scratch(self) -> Path:
        """Where the gate has its private folders; empty when it is done."""
        return self.top / "scratch"

    def _judge(self, branch: str, modes: Sequence[str]) -> dict[tuple[str, str], Verdict]:
        with open_workshop(repository=NAME, folder=self.git.path) as shop:
            settings = self.arena.settings(
                self.top, self.timeout_s, procedure.pyproject_at(shop, "main")
            )
            ports = shop.ports(settings)
            ports = replace(
                ports,
                measurer=_Remembering(ports.measurer),
                repository=_Reading(ports.repository),
            )
            head = self._head(settings, branch)
            request = Request(repository=NAME, branch=branch, head=head, base="main")
            verdicts = {}
            for mode, place in product(modes, PLACES):
                policy = settings.policy(judges_tests=place == "command")
                policy = replace(policy, fail_closed=mode == "fail-closed")
                verdict = run_guarded(request, ports, policy)
                verdicts[mode, place] = verdict
                # The tests may have moved the branches since; what was pinned is judged.
                request = replace(
                    request,
                    head=verdict.commit or request.head,
                    base=verdict.base_commit or request.base,
                )
            return verdicts

    def _head(self, settings: Settings, branch: str) -> str:
        """The ref that the gate makes of the branch's name after a merge gate."""
        report = self.top / "report.md"
        place = procedure.pipeline_place(
            settings, NAME, "ET-1", branch, report=report, worktree=None
        )
        return place.head

    def alive(self) -> list[int]:
        """Which of the processes that the attack started still run."""
        noted = self.top / "pids"
        pids = noted.read_text().split() if noted.exists() else []
        return [int(pid) for pid in pids if Path("/proc", pid).exists()]

    @property
    def witness(self) -> Path:
        """What an attack makes outside of its place."""
        return self.top / "witness"


def holders(verdict: Verdict) -> set[str]:
    """The rules that failed and the code of the reason."""
    failed = {str(rule.rule) for rule in verdict.rules if rule.outcome is Outcome.FAIL}
    return failed | {str(verdict.code)}


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
