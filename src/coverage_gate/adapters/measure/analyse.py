"""Tells the static facts of a tree's source files, with coverage.py's own parser.

A script: it runs by its path, isolated (`-I`), in the repository's interpreter, before any test
does, on CPython from 3.10 and coverage.py from 7.6. It reads the files and imports none of them,
and it needs nothing but the standard library, coverage.py and the scripts beside it (`outline.py`,
`harmless.py`).

    python -I analyse.py RC ROOT MEMORY_BYTES CPU_SECONDS < request > answer

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

import ast
import importlib
import importlib.util
import json
import math
import os
import re
import resource
import runpy
import stat
import sys
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import cache, partial
from pathlib import Path
from typing import IO, Any

SCHEMA = 1

#: A file of more lines is told as one that cannot be counted.
MAX_LINES = 1_000_000

#: Longest message about a file, in characters.
MAX_MESSAGE = 300

#: What reading, tokenizing, compiling and analysing hostile source was seen to raise, or may.
SOURCE_ERRORS: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    SystemError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)

Arc = tuple[int, int]
Facts = dict[str, object]

_INSTALLED_IN = ("site-packages", "dist-packages")


class CannotAnalyseError(RuntimeError):
    """One file, or all of them, cannot be analysed."""


class OwnFaultError(Exception):
    """This script, or coverage.py, does not work here."""


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
        _limit(resource.RLIMIT_CORE, 1)
        _limit(resource.RLIMIT_AS, int(memory))
        _load_coverage()
        _answer(json.load(request), rc, os.path.realpath(root), int(seconds), answer)
    except OwnFaultError as error:
        _write(answer, _line({"failure": str(error), "own": True}))
        return 1
    except _errors() as error:
        _write(answer, _line({"failure": _message(error)}))
        return 1
    return 0


def _answer(asked: Mapping[str, Any], rc: str, root: str, seconds: int, answer: IO[str]) -> None:
    session = importlib.import_module("coverage").Coverage(data_file=None, config_file=rc)
    _check_regexes(session.config)
    _limit_cpu(seconds)
    _check_itself(session.config)
    listed, eligible = _scope(session.config, root, asked["paths"])
    counted = {*listed, *eligible}
    aside = [path for path in asked["paths"] if path not in counted and _is_utf8(path)]
    _write(answer, _line(_header(listed, eligible) | {"aside": aside}))
    known, known_aside = ({*asked.get(name, ())} for name in ("known_counted", "known_aside"))
    unknown = [path for path in (*listed, *eligible) if path not in known]
    unknown += [path for path in aside if path not in known_aside]
    paths = unknown[asked["skip"] :]
    for path in paths:
        _limit_cpu(seconds)
        facts = partial(_facts, session.config) if path in counted else _aside_facts
        _write(answer, _answer_for(facts, root, path))
    _write(answer, _line({"end": len(paths)}))


def _header(listed: list[str], eligible: list[str]) -> Facts:
    return {
        "schema": SCHEMA,
        "python": ".".join(map(str, sys.version_info[:3])),
        "coverage": importlib.import_module("coverage").__version__,
        "c_tracer": importlib.util.find_spec("coverage.tracer") is not None,
        "listed": listed,
        "eligible": eligible,
    }


def _line(value: Facts) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _write(answer: IO[str], line: str) -> None:
    answer.write(line)
    # Each time: the reader blames the file after the last line when the process dies.
    answer.flush()


def _message(error: BaseException) -> str:
    """Type and text, without the places that other files of this machine have."""
    said: object = error
    if isinstance(error, SyntaxError):
        said = error.msg
    elif isinstance(error, OSError):
        said = error.strerror
    text = f"{type(error).__name__}: {said}"
    return text.encode("ascii", "backslashreplace").decode("ascii")[:MAX_MESSAGE]


# Limits


def _limit(which: int, value: int) -> None:
    """Lower a soft limit; 0 leaves it."""
    hard = resource.getrlimit(which)[1]
    if value:
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, hard))


def _limit_cpu(seconds: int) -> None:
    """Let the process die of SIGXCPU after some seconds of CPU from now on; 0 leaves it.

    No handler: it would only run when the compiler, which may be what hangs, comes back.
    """
    if seconds:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime) + seconds)


# coverage.py


def _load_coverage() -> None:
    """Make sure that it is the installed one: an editable install must not lead to the branch."""
    spec = importlib.util.find_spec("coverage")
    if spec is None or spec.origin is None:
        raise CannotAnalyseError(f"coverage.py is not installed for {sys.executable}")
    if Path(spec.origin).parent.parent.name not in _INSTALLED_IN:
        raise CannotAnalyseError(f"{spec.origin} is not an installed coverage.py")
    for module in ("coverage", "coverage.exceptions", "coverage.files", "coverage.python"):
        importlib.import_module(module)


def _check_regexes(config: Any) -> None:  # noqa: ANN401 - coverage.py's own object, of any version
    """coverage.py checks them one by one, but uses them joined, which a global flag forbids."""
    join = importlib.import_module("coverage.misc").join_regex
    for regexes in (config.exclude_list, config.partial_list + config.partial_always_list):
        try:
            re.compile(join(regexes), re.MULTILINE)
        except re.error as error:
            told = f"the configured regular expressions cannot be used together: {error}"
            raise CannotAnalyseError(told) from error


def _errors() -> tuple[type[Exception], ...]:
    """What one file, or the configuration, may raise."""
    exceptions = sys.modules.get("coverage.exceptions")
    return (*SOURCE_ERRORS, exceptions.CoverageException) if exceptions else SOURCE_ERRORS


# Scope: which files are counted, by the rules of coverage.py's `inorout.py` and `report_core.py`


def _scope(config: Any, root: str, paths: Iterable[str]) -> tuple[list[str], list[str]]:  # noqa: ANN401 - see _check_regexes
    """The paths that are listed, and those that are only eligible."""
    is_kept, is_traced = _filter(config), _tracer(config, root)
    kept = [path for path in paths if is_kept(f"{root}/{path}")]
    found = set(_importable_files(config))
    listed = [path for path in kept if f"{root}/{path}" in found]
    known = set(listed)
    return listed, [path for path in kept if path not in known and is_traced(path)]


def _filter(config: Any) -> Callable[[str], bool]:  # noqa: ANN401 - see _check_regexes
    """Whether a file is neither omitted nor left out of reports."""
    omitted = _matcher(config.run_omit)
    report_included = _matcher(config.report_include) or _is_utf8
    report_omitted = _matcher(config.report_omit)

    def is_kept(full: str) -> bool:
        if (omitted and omitted(full)) or (report_omitted and report_omitted(full)):
            return False
        return _is_utf8(full) and report_included(full)

    return is_kept


def _is_utf8(full: str) -> bool:
    """coverage.py cannot store another name."""
    return not any("\ud800" <= char <= "\udfff" for char in full)


def _matcher(patterns: Iterable[str] | None) -> Callable[[str], bool] | None:
    if not patterns:
        return None
    files = importlib.import_module("coverage.files")
    match: Callable[[str], bool] = files.GlobMatcher(files.prep_patterns(patterns), "scope").match
    return match


def _sources(config: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 - see _check_regexes
    """Folders, and names of modules."""
    names = list(config.source or ())
    folders = [os.path.realpath(name) for name in names if Path(name).is_dir()]
    return folders, [*(name for name in names if not Path(name).is_dir()), *config.source_pkgs]


def _importable_files(config: Any) -> Iterator[str]:  # noqa: ANN401 - see _check_regexes
    """Those that coverage.py finds in a source folder; without `__init__.py` it does not look."""
    find = importlib.import_module("coverage.files").find_python_files
    for folder in _sources(config)[0]:
        yield from map(os.path.realpath, find(folder, config.include_namespace_packages))


def _tracer(config: Any, root: str) -> Callable[[str], bool]:  # noqa: ANN401 - see _check_regexes
    """Whether coverage.py traces a file when it runs, were it not omitted."""
    folders, packages = _sources(config)
    included = _matcher(config.run_include)

    def is_traced(path: str) -> bool:
        full = f"{root}/{path}"
        if folders or packages:
            is_below = any(full.startswith(folder + "/") for folder in folders)
            return is_below or any(_is_module_of(path, package) for package in packages)
        return included is None or included(full)

    return is_traced


def _is_module_of(path: str, package: str) -> bool:
    """Whether a file can be imported as a package or below it, from whatever folder on."""
    parts = path.rpartition(".")[0].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    names = (".".join(parts[start:]) for start in range(len(parts)))
    return any(f"{name}.".startswith(f"{package}.") for name in names)


# Facts of one file


def _answer_for(facts: Callable[[str], Facts], root: str, path: str) -> str:
    try:
        return _line({"path": path, **facts(f"{root}/{path}")})
    except _errors() as error:
        cause = error.__cause__ or error
        told = {"line": _line_of(cause), "message": _message(cause)}
        return _line({"path": path, "error": told})


def _line_of(error: BaseException) -> int | None:
    """The line that a SyntaxError has, or a TokenError in its second argument."""
    line = getattr(error, "lineno", None)
    if isinstance(error, tokenize.TokenError):
        line = error.args[1][0]
    return line if isinstance(line, int) and 0 < line <= MAX_LINES else None


def _facts(config: Any, full: str) -> Facts:  # noqa: ANN401 - see _check_regexes
    _check_regular(full)
    source = importlib.import_module("coverage.python").get_python_source(full)
    if source.count("\n") > MAX_LINES:
        raise CannotAnalyseError(f"has more than {MAX_LINES} lines")
    parser = _parser(source, full, config.exclude_list)
    statements, firsts = parser.statements, _multiline_map(parser)
    tree, outline, harmless = _tree(parser), _beside("outline"), _beside("harmless")
    nodes, telling = outline["nodes_of"](tree)
    idle, exits = harmless["idle_lines"](telling, nodes, firsts)
    facts: Facts = {
        "statements": sorted(statements),
        "excluded": sorted(parser.excluded),
        "runs": _runs(firsts),
        "spans": outline["spans_of"](tree),
        "trivial": sorted(outline["trivial_lines"](tree, firsts) & statements),
        "imports": outline["imports_of"](telling),
        "silent": _ranges(sorted(outline["silent_lines"](tree, source))),
        "packed": harmless["packed_functions"](tree, telling, firsts),
        "lambdas": harmless["lambdas"](tree, telling, firsts),
        "idle": sorted(idle & statements),
        "idle_exits": sorted(exits & statements),
    }
    if config.branch:
        facts |= _branch_facts(config, parser)
    return facts | _withheld_facts(config, parser, tree, facts)


def _tree(parser: Any) -> ast.Module:  # noqa: ANN401 - see _check_regexes
    """What coverage.py has parsed already, until it is asked for arcs; else parsed once more."""
    tree = getattr(parser, "_ast_root", None)
    return tree if isinstance(tree, ast.Module) else ast.parse(parser.text)


def _check_itself(config: Any) -> None:  # noqa: ANN401 - see _check_regexes
    """A fault of ours would break each file, and look like one of theirs: so try a known one."""
    known = os.path.realpath(Path(__file__).with_name("canary.py"))
    faults: tuple[type[Exception], ...] = (*_errors(), NameError, ImportError)
    try:
        facts = _facts(config, known)
    except faults as error:
        raise OwnFaultError(_message(error)) from error
    if not facts.get("statements") and not facts.get("excluded"):
        raise OwnFaultError(f"nothing is told of {known}")


def _check_regular(full: str) -> None:
    if os.path.realpath(full) != full or not stat.S_ISREG(os.lstat(full).st_mode):
        raise CannotAnalyseError("is no regular file")


def _aside_facts(full: str) -> Facts:
    _check_regular(full)
    tree, outline = ast.parse(Path(full).read_bytes()), _beside("outline")
    return {
        "statements": outline["statement_lines"](tree),
        "spans": outline["spans_of"](tree),
        "imports": outline["imports_of"](ast.walk(tree)),
    }


@cache
def _beside(name: str) -> Mapping[str, Any]:
    """What a module beside this script defines: isolated, Python does not look for it there."""
    return runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))


def _multiline_map(parser: Any) -> Mapping[int, int]:  # noqa: ANN401 - see _check_regexes
    """Line → first line of its statement; the attribute had another name before 7.13."""
    name = "multiline_map" if hasattr(parser, "multiline_map") else "_multiline"
    lines: Mapping[int, int] = getattr(parser, name)
    return lines


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


def _branch_facts(config: Any, parser: Any) -> Facts:  # noqa: ANN401 - see _check_regexes
    arcs: set[Arc] = parser.arcs()
    branches = _branches(parser)
    fixers = getattr(parser, "_with_jump_fixers", {})
    is_old = any(_is_old_fixer(fixer) for fixer in fixers.values())
    jumps = [
        _old_jump(arc, fixers) if is_old else [arc, fixers[arc], [arc]] for arc in sorted(fixers)
    ]
    return {
        "branches": branches,
        "unbranched": sorted(
            {start for start, _ in branches} & parser.lines_matching(_partial(config))
        ),
        "jumps": jumps,
        "jumps_drop_last": is_old,
        "loops": _loops(arcs, {*fixers, *branches}),
    }


def _branches(parser: Any) -> list[Arc]:  # noqa: ANN401 - see _check_regexes
    """The branches that count where the parser excludes what it excludes."""
    exits: Mapping[int, int] = parser.exit_counts()
    left_out = parser.excluded
    return sorted(
        (start, end)
        for start, end in parser.arcs()
        if exits.get(start, 0) > 1 and start not in left_out and end not in left_out
    )


# What the configuration keeps from being counted


def _withheld_facts(config: Any, parser: Any, tree: ast.Module, facts: Facts) -> Facts:  # noqa: ANN401 - see _check_regexes
    """What would count if nothing were excluded, and what of that a comment excludes."""
    if not facts["excluded"] and not facts.get("unbranched"):
        return {}
    source, full = parser.text, parser.filename
    whole, by_code = _unexcluded(parser), _by_code(source, full, config.exclude_list)
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
    by_pattern = by_code.lines_matching(_partial(config))
    return told | {
        "withheld_branches": sorted({*_branches(whole)}.difference(counted)),
        "excused": sorted({*unbranched} - by_pattern),
    }


def _unexcluded(parser: Any) -> Any:  # noqa: ANN401 - see _check_regexes
    """The parser as if it was asked to exclude nothing; it need not parse again for that."""
    whole, texts = copy(parser), parser.raw_docstrings
    whole.excluded = set()
    whole.statements = parser.first_lines(parser.raw_statements - texts) - texts
    return whole


def _harmless(tree: ast.Module, by_code: Any) -> set[int]:  # noqa: ANN401 - see _check_regexes
    matched = by_code.lines_matching(by_code.exclude) if by_code.exclude else set()
    lines: set[int] = _beside("harmless")["harmless_lines"](tree, _multiline_map(by_code), matched)
    return lines


def _by_code(source: str, full: str, exclude: list[str]) -> Any:  # noqa: ANN401 - see _check_regexes
    """The parser as it excludes where it sees no comment; nothing, where that is no Python."""
    try:
        return _parser(_beside("harmless")["without_comments"](source), full, exclude)
    except _errors():
        return _parser(source, full, [])


def _parser(source: str, full: str, exclude: list[str]) -> Any:  # noqa: ANN401 - see _check_regexes
    """coverage.py's parser, with these exclusions and no others."""
    parser = importlib.import_module("coverage.parser").PythonParser
    made = parser(text=source, filename=full, exclude=_joined(exclude))
    made.parse_source()
    return made


