"""The types, readers and defaults of all settings; `catalogue` has the descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.cage import Level, Need
from coverage_gate.core.kinds import Kind
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import AuditMode, MutationMode, MutationPolicy, Policy, RuleName
from coverage_gate.core.reuse import Reuse
from coverage_gate.core.targets import Target
from coverage_gate.ports import RunLimits
from coverage_gate.settings import values
from coverage_gate.settings.environment import cache_folder, secret_values
from coverage_gate.settings.names import Origin
from coverage_gate.settings.scope import DEFAULT_SELF_REPO, Scope
from coverage_gate.settings.values import BranchMode, Interpreters, Secret

_KB = 1024
_POLICY = Policy()


#: What a field is read with, in its metadata: what was written, and the home folder.
READER = "reader"

_T = TypeVar("_T")
_Choice = TypeVar("_Choice", bound=StrEnum)


def _by(reader: Callable[[object], _T], default: _T) -> _T:
    """A field that is read by a reader of `values`, where anything is given at all."""
    return field(default=default, metadata={READER: lambda value, _: reader(value)})


def _by_or_none(reader: Callable[[object], _T]) -> _T | None:
    return field(default=None, metadata={READER: lambda value, _: reader(value)})


def _below_home(reader: Callable[..., _T], default: _T) -> _T:
    return field(default=default, metadata={READER: _with_home(reader)})


def _folder() -> Path:
    """A place that has no default of its own: it lies in the state folder."""
    needed: Path = field(metadata={READER: _with_home(values.read_path)})
    return needed


def _with_home(reader: Callable[..., _T]) -> Callable[[object, Path | None], _T]:
    return lambda value, home: reader(value, home=home)


def _file() -> Path | None:
    return field(default=None, metadata={READER: _with_home(values.read_path)})


def _switch(*, default: bool) -> bool:
    return _by(values.read_bool, default)


def _count(default: int, *, low: int = 0, high: int) -> int:
    return _by(partial(values.read_count, low=low, high=high), default)


def _choice(default: _Choice) -> _Choice:
    return _by(partial(values.read_choice, choices=type(default)), default)


def _seconds(default: float) -> float:
    return _by(_read_timeout, default)


def _read_timeout(value: object) -> float:
    return float(values.read_within(value, low=Decimal("0.001"), high=Decimal(86_400)))


def _secret(reader: Callable[[object], str]) -> Secret | None:
    return _by_or_none(lambda value: Secret(reader(value)))


def _token() -> Secret | None:
    return _secret(values.read_secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, read once and frozen. Shares are exact and in [0, 1]; see docs/settings.md.

    Attributes:
        origins: Field name → where its value came from.
        environment: The variables as they were; holds secrets and is never shown.
    """

    enabled: bool = _switch(default=True)
    repos: tuple[str, ...] = _by(values.read_names, ())
    self_repo: str = _by(values.read_text, DEFAULT_SELF_REPO)
    policy_name: PolicyName = _choice(_POLICY.name)
    floor: Fraction = _by(values.read_percent, _POLICY.floor)
    epsilon: Fraction = _by(values.read_epsilon, _POLICY.epsilon)
    rules: frozenset[RuleName] = _by(values.read_rules, _POLICY.rules)
    patch_min: Fraction = _by(values.read_percent, _POLICY.patch_min)
    audit: AuditMode = _choice(_POLICY.audit)
    mutation_samples: int = _count(_POLICY.mutation.samples, high=1000)
    mutation_seconds: float = _seconds(_POLICY.mutation.seconds)
    mutation_max_survivors: int = _count(_POLICY.mutation.max_survivors, high=1000)
    mutation_mode: MutationMode = _choice(_POLICY.mutation.mode)
    fail_closed: bool = _switch(default=_POLICY.fail_closed)
    retested: bool = _switch(default=True)
    base: str = _by(values.read_text, "main")
    branch_mode: BranchMode = _by(values.read_branch_mode, BranchMode.AUTO)
    run_timeout_s: float = _seconds(900.0)
    run_output_kb: int = _count(64, low=1, high=65_536)
    python: Interpreters = _below_home(values.read_interpreters, Interpreters())
    test_command: tuple[str, ...] = _by(values.read_command, ("pytest",))
    sandbox: Level = _choice(Level.AUTO)
    require_sandbox: Need = _choice(Need.NONE)
    sandbox_template: tuple[str, ...] = _by(values.read_template, ())
    sandbox_network: bool = _switch(default=False)
    sandbox_frozen: bool = _switch(default=False)
    sandbox_readable: tuple[Path, ...] = _below_home(values.read_paths, ())
    sandbox_processes: int = _count(1024, low=16, high=1_000_000)
    sandbox_memory_mb: int = _count(8192, low=64, high=16_777_216)
    sandbox_disk_mb: int = _count(2048, low=16, high=16_777_216)
    env_allow: tuple[str, ...] = _by(values.read_variables, ())
    db_path: Path | None = _file()
    db_url: Secret | None = _secret(values.read_database_url)
    repos_dir: Path = _folder()
    worktrees_dir: Path = _folder()
    reports_dir: Path = _folder()
    sign_with: Path | None = _file()
    api_token: Secret | None = _token()
    developer_command: tuple[str, ...] | None = _by_or_none(values.read_command)
    developer_retry_limit: int = _count(3, high=1000)
    telegram_bot_token: Secret | None = _token()
    telegram_chat_id: str | None = _by_or_none(values.read_text)
    telegram_thread_id: int | None = _by_or_none(partial(values.read_count, low=1, high=2**31 - 1))
    telegram_api_url: str = _by(values.read_url, "https://api.telegram.org")
    gitea_url: str | None = _by_or_none(values.read_url)
    gitea_token: Secret | None = _token()
    gitea_owner: str | None = _by_or_none(values.read_text)
    github_api_url: str = _by(values.read_url, "https://api.github.com")
    github_token: Secret | None = _token()
    github_owner: str | None = _by_or_none(values.read_text)
    gitlab_url: str = _by(values.read_url, "https://gitlab.com")
    gitlab_token: Secret | None = _token()
    gitlab_owner: str | None = _by_or_none(values.read_text)
    plane_api_url: str | None = _by_or_none(values.read_url)
    plane_api_token: Secret | None = _token()
    plane_workspace: str | None = _by_or_none(values.read_text)
    plane_project: str | None = _by_or_none(values.read_text)
    notify_keep_days: int = _count(30, high=3650)

    flaky_days: int = _count(_POLICY.flaky_days, high=365)
    self_check_percent: int = _count(2, high=100)
    reuse: Reuse = _choice(Reuse.TREE)
    alert_drop: Fraction = _by(values.read_percent, Fraction(2, 100))
    history_days: int = _count(0, high=36_500)
    targets: tuple[Target, ...] = _by(values.read_targets, ())
    priorities: tuple[str, ...] = _by(values.read_patterns, ())
    kinds: tuple[Kind, ...] = _by(values.read_kinds, ())
    branch_paths: tuple[BranchPath, ...] = _by(values.read_branch_paths, ())

    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def scope(self) -> Scope:
        """The switch and the repositories."""
        return Scope(enabled=self.enabled, repos=self.repos, self_repo=self.self_repo)

    def applies(self, repo: str, *, repo_named: bool = False) -> bool:
        """Whether this repository is judged; see `Scope.applies`."""
        return self.scope.applies(repo, repo_named=repo_named)

    def policy(self, *, judges_tests: bool) -> Policy:
        """The limits for the core.

        Args:
            judges_tests: Whether a newly failing test fails the gate: no merge gate went before.
        """
        return Policy(
            name=self.policy_name,
            floor=self.floor,
            epsilon=self.epsilon,
            rules=self._rules(),
            patch_min=self.patch_min,
            audit=self.audit,
            mutation=MutationPolicy(
                samples=self.mutation_samples,
                seconds=self.mutation_seconds,
                max_survivors=self.mutation_max_survivors,
                mode=self.mutation_mode,
            ),
            fail_closed=self.fail_closed,
            targets=self.targets,
            branch_paths=self.branch_paths,
            flaky_days=self.flaky_days,
            judges_tests=judges_tests,
        )

    def _rules(self) -> frozenset[RuleName]:
        """Who sets targets wants them judged, unless the rules were chosen one by one."""
        is_chosen = self.origins.get("rules", Origin.DEFAULT) is not Origin.DEFAULT
        return self.rules if is_chosen or not self.targets else self.rules | {RuleName.TARGETS}

    @property
    def measures_branches(self) -> bool | None:
        """Whether branches are measured; None: as the base's coverage configuration says.

        What asks for branches in one place has them measured everywhere: a run has one mode.
        """
        asked = [target.branches for target in self.targets]
        asked += [path.is_on for path in self.branch_paths]
        if self.branch_mode is BranchMode.AUTO:
            return any(asked) or None
        return self.branch_mode is BranchMode.ON

    def run_limits(self) -> RunLimits:
        """Bounds of one test run."""
        return RunLimits(timeout_s=self.run_timeout_s, output_bytes=self.run_output_kb * _KB)

    @property
    def cache_folder(self) -> Path | None:
        """Where we keep what can be found out again; None where there is no home."""
        return cache_folder(self.environment)

    def python_for(self, repo: str) -> Path | None:
        """The interpreter that was named for a repository; None: the repository's own."""
        return self.python.of(repo)

    @property
    def store_target(self) -> str:
        """The path of the SQLite file, or a database address, which may hold a password."""
        return str(self.db_path) if self.db_url is None else self.db_url.text

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for `boundary.redactor`; sorted."""
        by_flag = {} if self.db_url is None else {"ORCH_DB_URL": self.store_target}
        return secret_values({**self.environment, **by_flag})

    def variables(self, names: Iterable[str]) -> dict[str, str]:
        """Those of the named variables that are set, for a process that we start.

        What looks like a secret is left out, whoever names it.
        """
        wanted = [name for name in names if not values.looks_secret(name)]
        return {name: self.environment[name] for name in wanted if name in self.environment}

    def variables_for_tests(self) -> dict[str, str]:
        """The further variables that tests may see."""
        return self.variables(self.env_allow)
