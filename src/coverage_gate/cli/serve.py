"""`coverage-gate serve`."""

from __future__ import annotations

from collections.abc import Callable

import click

EXAMPLES = """\b
Examples:
  coverage-gate serve
  coverage-gate serve --host 0.0.0.0 --port 8080
"""

DEFAULT_PORT = 8340


_Callback = Callable[..., int]

#: Of the extra `server`.
_NEEDS = ("fastapi", "orjson", "prometheus_client", "uvicorn")


def serve_options(command: _Callback) -> _Callback:
    """Where to listen."""
    host = click.option(
        "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where to listen."
    )
    port = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        help="0: any that is free.",
    )
    return host(port(command))


def need_server() -> None:
    """Look for what only the extra brings.

    Raises:
        click.UsageError: If any of it is not installed.
    """
    from importlib.util import find_spec

    absent = [name for name in _NEEDS if find_spec(name) is None]
    if absent:
        advice = 'pip install "coverage-gate[server]"'
        raise click.UsageError(f"serve needs {', '.join(absent)}: {advice}")


@click.command(epilog=EXAMPLES)
@serve_options
def serve(*, host: str, port: int) -> int:
    """Answer over HTTP: queue, reports, metrics, and the baseline with ORCH_API_TOKEN.

    Runs until it is interrupted. Needs the extra `server`. Put a proxy with TLS before it where
    others than this machine ask.
    """
    need_server()
    from coverage_gate.web.serving import run_server

    return run_server(host=host, port=port)
