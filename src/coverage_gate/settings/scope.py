"""Whether the gate acts at all: the switch and the scope, readable when nothing else is valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from coverage_gate.settings.environment import read_environment
from coverage_gate.settings.errors import SettingsError, problem
from coverage_gate.settings.values import read_bool, read_names, read_text

ENABLED = "ORCH_COVERAGE_GATE_ENABLED"
REPOS = "ORCH_COVERAGE_GATE_REPOS"
SELF_REPO = "ORCH_SELF_REPO"
DEFAULT_SELF_REPO = "orchestrator"

SWITCH = "true or false, on or off, yes or no, 1 or 0"
NAMES = "names separated by commas"
NAME = "one name"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where the gate acts. See contract, "Scope and switch".

    Attributes:
        enabled: The switch.
        repos: The repositories in scope; empty: the orchestrator's own.
        self_repo: The orchestrator's own repository.
    """

    enabled: bool = True
    repos: tuple[str, ...] = ()
    self_repo: str = DEFAULT_SELF_REPO

    def applies(self, repo: str, *, repo_named: bool = False) -> bool:
        """Whether this repository is judged.

        Args:
            repo: Its name, compared letter by letter.
            repo_named: A person named it on the command line: then it is in scope.
        """
        return self.enabled and (repo_named or repo in (self.repos or (self.self_repo,)))


def load_scope(*, env: Mapping[str, str] | None = None) -> Scope:
    """Read the switch and the scope alone.

    A gate that is switched off, or does not apply, is inert whatever the other settings hold, and
    asking costs no heavy import.

    Raises:
        SettingsError: If one of the three variables is invalid; the gate then does not open.
    """
    env = read_environment() if env is None else env
    problems: list[str] = []

    def read(name: str, reader: Callable[[object], _T], default: _T, allowed: str) -> _T:
        """The value of a variable; its default where it is not set, or is noted as a problem."""
        try:
            return reader(env[name]) if name in env else default
        except ValueError as error:
            problems.append(problem(name, error, allowed))
            return default

    scope = Scope(
        enabled=read(ENABLED, read_bool, True, SWITCH),  # noqa: FBT003 - the default of a switch
        repos=read(REPOS, read_names, (), NAMES),
        self_repo=read(SELF_REPO, read_text, DEFAULT_SELF_REPO, NAME),
    )
    if problems:
        raise SettingsError(problems)
    return scope
