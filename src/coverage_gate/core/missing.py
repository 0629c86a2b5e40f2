"""What tests that fail in a cage are missing there, read out of what they printed.

The text is pytest's, of foreign tests: it may say anything. It decides nothing but what is advised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from coverage_gate.core.measurement import TestOutcome

_HEAD = re.compile(r"^_{3,} (?:ERROR (?:at \w+ of|collecting) )?(.+?) _{3,}$")
_END = re.compile(r"^={3,} .* ={3,}$")
_SAID = re.compile(r"^E\s+(\S.*)$", re.MULTILINE)
_BAD = frozenset({TestOutcome.FAILED, TestOutcome.ERROR})
_MOST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a suite ended in one place.

    Attributes:
        ends: Test → outcome; empty where it did not get as far.
        output: What it printed.
        failure: Why it could not be run to its end; empty where it was.
    """

    ends: Mapping[str, TestOutcome] = field(default_factory=dict)
    output: str = ""
    failure: str = ""

    @property
    def failing(self) -> tuple[str, ...]:
        """The tests that failed or broke."""
        return tuple(test for test, end in self.ends.items() if end in _BAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A test that fails in the cage.

    Attributes:
        test: Its id; empty where the suite as a whole could not be run.
        passes_outside: Whether it is the cage that makes it fail.
        said: What it printed last about that.
        advice: Which setting gives what it misses; empty where nothing is known.
    """

    test: str
    passes_outside: bool
    said: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clue:
    pattern: re.Pattern[str]
    advice: str


def _clue(pattern: str, advice: str) -> _Clue:
    return _Clue(pattern=re.compile(pattern, re.IGNORECASE), advice=advice)


#: The first one that is found counts; `{0}` is the group of the pattern.
_CLUES = (
    _clue(
        r"network is unreachable|no route to host|name resolution|name or service not known"
        r"|gaierror|nodename nor servname|network is down|getaddrinfo failed",
        "the network is closed: let the test serve itself on loopback, or open the host's network"
        " (ORCH_SANDBOX_NETWORK=true)",
    ),
    _clue(
        r"connection ?refused|cannot connect to|could not connect",
        "services of the host are out of reach: let the test start its own on loopback, or open the"
        " host's network (ORCH_SANDBOX_NETWORK=true)",
    ),
    _clue(
        r"no space left on device|disk quota|left more than \d+ MB on disk",
        "it writes more than it may: allow more (ORCH_SANDBOX_DISK_MB)",
    ),
    _clue(
        r"memoryerror|cannot allocate memory",
        "it asks for more memory than a process may have: allow more (ORCH_SANDBOX_MEMORY_MB)",
    ),
    _clue(
        r"can't start new thread|resource temporarily unavailable",
        "it has more processes and threads than it may: allow more (ORCH_SANDBOX_PROCESSES)",
    ),
    _clue(
        r"not a git repository",
        "the tree has no .git: let the test make a repository of its own in tmp_path",
    ),
    _clue(
        r"read-only file system:? '?([^'\s]+)",
        "{0} is read-only: write below tmp_path or HOME; the tree itself can be written unless"
        " ORCH_SANDBOX_FROZEN is set",
    ),
    _clue(
        r"no such file or directory: '(/[^']+)'",
        "{0} is not shown: if it is a file of the host that the test may read, name it"
        " (ORCH_SANDBOX_READABLE={0})",
    ),
    _clue(
        r"no such file or directory: '([^'/]+)'"
        r"|sh: (?:\d+: )?([\w.-]+): (?:command )?not found",
        "there is no program or file {0} inside: install it where the system's programs are, or"
        " show its folder (ORCH_SANDBOX_READABLE) and have it on PATH",
    ),
    _clue(
        r"keyerror: '([A-Z][A-Z0-9_]+)'",
        "if {0} is a variable of the environment that tests may see, name it"
        " (ORCH_COVERAGE_ENV_ALLOW={0})",
    ),
    _clue(
        r"permission denied: '(/[^']+)'",
        "tests run as a user of their own, to whom {0} is closed: open the file to others, or use"
        " a copy",
    ),
    _clue(
        r"operation not permitted|permissionerror",
        "it asks for rights that the cage takes away, and no setting gives them back: skip it"
        " where it has none, or hold it less (ORCH_SANDBOX=plain)",
    ),
)


def advice_for(text: str) -> str:
    """Which setting gives what is missing; empty where nothing is known."""
    for clue in _CLUES:
        found = clue.pattern.search(text)
        if found:
            named = next((group for group in found.groups() if group), "")
            return clue.advice.format(named)
    return ""


def explained(inside: Ran, outside: Ran) -> tuple[Missing, ...]:
    """The tests that fail inside, those that the cage breaks first."""
    if inside.failure:
        said = f"{inside.failure}\n{inside.output}"
        missing = Missing(
            test="",
            passes_outside=not outside.failure,
            said=_last_word(inside.output) or inside.failure,
            advice=advice_for(said),
        )
        return (missing,)
    sections = dict(_sections(inside.output))
    failing_outside = set(outside.failing)
    found = [
        Missing(
            test=test,
            passes_outside=not outside.failure and test not in failing_outside,
            said=_last_word(text),
            advice=advice_for(text),
        )
        for test in inside.failing
        for text in [sections.get(_title(test), "")]
    ]
    return tuple(sorted(found, key=lambda missing: not missing.passes_outside))


def _last_word(text: str) -> str:
    said = _SAID.findall(text)
    return said[-1][:_MOST_TEXT] if said else ""


def _title(test: str) -> str:
    """As pytest heads its section: without the file, with dots."""
    return ".".join(test.split("::")[1:])


def _sections(output: str) -> Iterator[tuple[str, str]]:
    """Each test that failed, with the text about it."""
    title, lines = "", list[str]()
    for line in [*output.splitlines(), "=== end ==="]:
        head = _HEAD.match(line[:_MOST_TEXT])
        if head or _END.match(line[:_MOST_TEXT]):
            if title:
                yield title, "\n".join(lines)
            title, lines = (head[1] if head else ""), []
        else:
            lines.append(line)
