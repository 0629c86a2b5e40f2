"""coverage.py's own parser, and what it tells in the versions that it has."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Mapping
from copy import copy
from typing import Any

from coverage_gate.adapters.measure.isolated.failures import CannotAnalyseError

Arc = tuple[int, int]


def check_regexes(config: Any) -> None:  # noqa: ANN401 - coverage.py's own object, of any version
    """coverage.py checks them one by one, but uses them joined, which a global flag forbids."""
    join = importlib.import_module("coverage.misc").join_regex
    for regexes in (config.exclude_list, config.partial_list + config.partial_always_list):
        try:
            re.compile(join(regexes), re.MULTILINE)
        except re.error as error:
            told = f"the configured regular expressions cannot be used together: {error}"
            raise CannotAnalyseError(told) from error


def parsed(source: str, full: str, exclude: list[str]) -> Any:  # noqa: ANN401 - see check_regexes
    """coverage.py's parser, with these exclusions and no others."""
    parser = importlib.import_module("coverage.parser").PythonParser
    made = parser(text=source, filename=full, exclude=_joined(exclude))
    made.parse_source()
    return made


def unexcluded(parser: Any) -> Any:  # noqa: ANN401 - see check_regexes
    """The parser as if it was asked to exclude nothing; it need not parse again for that."""
    whole, texts = copy(parser), parser.raw_docstrings
    whole.excluded = set()
    whole.statements = parser.first_lines(parser.raw_statements - texts) - texts
    return whole


def tree_of(parser: Any) -> ast.Module:  # noqa: ANN401 - see check_regexes
    """What coverage.py has parsed already, until it is asked for arcs; else parsed once more."""
    tree = getattr(parser, "_ast_root", None)
    return tree if isinstance(tree, ast.Module) else ast.parse(parser.text)


def multiline_map(parser: Any) -> Mapping[int, int]:  # noqa: ANN401 - see check_regexes
    """Line → first line of its statement; the attribute had another name before 7.13."""
    name = "multiline_map" if hasattr(parser, "multiline_map") else "_multiline"
    lines: Mapping[int, int] = getattr(parser, name)
    return lines


def branches_of(parser: Any) -> list[Arc]:  # noqa: ANN401 - see check_regexes
    """The branches that count where the parser excludes what it excludes."""
    exits: Mapping[int, int] = parser.exit_counts()
    left_out = parser.excluded
    return sorted(
        (start, end)
        for start, end in parser.arcs()
        if exits.get(start, 0) > 1 and start not in left_out and end not in left_out
    )


def partial_regex(config: Any) -> str:  # noqa: ANN401 - see check_regexes
    """What says that a branch counts as taken."""
    return _joined(config.partial_list + config.partial_always_list)


def _joined(regexes: list[str]) -> str:
    joined: str = importlib.import_module("coverage.misc").join_regex(regexes)
    return joined
