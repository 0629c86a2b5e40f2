"""Which files of a tree are measured: what the base configures, or a fixed rule.

Names of packages become folders of the tree where there are such, so that a file that no test
imports is found without importing anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coverage_gate.adapters.measure.base_config import BaseConfig, digest_of
from coverage_gate.core.scope import TOOLING_PATTERNS

#: Where a package may lie that a configuration names.
_PACKAGE_FOLDERS = ("", "src", "lib")

#: How many names of sources are told to people.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is measured in one tree. Paths are relative to its root, with forward slashes.

    Attributes:
        folders: All below is measured; "." is the root.
        packages: Modules that are no folder of the tree, measured by their name.
        include: Patterns that limit what is measured; only where there is no folder or package.
        omit: The base's own patterns of what is not measured.
        tooling: Patterns that the fixed rule adds: tests and tooling. Empty where the base
            configures the scope.
        report_include: Patterns that limit what is counted.
        report_omit: Patterns of what is not counted.
        text: For people, as in "src (derived)" or "attr (from pyproject.toml)".
        digest: Of the configured scope, whatever the tree has: 16 hex digits. Numbers of
            different digests are not comparable.
    """

    folders: tuple[str, ...]
    packages: tuple[str, ...]
    include: tuple[str, ...]
    omit: tuple[str, ...]
    tooling: tuple[str, ...]
    report_include: tuple[str, ...]
    report_omit: tuple[str, ...]
    text: str
    digest: str

    @property
    def is_derived(self) -> bool:
        """Whether the fixed rule decided, because the base names no scope."""
        return bool(self.tooling)

    @property
    def holders(self) -> tuple[str, ...]:
        """Folders that hold all that is measured; the root where folders alone do not tell."""
        return (".",) if self.packages or not self.folders else self.folders


def resolve_scope(config: BaseConfig, entries: Sequence[str]) -> Scope:
    """Apply a configuration to a tree.

    Without `source`, `source_pkgs`, `source_dirs` and `include` the rule is: `src` if there is
    Python code in it, else the root, without tests and tooling (`core.scope`). Examples,
    scripts and benchmarks stay in: a branch could put product code there.

    Args:
        config: The base's.
        entries: Paths of all files of the tree.
    """
    folders, packages, tooling = _places(config, entries)
    return Scope(
        folders=folders,
        packages=packages,
        include=() if folders or packages else config.run_include,
        omit=config.run_omit,
        tooling=tooling,
        report_include=config.report_include,
        report_omit=config.report_omit,
        text=_text(config, folders),
        digest=_digest(config),
    )


def _places(
    config: BaseConfig, entries: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Folders, packages and tooling patterns."""
    if not _names_scope(config):
        return (_derived_folder(entries),), (), TOOLING_PATTERNS
    if config.report_include and not _sources(config) and not config.run_include:
        return (".",), (), ()
    known = _folders_of(entries)
    found = [
        *((name, _folder(name, known) or _package(name, known)) for name in config.source),
        *((name, _package(name, known)) for name in config.source_pkgs),
        *((name, _folder(name, known)) for name in config.source_dirs),
    ]
    # A name that the tree does not have stays: without any source all would be measured.
    folders = tuple(dict.fromkeys(folder for _, folder in found if folder))
    return folders, tuple(dict.fromkeys(name for name, folder in found if not folder)), ()


def _names_scope(config: BaseConfig) -> bool:
    return bool(_sources(config) or config.run_include or config.report_include)


def _sources(config: BaseConfig) -> tuple[str, ...]:
    return config.source + config.source_pkgs + config.source_dirs


def _derived_folder(entries: Iterable[str]) -> str:
    has_src = any(path.startswith("src/") and path.endswith(".py") for path in entries)
    return "src" if has_src else "."


def _folders_of(entries: Iterable[str]) -> frozenset[str]:
    folders = {"."}
    # Many files lie in few folders: each of those once.
    for deepest in {path.rpartition("/")[0] for path in entries}:
        folder = deepest
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    return frozenset(folders)


def _folder(name: str, known: frozenset[str]) -> str | None:
    """The folder of the tree that a name is as a path, as in "src/" or "./src"."""
    path = posixpath.normpath(name)
    return path if path in known else None


def _package(name: str, known: frozenset[str]) -> str | None:
    """The folder of the tree that a name is as a package, as in "app.models"."""
    path = name.replace(".", "/")
    places = (posixpath.join(folder, path) for folder in _PACKAGE_FOLDERS)
    return next((place for place in places if place in known), None)


def _text(config: BaseConfig, folders: tuple[str, ...]) -> str:
    if not _names_scope(config):
        return f"{folders[0]} (derived)"
    names = _sources(config)
    patterns = names or config.run_include or config.report_include
    more = len(patterns) - _SHOWN
    shown = ", ".join(patterns[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return f"{'' if names else 'include '}{shown} (from {config.origin})"


def _digest(config: BaseConfig) -> str:
    derived = () if _names_scope(config) else TOOLING_PATTERNS
    return digest_of(
        {
            "derived": derived,
            "source": [config.source, config.source_pkgs, config.source_dirs],
            "run": [config.run_include, config.run_omit],
            "report": [config.report_include, config.report_omit],
            "exclude": [config.exclude_lines, config.exclude_also],
            "partial": [config.partial_branches, config.partial_always, config.partial_also],
            "namespaces": config.include_namespace_packages,
        }
    )


def is_candidate(path: str) -> bool:
    """Whether coverage.py may count a file of this name. Scripts without an ending are left out."""
    return path.endswith((".py", ".pyw"))
