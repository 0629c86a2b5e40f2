"""Tells the static facts of a tree's source files, with coverage.py's own parser.

It is started by `start.py`, before any test runs. It reads the files and imports none of them.

    python -I start.py analyse RC ROOT MEMORY_BYTES CPU_SECONDS < request > answer

The request is one JSON object: `paths` (relative to ROOT) are the files that may be counted, and
`skip` is how many of those in scope the answer leaves out at its beginning. Left out before that
are the paths in `known_counted`, where they are counted, and in `known_aside`, where they are not:
whoever asks knows the facts of their bytes already. The answer is JSON
objects on one line each, so that whoever reads it needs memory for one file only and knows which
file ended the process: a source file can make CPython's compiler overflow the C stack.

    {"schema": 1, "python": "3.11.7", "coverage": "7.17.3", "c_tracer": true,
     "listed": ["src/a.py", "src/b.py"], "eligible": ["src/c.py"], "aside": ["setup.py"]}
    {"path": "src/a.py", "statements": [1, 2], ...}   the listed ones first, then the eligible ...
    {"path": "src/b.py", "error": {"line": 3, "message": "invalid syntax"}}
    {"end": 3}

or, when nothing can be told at all, {"failure": "..."}, with "own" where not even a file of ours
can be analysed, so that no file of the tree is to blame. Listed are the files that coverage.py
counts even when nothing of them ran, eligible those that it counts when something did. Of the files
aside, which are never counted, less is told: their statements, and what they import.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from coverage_gate.adapters.measure.isolated.answer import SCHEMA, Facts, line, write
from coverage_gate.adapters.measure.isolated.bounds import limit, limit_cpu
from coverage_gate.adapters.measure.isolated.counted import counted_paths, is_utf8
from coverage_gate.adapters.measure.isolated.facts import aside_facts_of, facts_of
from coverage_gate.adapters.measure.isolated.failures import (
    OwnFaultError,
    expected_errors,
    line_of,
    message_of,
)
from coverage_gate.adapters.measure.isolated.installed import check_installed
from coverage_gate.adapters.measure.isolated.parsing import check_regexes


def main(argv: list[str], request: IO[str], answer: IO[str]) -> int:
    """Answer one request.

    Args:
        argv: RC, ROOT, MEMORY_BYTES and CPU_SECONDS (for each file); 0 is no limit.
        request: What to analyse.
        answer: Where the facts go.

    Returns:
        Exit status: 0 when the answer is whole.
    """
    rc, root, memory, seconds = argv
    try:
        limit(resource.RLIMIT_CORE, 1)
        limit(resource.RLIMIT_AS, int(memory))
        _load_coverage()
        _answer(json.load(request), rc, os.path.realpath(root), int(seconds), answer)
    except OwnFaultError as error:
        write(answer, line({"failure": str(error), "own": True}))
        return 1
    except expected_errors() as error:
        write(answer, line({"failure": message_of(error)}))
        return 1
    return 0


def _load_coverage() -> None:
    check_installed("coverage", "coverage.py")
    for module in ("coverage", "coverage.exceptions", "coverage.files", "coverage.python"):
        importlib.import_module(module)


def _answer(asked: Mapping[str, Any], rc: str, root: str, seconds: int, answer: IO[str]) -> None:
    session = importlib.import_module("coverage").Coverage(data_file=None, config_file=rc)
    check_regexes(session.config)
    limit_cpu(seconds)
    _check_itself(session.config)
    listed, eligible = counted_paths(session.config, root, asked["paths"])
    counted = {*listed, *eligible}
    aside = [path for path in asked["paths"] if path not in counted and is_utf8(path)]
    write(answer, line(_header(listed, eligible) | {"aside": aside}))
    known, known_aside = ({*asked.get(name, ())} for name in ("known_counted", "known_aside"))
    unknown = [path for path in (*listed, *eligible) if path not in known]
    unknown += [path for path in aside if path not in known_aside]
    paths = unknown[asked["skip"] :]
    for path in paths:
        limit_cpu(seconds)
        facts = partial(facts_of, session.config) if path in counted else aside_facts_of
        write(answer, _answer_for(facts, root, path))
    write(answer, line({"end": len(paths)}))


def _header(listed: list[str], eligible: list[str]) -> Facts:
    return {
        "schema": SCHEMA,
        "python": ".".join(map(str, sys.version_info[:3])),
        "coverage": importlib.import_module("coverage").__version__,
        "c_tracer": importlib.util.find_spec("coverage.tracer") is not None,
        "listed": listed,
        "eligible": eligible,
    }


def _check_itself(config: Any) -> None:  # noqa: ANN401 - see check_regexes
    """A fault of ours would break each file, and look like one of theirs: so try a known one."""
    known = os.path.realpath(Path(__file__).with_name("start.py"))
    faults: tuple[type[Exception], ...] = (*expected_errors(), NameError, ImportError)
    try:
        facts = facts_of(config, known)
    except faults as error:
        raise OwnFaultError(message_of(error)) from error
    if not facts.get("statements") and not facts.get("excluded"):
        raise OwnFaultError(f"nothing is told of {known}")


def _answer_for(facts: Callable[[str], Facts], root: str, path: str) -> str:
    try:
        return line({"path": path, **facts(f"{root}/{path}")})
    except expected_errors() as error:
        cause = error.__cause__ or error
        told = {"line": line_of(cause), "message": message_of(cause)}
        return line({"path": path, "error": told})
