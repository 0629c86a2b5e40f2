"""Builds real git repositories for tests, the same on every machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_IDENTITY = ("Builder", "builder@example.invalid", "2024-01-01T00:00:00+00:00")


class BuildError(Exception):
    """Git refused a step of the building; the message holds the command and git's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryBuilder:
    """A real git repository that a test writes, step by step.

    The machine's and the user's git configuration, hooks and clock have no influence: the same
    steps give the same commit ids everywhere.

    Attributes:
        path: The work tree; the repository itself where it is bare.
        git_dir: Where git keeps its things.
        files: The folder that `write` and `delete` work on: `path`, or a folder beside a bare
            repository.
    """

    path: Path
    git_dir: Path
    files: Path

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        bare: bool = False,
        initial_branch: str = "main",
        object_format: str = "sha1",
    ) -> RepositoryBuilder:
        """Make an empty repository at `path`, which need not exist.

        Args:
            path: Where.
            bare: Without a work tree; `write` then uses a folder `<path>.files` beside it.
            initial_branch: The branch of the first commit.
            object_format: "sha1" or "sha256".

        Raises:
            BuildError: If git refuses.
        """
        files = path.with_name(path.name + ".files") if bare else path
        files.mkdir(parents=True, exist_ok=True)
        builder = cls(path=path, git_dir=path if bare else path / ".git", files=files)
        kind = [f"--initial-branch={initial_branch}", f"--object-format={object_format}"]
        bareness = ["--bare"] if bare else []
        _run(["init", "-q", *kind, *bareness, "--", str(path)], cwd=files)
        return builder

    def git(self, *args: str) -> str:
        """Run git in the repository; its standard output without the last line end.

        Raises:
            BuildError: If git ends with another status than 0.
        """
        where = [f"--git-dir={self.git_dir}", f"--work-tree={self.files}"]
        return _run([*where, *args], cwd=self.files)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, path → content; folders are made as needed."""
        for name, content in files.items():
            target = self.files / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def delete(self, *paths: str) -> None:
        """Remove files or folders; what is missing raises FileNotFoundError."""
        for name in paths:
            target = self.files / name
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink()

    def commit(
        self, message: str = "change", files: Mapping[str, str | bytes] | None = None
    ) -> str:
        """Commit everything as it stands, after writing `files`; also when nothing changed.

        Returns:
            The new commit's id.
        """
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "main") -> None:
        """Create a branch at `start` and switch to it; any name that a ref can have."""
        self.git("update-ref", "--", f"refs/heads/{name}", start)
        self.switch(name)

    def switch(self, name: str) -> None:
        """Check a branch out; files that are not committed stay as they are."""
        self.git("read-tree", "-m", "-u", "HEAD", f"refs/heads/{name}")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{name}")

    def merge(self, name: str) -> str:
        """Merge a branch into the one that is checked out, always with a merge commit.

        Returns:
            The merge commit's id.

        Raises:
            BuildError: If they conflict.
        """
        self.git("merge", "-q", "--no-ff", "-m", f"merge {name}", f"refs/heads/{name}")
        return self.head()

    def clone(self, path: Path, *options: str) -> RepositoryBuilder:
        """Clone the repository to `path`, which need not exist; `options` as git takes them.

        Raises:
            BuildError: If git refuses.
        """
        bare = "--bare" in options
        _run(["clone", "-q", *options, "--", f"file://{self.path}", str(path)], cwd=self.files)
        git_dir = path if bare else path / ".git"
        files = path.with_name(path.name + ".files") if bare else path
        files.mkdir(exist_ok=True)
        return RepositoryBuilder(path=path, git_dir=git_dir, files=files)

    def write_object(self, kind: str, content: bytes) -> str:
        """Store an object as it is, also one that git would refuse to make.

        Args:
            kind: "blob", "tree", "commit" or "tag".
            content: Its bytes; see `tree_line` for a tree.

        Returns:
            Its id.
        """
        where = [f"--git-dir={self.git_dir}", "hash-object", "-w", "--stdin", "--literally"]
        return _run([*where, "-t", kind], cwd=self.files, feed=content)

    def commit_tree(self, tree: str, *parents: str, branch: str | None = None) -> str:
        """Commit a tree that lies in the repository; `branch` is set to the new commit.

        Returns:
            The new commit's id.
        """
        options = [part for parent in parents for part in ("-p", parent)]
        sha = self.git("commit-tree", "-m", "change", *options, tree)
        if branch is not None:
            self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha


def tree_line(mode: str, name: bytes, object_id: str) -> bytes:
    """One entry of a tree object; nothing is checked."""
    return mode.encode() + b" " + name + b"\0" + bytes.fromhex(object_id)


def _run(args: list[str], *, cwd: Path, feed: bytes = b"") -> str:
    settings = ["core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false"]
    settings += ["commit.gpgSign=false", "advice.detachedHead=false", "core.fsmonitor=false"]
    # A repository that a test gave to another owner must stay usable for the builder.
    settings += ["safe.directory=*", "protocol.file.allow=always"]
    flags = [part for setting in settings for part in ("-c", setting)]
    result = subprocess.run(  # noqa: S603 - git with the arguments of a test
        [shutil.which("git") or "git", *flags, *args],
        cwd=cwd,
        env=_environment(),
        input=feed,
        capture_output=True,
        check=False,
    )
    if result.returncode != 0:
        raise BuildError(f"git {args}: {os.fsdecode(result.stderr or result.stdout)}")
    return os.fsdecode(result.stdout).removesuffix("\n")


def _environment() -> dict[str, str]:
    name, mail, date = _IDENTITY
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", mail), ("DATE", date))
    }
    return who | {
        "PATH": os.defpath,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
