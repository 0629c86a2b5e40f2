"""pyproject.toml of a base commit, for the commands that show or check settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.view import open_view
from coverage_gate.scratch import private_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFile:
    """What a base says about its own settings.

    Attributes:
        commit: The base commit.
        content: Its pyproject.toml; None where it has none.
    """

    commit: str
    content: bytes | None


def read_base_file(repo: Path, base: str) -> BaseFile:
    """Read it by plumbing, whatever is checked out.

    Raises:
        RepositoryError: If the folder is no repository, or the base is unknown there.
    """
    with private_folder() as scratch:
        view = open_view(repo, scratch=scratch)
        commit = view.resolve(base)
        return BaseFile(commit=commit.sha, content=view.read_file(commit.tree, "pyproject.toml"))


def read_base_files(repo: Path, base: str, names: Iterable[str]) -> dict[str, bytes]:
    """Those of these files that a base has. Raises RepositoryError as `read_base_file`."""
    with private_folder() as scratch:
        view = open_view(repo, scratch=scratch)
        tree = view.resolve(base).tree
        read = {name: view.read_file(tree, name) for name in names}
    return {name: content for name, content in read.items() if content is not None}
