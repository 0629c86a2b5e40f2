"""Which Python files are product code when nobody said so, by name alone."""

from __future__ import annotations

from fnmatch import fnmatchcase

#: Files that a derived scope leaves out, as coverage.py's `omit` patterns: tests and tooling.
TOOLING_PATTERNS = (
    "tests/*",
    "test/*",
    "*/tests/*",
    "*/test/*",
    "test_*.py",
    "*/test_*.py",
    "*_test.py",
    "*/*_test.py",
    "conftest.py",
    "*/conftest.py",
    "setup.py",
    "noxfile.py",
    "docs/*",
    "doc/*",
    ".*/*",
    "venv/*",
    "build/*",
)


def looks_like_tooling(path: str) -> bool:
    """Whether a path is a test or tooling file by its name."""
    return any(fnmatchcase(path, pattern) for pattern in TOOLING_PATTERNS)
