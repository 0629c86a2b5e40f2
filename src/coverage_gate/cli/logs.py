"""Logging of the command line, and only of it: a host that imports us has its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from coverage_gate.boundary import Redactor


@contextmanager
def logging_to_stderr(redact: Redactor) -> Iterator[None]:
    """Write the library's log to stderr within the block, without secrets."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(redact))
    logger = logging.getLogger("coverage_gate")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _formatter(redact: Redactor) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _redacting(redact),
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
        ],
    )


def _redacting(redact: Redactor) -> Processor:
    def process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's own type
        return {
            key: redact(value) if isinstance(value, str) else value for key, value in event.items()
        }

    return process
