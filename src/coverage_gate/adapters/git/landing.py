"""What would land: the head, or its merge with the base, made without touching the repository."""

from __future__ import annotations

from coverage_gate.adapters.git.faults import blamed, content_fault
from coverage_gate.adapters.git.objects import Objects
from coverage_gate.adapters.git.process import GitAnswer
from coverage_gate.adapters.git.refs import is_id
from coverage_gate.adapters.git.trees import decoded
from coverage_gate.core.changes import Commit, Landing
from coverage_gate.ports import RepositoryError


def land(objects: Objects, base: Commit, head: Commit) -> Landing:
    """Merge as `git merge` would by default: no attribute or driver of the repository applies.

    Returns:
        Head's tree where it contains the base, the base's where the base contains it, else the
        merge of both or the paths that conflict.

    Raises:
        RepositoryError: Without a common history ("no-common-history", or "shallow" where the
            clone ends before it), or when the history cannot be read.
    """
    try:
        return _land(objects, base, head)
    except RepositoryError as error:
        if not _is_sound(objects, base):
            raise blamed(error, branch_fault=False) from error
        raise content_fault(error) from error


def is_ancestor(objects: Objects, ancestor: str, descendant: str) -> bool:
    """Whether the history of one commit holds another.

    Raises:
        RepositoryError: When the history cannot be read.
    """
    answer = objects.run("merge-base", "--is-ancestor", ancestor, descendant, ok=(0, 1))
    return answer.status == 0


def _land(objects: Objects, base: Commit, head: Commit) -> Landing:
    shared = _merge_bases(objects, base.sha, head.sha)
    if not shared:
        raise _unrelated(objects, head)
    if base.sha in shared:
        return Landing(base=base, head=head, tree=head.tree)
    if head.sha in shared:
        return Landing(base=base, head=head, tree=base.tree)
    return _merge(objects, base, head)


def _merge_bases(objects: Objects, base: str, head: str) -> list[str]:
    answer = objects.run("merge-base", "--all", base, head, ok=(0, 1))
    return answer.output.decode("ascii", "replace").split()


def _merge(objects: Objects, base: Commit, head: Commit) -> Landing:
    arguments = ("--write-tree", "-z", "--name-only", "--no-messages", base.sha, head.sha)
    answer = objects.run("merge-tree", *arguments, ok=(0, 1))
    tree, conflicts = parse_merge(answer)
    return Landing(base=base, head=head, tree=tree, conflicts=conflicts)


def parse_merge(answer: GitAnswer) -> tuple[str | None, tuple[str, ...]]:
    """Read what `git merge-tree --write-tree -z --name-only --no-messages` writes.

    Returns:
        The merged tree, or None and the paths that conflict, sorted.

    Raises:
        RepositoryError: If it is neither.
    """
    tree, *paths = (decoded(field) for field in answer.output.split(b"\0"))
    if not is_id(tree):
        raise RepositoryError("git merge-tree named no tree. Git 2.38 or newer is needed.")
    if answer.status == 0:
        return tree, ()
    return None, tuple(sorted({path for path in paths if path}))


def _unrelated(objects: Objects, head: Commit) -> RepositoryError:
    if objects.shallow & _roots(objects, head):
        return RepositoryError(
            "this shallow clone ends before base and branch meet. Deepen it with "
            "`git fetch --unshallow`, or clone with the whole history (fetch-depth: 0).",
            code="shallow",
        )
    return RepositoryError(
        "base and branch have no common history, so they cannot merge. Rebase the branch.",
        code="no-common-history",
    )


def _roots(objects: Objects, head: Commit) -> set[str]:
    answer = objects.run("rev-list", "--max-parents=0", head.sha)
    return set(answer.output.decode("ascii", "replace").split())


def _is_sound(objects: Objects, base: Commit) -> bool:
    """Whether the base alone can be read: then what fails with both is the branch's doing."""
    try:
        objects.run("rev-list", "--quiet", base.sha)
    except RepositoryError:
        return False
    return True
