"""The static facts of one file."""

from __future__ import annotations

import ast
import importlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coverage_gate.adapters.measure.isolated.answer import MAX_LINES, Facts
from coverage_gate.adapters.measure.isolated.arcs import branch_facts
from coverage_gate.adapters.measure.isolated.failures import CannotAnalyseError
from coverage_gate.adapters.measure.isolated.idle import idle_lines
from coverage_gate.adapters.measure.isolated.outline import (
    imports_of,
    nodes_of,
    silent_lines,
    spans_of,
    statement_lines,
    trivial_lines,
)
from coverage_gate.adapters.measure.isolated.packed import lambdas, packed_functions
from coverage_gate.adapters.measure.isolated.parsing import multiline_map, parsed, tree_of
from coverage_gate.adapters.measure.isolated.withheld import withheld_facts


def facts_of(config: Any, full: str) -> Facts:  # noqa: ANN401 - see check_regexes
    """What is told of a file that may be counted: line numbers, sorted, and what spans them.

    Args:
        config: coverage.py's configuration.
        full: Absolute path, without symbolic links.

    Raises:
        CannotAnalyseError: If it is no regular file, or has too many lines.
        Exception: What `expected_errors` says, for a source that Python or coverage.py refuses.
    """
    _check_regular(full)
    source = importlib.import_module("coverage.python").get_python_source(full)
    if source.count("\n") > MAX_LINES:
        raise CannotAnalyseError(f"has more than {MAX_LINES} lines")
    parser = parsed(source, full, config.exclude_list)
    statements, firsts = parser.statements, multiline_map(parser)
    tree = tree_of(parser)
    nodes, telling = nodes_of(tree)
    idle, exits = idle_lines(telling, nodes, firsts)
    facts: Facts = {
        "statements": sorted(statements),
        "excluded": sorted(parser.excluded),
        "runs": _runs(firsts),
        "spans": spans_of(tree),
        "trivial": sorted(trivial_lines(tree, firsts) & statements),
        "imports": imports_of(telling),
        "silent": _ranges(sorted(silent_lines(tree, source))),
        "packed": packed_functions(tree, telling, firsts),
        "lambdas": lambdas(tree, telling, firsts),
        "idle": sorted(idle & statements),
        "idle_exits": sorted(exits & statements),
    }
    if config.branch:
        facts |= branch_facts(config, parser)
    return facts | withheld_facts(config, parser, tree, facts)


def aside_facts_of(full: str) -> Facts:
    """What is told of a file that is never counted. Raises as `facts_of` does."""
    _check_regular(full)
    tree = ast.parse(Path(full).read_bytes())
    return {
        "statements": statement_lines(tree),
        "spans": spans_of(tree),
        "imports": imports_of(ast.walk(tree)),
    }


def _check_regular(full: str) -> None:
    if os.path.realpath(full) != full or not stat.S_ISREG(os.lstat(full).st_mode):
        raise CannotAnalyseError("is no regular file")


def _runs(lines: Mapping[int, int]) -> list[list[int]]:
    """Neighbouring lines with the same target as [first, last, target]; those that differ only."""
    runs: list[list[int]] = []
    for line, target in sorted(lines.items()):
        if line == target:
            continue
        if runs and runs[-1][1:] == [line - 1, target]:
            runs[-1][1] = line
        else:
            runs.append([line, line, target])
    return runs


def _ranges(lines: Iterable[int]) -> list[list[int]]:
    """Rising line numbers as [first, last]."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return ranges
