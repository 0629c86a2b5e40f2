"""Routes that change something: the token is looked at before the body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from coverage_gate.ports import StoreError
from coverage_gate.settings import SettingsError
from coverage_gate.web.access import Access, Doorkeeper

MAX_BODY_BYTES = 16 * 1024

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def guarded_route(doorkeeper: Doorkeeper) -> type[APIRoute]:
    """A kind of route behind this doorkeeper."""

    class GuardedRoute(APIRoute):
        """A route whose requests are admitted, and read within bounds, before they are handled."""

        def get_route_handler(self) -> _Handler:
            """What handles a request of this route, behind the doorkeeper."""
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                """Answer a request that is admitted. Raises HTTPException for any other, unread."""
                _demand(doorkeeper, request.headers.get("authorization"))
                await _read_bounded(request)
                return await handle(request)

            return guarded

    return GuardedRoute


def _demand(doorkeeper: Doorkeeper, authorization: str | None) -> None:
    try:
        access = doorkeeper.admit(authorization)
    except SettingsError as error:
        raise unusable(error) from None
    if access is Access.GRANTED:
        return
    headers = {"WWW-Authenticate": "Bearer"}
    if access is Access.TOO_MANY:
        # Still 401: who sends no right token is to learn nothing else of us.
        raise HTTPException(401, "too many wrong tokens", headers={**headers, "Retry-After": "1"})
    raise HTTPException(
        401,
        "send the header `Authorization: Bearer …` with the token in ORCH_API_TOKEN",
        headers=headers,
    )


async def _read_bounded(request: Request) -> None:
    """Read the body as far as one of ours can be; the route finds it read."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY_BYTES:
            raise HTTPException(400, f"a body has at most {MAX_BODY_BYTES} bytes")
    request._body = bytes(content)  # noqa: SLF001 - where starlette keeps a body that was read


def unusable(error: SettingsError | StoreError) -> HTTPException:
    """The answer where settings or store cannot be used; neither text holds a secret."""
    return HTTPException(503, str(error))
