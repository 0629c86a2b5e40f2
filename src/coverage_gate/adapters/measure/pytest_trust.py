"""Which part of a branch's pytest configuration counts before it is merged. See ADR 0013.

A key that chooses which tests run counts as it stands on the base; what only adds tests is taken
from the branch, too. A key that the branch's own tests need to run at all (markers, warnings,
import paths, options of plugins) is the branch's: it gives no power that its tests lack.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from coverage_gate.adapters.measure.pytest_config import PytestConfig

#: Keys whose further items only add tests, and what pytest takes where they are not set.
_WIDENING = {
    "python_files": ("test_*.py", "*_test.py"),
    "python_classes": ("Test",),
    "python_functions": ("test",),
}
#: What pytest does not look into where `norecursedirs` is not set.
_SKIPPED = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
#: Keys that count as they stand on the base, and what pytest takes where they are not set.
_FIXED = {"collect_imported_tests": "true", "required_plugins": ""}
_STRICT = "xfail_strict"

#: Options that choose no test and load nothing: flags, those with a value, families.
_HARMLESS_FLAGS = frozenset(
    """
    --cache-clear --create-db --disable-pytest-warnings --disable-warnings --full-trace --no-cov
    --no-cov-on-fail --no-header --no-migrations --no-summary --nomigrations --quiet --reuse-db
    --showlocals --strict --strict-config --strict-markers --verbose
    """.split()  # noqa: SIM905 - one on each line would be a page
)
_HARMLESS_VALUES = frozenset(
    """
    -n -W --asyncio-mode --capture --code-highlight --color --dist --ds --durations
    --durations-min --import-mode --junit-prefix --junit-xml --junitxml --maxprocesses
    --numprocesses --pythonwarnings --randomly-seed --show-capture --tb --timeout
    --timeout-method --verbosity
    """.split()  # noqa: SIM905
)
_HARMLESS = re.compile(r"-[vqsl]+|-r[A-Za-z]+|-n(\d+|auto|logical)|-W\S+|--(cov|log)\b.*")
#: Families of which a member without "=" may be followed by its value.
_MAYBE_VALUE = re.compile(r"--(cov|log)(-[a-z-]+)?")
#: Options that only add tests.
_ADDING = frozenset({"--doctest-modules", "--doctest-continue-on-failure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPytest:
    """What the gate adds to the command line of pytest, and why.

    Attributes:
        arguments: As in ("-o", "addopts=-m 'not slow'"); empty: the branch's own rule.
        kept: The keys that count as they stand on the base, sorted.
        fence: Before all others, where the tree has no configuration: pytest would take one out of
            a folder above it, which whoever can write to temporary folders can put there.
    """

    arguments: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    fence: tuple[str, ...] = ()


#: No configuration, the tree for the root, and no conftest.py from above.
FENCE = ("-c", os.devnull, "--rootdir", ".", "--confcutdir", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The words of `addopts`, by what they may do."""

    ruled: tuple[str, ...]
    adding: tuple[str, ...]
    harmless: tuple[str, ...]


def trusted_pytest(
    base: PytestConfig, head: PytestConfig, *, folders: Callable[[], Iterable[str]]
) -> TrustedPytest:
    """What counts of the branch's configuration.

    Args:
        base: As on the base.
        head: As on the branch.
        folders: The names of all folders of the base.

    Raises:
        BadConfigError: If a list of words cannot be read in one of them.
    """
    fence = () if head.origin else FENCE
    if base.values == head.values and base.folder == head.folder:
        return TrustedPytest(fence=fence)
    changes = _changed(base, head, folders)
    overrides = [word for key, value in changes.items() for word in ("-o", f"{key}={value}")]
    kept = sorted(changes)
    if base.folder != head.folder:
        # The names of the tests are relative to it: all of them would be new.
        overrides += ["--rootdir", base.folder or "."]
        kept.append("rootdir")
    return TrustedPytest(arguments=tuple(overrides), kept=tuple(kept), fence=fence)


