"""`stage-engine serve`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from coverage_gate.cli.serve import need_server, serve_options

EXAMPLES = """\b
Examples:
  stage-engine serve
  stage-engine serve --port 8080
"""


@click.command(epilog=EXAMPLES)
@serve_options
def serve(*, host: str, port: int) -> int:
    """Answer over HTTP as `coverage-gate serve` does, with tasks, jobs and leases in `/queue`."""
    need_server()
    import orjson

    from coverage_gate.web.serving import run_server
    from stage_engine.engine import open_engine
    from stage_engine.overview import queue_block

    def read_queue() -> Mapping[str, Any]:
        """The engine's block of `GET /queue`, JSON of the store in it left as it is."""
        return queue_block(open_engine(), read=orjson.Fragment)

    return run_server(host=host, port=port, queue=read_queue)
