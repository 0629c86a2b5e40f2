"""What went wrong with git, as a `RepositoryError` that says what to do next."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from coverage_gate.ports import BAD_GIT_CONFIG, RepositoryError

_SHOWN = 400

#: Git's own words (under LC_ALL=C) → our code; the first match counts.
_SIGNS: tuple[tuple[str, str], ...] = (
    ("bad config", BAD_GIT_CONFIG),
    ("bad boolean config", BAD_GIT_CONFIG),
    ("bad numeric config", BAD_GIT_CONFIG),
    ("reading the configuration files", BAD_GIT_CONFIG),
    ("not a git repository", "not-a-repository"),
    ("not something we can merge", "object-missing"),
    ("missing blob object", "object-missing"),
    ("missing object", "object-missing"),
    ("unable to read", "object-missing"),
    ("could not read", "object-missing"),
    ("bad object", "object-missing"),
    ("could not parse", "object-missing"),
    ("could not fetch", "object-missing"),
    ("not a tree object", "object-missing"),
    ("bad tree", "object-missing"),
    ("usage: git", "git-too-old"),
    ("unknown option", "git-too-old"),
    ("no space left", "no-space"),
)

#: What a tree or history can cause, when git works on another one. Missing objects are judged where
#: it is known whether the clone is partial.
_CONTENT_CODES = frozenset({"git-failed", "git-timeout", "output-too-large", "no-common-history"})

_ADVICE = {
    "not-a-repository": "Name a folder of a git repository.",
    "object-missing": (
        "Fetch what is missing: a shallow clone is completed by `git fetch --unshallow`, a partial "
        "one by `git fetch --refetch --no-filter`; else see `git fsck`."
    ),
    "git-too-old": "Git 2.38 or newer is needed; see `git --version`.",
    BAD_GIT_CONFIG: "Mend the configuration of the repository; git itself does nothing without it.",
    "no-space": "Free some space for temporary files.",
    "git-not-started": "Look at the limits of this machine: memory, processes, open files.",
    "git-failed": "See `git fsck` and the permissions of the repository.",
}


def fault_of(args: Sequence[str], status: int | None, errors: bytes) -> RepositoryError:
    """The fault behind an exit status and what git wrote to standard error.

    Args:
        args: Subcommand and arguments.
        status: Negative for a signal; None when git could not be started.
        errors: The end of what git wrote.
    """
    said = errors.decode("utf-8", "replace")
    usual = "git-not-started" if status is None else "git-failed"
    code = next((code for sign, code in _SIGNS if sign in said.lower()), usual)
    ended = "could not start" if status is None else f"ended with status {status}"
    words = f": {shown(said)}" if said.strip() else ""
    return RepositoryError(f"git {args[0]} {ended}{words}. {_ADVICE[code]}", code=code)


def git_missing() -> RepositoryError:
    """No git on the search path."""
    return RepositoryError(
        "git was not found. Install git 2.38 or newer, or put it on the PATH.", code="git-missing"
    )


def timed_out(args: Sequence[str], seconds: float) -> RepositoryError:
    """Git was killed at its time limit."""
    return RepositoryError(
        f"git {args[0]} took longer than {seconds:g} s and was stopped. Try again on a quieter "
        f"machine; if it stays, look for a damaged repository with `git fsck`.",
        code="git-timeout",
    )


def output_too_large(args: Sequence[str], limit: int) -> RepositoryError:
    """Git wrote more than is accepted."""
    return RepositoryError(
        f"git {args[0]} wrote more than {limit} bytes and was stopped. Look for trees with very "
        f"many or very long paths.",
        code="output-too-large",
    )


def hostile_tree(path: str, why: str) -> RepositoryError:
    """A tree that cannot be written to a folder safely."""
    return RepositoryError(
        f"the tree holds the path {shown(path)}, which {why}. Remove it from the branch.",
        code="hostile-tree",
        branch_fault=True,
    )


def tree_too_large(what: str) -> RepositoryError:
    """A tree above the limits of what is exported."""
    return RepositoryError(
        f"the tree is too large to be measured: {what}. Remove what is not needed from the branch.",
        code="tree-too-large",
        branch_fault=True,
    )


def missing_object(what: str, *, branch_fault: bool) -> RepositoryError:
    """An object that something names and that is not there."""
    return RepositoryError(
        f"{what} is not in the repository. {_ADVICE['object-missing']}",
        code="object-missing",
        branch_fault=branch_fault,
    )


def unwritable(folder: Path, error: OSError) -> RepositoryError:
    """Files that could not be written to a folder, or read for it."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return RepositoryError(
        f"cannot write the files to {shown(str(folder))}: {shown(str(error))}. Free some space, or "
        f"name another folder for temporary files with TMPDIR.",
        code="no-space" if full else "export-failed",
        # Names that this file system does not take are the branch's.
        branch_fault=error.errno in (errno.EILSEQ, errno.EINVAL, errno.ENAMETOOLONG),
    )


def blamed(error: RepositoryError, *, branch_fault: bool) -> RepositoryError:
    """The same fault, with the side that caused it."""
    return RepositoryError(str(error), code=error.code, branch_fault=branch_fault)


def content_fault(error: RepositoryError) -> RepositoryError:
    """The same fault, blamed on what was read where only that explains it.

    For use after a control: the same was done with the base, and went well.
    """
    return blamed(error, branch_fault=error.branch_fault or error.code in _CONTENT_CODES)


def shown(text: str) -> str:
    """Text from outside on one line: what cannot be printed as an escape, long text shortened."""
    line = " ".join(text.split())
    short = line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)
