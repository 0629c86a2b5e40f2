"""From settings to who is told: the receivers of messages. Loaded only where somebody is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from coverage_gate.adapters.forge import gitea, github, gitlab
from coverage_gate.adapters.notify import plane, telegram
from coverage_gate.adapters.web import DEADLINE_S, Web
from coverage_gate.boundary import redactor
from coverage_gate.ports import Receiver
from coverage_gate.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

#: The variables that a receiver needs, by its topic.
RECEIVERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        telegram.TOPIC: ("telegram_bot_token", "telegram_chat_id"),
        plane.TOPIC: ("plane_api_url", "plane_api_token", "plane_workspace", "plane_project"),
        gitea.TOPIC: ("gitea_url", "gitea_token", "gitea_owner"),
        github.TOPIC: ("github_token", "github_owner"),
        gitlab.TOPIC: ("gitlab_token", "gitlab_owner"),
    }
)
#: Those that show verdicts beside the code.
FORGES = (gitea.TOPIC, github.TOPIC, gitlab.TOPIC)
#: Those that people read for news.
CHATS = (telegram.TOPIC,)


def missing_for(settings: Settings, topic: str) -> tuple[str, ...]:
    """The fields of `Settings` that a receiver still needs; all of them: it is not wanted."""
    return tuple(name for name in RECEIVERS[topic] if getattr(settings, name) is None)


def configured_topics(settings: Settings) -> tuple[str, ...]:
    """The receivers that the settings name in full."""
    return tuple(topic for topic in RECEIVERS if not missing_for(settings, topic))


def receivers_of(settings: Settings, *, deadline_s: float = DEADLINE_S) -> tuple[Receiver, ...]:
    """The receivers that the settings name in full, ready to be told. Nothing is asked yet.

    Args:
        settings: The settings.
        deadline_s: How long one exchange with them may take.
    """
    web = partial(Web, redact=redactor(settings.secrets()), deadline_s=deadline_s)
    return tuple(_MAKERS[topic](settings, web) for topic in configured_topics(settings))


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()


def _telegram(settings: Settings, web: Callable[..., Web]) -> Receiver:
    token = quote(_secret(settings.telegram_bot_token), safe=":")
    return telegram.Telegram(
        web=web(name="Telegram", base=f"{settings.telegram_api_url}/bot{token}"),
        chat_id=settings.telegram_chat_id or "",
        thread_id=settings.telegram_thread_id,
    )


def _plane(settings: Settings, web: Callable[..., Web]) -> Receiver:
    headers = {"X-API-Key": _secret(settings.plane_api_token)}
    return plane.Plane(
        web=web(name="Plane", base=f"{settings.plane_api_url}/api/v1", headers=headers),
        workspace=settings.plane_workspace or "",
        project=settings.plane_project or "",
    )


def _gitea(settings: Settings, web: Callable[..., Web]) -> Receiver:
    headers = {"Authorization": f"token {_secret(settings.gitea_token)}"}
    where = web(name="Gitea", base=f"{settings.gitea_url}/api/v1", headers=headers)
    return gitea.Gitea(web=where, owner=settings.gitea_owner or "")


def _github(settings: Settings, web: Callable[..., Web]) -> Receiver:
    bearer = {"Authorization": f"Bearer {_secret(settings.github_token)}"}
    headers = {**github.HEADERS, **bearer}
    where = web(name="GitHub", base=settings.github_api_url, headers=headers)
    return github.GitHub(web=where, owner=settings.github_owner or "")


def _gitlab(settings: Settings, web: Callable[..., Web]) -> Receiver:
    headers = {"PRIVATE-TOKEN": _secret(settings.gitlab_token)}
    where = web(name="GitLab", base=f"{settings.gitlab_url}/api/v4", headers=headers)
    return gitlab.GitLab(web=where, owner=settings.gitlab_owner or "")


_MAKERS: Mapping[str, Callable[[Settings, Callable[..., Web]], Receiver]] = {
    telegram.TOPIC: _telegram,
    plane.TOPIC: _plane,
    gitea.TOPIC: _gitea,
    github.TOPIC: _github,
    gitlab.TOPIC: _gitlab,
}
