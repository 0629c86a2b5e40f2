"""Names of commits, looked up in the repository itself; no object is read for it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from coverage_gate.adapters.git.faults import shown
from coverage_gate.adapters.git.location import Location
from coverage_gate.adapters.git.process import GitAnswer, GitCall, git
from coverage_gate.ports import RepositoryError

HEADS = "refs/heads/"
ORIGIN = "refs/remotes/origin/"

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FULL_ID = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_NEVER_IN_REFS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
_ROOT = Path("/")
_USUAL = ("main", "master", "trunk")
_SIMILAR = 5
_COMPARED = 2000


def is_id(text: str) -> bool:
    """Whether this is a full object id as git writes it: 40 or 64 hex digits."""
    return _ID.fullmatch(text) is not None


def find_commit(location: Location, name: str) -> str:
    """The object id that a name stands for: a commit, or a tag that leads to one.

    The order is: HEAD, a full id, a full ref, branch, branch of origin, tag, anything else that
    `git rev-parse` knows. A full id comes before a branch, since a branch could be given the id of
    another commit as its name.

    Raises:
        RepositoryError: With code "unknown-ref" or "no-commits".
    """
    if _FULL_ID.fullmatch(name):
        return name.lower()
    if name == "HEAD":
        found = head_commit(location)
    else:
        found = _as_ref(location, name) or find_object(location, name)
    if found is None:
        raise _unknown(location, name)
    return found


def means_branch(name: str) -> bool:
    """Whether `find_commit` takes a name for that of a local branch, where there is such a one."""
    return not (_FULL_ID.fullmatch(name) or name == "HEAD" or name.startswith("refs/"))


def find_branch(location: Location, name: str) -> str | None:
    """The commit of the local branch, or None."""
    full = HEADS + name
    return dict(_refs(location, full)).get(full) if _can_be_ref(full) else None


def checked_out(location: Location) -> str | None:
    """The full ref that HEAD points to; None when it is detached."""
    answer = _run(location, "symbolic-ref", "-q", "HEAD", ok=(0, 1))
    return _text(answer).removesuffix("\n") or None


def head_commit(location: Location) -> str | None:
    """The id of the commit that HEAD stands for; None before the first commit.

    Raises:
        RepositoryError: If git cannot read HEAD.
    """
    return _revision(location, "HEAD", ok=(0, 1))


def find_object(location: Location, revision: str) -> str | None:
    """The id that `git rev-parse` gives for a revision such as "HEAD:folder"; None for none."""
    return _revision(location, revision, ok=(0, 1, 128)) if _is_argument(revision) else None


def default_branch(location: Location) -> str | None:
    """The branch that others start from, by its short name; None when nothing tells.

    That is what origin says, then HEAD of a bare repository, then main, master or trunk.
    """
    names = set(branch_names(location))
    candidates = [*_told(location), *_USUAL]
    return next((name for name in candidates if name in names), None)


def branch_names(location: Location) -> list[str]:
    """Short names of the branches here and of origin, sorted, each once."""
    found = _refs(location, HEADS, ORIGIN)
    names = {name.removeprefix(HEADS).removeprefix(ORIGIN) for name, _ in found}
    return sorted(names - {"HEAD"})


def _told(location: Location) -> Iterator[str]:
    origin = _run(location, "symbolic-ref", "-q", f"{ORIGIN}HEAD", ok=(0, 1, 128))
    yield _text(origin).removesuffix("\n").removeprefix(ORIGIN)
    if location.top is None:
        yield (checked_out(location) or "").removeprefix(HEADS)


def _as_ref(location: Location, name: str) -> str | None:
    candidates = [HEADS + name, ORIGIN + name, f"refs/tags/{name}"]
    if name.startswith("refs/"):
        candidates.insert(0, name)
    wanted = [ref for ref in candidates if _can_be_ref(ref)]
    found = dict(_refs(location, *wanted)) if wanted else {}
    return next((found[ref] for ref in wanted if ref in found), None)


def _revision(location: Location, name: str, *, ok: tuple[int, ...]) -> str | None:
    answer = _run(location, "rev-parse", "--verify", "-q", "--end-of-options", name, ok=ok)
    found = _text(answer).removesuffix("\n")
    return found if is_id(found) else None


def _can_be_ref(ref: str) -> bool:
    # What git-check-ref-format(1) forbids holds all that has a meaning in a pattern.
    return _NEVER_IN_REFS.search(ref) is None and _is_argument(ref)


def _is_argument(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _refs(location: Location, *patterns: str) -> Iterator[tuple[str, str]]:
    answer = _run(location, "for-each-ref", "--format=%(refname) %(objectname)", *patterns)
    for line in _text(answer).split("\n"):
        name, _, sha = line.rpartition(" ")
        if is_id(sha):
            yield name, sha


def _run(location: Location, *args: str, ok: Sequence[int] = (0,)) -> GitAnswer:
    return git(GitCall(args=args, git_dir=location.git_dir, work_tree=_ROOT, ok=tuple(ok)))


def _text(answer: GitAnswer) -> str:
    return answer.output.decode("utf-8", "surrogateescape")


def _unknown(location: Location, name: str) -> RepositoryError:
    names = branch_names(location)
    if not names and head_commit(location) is None:
        return RepositoryError(
            f"{shown(str(location.folder))} has no commits yet. Commit something, then ask again.",
            code="no-commits",
        )
    if name == "HEAD":
        return RepositoryError(
            "HEAD is on a branch without commits. Switch to one that has some, or name it.",
            code="no-commits",
        )
    similar = difflib.get_close_matches(name, names[:_COMPARED], n=_SIMILAR, cutoff=0.5)
    hint = f" Similar: {', '.join(repr(shown(found)) for found in similar)}." if similar else ""
    return RepositoryError(
        f"unknown branch, tag or commit {shown(name)!r}.{hint} See `git branch --all`; a branch of "
        f"another repository has to be fetched first.",
        code="unknown-ref",
    )
