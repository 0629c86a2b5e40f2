"""The history of a branch over HTTP: what `coverage-gate history --format json` tells."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, Field

from coverage_gate.adapters.render.history import points_object
from coverage_gate.core.history import FAR_BACK, HistoryError
from coverage_gate.core.rates import percent_number
from coverage_gate.ports import StoreError
from coverage_gate.settings import SettingsError, load_settings
from coverage_gate.trending import past
from coverage_gate.web.bodies import SCHEMA_VERSION, Name, Problem
from coverage_gate.web.guard import unusable

_SHOWN = 100


class History(BaseModel):
    """The points of a branch, as docs/schema/history.schema.json has them."""

    schema_version: int = SCHEMA_VERSION
    repository: str
    branch: str
    max_drop: Annotated[float, Field(description="Percentage points.")]
    points: Annotated[list[dict[str, Any]], Field(description="Oldest first.")]


def add_history(reading: APIRouter) -> None:
    """Put the route on a router that anybody may ask."""
    reading.get(
        "/coverage/history/{repo}",
        summary="What the coverage of a branch was",
        response_model=History,
        responses={
            404: {"model": Problem, "description": "Nothing is kept of this repository or branch."},
            503: {"model": Problem, "description": "Settings or store cannot be used."},
        },
    )(read_history)


def read_history(
    repo: Name,
    branch: Annotated[Name | None, Query(description="None: the one that others land in.")] = None,
    limit: Annotated[int, Query(ge=1, le=FAR_BACK, description="The newest points.")] = _SHOWN,
) -> Response:
    """Each point beside the one that it was compared with."""
    try:
        found = past(load_settings(), repo, branch=branch)
    except HistoryError as error:
        raise HTTPException(404, str(error)) from None
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    document = points_object(
        found.repository,
        found.branch,
        found.steps[-limit:],
        max_drop_percent=percent_number(found.max_drop),
    )
    return Response(orjson.dumps(document), media_type="application/json")
