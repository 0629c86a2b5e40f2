"""Targets and patterns as they are given on a command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from coverage_gate.core.globs import is_glob
from coverage_gate.core.targets import Target


def read_targets(texts: Sequence[str]) -> tuple[Target, ...]:
    """Texts `GLOB=PERCENT[:branch]`. Raises UsageError."""
    from coverage_gate.settings.values import read_target

    found = []
    for text in texts:
        pattern, _, asked = text.rpartition("=")
        try:
            found.append(read_target(pattern, asked))
        except ValueError as error:
            problem = f"--target {text!r} {error}; it is GLOB=PERCENT or GLOB=PERCENT:branch"
            raise click.UsageError(problem) from None
    return tuple(found)


def read_patterns(texts: Sequence[str]) -> tuple[str, ...]:
    """Patterns of paths. Raises UsageError."""
    for text in texts:
        if not is_glob(text):
            raise click.UsageError(f"--priority {text!r} is no pattern of paths")
    return tuple(texts)
