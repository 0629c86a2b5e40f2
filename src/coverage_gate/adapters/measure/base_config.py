"""coverage.py's configuration, read out of the base commit's files without coverage.py.

The branch's own files have no say in how it is measured. Order of the files, names of the options
and what counts as "has a configuration" follow coverage.py 7.17's `config.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from coverage_gate.adapters.measure.config_text import (
    BadConfigError,
    ConfigText,
    read_ini,
    read_toml,
)

#: The files that may hold a configuration; the first one that does decides, alone.
CONFIG_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")

#: coverage.py's own files count even when they are empty.
_OWN_FILES = frozenset({".coveragerc", ".coveragerc.toml"})

_CONCURRENCIES = frozenset({"thread", "gevent", "greenlet", "eventlet", "multiprocessing"})
LIGHT_THREADS = frozenset({"gevent", "greenlet", "eventlet"})

#: Every option that coverage.py knows. A file of another tool that sets one of them is used.
_KNOWN = {
    "run": "branch command_line concurrency context core cover_pylib data_file debug debug_file"
    " disable_warnings dynamic_context parallel patch plugins relative_files include omit sigterm"
    " source source_pkgs source_dirs timid _crash",
    "report": "exclude_lines exclude_also fail_under format ignore_errors"
    " include_namespace_packages partial_branches_always partial_branches partial_also precision"
    " contexts include omit show_missing skip_covered skip_empty sort",
    "html": "extra_css directory skip_covered skip_empty title show_contexts",
    "xml": "output package_depth",
    "json": "output pretty_print show_contexts",
    "lcov": "output line_checksums",
}

# What coverage.py refuses in a pattern of files.
_BAD_STARS = re.compile(r"\*\*\*|[^/]\*\*|\*\*[^/]|\*\*/\*\*")
_BRACKETS = re.compile(r"\[.*?\]")

#: Options that could change the numbers, and that the gate does not apply: section, option, reader.
_IGNORED: tuple[tuple[str, str, Callable[[ConfigText, str, str], object]], ...] = (
    ("run", "core", ConfigText.string),
    ("run", "dynamic_context", ConfigText.string),
    ("run", "plugins", ConfigText.strings),
    ("run", "timid", ConfigText.boolean),
    ("report", "contexts", ConfigText.strings),
    ("report", "ignore_errors", ConfigText.boolean),
)

__all__ = [
    "CONFIG_FILES",
    "LIGHT_THREADS",
    "BadConfigError",
    "BaseConfig",
    "config_digest",
    "read_base_config",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseConfig:
    """What the base configures about measuring, as coverage.py would read it.

    What decides only where data goes or how a report looks is left out.

    Attributes:
        origin: The file that decided; None: there is none, all is default.
        branch: Whether branches are measured.
        source: Folders or packages; whatever of both is there.
        source_pkgs: Packages or modules.
        source_dirs: Folders.
        run_include: Patterns that limit what is measured where no source is named.
        run_omit: Patterns of what is not measured.
        report_include: Patterns that limit what is counted.
        report_omit: Patterns of what is not counted.
        exclude_lines: Regexes of excluded code; None: coverage.py's defaults.
        exclude_also: More of them.
        partial_branches: Regexes of lines that may branch one way only; None: the defaults.
        partial_always: Regexes of branches that cannot be both; None: the defaults.
        partial_also: More regexes like `partial_branches`.
        include_namespace_packages: Whether unexecuted files without `__init__.py` are counted.
        concurrency: Libraries of concurrency that the tests use.
        patch: What coverage.py patches to follow new processes.
        sigterm: Whether data is saved on SIGTERM.
        paths: Name → equal folders. Kept for people: the gate reads only what ran in the export.
        ignored: Options that could change the numbers and are not applied, as in "run.plugins".
    """

    origin: str | None = None
    branch: bool = False
    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    source_dirs: tuple[str, ...] = ()
    run_include: tuple[str, ...] = ()
    run_omit: tuple[str, ...] = ()
    report_include: tuple[str, ...] = ()
    report_omit: tuple[str, ...] = ()
    exclude_lines: tuple[str, ...] | None = None
    exclude_also: tuple[str, ...] = ()
    partial_branches: tuple[str, ...] | None = None
    partial_always: tuple[str, ...] | None = None
    partial_also: tuple[str, ...] = ()
    include_namespace_packages: bool = False
    concurrency: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    sigterm: bool = False
    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignored: tuple[str, ...] = ()


def read_base_config(files: Mapping[str, bytes]) -> BaseConfig:
    """Read the configuration that coverage.py would find in a folder with these files.

    Args:
        files: Those of `CONFIG_FILES` that the base commit has → their bytes.

    Raises:
        BadConfigError: If a file that coverage.py would read is broken; names file and line.
    """
    for name in CONFIG_FILES:
        if name in files:
            text = _read(name, files[name])
            if name in _OWN_FILES or _has_settings(text):
                return _config(text)
    return BaseConfig()


def config_digest(config: BaseConfig) -> str:
    """16 hex digits of everything in a configuration that decides numbers."""
    return digest_of(asdict(config) | {"origin": None, "paths": None, "ignored": None})


def digest_of(value: object) -> str:
    """16 hex digits of a value made of JSON's types."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _read(name: str, data: bytes) -> ConfigText:
    reader = read_toml if name.endswith(".toml") else read_ini
    return reader(name, data, is_own=name in _OWN_FILES)


