"""The types and defaults of all settings. Imports pydantic; `catalogue` has the descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, SecretStr, ValidationInfo

from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.cage import Level, Need
from coverage_gate.core.kinds import Kind
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import AuditMode, MutationMode, MutationPolicy, Policy, RuleName
from coverage_gate.core.reuse import Reuse
from coverage_gate.core.targets import Target
from coverage_gate.ports import RunLimits
from coverage_gate.settings import values
from coverage_gate.settings.environment import cache_folder, looks_secret, secret_values
from coverage_gate.settings.names import Origin
from coverage_gate.settings.scope import DEFAULT_SELF_REPO, Scope
from coverage_gate.settings.values import BranchMode, Interpreters

_KB = 1024
_POLICY = Policy()


def _read_timeout(value: object) -> float:
    return float(values.read_within(value, low=Decimal("0.001"), high=Decimal(86_400)))


def _with_home(reader: Callable[..., Any]) -> PlainValidator:
    def read(value: object, info: ValidationInfo) -> Any:  # noqa: ANN401 - as its reader answers
        return reader(value, home=info.context)

    return PlainValidator(read)


def _as_secret(reader: Callable[[object], str]) -> PlainValidator:
    return PlainValidator(lambda value: SecretStr(reader(value)))


def _count(*, low: int = 0, high: int) -> PlainValidator:
    return PlainValidator(partial(values.read_count, low=low, high=high))


def _choice(choices: type[StrEnum]) -> PlainValidator:
    return PlainValidator(partial(values.read_choice, choices=choices))


def _as_it_is(value: object) -> object:
    return value


_Switch = Annotated[bool, PlainValidator(values.read_bool)]
_Text = Annotated[str, PlainValidator(values.read_text)]
_Url = Annotated[str, PlainValidator(values.read_url)]
_Percent = Annotated[Fraction, PlainValidator(values.read_percent)]
_Entries = Annotated[tuple[str, ...], PlainValidator(values.read_names)]
_Words = Annotated[tuple[str, ...], PlainValidator(values.read_command)]
_Place = Annotated[Path, _with_home(values.read_path)]
_Token = Annotated[SecretStr, _as_secret(values.read_secret)]


class Settings(BaseModel):
    """All settings, read once and frozen. Shares are exact and in [0, 1]; see docs/settings.md.

    Attributes:
        origins: Field name → where its value came from.
        environment: The variables as they were; holds secrets and is never shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled: _Switch = True
    repos: _Entries = ()
    self_repo: _Text = DEFAULT_SELF_REPO
    policy_name: Annotated[PolicyName, _choice(PolicyName)] = _POLICY.name
    floor: _Percent = _POLICY.floor
    epsilon: Annotated[Fraction, PlainValidator(values.read_epsilon)] = _POLICY.epsilon
    rules: Annotated[frozenset[RuleName], PlainValidator(values.read_rules)] = _POLICY.rules
    patch_min: _Percent = _POLICY.patch_min
    audit: Annotated[AuditMode, _choice(AuditMode)] = _POLICY.audit
    mutation_samples: Annotated[int, _count(high=1000)] = _POLICY.mutation.samples
    mutation_seconds: Annotated[float, PlainValidator(_read_timeout)] = _POLICY.mutation.seconds
    mutation_max_survivors: Annotated[int, _count(high=1000)] = _POLICY.mutation.max_survivors
    mutation_mode: Annotated[MutationMode, _choice(MutationMode)] = _POLICY.mutation.mode
    fail_closed: _Switch = _POLICY.fail_closed
    retested: _Switch = True
    base: _Text = "main"
    branch_mode: Annotated[BranchMode, PlainValidator(values.read_branch_mode)] = BranchMode.AUTO
    run_timeout_s: Annotated[float, PlainValidator(_read_timeout)] = 900.0
    run_output_kb: Annotated[int, _count(low=1, high=65_536)] = 64
    python: Annotated[Interpreters, _with_home(values.read_interpreters)] = Field(
        default_factory=Interpreters
    )
    test_command: _Words = ("pytest",)
    sandbox: Annotated[Level, _choice(Level)] = Level.AUTO
    require_sandbox: Annotated[Need, _choice(Need)] = Need.NONE
    sandbox_template: Annotated[tuple[str, ...], PlainValidator(values.read_template)] = ()
    sandbox_network: _Switch = False
    sandbox_frozen: _Switch = False
    sandbox_readable: Annotated[tuple[Path, ...], _with_home(values.read_paths)] = ()
    sandbox_processes: Annotated[int, _count(low=16, high=1_000_000)] = 1024
    sandbox_memory_mb: Annotated[int, _count(low=64, high=16_777_216)] = 8192
    sandbox_disk_mb: Annotated[int, _count(low=16, high=16_777_216)] = 2048
    env_allow: Annotated[tuple[str, ...], PlainValidator(values.read_variables)] = ()
    db_path: _Place | None = None
    db_url: Annotated[SecretStr, _as_secret(values.read_database_url)] | None = None
    repos_dir: _Place
    worktrees_dir: _Place
    reports_dir: _Place
    sign_with: _Place | None = None
    api_token: _Token | None = None
    developer_command: _Words | None = None
    developer_retry_limit: Annotated[int, _count(high=1000)] = 3
    telegram_bot_token: _Token | None = None
    telegram_chat_id: _Text | None = None
    telegram_thread_id: Annotated[int, _count(low=1, high=2**31 - 1)] | None = None
    telegram_api_url: _Url = "https://api.telegram.org"
    gitea_url: _Url | None = None
    gitea_token: _Token | None = None
    gitea_owner: _Text | None = None
    github_api_url: _Url = "https://api.github.com"
    github_token: _Token | None = None
    github_owner: _Text | None = None
    gitlab_url: _Url = "https://gitlab.com"
    gitlab_token: _Token | None = None
    gitlab_owner: _Text | None = None
    plane_api_url: _Url | None = None
    plane_api_token: _Token | None = None
    plane_workspace: _Text | None = None
    plane_project: _Text | None = None
    notify_keep_days: Annotated[int, _count(high=3650)] = 30

    flaky_days: Annotated[int, _count(high=365)] = _POLICY.flaky_days
    self_check_percent: Annotated[int, _count(high=100)] = 2
    reuse: Annotated[Reuse, _choice(Reuse)] = Reuse.TREE
    alert_drop: _Percent = Fraction(2, 100)
    history_days: Annotated[int, _count(high=36_500)] = 0
    targets: Annotated[tuple[Target, ...], PlainValidator(values.read_targets)] = ()
    priorities: Annotated[tuple[str, ...], PlainValidator(values.read_patterns)] = ()
    kinds: Annotated[tuple[Kind, ...], PlainValidator(values.read_kinds)] = ()
    branch_paths: Annotated[tuple[BranchPath, ...], PlainValidator(values.read_branch_paths)] = ()

    origins: Annotated[Mapping[str, Origin], PlainValidator(_as_it_is)] = Field(
        default_factory=dict, repr=False, exclude=True
    )
    environment: Annotated[Mapping[str, str], PlainValidator(_as_it_is)] = Field(
        default_factory=dict, repr=False, exclude=True
    )

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
        return str(self.db_path) if self.db_url is None else self.db_url.get_secret_value()

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for `boundary.redactor`; sorted."""
        by_flag = {} if self.db_url is None else {"ORCH_DB_URL": self.store_target}
        return secret_values({**self.environment, **by_flag})

    def variables(self, names: Iterable[str]) -> dict[str, str]:
        """Those of the named variables that are set, for a process that we start.

        What looks like a secret is left out, whoever names it.
        """
        wanted = [name for name in names if not looks_secret(name)]
        return {name: self.environment[name] for name in wanted if name in self.environment}

    def variables_for_tests(self) -> dict[str, str]:
        """The further variables that tests may see."""
        return self.variables(self.env_allow)
