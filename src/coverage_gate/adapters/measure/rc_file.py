"""The configuration file that a measurement runs under, made from the base's configuration.

It is an INI file because every coverage.py reads one, on every Python; TOML needs a further
package on 3.10. All paths in it are absolute, so that a process that the tests start elsewhere
measures the same files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from coverage_gate.adapters.measure.base_config import LIGHT_THREADS, BadConfigError, BaseConfig
from coverage_gate.adapters.measure.scope import Scope

#: sys.monitoring tells lines since 3.12, and both sides of a branch since 3.14.
_SYSMON_LINES = (3, 12)
_SYSMON_BRANCHES = (3, 14)

#: Warnings that the gate's own set-up causes; tests that read stderr must not see them.
_QUIET = (
    "already-imported",
    "include-ignored",
    "module-not-imported",
    "module-not-measured",
    "module-not-python",
    "no-data-collected",
)

_GLOB_SPECIALS = re.compile(r"[\[\]*?\\]")
# What would end a line of the file, by itself or after a backslash, or any other escape.
_UNSAFE_IN_REGEX = re.compile(r"\\?[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|\\.")
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")


def choose_core(python: tuple[int, int], *, branch: bool, concurrency: Iterable[str] = ()) -> str:
    """The fastest tracing core that is exact for this interpreter.

    Args:
        python: Major and minor version of the repository's interpreter.
        branch: Whether branches are measured.
        concurrency: As configured; light threads need the C tracer.

    Returns:
        "sysmon" or "ctrace", as coverage.py's `[run] core` calls them.
    """
    needed = _SYSMON_BRANCHES if branch else _SYSMON_LINES
    return "sysmon" if python >= needed and not LIGHT_THREADS & set(concurrency) else "ctrace"


def coverage_rc(
    config: BaseConfig,
    scope: Scope,
    *,
    root: Path,
    data_file: Path,
    core: str,
    canary: Path | None = None,
    contexts: bool = False,
) -> str:
    """The text of the configuration file, to be written as UTF-8.

    Args:
        config: The base's.
        scope: What it means for this tree.
        root: Absolute real path of the export, as the process that reads the file sees it.
        data_file: Absolute; each process appends its own ending.
        core: As `choose_core` says.
        canary: A folder that is measured, too; not where patterns say what is measured, which
            name no file that did not run.
        contexts: Whether coverage.py finds out by itself which test runs; for what is no pytest.

    Raises:
        BadConfigError: If a path or pattern cannot be written into such a file.
    """
    run: dict[str, str | None] = {
        "core": core,
        "parallel": "true",
        "relative_files": "false",
        "data_file": _single(str(data_file)),
        "disable_warnings": _items(_QUIET),
        "dynamic_context": "test_function" if contexts else None,
    }
    run |= _run_options(config, scope, root, canary)
    return _section("run", run) + _section("report", _report_options(config, scope, root))


def _run_options(
    config: BaseConfig, scope: Scope, root: Path, canary: Path | None
) -> dict[str, str | None]:
    folders = [_inside(root, folder) for folder in scope.folders]
    if canary is not None and (folders or scope.packages):
        folders.append(str(canary))
    omit = [
        *(_anchored(root, pattern) for pattern in scope.omit),
        *(_tooling(root, pattern) for pattern in scope.tooling),
    ]
    return {
        "branch": _if_on(config.branch),
        "sigterm": _if_on(config.sigterm),
        "concurrency": _items(config.concurrency),
        "patch": _items(config.patch),
        "source": _items(folders),
        "source_pkgs": _items(scope.packages),
        "include": _items(_anchored(root, pattern) for pattern in scope.include),
        "omit": _items(omit),
    }


def _report_options(config: BaseConfig, scope: Scope, root: Path) -> dict[str, str | None]:
    return {
        "include_namespace_packages": _if_on(config.include_namespace_packages),
        "include": _items(_anchored(root, pattern) for pattern in scope.report_include),
        "omit": _items(_anchored(root, pattern) for pattern in scope.report_omit),
        "exclude_lines": _regexes(config.exclude_lines),
        "exclude_also": _regexes(config.exclude_also or None),
        "partial_branches": _regexes(config.partial_branches),
        "partial_branches_always": _regexes(config.partial_always),
        "partial_also": _regexes(config.partial_also or None),
    }


def _section(name: str, options: dict[str, str | None]) -> str:
    lines = [f"{option} = {value}\n" for option, value in options.items() if value is not None]
    return f"[{name}]\n{''.join(lines)}"


def _if_on(value: object) -> str | None:
    """An older coverage.py warns about options that it does not know: only what is needed."""
    return "true" if value else None


def _items(values: Iterable[str]) -> str | None:
    """Values on one line, where neither "#" nor ";" starts a comment; None when there are none."""
    items = list(values)
    for item in items:
        if not item or item.strip() != item or "," in item:
            raise BadConfigError(f"cannot be written as an item of a list: {item!r}")
    return ", ".join(map(_single, items)) or None


def _single(value: str) -> str:
    if len(value.splitlines()) != 1 or not _is_utf8(value):
        raise BadConfigError(f"cannot be written on one line of UTF-8: {value!r}")
    return value.replace("$", "$$")


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _regexes(values: Iterable[str] | None) -> str | None:
    """One regex on each line; None leaves coverage.py's default, empty switches it off."""
    if values is None:
        return None
    return "\n    ".join(["", *map(_regex, values)])


def _regex(regex: str) -> str:
    """The regex in one line that is no comment, with the same meaning."""
    text = _UNSAFE_IN_REGEX.sub(_escaped, regex)
    if text != regex and _VERBOSE.search(regex):
        message = f"a verbose regular expression must stand on one line: {regex!r}"
        raise BadConfigError(message)
    return _single("\\" + text if text.startswith(("#", ";")) else text)


def _escaped(match: re.Match[str]) -> str:
    last = match[0][-1]
    is_break = len(f"a{last}a".splitlines()) > 1
    return f"\\u{ord(last):04x}" if is_break else match[0]


def _inside(root: Path, folder: str) -> str:
    return str(root) if folder == "." else f"{root}/{folder}"


def _anchored(root: Path, pattern: str) -> str:
    """A pattern of the base's, as it would match if coverage.py ran in the root.

    `*/tests/*` is about folders of the tree, not about those that the export lies in.
    """
    path = pattern.replace("\\", "/")
    if path.startswith(("*/", "**/")):
        return _tooling(root, path)
    is_name = "/" not in path
    return path if is_name or path.startswith(("/", "*", "?")) else f"{_plain(root)}/{path}"


def _tooling(root: Path, pattern: str) -> str:
    """A pattern of the fixed rule: always from the root on."""
    if not pattern.startswith(("*/", "**/")):
        return f"{_plain(root)}/{pattern}"
    rest = pattern.partition("/")[2]
    # coverage.py refuses "**/**".
    while rest.startswith("**/"):
        rest = rest.removeprefix("**/")
    return f"{_plain(root)}/**/{rest}"


def _plain(root: Path) -> str:
    """The root in a pattern; coverage.py knows no escape, so a special matches any character."""
    return _GLOB_SPECIALS.sub("?", str(root))