def _changed(
    base: PytestConfig, head: PytestConfig, folders: Callable[[], Iterable[str]]
) -> dict[str, str]:
    """Key → what counts, where that is not what the branch's file says."""
    found = {
        "addopts": _addopts(base, head),
        "testpaths": _testpaths(base, head),
        "norecursedirs": _skipped(base, head, folders),
        _STRICT: "true" if _is_strict(base) and not _is_strict(head) else None,
    }
    found |= {key: _union(key, base, head, default) for key, default in _WIDENING.items()}
    found |= {key: _fixed(key, base, head, default) for key, default in _FIXED.items()}
    return {key: value for key, value in found.items() if value is not None}


def _addopts(base: PytestConfig, head: PytestConfig) -> str | None:
    old, new = _sorted_out(base.words("addopts") or ()), _sorted_out(head.words("addopts") or ())
    if old.ruled == new.ruled and set(old.adding) <= set(new.adding):
        return None
    adding = dict.fromkeys([*old.adding, *new.adding])
    return shlex.join([*new.harmless, *adding, *old.ruled])


def _sorted_out(words: Sequence[str]) -> _Options:
    ruled: list[str] = []
    adding: list[str] = []
    harmless: list[str] = []
    pending: list[str] | None = None
    for word in words:
        if pending is not None and not word.startswith("-"):
            pending.append(word)
            pending = None
        elif word in _ADDING:
            adding.append(word)
        elif _is_harmless(word):
            harmless.append(word)
            pending = harmless if _takes_next(word) else None
        else:
            ruled.append(word)
            pending = ruled if word.startswith("-") and "=" not in word else None
    return _Options(ruled=tuple(ruled), adding=tuple(adding), harmless=tuple(harmless))


def _is_harmless(word: str) -> bool:
    name = word.partition("=")[0]
    return (
        word in _HARMLESS_FLAGS or name in _HARMLESS_VALUES or _HARMLESS.fullmatch(word) is not None
    )


def _takes_next(word: str) -> bool:
    return word in _HARMLESS_VALUES or _MAYBE_VALUE.fullmatch(word) is not None


def _testpaths(base: PytestConfig, head: PytestConfig) -> str | None:
    old, new = base.words("testpaths") or (), head.words("testpaths") or ()
    if not new or (old and set(old) <= set(new)):
        # Without any, pytest looks everywhere.
        return None
    return shlex.join(dict.fromkeys([*old, *new])) if old else ""


def _union(
    key: str, base: PytestConfig, head: PytestConfig, default: tuple[str, ...]
) -> str | None:
    old, new = base.words(key), head.words(key)
    old, new = default if old is None else old, default if new is None else new
    return None if set(old) <= set(new) else shlex.join(dict.fromkeys([*old, *new]))


def _skipped(
    base: PytestConfig, head: PytestConfig, folders: Callable[[], Iterable[str]]
) -> str | None:
    """A folder that the base skips may be looked into; one that only the branch has, skipped."""
    old, new = base.words("norecursedirs"), head.words("norecursedirs")
    old, new = _SKIPPED if old is None else old, _SKIPPED if new is None else new
    added = [pattern for pattern in new if pattern not in old]
    if not added:
        return None
    known = list(folders())
    hiding = {pattern for pattern in added if any(_hides(pattern, name) for name in known)}
    if not hiding:
        return None
    return shlex.join(pattern for pattern in new if pattern not in hiding)


def _hides(pattern: str, folder: str) -> bool:
    """Whether pytest would not look into a folder of the base; rather too often."""
    parts = folder.split("/")
    ends = {"/".join(parts[start:]) for start in range(len(parts))}
    return any(fnmatchcase(end, pattern) or fnmatchcase(f"/{end}", pattern) for end in ends)


def _fixed(key: str, base: PytestConfig, head: PytestConfig, default: str) -> str | None:
    old, new = base.values.get(key, default), head.values.get(key, default)
    if old == new:
        return None
    return old if isinstance(old, str) else "\n".join(old)


def _is_strict(config: PytestConfig) -> bool:
    return config.is_true(_STRICT if _STRICT in config.values else "strict")
