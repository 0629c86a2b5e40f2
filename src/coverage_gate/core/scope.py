"""Which Python files are product code when nobody said so, by name alone."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate

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
#: As one expression: it is asked of each file of a tree.
_TOOLING = re.compile("|".join(map(translate, TOOLING_PATTERNS)))


def looks_like_tooling(path: str) -> bool:
    """Whether a path is a test or tooling file by its name."""
    return _TOOLING.match(path) is not None


#: Folders that hold tests and their data, wherever they lie.
TEST_FOLDERS = frozenset({"tests", "test", "testing"})
#: Folders whose code serves the project without being its product, wherever they lie.
SIDE_FOLDERS = frozenset(
    {
        *TEST_FOLDERS,
        *("docs", "doc", "examples", "example", "samples", "demo"),
        *("scripts", "tools", "bin", "ci", "tasks", "benchmarks", "benchmark", "bench"),
        *("migrations", "versions", "notebooks", "hack", "contrib", "vendor", "third_party"),
    }
)
#: Files in the root that serve the project.
_SIDE_FILES = frozenset(
    {"setup.py", "noxfile.py", "conftest.py", "tasks.py", "dodo.py", "fabfile.py", "manage.py"}
)


def serves_the_project(path: str) -> bool:
    """Whether a file lies, by the names above it, where no product code is expected."""
    *folders, name = path.split("/")
    if any(folder in SIDE_FOLDERS or folder.startswith(".") for folder in folders):
        return True
    return name == "conftest.py" or (not folders and name in _SIDE_FILES)


#: Tooling that is no test.
_OTHER_TOOLING = ("setup.py", "noxfile.py", "docs/*", "doc/*", ".*/*", "venv/*", "build/*")


def looks_like_test(path: str) -> bool:
    """Whether a path is a test file, or a helper of tests, by its name."""
    return looks_like_tooling(path) and not any(
        fnmatchcase(path, pattern) for pattern in _OTHER_TOOLING
    )
