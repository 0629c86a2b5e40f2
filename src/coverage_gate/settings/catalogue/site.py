"""Settings of the place where the gate works, and of the services around it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from coverage_gate.settings.names import Setting

_FOLDER = "the path of a folder, absolute, relative, or below ~/"


def _address(env: str, about: str, *, default: str = "") -> Setting:
    allowed = "an http or https address without user and password"
    return Setting(env=env, about=about, allowed=allowed, default=default, is_optional=not default)


def _token(env: str, about: str) -> Setting:
    allowed = "a token on one line"
    return Setting(env=env, about=about, allowed=allowed, is_optional=True, is_secret=True)


def _text(env: str, about: str) -> Setting:
    return Setting(env=env, about=about, allowed="text on one line", is_optional=True)


#: Where the gate keeps things.
PLACES: Mapping[str, Setting] = {
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

#: Whom it serves, and whom it tells.
HOST: Mapping[str, Setting] = {
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
