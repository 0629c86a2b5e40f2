"""The routes of the gate. Mount them in a FastAPI application of your own, or use `app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPBearer

from coverage_gate import gate, ratcheting
from coverage_gate.adapters import report_files
from coverage_gate.clock import SystemClock
from coverage_gate.ports import Clock, StoreError
from coverage_gate.settings import SettingsError, load_settings
from coverage_gate.web.access import Doorkeeper
from coverage_gate.web.bodies import (
    SCHEMA_VERSION,
    BaselineSet,
    Health,
    Name,
    NewBaseline,
    Problem,
    Queue,
)
from coverage_gate.web.figures import metrics_text
from coverage_gate.web.guard import MAX_BODY_BYTES, guarded_route, unusable
from coverage_gate.web.past import add_history
from coverage_gate.web.waivers import add_waivers

#: Blocks of `GET /queue` beside `coverage`, as an engine has them.
QueueReader = Callable[[], Mapping[str, Any]]

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}


#: For routes that answer with something else than JSON where all goes well.
_PROBLEM: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}


class Markdown(PlainTextResponse):
    """A text in Markdown."""

    media_type = "text/markdown"


def _problems(**told: str) -> dict[int | str, dict[str, Any]]:
    return {
        int(status.removeprefix("s")): {"model": Problem, "description": text}
        for status, text in told.items()
    }


def nothing_more() -> Mapping[str, Any]:
    """No further block."""
    return {}


def coverage_router(
    *, queue: QueueReader = nothing_more, clock: Clock | None = None, prefix: str = ""
) -> APIRouter:
    """The routes of the gate.

    Args:
        queue: What an engine adds to `GET /queue`.
        clock: Paces the answers to wrong tokens; None: that of this machine.
        prefix: Before each path, as in "/gate".

    Returns:
        A router for `FastAPI.include_router`.
    """
    doorkeeper = Doorkeeper(clock=clock or SystemClock())
    router = APIRouter(prefix=prefix, tags=["coverage"])
    guarded = APIRouter(
        route_class=guarded_route(doorkeeper),
        # The guard has looked already; this says it in the schema.
        dependencies=[Depends(HTTPBearer(auto_error=False))],
        responses=_problems(
            s400=f"The body is no UTF-8 text, or has more than {MAX_BODY_BYTES} bytes.",
            s401="The token is missing or wrong.",
            s503="Settings or store cannot be used.",
        ),
    )
    _add_reading(router, queue)
    add_history(router)
    _add_metrics(router, doorkeeper)
    guarded.post("/coverage/baseline", summary="Set the baseline, audited")(set_baseline)
    add_waivers(router, guarded)
    router.include_router(guarded)
    return router


def _add_reading(router: APIRouter, queue: QueueReader) -> None:
    @router.get("/queue", response_model=Queue, summary="What is under way")
    def read_queue() -> Response:
        blocks = queue()
        coverage = blocks.get("coverage") or gate.snapshot()
        # Not validated on the way out: there may be ten thousand tasks in it.
        found = {"schema_version": SCHEMA_VERSION, **blocks, "coverage": coverage}
        return Response(orjson.dumps(found), media_type="application/json")

    broken = _problems(s503="Settings or store cannot be used.")
    router.get("/healthz", summary="Whether the gate could work", responses=broken)(read_health)
    router.get(
        "/coverage/reports/{repo}/{work_item:path}",
        summary="The report of a work item, in Markdown",
        response_class=Markdown,
        responses={
            404: _PROBLEM | {"description": "There is no report."},
            503: _PROBLEM | {"description": "Settings cannot be used."},
        },
    )(read_report)


def _add_metrics(router: APIRouter, doorkeeper: Doorkeeper) -> None:
    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    def read_metrics() -> Response:
        return Response(metrics_text(doorkeeper), media_type=_PROMETHEUS)


def read_health() -> Health:
    """Whether settings and store can be used."""
    try:
        ratcheting.baselines_block(load_settings())
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    return Health(status="ok", store="ok")


def read_report(repo: Name, work_item: Name) -> Response:
    """The artefact as it was written."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise unusable(error) from None
    path = report_files.report_path(settings.reports_dir, repo, work_item)
    try:
        text = report_files.read_report_file(path)
    except report_files.ReportError:
        raise HTTPException(404, "there is no report of this work item") from None
    return Markdown(text, headers=_NO_SNIFFING)


def set_baseline(body: NewBaseline) -> BaselineSet:
    """Open a new epoch with this value; actor and reason are kept in the audit."""
    try:
        epoch = ratcheting.reset(
            load_settings(), body.repo, repr(body.percent), actor=body.actor, reason=body.reason
        )
    except (SettingsError, StoreError) as error:
        raise unusable(error) from None
    return BaselineSet(repo=body.repo, percent=body.percent, epoch=epoch)
