"""From settings to ready ports: the one place that knows which adapter serves which port."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coverage_gate.adapters.git import refs, worktrees
from coverage_gate.adapters.git.location import locate
from coverage_gate.adapters.git.view import GitView, open_view
from coverage_gate.adapters.measure.command import BadCommandError, TestCommand, parse_test_command
from coverage_gate.adapters.measure.environment import refused_names
from coverage_gate.adapters.measure.interpreter import find_interpreter
from coverage_gate.adapters.sandbox.bounds import Bounds
from coverage_gate.adapters.sandbox.levels import Wish, choose
from coverage_gate.adapters.stores.store import SqlStore, open_store
from coverage_gate.boundary import visible
from coverage_gate.clock import SystemClock
from coverage_gate.configuring import TreeConfigurations
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.names import safe_name
from coverage_gate.core.sampling import Trial
from coverage_gate.judging import Ports
from coverage_gate.measuring import Bench, TreeMeasurer, tracked_in
from coverage_gate.ports import NoProgress, Progress, RepositoryError, StoreError, TreeSource
from coverage_gate.scratch import private_folder
from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.settings.catalogue import CATALOGUE
from coverage_gate.settings.file import read_table

_MB = 1024 * 1024
#: What tests see of the gate's environment without being asked for.
_SEEN_BY_TESTS = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """One repository, open for judging.

    Attributes:
        repository: Its name.
        view: The repository, read by plumbing; None for a folder without a commit.
        checkouts: Where its environments are looked for.
        scratch: Private folder, gone when the workshop closes.
        progress: Hears what is done.
        worktree: The branch's, where nothing is trusted; None where a person or host brings it.
    """

    repository: str
    view: GitView | None
    checkouts: tuple[Path, ...]
    scratch: Path
    progress: Progress
    worktree: Path | None = None

    def measurer(self, settings: Settings) -> TreeMeasurer:
        """Runs and counts under these settings. Raises SettingsError."""
        chosen = choose(wish_of(settings))
        return TreeMeasurer(
            bench=self._bench(settings),
            view=self.view,
            sandbox=chosen.sandbox,
            cage=chosen.cage,
            store=store_of(settings),
            clock=SystemClock(),
            progress=self.progress,
        )

    def _bench(self, settings: Settings) -> Bench:
        configured = settings.python_for(self.repository)
        return Bench(
            repository=self.repository,
            checkouts=self.checkouts,
            configured=configured,
            fallback=Path(sys.executable),
            command=_command(settings),
            branch=settings.measures_branches,
            limits=settings.run_limits(),
            env=_environment(settings),
            scratch=self.scratch,
            self_check_percent=settings.self_check_percent,
            reuse=settings.reuse,
            tainted=frozenset() if configured or self.view is None else self._tainted(),
        )

    def _tainted(self) -> frozenset[Path]:
        # Whoever works in the branch's worktree can put any program there and call it python.
        own = frozenset() if self.worktree is None else frozenset({self.worktree.resolve()})
        return own | {place for place in self.checkouts if self._holds_environment(place)}

    def _holds_environment(self, place: Path) -> bool:
        """Whether a checkout's own commit holds the environment that lies there."""
        find = partial(find_interpreter, configured=None, candidates=[place], fallback=place)
        if not find(tracked=lambda _: True).refused:
            return False  # there is none
        try:
            view = open_view(place, scratch=self.scratch)
            entries = view.list_tree(view.resolve("HEAD").tree)
        except RepositoryError:
            return True
        return bool(find(tracked=tracked_in(entry.path for entry in entries)).refused)

    def ports(self, settings: Settings) -> Ports:
        """All that judging needs. Raises SettingsError."""
        if self.view is None:
            raise ValueError("a folder without a commit cannot be judged by lines")
        measurer = self.measurer(settings)
        return Ports(
            repository=self.view,
            configurations=TreeConfigurations(
                view=self.view, command=measurer.bench.command, read_table=gate_table
            ),
            measurer=measurer,
            store=measurer.store,
            clock=measurer.clock,
            progress=self.progress,
            mutator=_Mutator(measurer=measurer),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mutator:
    """Stands for `TreeMutator` until a change of the code is tried: most checks try none."""

    measurer: TreeMeasurer

    def try_mutants(
        self, source: TreeSource, mutants: Sequence[Mutant], *, seconds: float
    ) -> tuple[Trial, ...] | MeasureFailure:
        from coverage_gate.mutating import TreeMutator  # noqa: PLC0415 - see above

        mutator = TreeMutator(measurer=self.measurer, clock=self.measurer.clock)
        return mutator.try_mutants(source, mutants, seconds=seconds)


def wish_of(settings: Settings) -> Wish:
    """What the settings ask of whatever holds the tests."""
    return Wish(
        level=settings.sandbox,
        need=settings.require_sandbox,
        bounds=Bounds(
            processes=settings.sandbox_processes,
            memory_bytes=settings.sandbox_memory_mb * _MB,
            disk_bytes=settings.sandbox_disk_mb * _MB,
            is_closed=not settings.sandbox_network,
            is_frozen=settings.sandbox_frozen,
            readable=settings.sandbox_readable,
        ),
        template=settings.sandbox_template,
        memory=settings.cache_folder,
    )


def gate_table(content: bytes | None) -> tuple[Mapping[str, object], str]:
    """The gate's own table out of a branch's pyproject.toml, and what is wrong with it."""
    try:
        load_settings(base_pyproject=content)
        values = read_table(content)
    except SettingsError as error:
        return {}, str(error).replace("the base's pyproject.toml", "its pyproject.toml")
    return {str(CATALOGUE[field].file): value for field, value in values.items()}, ""


def _command(settings: Settings) -> TestCommand:
    try:
        return parse_test_command(shlex.join(settings.test_command))
    except BadCommandError as error:
        raise SettingsError([f"ORCH_COVERAGE_TEST_COMMAND: {error}"]) from None


def _environment(settings: Settings) -> dict[str, str]:
    seen = settings.variables(_SEEN_BY_TESTS) | settings.variables_for_tests()
    refused = refused_names(seen)
    if refused:
        raise SettingsError(
            [f"ORCH_COVERAGE_ENV_ALLOW names what tests must not see: {', '.join(refused)}"]
        )
    return seen


def store_of(settings: Settings) -> SqlStore:
    """The store that the settings name. Raises SettingsError for one that is not supported."""
    try:
        return open_store(settings.store_target, clock=SystemClock())
    except StoreError as error:
        raise SettingsError([str(error)]) from None


@contextmanager
def open_workshop(
    *,
    repository: str,
    folder: Path,
    worktree: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Workshop]:
    """Open a repository, worktree, or folder without a commit.

    Args:
        repository: Its name.
        folder: What is read.
        worktree: A further place where the branch's environment may lie.
        progress: Hears what is done.

    Raises:
        RepositoryError: If git cannot read it.
    """
    with private_folder() as scratch:
        plain = is_uncommitted(folder)
        yield Workshop(
            repository=repository,
            view=None if plain else open_view(folder, scratch=scratch),
            checkouts=(folder,) if plain else _checkouts(folder, worktree),
            worktree=None if worktree == folder else worktree,
            scratch=scratch,
            progress=progress or NoProgress(),
        )


def _checkouts(folder: Path, worktree: Path | None) -> tuple[Path, ...]:
    places = (worktree, folder, worktrees.main_worktree(folder))
    # Once each, in this order: dict keys keep it.
    return tuple(dict.fromkeys(place.resolve() for place in places if place is not None))


@contextmanager
def open_repository(
    settings: Settings, repository: str, *, folder: Path | None = None
) -> Iterator[GitView]:
    """Read `<repository>` in ORCH_REPOS_DIR, or a folder. Raises RepositoryError."""
    with private_folder() as scratch:
        yield open_view(folder or repository_folder(settings, repository), scratch=scratch)


def repository_folder(settings: Settings, repository: str) -> Path:
    """Where the authoritative repository is: `<repository>` or `<repository>.git`.

    Raises:
        RepositoryError: For a name that leads out of the folder of repositories.
    """
    if ".." in Path(repository).parts or Path(repository).is_absolute():
        raise RepositoryError(
            f"{visible(repository)!r} is no name of a repository in ORCH_REPOS_DIR",
            code="not-a-repository",
        )
    folder = settings.repos_dir / repository
    bare = settings.repos_dir / f"{repository}.git"
    return bare if bare.is_dir() and not folder.is_dir() else folder


def worktree_of(settings: Settings, repository: str, branch: str) -> Path:
    """The branch's worktree, made if missing. Raises RepositoryError."""
    worktree = settings.worktrees_dir / safe_name(repository) / safe_name(branch)
    return worktrees.ensure_worktree(repository_folder(settings, repository), worktree, branch)


def is_uncommitted(folder: Path) -> bool:
    """Whether a folder has no commit that could be judged. Raises RepositoryError."""
    return worktrees.uncommitted(folder)


def knows(folder: Path, branch: str) -> bool:
    """Whether a repository has this branch; False, too, where there is no repository."""
    try:
        return bool(refs.find_commit(locate(folder), branch))
    except RepositoryError:
        return False


def branch_ref(folder: Path, branch: str) -> str:
    """The ref of a branch, whatever else has its name; the name itself where there is no branch.

    A branch may be called like a commit id or like the full ref of another branch.
    """
    try:
        own = refs.find_branch(locate(folder), branch)
    except (RepositoryError, TypeError, ValueError):
        # A host may give anything: what is no name names no commit, which judging tells.
        return branch
    return refs.HEADS + branch if own else branch


def checked_out(folder: Path) -> str | None:
    """Name of the branch that is checked out; None where HEAD is detached or there is none."""
    try:
        full = refs.checked_out(locate(folder))
    except RepositoryError:
        return None
    return full.removeprefix(refs.HEADS) if full and full.startswith(refs.HEADS) else None


def no_repository(folder: Path) -> RepositoryError:
    """Why a folder cannot be judged: it is no repository, or has no commit."""
    try:
        worktrees.repository_name(folder)
    except RepositoryError as error:
        return error
    return RepositoryError(
        f"{folder} has no commit yet: commit something, then judge it.", code="no-commits"
    )


def repository_name(folder: Path) -> str:
    """Base name of the repository's main work tree. Raises RepositoryError."""
    return worktrees.repository_name(folder)
