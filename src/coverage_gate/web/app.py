"""The application around the router, for those who have none."""

from __future__ import annotations

from fastapi import FastAPI

from coverage_gate import __version__
from coverage_gate.ports import Clock
from coverage_gate.web.router import QueueReader, coverage_router, nothing_more


def create_app(*, queue: QueueReader = nothing_more, clock: Clock | None = None) -> FastAPI:
    """The gate over HTTP. Its schema is at `/openapi.json`.

    There is no page to try it out: that would load scripts from elsewhere.

    Args:
        queue: What an engine adds to `GET /queue`.
        clock: See `coverage_router`.
    """
    app = FastAPI(
        title="coverage-gate",
        version=__version__,
        summary="Baselines, reports and the state of the coverage gate.",
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(coverage_router(queue=queue, clock=clock))
    return app
