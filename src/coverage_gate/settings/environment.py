"""The only reader of the process's environment."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = "coverage-gate"
_SECRET = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|PASSFILE|CREDENTIAL|API_?KEY|PRIVATE|COOKIE|SESSION|WEBHOOK"
    r"|OAUTH|(DATABASE|DB)_UR[IL]|(^|_)(AUTH|KEYS?|DSN|PAT|PWD?)(_|$)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalWishes:
    """What the environment says about colour; see https://no-color.org.

    Attributes:
        is_plain: `NO_COLOR` is set, or the terminal is dumb.
        is_forced: `FORCE_COLOR` is set to anything but 0.
    """

    is_plain: bool = False
    is_forced: bool = False


def read_environment() -> dict[str, str]:
    """A copy of the environment as it is now."""
    return dict(os.environ)  # noqa: TID251 - this is the place where it may be read


def terminal_wishes(env: Mapping[str, str] | None = None) -> TerminalWishes:
    """What `NO_COLOR`, `FORCE_COLOR` and `TERM` ask for; empty values ask for nothing."""
    env = read_environment() if env is None else env
    return TerminalWishes(
        is_plain=bool(env.get("NO_COLOR")) or env.get("TERM") == "dumb",
        is_forced=env.get("FORCE_COLOR", "") not in {"", "0"},
    )


def step_summary(env: Mapping[str, str] | None = None) -> Path | None:
    """The file in which a step of a GitHub workflow leaves its summary; None outside of one."""
    env = read_environment() if env is None else env
    named = env.get("GITHUB_STEP_SUMMARY", "").strip()
    return Path(named) if named else None


def index_file(env: Mapping[str, str] | None = None) -> Path | None:
    """The index that git hands to a hook: a partial commit has one of its own. None for none."""
    env = read_environment() if env is None else env
    named = env.get("GIT_INDEX_FILE", "")
    return Path(named).absolute() if named else None


def secret_values(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values of all our secret variables, valid or not, for redaction; sorted."""
    from urllib.parse import unquote  # noqa: PLC0415 - a command without an error needs it not

    env = read_environment() if env is None else env
    values = {text.strip() for name, text in env.items() if _is_our_secret(name)}
    passwords = {_password(value) for value in values}
    decoded = {unquote(password) for password in passwords}
    return tuple(sorted((values | passwords | decoded) - {""}))


def looks_secret(name: str) -> bool:
    """Whether a variable of this name is likely to hold a secret."""
    return _SECRET.search(name) is not None


def home_folder(env: Mapping[str, str]) -> Path | None:
    """The home folder: `HOME`, else what the system knows of this user; None for neither."""
    if home := env.get("HOME", "").strip():
        return Path(home).absolute()
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # a container may run under a number that has no account
        return None


def state_folder(env: Mapping[str, str]) -> Path | None:
    """Where we keep state between runs; None where there is no home.

    `XDG_STATE_HOME` counts when it is absolute, as its specification says.
    """
    named = Path(env.get("XDG_STATE_HOME", ""))
    if named.is_absolute():
        return named / _FOLDER
    home = home_folder(env)
    return None if home is None else home / ".local" / "state" / _FOLDER


def cache_folder(env: Mapping[str, str]) -> Path | None:
    """Where we keep what can be found out again; None where there is no home."""
    named = Path(env.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / _FOLDER
    home = home_folder(env)
    return None if home is None else home / ".cache" / _FOLDER


def _is_our_secret(name: str) -> bool:
    return name.startswith("ORCH_") and looks_secret(name)


def _password(address: str) -> str:
    """The password in a database address, empty if there is none."""
    _, _, rest = address.partition("://")
    userinfo, at, _ = rest.partition("/")[0].rpartition("@")
    return userinfo.partition(":")[2] if at else ""
