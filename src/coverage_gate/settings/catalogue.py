"""Every setting by its field name: what people may read about it. `model` has the types."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from coverage_gate.core.cage import Level, Need
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import SWITCHED_RULES, AuditMode, MutationMode
from coverage_gate.core.reuse import Reuse
from coverage_gate.settings import scope
from coverage_gate.settings.names import (
    Setting,
    branch_paths_text,
    interpreters_text,
    kinds_text,
    percent_text,
    rules_text,
    targets_text,
)
from coverage_gate.settings.values import BranchMode

_FOLDER = "the path of a folder, absolute, relative, or below ~/"


def _address(env: str, about: str, *, default: str = "") -> Setting:
    allowed = "an http or https address without user and password"
    return Setting(env=env, about=about, allowed=allowed, default=default, is_optional=not default)


def _token(env: str, about: str) -> Setting:
    allowed = "a token on one line"
    return Setting(env=env, about=about, allowed=allowed, is_optional=True, is_secret=True)


def _text(env: str, about: str) -> Setting:
    return Setting(env=env, about=about, allowed="text on one line", is_optional=True)


_GATE = {
    "enabled": Setting(
        env=scope.ENABLED,
        about="The switch. Off: the gate is inert, as if it had never been added.",
        allowed=scope.SWITCH,
        default="true",
    ),
    "repos": Setting(
        env=scope.REPOS,
        about="The repositories that are judged. Empty: only the orchestrator's own.",
        allowed=scope.NAMES,
        is_optional=True,
        show=",".join,
    ),
    "self_repo": Setting(
        env=scope.SELF_REPO,
        about="The name of the orchestrator's own repository.",
        allowed=scope.NAME,
        default=scope.DEFAULT_SELF_REPO,
    ),
    "policy_name": Setting(
        env="ORCH_COVERAGE_POLICY",
        about="Which limits decide: the floor (`absolute`), the baseline, or both.",
        allowed=", ".join(PolicyName),
        default="both",
        file="policy",
        flag="--policy",
    ),
    "floor": Setting(
        env="ORCH_COVERAGE_MIN_PERCENT",
        about="The floor: the lowest coverage that the policies `absolute` and `both` allow.",
        allowed="a percentage from 0 to 100, such as 80 or 82.5",
        default="0",
        file="min_percent",
        flag="--floor",
        show=percent_text,
    ),
    "epsilon": Setting(
        env="ORCH_COVERAGE_EPSILON",
        about="How far below floor and baseline still passes. A negative value counts as 0.",
        allowed="percentage points up to 100, such as 0.5",
        default="0.5",
        file="epsilon",
        flag="--epsilon",
        show=percent_text,
    ),
    "rules": Setting(
        env="ORCH_COVERAGE_RULES",
        about="The further rules, which judge lines. Set but empty: none of them.",
        allowed=f"names separated by commas: {', '.join(SWITCHED_RULES)}; or nothing at all",
        default="patch,lost,unmeasured,integrity",
        file="rules",
        flag="--rules",
        show=rules_text,
    ),
    "patch_min": Setting(
        env="ORCH_COVERAGE_PATCH_MIN_PERCENT",
        about="How much of the new and modified statements the rule `patch` wants covered.",
        allowed="a percentage from 0 to 100, such as 90",
        default="90",
        file="patch_min_percent",
        flag="--patch-min",
        show=percent_text,
    ),
    "audit": Setting(
        env="ORCH_COVERAGE_AUDIT",
        about="What a finding in changed tests means: nothing, a warning, or FAIL.",
        allowed=", ".join(AuditMode),
        default="warn",
        file="audit",
    ),
    "mutation_samples": Setting(
        env="ORCH_MUTATION_SAMPLES",
        about="How many covered lines of the change are changed in memory, to see a test notice.",
        allowed="a whole number from 0 to 1000; 0 is off",
        default="0",
        file="mutation_samples",
    ),
    "mutation_seconds": Setting(
        env="ORCH_MUTATION_SECONDS",
        about="How many seconds all of these changes together may take.",
        allowed="seconds from 0.001 to 86400",
        default="300",
        file="mutation_seconds",
    ),
    "mutation_max_survivors": Setting(
        env="ORCH_MUTATION_MAX_SURVIVORS",
        about="How many of these changes may pass unnoticed.",
        allowed="a whole number from 0 to 1000",
        default="0",
        file="mutation_max_survivors",
    ),
    "mutation_mode": Setting(
        env="ORCH_MUTATION_POLICY",
        about="What more of them mean: a warning, or FAIL.",
        allowed=", ".join(MutationMode),
        default="warn",
        file="mutation_policy",
    ),
    "fail_closed": Setting(
        env="ORCH_COVERAGE_TOOL_FAIL_CLOSED",
        about="Whether a merge is blocked when the tool itself could not measure.",
        allowed=scope.SWITCH,
        default="false",
        file="tool_fail_closed",
    ),
    "retested": Setting(
        env="ORCH_COVERAGE_RETESTED",
        about=(
            "Whether a merge gate before this one ran the tests of the caught-up branch. `false`:"
            " the measurement is that run, and tests that fail newly fail the gate."
        ),
        default="true",
        allowed=scope.SWITCH,
    ),
    "base": Setting(
        env="ORCH_COVERAGE_BASE",
        about="The branch that a branch is judged against and lands in.",
        allowed="the name of a branch",
        default="main",
        file="base",
        flag="--base",
    ),
    "branch_mode": Setting(
        env="ORCH_COVERAGE_BRANCH",
        about="Whether branches are measured. `auto`: as the base's coverage configuration says.",
        allowed=", ".join(BranchMode),
        default="auto",
        file="branch",
    ),
    "flaky_days": Setting(
        env="ORCH_COVERAGE_FLAKY_DAYS",
        about="How many days a line that main was seen to run and not to run counts as flaky.",
        allowed="a whole number from 0 to 365",
        default="14",
        file="flaky_days",
    ),
    "alert_drop": Setting(
        env="ORCH_COVERAGE_ALERT_DROP",
        about="By how much coverage may fall between comparable measurements of a branch before"
        " people are told. It fails no merge.",
        allowed="percentage points from 0 to 100, such as 2 or 0.5",
        default="2",
        flag="--max-drop",
        show=percent_text,
    ),
    "history_days": Setting(
        env="ORCH_COVERAGE_HISTORY_DAYS",
        about="How many days points and measurements are kept; older ones go after a merge, or by"
        " `history prune`. 0: for ever.",
        allowed="a whole number from 0 to 36500",
        default="0",
        flag="--days",
    ),
}

_RUN = {
    "run_timeout_s": Setting(
        env="ORCH_COVERAGE_RUN_TIMEOUT_S",
        about="How many seconds one test run may take before it is killed.",
        allowed="seconds from 0.001 to 86400",
        default="900",
        file="run_timeout_s",
        flag="--timeout",
    ),
    "self_check_percent": Setting(
        env="ORCH_COVERAGE_SELF_CHECK_PERCENT",
        about=(
            "How many percent of the source files that were analysed before are analysed again in"
            " each run and compared. A difference is told, audited, and nothing is reused."
        ),
        allowed="a whole number from 0 to 100",
        default="2",
    ),
    "reuse": Setting(
        env="ORCH_COVERAGE_REUSE",
        about=(
            "Whose measurement a tree may take over: the same tree's, or that of a tree with the"
            " same code. `code` assumes that no test reads other files; see docs/configuration.md."
        ),
        allowed=", ".join(Reuse),
        default="tree",
    ),
    "run_output_kb": Setting(
        env="ORCH_COVERAGE_RUN_OUTPUT_KB",
        about="How many kilobytes of a test run's output are kept: its beginning and its end.",
        allowed="a whole number from 1 to 65536",
        default="64",
    ),
    "python": Setting(
        env="ORCH_COVERAGE_PYTHON",
        about="The interpreter that runs the tests: one path, or one for each repository.",
        allowed="a path, or repo=path pairs separated by commas",
        is_optional=True,
        flag="--python",
        show=interpreters_text,
    ),
    "test_command": Setting(
        env="ORCH_COVERAGE_TEST_COMMAND",
        about="What runs the tests: pytest, or any Python command such as `manage.py test`.",
        allowed="words as a shell splits them; no shell is involved",
        default="pytest",
        file="test_command",
        flag="--test-command",
        show=shlex.join,
    ),
    "sandbox": Setting(
        env="ORCH_SANDBOX",
        about="How test runs are held. `auto`: by the best level that works on this host.",
        allowed=", ".join(Level),
        default="auto",
    ),
    "require_sandbox": Setting(
        env="ORCH_REQUIRE_SANDBOX",
        about="The least that must be closed around tests; with less nothing is measured.",
        allowed=", ".join(Need),
        default="none",
    ),
    "sandbox_template": Setting(
        env="ORCH_SANDBOX_TEMPLATE",
        about="The site's own command around a test run, for the level `template`.",
        allowed="a command with the word {command}; {cwd} and {folder} are filled in",
        is_optional=True,
        show=shlex.join,
    ),
    "sandbox_network": Setting(
        env="ORCH_SANDBOX_NETWORK",
        about="Whether tests reach the network of the host. Their own loopback works either way.",
        allowed=scope.SWITCH,
        default="false",
    ),
    "sandbox_frozen": Setting(
        env="ORCH_SANDBOX_FROZEN",
        about="Whether the private copy of the tree is read-only for the tests.",
        allowed=scope.SWITCH,
        default="false",
    ),
    "sandbox_readable": Setting(
        env="ORCH_SANDBOX_READABLE",
        about="Further files and folders that tests may read, for those that need more.",
        allowed="paths separated by commas",
        is_optional=True,
        show=lambda paths: ",".join(map(str, paths)),
    ),
    "sandbox_processes": Setting(
        env="ORCH_SANDBOX_PROCESSES",
        about="How many processes and threads a test run may have at once.",
        allowed="a whole number from 16 to 1000000",
        default="1024",
    ),
    "sandbox_memory_mb": Setting(
        env="ORCH_SANDBOX_MEMORY_MB",
        about="How many megabytes each process of a test run may ask for to write to.",
        allowed="a whole number from 64 to 16777216",
        default="8192",
    ),
    "sandbox_disk_mb": Setting(
        env="ORCH_SANDBOX_DISK_MB",
        about="How many megabytes a test run may leave on disk, and in each folder in memory.",
        allowed="a whole number from 16 to 16777216",
        default="2048",
    ),
    "env_allow": Setting(
        env="ORCH_COVERAGE_ENV_ALLOW",
        about="Further variables that tests may see. What looks like a secret is refused.",
        allowed="names of variables separated by commas; no ORCH_*, no COVERAGE_*, no secrets",
        is_optional=True,
        show=",".join,
    ),
}

_PLACES = {
    "db_path": Setting(
        env="ORCH_DB_PATH",
        about="The SQLite file of baselines and measurements. Not together with `ORCH_DB_URL`.",
        allowed="the path of a file",
        default="`coverage-gate.db` in the state folder",
        is_optional=True,
        flag="--db",
    ),
    "db_url": Setting(
        env="ORCH_DB_URL",
        about="The database of baselines and measurements. Not together with `ORCH_DB_PATH`.",
        allowed="an address with a scheme, such as postgresql://host/name",
        is_optional=True,
        flag="--db",
        is_secret=True,
    ),
    "repos_dir": Setting(
        env="ORCH_REPOS_DIR",
        about="Where the authoritative repositories are, bare or not: `<repo>` in this folder.",
        allowed=_FOLDER,
        default="`repos` in the state folder",
        is_optional=True,
    ),
    "worktrees_dir": Setting(
        env="ORCH_WORKTREES_DIR",
        about="Where worktrees are: `<repo>/<safe branch>` in this folder.",
        allowed=_FOLDER,
        default="`worktrees` in the state folder",
        is_optional=True,
    ),
    "reports_dir": Setting(
        env="ORCH_REPORTS_DIR",
        about="Where reports go: `<repo>/<safe work item>/18-coverage-report.md` in this folder.",
        allowed=_FOLDER,
        default="`reports` in the state folder",
        is_optional=True,
        flag="--reports",
    ),
    "sign_with": Setting(
        env="ORCH_SIGN_WITH",
        about="The private Ed25519 key (PEM, readable by nobody else) that signs statements.",
        allowed="the path of a file",
        is_optional=True,
    ),
}

_HOST = {
    "api_token": _token(
        "ORCH_API_TOKEN", "What a caller of the HTTP interface must present to change anything."
    ),
    "developer_command": Setting(
        env="ORCH_DEVELOPER_COMMAND",
        about="The command that carries out a developer job.",
        allowed="words as a shell splits them; no shell is involved",
        is_optional=True,
        show=lambda words: shlex.join(words or ()),
    ),
    "developer_retry_limit": Setting(
        env="ORCH_DEVELOPER_RETRY_LIMIT",
        about="How often a task goes back to development before it stops for a person.",
        allowed="a whole number from 0 to 1000",
        default="3",
    ),
    "telegram_bot_token": _token(
        "ORCH_TELEGRAM_BOT_TOKEN", "The token of the bot that tells of stage changes and failures."
    ),
    "telegram_chat_id": _text("ORCH_TELEGRAM_CHAT_ID", "The chat that the bot writes to."),
    "telegram_thread_id": Setting(
        env="ORCH_TELEGRAM_THREAD_ID",
        about="The topic within a chat that has topics.",
        allowed="a whole number from 1 to 2147483647",
        is_optional=True,
    ),
    "telegram_api_url": _address(
        "ORCH_TELEGRAM_API_URL",
        "Where the Bot API is, for a server of your own.",
        default="https://api.telegram.org",
    ),
    "gitea_url": _address("ORCH_GITEA_URL", "Where Gitea is."),
    "gitea_token": _token("ORCH_GITEA_TOKEN", "The token for commit status and comments on Gitea."),
    "gitea_owner": _text(
        "ORCH_GITEA_OWNER", "The user or organisation on Gitea that the repositories belong to."
    ),
    "github_api_url": _address(
        "ORCH_GITHUB_API_URL",
        "Where the GitHub API is, for a server of your own.",
        default="https://api.github.com",
    ),
    "github_token": _token(
        "ORCH_GITHUB_TOKEN", "The token for commit status and comments on GitHub."
    ),
    "github_owner": _text(
        "ORCH_GITHUB_OWNER", "The user or organisation on GitHub that the repositories belong to."
    ),
    "gitlab_url": _address(
        "ORCH_GITLAB_URL",
        "Where GitLab is, for a server of your own.",
        default="https://gitlab.com",
    ),
    "gitlab_token": _token(
        "ORCH_GITLAB_TOKEN", "The token for commit status and comments on GitLab."
    ),
    "gitlab_owner": _text(
        "ORCH_GITLAB_OWNER", "The group on GitLab that the repositories belong to."
    ),
    "plane_api_url": _address("ORCH_PLANE_API_URL", "Where the Plane API is."),
    "plane_api_token": _token(
        "ORCH_PLANE_API_TOKEN", "The token for comments and states on Plane."
    ),
    "plane_workspace": _text("ORCH_PLANE_WORKSPACE", "The workspace on Plane."),
    "plane_project": _text("ORCH_PLANE_PROJECT", "The project on Plane."),
    "notify_keep_days": Setting(
        env="ORCH_NOTIFY_KEEP_DAYS",
        about=(
            "For how many days messages that were delivered, or are dead, are kept in the outbox."
            " What waits is always kept. 0 keeps all."
        ),
        allowed="a whole number from 0 to 3650",
        default="30",
    ),
}

_PER_PATH = {
    "targets": Setting(
        env="",
        about="What each file that a pattern means must reach; judged by the rule `targets`.",
        allowed="a table of patterns, each with a percentage, or with text such as 100:branch",
        is_optional=True,
        file="targets",
        show=targets_text,
    ),
    "priorities": Setting(
        env="",
        about="Which files `analyze` looks at. Empty: all of them.",
        allowed="a list of patterns",
        is_optional=True,
        file="priorities",
        show=",".join,
    ),
    "kinds": Setting(
        env="",
        about="What kind of code files hold, before the kinds that `analyze` knows by itself.",
        allowed="a table of patterns, each with command, adapter, admin, core, or `name: action`",
        is_optional=True,
        file="kinds",
        show=kinds_text,
    ),
    "branch_paths": Setting(
        env="",
        about="Where *lost* and *patch* judge branches, too. The last pattern that fits decides.",
        allowed="a table of patterns, each with on or off",
        is_optional=True,
        file="branch_paths",
        show=branch_paths_text,
    ),
}

#: Those that stand only in the file, since they are about paths of the repository.
PER_PATH: Mapping[str, Setting] = MappingProxyType(_PER_PATH)

#: Field name of `Settings` → how it is named and described, in the order of the documents.
CATALOGUE: Mapping[str, Setting] = MappingProxyType({**_GATE, **_RUN, **_PLACES, **_HOST})


#: Every setting, wherever it may be set.
EVERY: Mapping[str, Setting] = MappingProxyType({**CATALOGUE, **PER_PATH})


def all_settings() -> tuple[Setting, ...]:
    """Every setting that has a variable, in the order of the documents. Costs no heavy import."""
    return tuple(CATALOGUE.values())
