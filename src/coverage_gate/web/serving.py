"""Serves the application until the process is asked to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import click
import uvicorn

from coverage_gate.settings import load_settings
from coverage_gate.web.app import create_app
from coverage_gate.web.router import QueueReader, nothing_more


def run_server(*, host: str, port: int, queue: QueueReader = nothing_more) -> int:
    """Listen, tell where on stderr, and answer.

    Args:
        host: Address to listen on.
        port: 0 for any that is free.
        queue: What an engine adds to `GET /queue`.

    Returns:
        The exit status: 0 when it was asked to stop.

    Raises:
        SettingsError: If a setting is invalid.
        click.ClickException: If the address cannot be had.
    """
    if load_settings().api_token is None:
        click.echo("no ORCH_API_TOKEN is set: whatever would change something is refused", err=True)
    config = uvicorn.Config(create_app(queue=queue), log_config=None, access_log=False)
    with _listening(host, port) as listener:
        address, actual = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        click.echo(f"listening on http://{shown}:{actual}", err=True)
        # uvicorn stops at this signal and then raises it again: here it has done its work.
        signal.signal(signal.SIGTERM, lambda *_: None)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextmanager
def served(*, queue: QueueReader = nothing_more) -> Iterator[str]:
    """Serve on a free port of this machine for the length of the block; its address."""
    config = uvicorn.Config(create_app(queue=queue), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with _listening("127.0.0.1", 0) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            thread.join()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host} port {port}: {error.strerror or error}. "
            "Name another one with --port."
        ) from None