def _has_settings(text: ConfigText) -> bool:
    if text.sections.get("paths"):
        return True
    return any(
        text.has(section, option) for section, known in _KNOWN.items() for option in known.split()
    )


def _config(text: ConfigText) -> BaseConfig:
    config = BaseConfig(
        origin=text.file,
        branch=_flag(text, "run", "branch"),
        source=_strings(text, "run", "source"),
        source_pkgs=_strings(text, "run", "source_pkgs"),
        source_dirs=_strings(text, "run", "source_dirs"),
        run_include=_patterns(text, "run", "include"),
        run_omit=_patterns(text, "run", "omit"),
        report_include=_patterns(text, "report", "include"),
        report_omit=_patterns(text, "report", "omit"),
        exclude_lines=_regexes(text, "exclude_lines"),
        exclude_also=_regexes(text, "exclude_also") or (),
        partial_branches=_regexes(text, "partial_branches"),
        partial_always=_regexes(text, "partial_branches_always"),
        partial_also=_regexes(text, "partial_also") or (),
        include_namespace_packages=_flag(text, "report", "include_namespace_packages"),
        concurrency=_strings(text, "run", "concurrency"),
        patch=_strings(text, "run", "patch"),
        sigterm=_flag(text, "run", "sigterm"),
        paths=_paths(text),
        ignored=_ignored(text),
    )
    _check_concurrency(text, config.concurrency)
    return config


def _flag(text: ConfigText, section: str, option: str) -> bool:
    return text.has(section, option) and text.boolean(section, option)


def _strings(text: ConfigText, section: str, option: str) -> tuple[str, ...]:
    return text.strings(section, option) if text.has(section, option) else ()


def _patterns(text: ConfigText, section: str, option: str) -> tuple[str, ...]:
    patterns = _strings(text, section, option)
    for pattern in patterns:
        rest = _BRACKETS.sub("", pattern.replace("\\", "/"))
        if _BAD_STARS.search(rest) or "[" in rest or "]" in rest:
            raise text.error(section, option, f"has a pattern that cannot match: {pattern!r}")
    return patterns


def _regexes(text: ConfigText, option: str) -> tuple[str, ...] | None:
    return text.regexes("report", option) if text.has("report", option) else None


def _paths(text: ConfigText) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = text.sections.get("paths", {})
    return tuple((name, text.strings("paths", name)) for name in names)


def _ignored(text: ConfigText) -> tuple[str, ...]:
    return tuple(
        f"{section}.{option}"
        for section, option, value in _IGNORED
        if text.has(section, option) and value(text, section, option)
    )


def _check_concurrency(text: ConfigText, concurrency: tuple[str, ...]) -> None:
    unknown = sorted(set(concurrency) - _CONCURRENCIES)
    if unknown:
        raise text.error("run", "concurrency", f"is unknown: {', '.join(unknown)}")
    light = sorted(LIGHT_THREADS & set(concurrency))
    if len(light) > 1:
        raise text.error("run", "concurrency", f"can be only one of: {', '.join(light)}")
