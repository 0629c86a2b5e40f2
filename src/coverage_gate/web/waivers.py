"""Waivers over HTTP: what `coverage-gate waive` does, for whoever has the token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from coverage_gate import granting
from coverage_gate.adapters.render.waivers import waiver_object
from coverage_gate.core.waiver import Category, Waiver
from coverage_gate.ports import RepositoryError, StoreError
from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.web.bodies import SCHEMA_VERSION, Name, Problem, Sentence
from coverage_gate.web.guard import unusable
from coverage_gate.wiring import repository_folder

_MANY = 1000
_PATH = "/coverage/waivers"
_UNUSABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": Problem, "description": "Settings or store cannot be used."}
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such waiver, repository, branch or file."},
    409: {"model": Problem, "description": "What is asked for cannot be waived."},
}


class NewWaiver(BaseModel):
    """Lines of a branch that no test has to run, or tests that may be gone, for one merge."""

    model_config = ConfigDict(extra="forbid")

    repo: Name
    category: Category
    actor: Name
    reason: Sentence
    expires: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[dh]$")] = "14d"
    branch: Name | None = None
    path: Sentence | None = None
    lines: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})?$")] | None = None
    tests: Annotated[list[Sentence], Field(max_length=_MANY)] = []


class Revocation(BaseModel):
    """Why a waiver is to end."""

    model_config = ConfigDict(extra="forbid", strict=True)

    actor: Name
    reason: Sentence


class GrantedWaiver(BaseModel):
    """One waiver, as reports show it."""

    schema_version: int = SCHEMA_VERSION
    waiver: dict[str, Any]


class Waivers(BaseModel):
    """The waivers of a repository that were not revoked, used ones too."""

    schema_version: int = SCHEMA_VERSION
    waivers: list[dict[str, Any]]


def add_waivers(reading: APIRouter, guarded: APIRouter) -> None:
    """Put the routes on the router that anybody may ask, and on the one behind the token.

    Each has a path of its own: a path's `Allow` names the methods of one route.
    """
    reading.get(_PATH + "/{repo}", summary="The waivers of a repository", responses=_UNUSABLE)(
        list_waivers
    )
    guarded.post(_PATH, summary="Allow lines or tests, audited", responses=_REFUSED)(grant_waiver)
    guarded.post(
        _PATH + "/{number}/revocation",
        summary="End a waiver, audited",
        status_code=204,
        responses=_REFUSED,
    )(revoke_waiver)


def list_waivers(repo: Name) -> Waivers:
    """What is allowed there that the rules forbid."""
    try:
        rows = granting.standing(load_settings(), repo)
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    return Waivers(waivers=[waiver_object(row) for row in rows])


def grant_waiver(body: NewWaiver) -> GrantedWaiver:
    """Name either `branch`, `path` and `lines`, or `tests`."""
    try:
        waiver = _granted(load_settings(), body)
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    except RepositoryError as error:
        raise HTTPException(404, str(error)) from None
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    return GrantedWaiver(waiver=waiver_object(waiver))


def _granted(settings: Settings, body: NewWaiver) -> Waiver:
    wish = granting.Grant(
        repository=body.repo,
        category=body.category,
        actor=body.actor,
        reason=body.reason,
        expires=body.expires,
    )
    place = (body.branch, body.path, body.lines)
    if body.tests and place == (None, None, None):
        return granting.grant_tests(settings, wish, tuple(body.tests))
    if body.tests or None in place:
        raise ValueError("name either branch, path and lines, or tests")
    folder: Path = repository_folder(settings, body.repo)
    ref, path, lines = (part or "" for part in place)
    return granting.grant_lines(settings, wish, folder, ref=ref, path=path, lines=lines)


def revoke_waiver(number: Annotated[int, Field(ge=1, lt=2**63)], body: Revocation) -> None:
    """It has no effect from now on."""
    try:
        ended = granting.revoke(load_settings(), number, actor=body.actor, reason=body.reason)
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    if not ended:
        raise HTTPException(404, f"there is no waiver {number}")
