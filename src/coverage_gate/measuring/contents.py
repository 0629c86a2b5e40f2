"""What a tree holds, or a folder without a commit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.trees import SKIPPED_FOLDERS
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.base_config import CONFIG_FILES
from coverage_gate.adapters.measure.scope import is_candidate
from coverage_gate.core.reuse import digest_of_code
from coverage_gate.ports import TreeSource

#: Bytes of the sources of a tree that are looked at.
MAX_SOURCES = 256 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is measured, as it can be read before it is exported.

    Attributes:
        view: The repository; None for a folder without a commit.
        source: The tree, or the folder.
    """

    view: GitView | None
    source: TreeSource

    def entries(self) -> Sequence[str]:
        """All paths of the tree; of a folder, those of its modules."""
        if self.source.tree is None or self.view is None:
            return sorted(_modules_in(self._folder()))
        return [entry.path for entry in self.view.list_tree(self.source.tree)]

    def layout(self) -> Sequence[str]:
        """The files that decide what a configured or derived scope means: the base's.

        A branch could move the scope away from its code by adding a folder of the right name.
        """
        config_tree = self.source.config_tree
        if config_tree is None or self.view is None:
            return self.entries()
        base = [entry.path for entry in self.view.list_tree(config_tree)]
        return base if any(is_candidate(path) for path in base) else self.entries()

    def code(self, folders: Sequence[str]) -> str:
        """What stands for the tree where only code and configuration decide; "" for a folder."""
        if self.source.tree is None or self.view is None:
            return ""
        entries = self.view.list_tree(self.source.tree)
        facts = ((entry.path, entry.mode, entry.blob) for entry in entries)
        return f"code:{digest_of_code(facts, folders)}"

    def config_files(self, tree: str | None) -> dict[str, bytes]:
        """The files of this tree that may configure coverage.py; of the folder without one."""
        found = {}
        for name in CONFIG_FILES:
            content = self._content(tree, name)
            if content is not None:
                found[name] = content
        return found

    def _content(self, tree: str | None, name: str) -> bytes | None:
        if tree is not None and self.view is not None:
            return self.view.read_file(tree, name)
        return _read_plain(self._folder() / name)

    def _folder(self) -> Path:
        return self.source.folder or Path()


def tracked_in(entries: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is one of these entries of a tree, or a folder of theirs."""
    known = sorted(entries)

    def is_tracked(path: str) -> bool:
        """Whether an entry is this path, or lies below it; without a slash at its end."""
        # What is in a folder begins with its name; few are asked for, of trees with many entries.
        folder = f"{path}/"
        return _from(known, path) == path or _from(known, folder).startswith(folder)

    return is_tracked


def _from(ordered: Sequence[str], text: str) -> str:
    """The first that does not sort before a text; empty where all do."""
    return next(iter(ordered[(place := bisect_left(ordered, text)) : place + 1]), "")


def _modules_in(folder: Path) -> Iterator[str]:
    """What the copy of a folder will have; an environment in it is none of it."""
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder)
        if SKIPPED_FOLDERS.isdisjoint(own.parts):
            yield own.as_posix()


def _read_plain(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
