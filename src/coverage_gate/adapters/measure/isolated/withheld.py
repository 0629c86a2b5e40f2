"""What the configuration keeps from being counted: what would count if nothing were excluded."""

from __future__ import annotations

import ast
from typing import Any

from coverage_gate.adapters.measure.isolated.answer import Facts
from coverage_gate.adapters.measure.isolated.comments import without_comments
from coverage_gate.adapters.measure.isolated.failures import expected_errors
from coverage_gate.adapters.measure.isolated.harmless import harmless_lines
from coverage_gate.adapters.measure.isolated.parsing import (
    branches_of,
    multiline_map,
    parsed,
    partial_regex,
    unexcluded,
)


def withheld_facts(config: Any, parser: Any, tree: ast.Module, facts: Facts) -> Facts:  # noqa: ANN401 - see check_regexes
    """What would count if nothing were excluded, and what of that a comment excludes."""
    if not facts["excluded"] and not facts.get("unbranched"):
        return {}
    source, full = parser.text, parser.filename
    whole, by_code = unexcluded(parser), _by_code(source, full, config.exclude_list)
    withheld: set[int] = whole.statements - parser.statements
    told: Facts = {
        "withheld": sorted(withheld),
        "harmless": sorted(_harmless(tree, by_code) & withheld & by_code.excluded),
        "commented": sorted(withheld - by_code.excluded),
    }
    if not config.branch:
        return told
    counted: Any = facts["branches"]
    unbranched: Any = facts["unbranched"]
    by_pattern = by_code.lines_matching(partial_regex(config))
    return told | {
        "withheld_branches": sorted({*branches_of(whole)}.difference(counted)),
        "excused": sorted({*unbranched} - by_pattern),
    }


def _harmless(tree: ast.Module, by_code: Any) -> set[int]:  # noqa: ANN401 - see check_regexes
    matched = by_code.lines_matching(by_code.exclude) if by_code.exclude else set()
    return harmless_lines(tree, multiline_map(by_code), matched)


def _by_code(source: str, full: str, exclude: list[str]) -> Any:  # noqa: ANN401 - see check_regexes
    """The parser as it excludes where it sees no comment; nothing, where that is no Python."""
    try:
        return parsed(without_comments(source), full, exclude)
    except expected_errors():
        return parsed(source, full, [])
