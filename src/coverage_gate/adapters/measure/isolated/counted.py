"""Which files are counted, by the rules of coverage.py's `inorout.py` and `report_core.py`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any


def counted_paths(config: Any, root: str, paths: Iterable[str]) -> tuple[list[str], list[str]]:  # noqa: ANN401 - see check_regexes
    """The paths that are listed, and those that are only eligible."""
    is_kept, is_traced = _filter(config), _tracer(config, root)
    kept = [path for path in paths if is_kept(f"{root}/{path}")]
    found = set(_importable_files(config))
    listed = [path for path in kept if f"{root}/{path}" in found]
    known = set(listed)
    return listed, [path for path in kept if path not in known and is_traced(path)]


def _filter(config: Any) -> Callable[[str], bool]:  # noqa: ANN401 - see check_regexes
    """Whether a file is neither omitted nor left out of reports."""
    omitted = _matcher(config.run_omit)
    report_included = _matcher(config.report_include) or is_utf8
    report_omitted = _matcher(config.report_omit)

    def is_kept(full: str) -> bool:
        if (omitted and omitted(full)) or (report_omitted and report_omitted(full)):
            return False
        return is_utf8(full) and report_included(full)

    return is_kept


def is_utf8(full: str) -> bool:
    """coverage.py cannot store another name."""
    return not any("\ud800" <= char <= "\udfff" for char in full)


def _matcher(patterns: Iterable[str] | None) -> Callable[[str], bool] | None:
    if not patterns:
        return None
    files = importlib.import_module("coverage.files")
    match: Callable[[str], bool] = files.GlobMatcher(files.prep_patterns(patterns), "scope").match
    return match


def _sources(config: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 - see check_regexes
    """Folders, and names of modules."""
    names = list(config.source or ())
    folders = [os.path.realpath(name) for name in names if Path(name).is_dir()]
    return folders, [*(name for name in names if not Path(name).is_dir()), *config.source_pkgs]


def _importable_files(config: Any) -> Iterator[str]:  # noqa: ANN401 - see check_regexes
    """Those that coverage.py finds in a source folder; without `__init__.py` it does not look."""
    find = importlib.import_module("coverage.files").find_python_files
    for folder in _sources(config)[0]:
        yield from map(os.path.realpath, find(folder, config.include_namespace_packages))


def _tracer(config: Any, root: str) -> Callable[[str], bool]:  # noqa: ANN401 - see check_regexes
    """Whether coverage.py traces a file when it runs, were it not omitted."""
    folders, packages = _sources(config)
    included = _matcher(config.run_include)

    def is_traced(path: str) -> bool:
        full = f"{root}/{path}"
        if folders or packages:
            is_below = any(full.startswith(folder + "/") for folder in folders)
            return is_below or any(_is_module_of(path, package) for package in packages)
        return included is None or included(full)

    return is_traced


def _is_module_of(path: str, package: str) -> bool:
    """Whether a file can be imported as a package or below it, from whatever folder on."""
    parts = path.rpartition(".")[0].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    names = (".".join(parts[start:]) for start in range(len(parts)))
    return any(f"{name}.".startswith(f"{package}.") for name in names)
