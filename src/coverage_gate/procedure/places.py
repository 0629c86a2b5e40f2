"""Which branch is judged, and where its report goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters import report_files
from coverage_gate.core.stand import Stand
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Scope, Settings
from coverage_gate.wiring import (
    branch_ref,
    checked_out,
    is_uncommitted,
    knows,
    repository_folder,
    repository_name,
    worktree_of,
)

DISABLED = "coverage gate disabled (ORCH_COVERAGE_GATE_ENABLED)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which branch of which repository, and where its report goes.

    Attributes:
        repository: Name, as baselines are stored under it.
        folder: Repository or worktree whose objects and refs are read.
        worktree: Where the branch's environment may lie; nothing else is taken from it.
        head: The ref to judge: "HEAD" in a worktree.
        branch: The branch's name, for people.
        base: Where it wants to land; empty: as the settings say.
        work_item: Whose report it is.
        report: Path of the report.
        compares_with_base: See `judging.Request`.
        judges_tests: Whether a newly failing test fails; a merge gate before us does that.
        uncommitted: Whether the worktree has no commit, and is measured as it stands.
        stand: What of the work tree is judged; all but a commit is put on top of HEAD.
        index: The index that is meant; None: the work tree's own.
    """

    repository: str
    folder: Path
    head: str
    branch: str
    base: str
    work_item: str
    report: Path
    worktree: Path | None = None
    compares_with_base: bool = False
    judges_tests: bool = False
    uncommitted: bool = False
    stand: Stand = Stand.COMMIT
    index: Path | None = None


def why_inert(scope: Scope, repository: str) -> str | None:
    """Why nothing is to be measured for a repository; None when the gate applies."""
    if not scope.enabled:
        return DISABLED
    if not scope.applies(repository):
        return f"{repository}: coverage gate N/A, out of scope (ORCH_COVERAGE_GATE_REPOS)"
    return None


def make_worktree(settings: Settings, repository: str, branch: str) -> Path:
    """The branch's worktree, made if missing. Raises RepositoryError."""
    return worktree_of(settings, repository, branch)


def pipeline_place(
    settings: Settings,
    repository: str,
    work_item: str,
    branch: str,
    *,
    report: Path,
    worktree: Path | None,
    is_hosts: bool = False,
    judges_tests: bool = False,
) -> Place:
    """A branch after a merge gate, or in the place of one that re-tests.

    What is judged is the branch of the authoritative repository: whoever works in the worktree
    could lead its `.git` elsewhere, and a worktree that cannot be made opens nothing. Only where
    a host brings its own worktree (`is_hosts`), HEAD there is what it wants to land. A worktree
    without a commit is measured as it stands, unless the repository has the branch.
    """
    folder = repository_folder(settings, repository)
    ref = branch_ref(folder, branch)
    uncommitted = (
        worktree is not None
        and (is_hosts or (ref == branch and not knows(folder, branch)))
        and is_uncommitted(worktree)
    )
    own = worktree if is_hosts or uncommitted else None
    return Place(
        repository=repository,
        folder=own or folder,
        worktree=worktree,
        head="HEAD" if own else ref,
        branch=branch,
        base=settings.base,
        work_item=work_item,
        report=report,
        uncommitted=uncommitted,
        judges_tests=judges_tests,
    )


def command_place(
    settings: Settings,
    folder: Path,
    *,
    branch: str | None,
    work_item: str | None,
    base: str | None,
) -> Place:
    """A branch that a person names, where no merge gate went before.

    Who names none means what is checked out, under the name of that branch: two branches must not
    write the same report.
    """
    repository = name_of(folder)
    name = branch or checked_out(folder) or "HEAD"
    item = work_item or name
    return Place(
        repository=repository,
        folder=folder,
        head=branch or "HEAD",
        branch=name,
        base=base or "",
        work_item=item,
        report=report_place(settings, repository, item),
        compares_with_base=True,
        judges_tests=True,
    )


def name_of(folder: Path) -> str:
    """Base name of the repository's main work tree, or of a folder that is no repository."""
    try:
        return repository_name(folder)
    except RepositoryError:
        return folder.resolve().name


def report_place(settings: Settings, repository: str, work_item: str) -> Path:
    """Where the artefact of a work item lives."""
    return report_files.report_path(settings.reports_dir, repository, work_item)
