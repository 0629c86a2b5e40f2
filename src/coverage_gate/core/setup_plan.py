"""What `init` would write into a repository, decided from what is there."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

_PYPROJECT = "pyproject.toml"
_PRE_COMMIT = ".pre-commit-config.yaml"
_AGENT = ".claude/settings.json"
_GITLAB = ".gitlab-ci.yml"
_WHOLE = 100
#: The files in which coverage.py looks, beside pyproject.toml; see its documentation.
_OWN_CONFIGURATIONS = (".coveragerc", ".coveragerc.toml")
_SHARED_CONFIGURATIONS = ("setup.cfg", "tox.ini")

_GATE = """\
[tool.coverage-gate]
# These count on the base, so that no branch can change them for itself.
min_percent = {floor}          # the floor{origin}; the baseline holds the rest
patch_min_percent = 90   # of new and modified statements
"""
_COVERAGE = """\
[tool.coverage.run]
branch = true
source = [{source}]
"""
_HOOKS = """\
repos:
  - repo: local
    hooks:
      - id: coverage-gate-staged
        name: coverage of the staged change
        entry: coverage-gate diff --staged --only-code
        language: system
        always_run: true
        pass_filenames: false
        verbose: true
"""
_AGENT_HOOK = """\
{
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {"type": "command", "command": "coverage-gate agent-hook", "timeout": 900}
        ]
      }
    ]
  }
}
"""
_INCLUDE = "include:\n  - local: .gitlab/ci/coverage-gate.yml\n"

#: Forge → file of ours → where it goes.
WORKFLOWS: Mapping[str, Mapping[str, str]] = {
    "github": {
        "coverage-gate.yml": ".github/workflows/coverage-gate.yml",
        "coverage-gate-comment.yml": ".github/workflows/coverage-gate-comment.yml",
    },
    "gitea": {"coverage-gate.yml": ".gitea/workflows/coverage-gate.yml"},
    "gitlab": {"coverage-gate.yml": ".gitlab/ci/coverage-gate.yml"},
}


class Deed(StrEnum):
    """What becomes of a file."""

    NEW = "new"
    ADD = "add"
    THERE = "there"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file.

    Attributes:
        path: From the root of the repository.
        deed: What becomes of it. BY_HAND: it is somebody's, and ours has to be put into it.
        text: What is written, added, or to be put in.
    """

    path: str
    deed: Deed
    text: str

    @property
    def is_written(self) -> bool:
        """Whether the step changes anything."""
        return self.deed in (Deed.NEW, Deed.ADD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked for.

    Attributes:
        workflows: Path → text of the workflow files.
        hooks: Whether pre-commit is set up.
        agent: Whether a coding agent's hook is.
    """

    workflows: Mapping[str, str]
    hooks: bool
    agent: bool


def steps_of(texts: Mapping[str, str], paths: Collection[str], wishes: Wishes) -> list[Step]:
    """The steps, in the order in which they are told.

    Args:
        texts: The files that are there and matter, path → text.
        paths: All files of the repository.
        wishes: What is asked for.

    Raises:
        ValueError: If pyproject.toml is no TOML.
    """
    return [step for step in _steps(texts, paths, wishes) if step.text]


def wanted_files(wishes: Wishes) -> tuple[str, ...]:
    """The files whose texts `steps_of` has to know."""
    known = (*_OWN_CONFIGURATIONS, *_SHARED_CONFIGURATIONS)
    return (_PYPROJECT, _PRE_COMMIT, _AGENT, _GITLAB, *known, *wishes.workflows)


def _steps(texts: Mapping[str, str], paths: Collection[str], wishes: Wishes) -> Iterator[Step]:
    yield _pyproject(texts, paths)
    if wishes.hooks:
        yield _whole(texts, _PRE_COMMIT, _HOOKS, mark="coverage-gate")
    if wishes.agent:
        yield _whole(texts, _AGENT, _AGENT_HOOK, mark="coverage-gate agent-hook")
    for path, text in wishes.workflows.items():
        yield _whole(texts, path, text, mark=text)
    if any(path.startswith(".gitlab/") for path in wishes.workflows):
        yield _whole(texts, _GITLAB, _INCLUDE, mark=".gitlab/ci/coverage-gate.yml")


def _whole(texts: Mapping[str, str], path: str, text: str, *, mark: str) -> Step:
    there = texts.get(path)
    if there is None:
        return Step(path=path, deed=Deed.NEW, text=text)
    return Step(path=path, deed=Deed.THERE if mark in there else Deed.BY_HAND, text=text)


def _pyproject(texts: Mapping[str, str], paths: Collection[str]) -> Step:
    there = texts.get(_PYPROJECT)
    tool = tomllib.loads(there or "").get("tool")
    tables = tool if isinstance(tool, dict) else {}
    text = "\n".join(_missing_tables(tables, texts, paths))
    if not text:
        return Step(path=_PYPROJECT, deed=Deed.THERE, text="the tables are there\n")
    if there is None:
        return Step(path=_PYPROJECT, deed=Deed.NEW, text=text)
    gap = "\n" if there.endswith("\n") or not there else "\n\n"
    return Step(path=_PYPROJECT, deed=Deed.ADD, text=gap + text)


def _missing_tables(
    tables: Mapping[str, object], texts: Mapping[str, str], paths: Collection[str]
) -> Iterator[str]:
    """What coverage.py and the gate need, and nobody wrote."""
    if "coverage" not in tables and not _is_configured(texts):
        yield _COVERAGE.format(source=", ".join(f'"{name}"' for name in _sources(paths)))
    if "coverage-gate" not in tables:
        floor = _fail_under(tables)
        origin = "" if floor == "0" else ": coverage.py's fail_under"
        yield _GATE.format(floor=floor, origin=origin)


def _fail_under(tables: Mapping[str, object]) -> str:
    """The limit that the project holds by coverage.py already; 0 where there is none."""
    coverage = tables.get("coverage")
    report = coverage.get("report") if isinstance(coverage, dict) else None
    limit = report.get("fail_under", 0) if isinstance(report, dict) else 0
    is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
    return str(limit) if is_number and 0 <= limit <= _WHOLE else "0"


def _is_configured(texts: Mapping[str, str]) -> bool:
    own = any(name in texts for name in _OWN_CONFIGURATIONS)
    return own or any("[coverage:" in texts.get(name, "") for name in _SHARED_CONFIGURATIONS)


def _sources(paths: Collection[str]) -> tuple[str, ...]:
    """`src`, or the packages at the root, or the root."""
    if any(path.startswith("src/") and path.endswith(".py") for path in paths):
        return ("src",)
    packages = {path.removesuffix("/__init__.py") for path in paths if path.count("/") == 1}
    named = {name for name in packages if f"{name}/__init__.py" in paths}
    return tuple(sorted(named - {"tests", "test", "docs", "examples"})) or (".",)