def _partial(config: Any) -> str:  # noqa: ANN401 - see _check_regexes
    """What says that a branch counts as taken."""
    return _joined(config.partial_list + config.partial_always_list)


def _joined(regexes: list[str]) -> str:
    joined: str = importlib.import_module("coverage.misc").join_regex(regexes)
    return joined


def _is_old_fixer(fixer: object) -> bool:
    """Whether it has the form of coverage.py before 7.17: a pair of arcs."""
    return isinstance(fixer, tuple) and isinstance(fixer[0], tuple)


def _old_jump(arc: Arc, fixers: Mapping[Arc, tuple[Arc, Arc]]) -> list[object]:
    """What the older `fix_with_jumps` adds and removes for one arc, following a chain of them."""
    start_next, end_next = fixers[arc]
    drops = {arc}
    while start_next in fixers:
        drops.add(start_next)
        start_next, end_next = fixers[start_next]
        drops.add(end_next)
    drops.add(start_next)
    return [arc, (arc[0], end_next[1]), sorted(drops)]


def _loops(arcs: Iterable[Arc], relevant: set[Arc]) -> list[Arc]:
    """For each line with one way on: that arc, where it can make a difference."""
    ways = defaultdict(list)
    for start, end in arcs:
        ways[start].append(end)
    single = ((start, ends[0]) for start, ends in ways.items() if len(ends) == 1)
    return sorted(arc for arc in single if arc in relevant)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin, sys.stdout))
