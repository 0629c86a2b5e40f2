"""Starts the static analysis of a tree's source files in the repository's own interpreter.

coverage.py's parser needs the very Python that runs the tests: statements and branches differ
from one minor version to the next. See `isolated.analyse`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from coverage_gate.adapters.measure.analysis_answer import (
    BadAnswerError,
    Header,
    file_of,
    header_of,
    read_object,
)
from coverage_gate.adapters.measure.isolated import start
from coverage_gate.core.counting import BrokenFile, StaticFile

#: How much of what the process printed on stderr is told.
_STDERR_BYTES = 2_000


class AnalysisError(Exception):
    """The source files could not be analysed; the message says why and what to do next."""


class BrokenAnalystError(AnalysisError):
    """What analyses does not work at all, whatever it is asked: no source file is to blame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisLimits:
    """Bounds of one analysis. What a single file exceeds makes that file unparsable, no more.

    Attributes:
        memory_bytes: Address space of the process. A module of 100,000 lines needs 0.3 GB.
        file_cpu_s: CPU time for one file. A module of 100,000 lines needs 10 s.
        line_bytes: Longest answer for one file. A module of 100,000 lines has 3 MB.
        answer_bytes: All answers together; 10,000 files of 130 lines have 30 MB.
        restarts: How many files may end the process.
    """

    memory_bytes: int = 4 * 1024**3
    file_cpu_s: int = 60
    line_bytes: int = 128 * 1024**2
    answer_bytes: int = 2 * 1024**3
    restarts: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticAnalysis:
    """What is known of a tree's source files before any test runs.

    Attributes:
        python: Version of the interpreter, as in "3.11.7".
        coverage: Version of its coverage.py.
        has_c_tracer: Whether that has its C extension; without it "ctrace" is its slow "pytrace".
        files: In scope, listed ones first, each in the order of the request.
        broken: In scope, but no Python, or too much for the parser.
        aside: Python that is never counted: of these only statements, spans and imports are told.
    """

    python: str
    coverage: str
    has_c_tracer: bool
    files: tuple[StaticFile, ...]
    broken: tuple[BrokenFile, ...]
    aside: tuple[StaticFile, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        """All paths in scope: the ones that claims may be about."""
        known = {file.path for file in self.files}
        return frozenset(known.union(file.path for file in self.broken))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFacts:
    """What was told before of files of the same bytes, configuration and versions, by path.

    Attributes:
        counted: What is told of files in scope; `is_listed` is false in all of them.
        aside: What is told of files that are never counted.
    """

    counted: Mapping[str, StaticFile] = field(default_factory=dict)
    aside: Mapping[str, StaticFile] = field(default_factory=dict)


NOTHING_KNOWN = KnownFacts()
_LIMITS = AnalysisLimits()


def analyse(
    python: Path,
    rc: Path,
    root: Path,
    blobs: Mapping[str, str],
    *,
    timeout_s: float,
    known: KnownFacts = NOTHING_KNOWN,
    limits: AnalysisLimits = _LIMITS,
) -> StaticAnalysis:
    """Analyse the files of an exported tree. No code of the tree is run or imported.

    A file that the parser cannot take, and be it that the interpreter crashes, is told as broken
    and costs no other file its result. The result of a file depends on its bytes, the
    configuration and the versions only, except for `is_listed`.

    Args:
        python: The repository's interpreter.
        rc: The configuration, made by `coverage_rc` for this root.
        root: The export.
        blobs: Path → git blob id of the files that may be counted, see `scope.is_candidate`.
        timeout_s: Wall time for all of it.
        known: What need not be told again.
        limits: Further bounds.

    Raises:
        AnalysisError: If the interpreter or its coverage.py cannot be used, or a limit is reached.
    """
    reading = _Reading(blobs=blobs, known=known, limits=limits)
    command = _command(python, rc, root, limits)
    deadline = time.monotonic() + timeout_s
    for _ in range(limits.restarts + 1):
        status, stderr = _answer(command, reading, deadline)
        if reading.result is not None:
            return reading.result
        if time.monotonic() >= deadline:
            raise AnalysisError(
                f"the static analysis took more than {timeout_s:g} s: allow it more time"
            )
        reading.blame(status, stderr)
    raise AnalysisError(
        f"more than {limits.restarts} source files end the interpreter that analyses them"
    )


def _command(python: Path, rc: Path, root: Path, limits: AnalysisLimits) -> list[str]:
    isolated = [str(python), "-I", "-B", "-W", "ignore", start.__file__, "analyse"]
    return [*isolated, str(rc), str(root), str(limits.memory_bytes), str(limits.file_cpu_s)]


class _Reading:
    """The answers so far, over all processes that it took; `result` is there once all are."""

    def __init__(
        self, *, blobs: Mapping[str, str], known: KnownFacts, limits: AnalysisLimits
    ) -> None:
        self._blobs = blobs
        self._known = known
        self._limits = limits
        self._room = limits.answer_bytes
        self._header: Header | None = None
        self._answered: list[StaticFile | BrokenFile] = []
        self.result: StaticAnalysis | None = None

    def request(self) -> bytes:
        """What is still to be answered."""
        asked = {
            "paths": list(self._blobs),
            "skip": len(self._answered),
            "known_counted": list(self._known.counted),
            "known_aside": list(self._known.aside),
        }
        return json.dumps(asked).encode("ascii")

    def take(self, answer: IO[bytes]) -> None:
        """Read what one process answers. Raises AnalysisError and BadAnswerError."""
        first = self._object(answer)
        if first is None:
            return
        header = self._header = header_of(first, self._blobs)
        listed = frozenset(header.listed)
        for path in self._unknown(header)[len(self._answered) :]:
            told = self._object(answer)
            if told is None:
                return
            self._add(told, path, is_listed=path in listed)
        if self._object(answer) is not None:
            answered = {file.path: file for file in self._answered}
            self.result = assembled(header, answered, self._known)

    def blame(self, status: int, stderr: str) -> None:
        """Count the file that ended the process as broken. Raises AnalysisError without one."""
        left = self._unknown(self._header)[len(self._answered) :] if self._header else ()
        how = f"exit status {status}: {stderr}" if status >= 0 else signal.strsignal(-status)
        if self._header is None or not left:
            raise AnalysisError(f"the static analysis ended: {how}")
        path = left[0]
        self._answered.append(
            BrokenFile(
                path=path,
                blob=self._blobs[path],
                is_listed=path in self._header.listed,
                line=None,
                message=f"ends the interpreter that analyses it: {how}",
            )
        )

    def _unknown(self, header: Header) -> list[str]:
        """The paths that are answered, in the order of the answers."""
        counted = [path for path in header.counted if path not in self._known.counted]
        return counted + [path for path in header.aside if path not in self._known.aside]

    def _add(self, told: dict[str, object], path: str, *, is_listed: bool) -> None:
        blob = self._blobs[path]
        self._answered.append(file_of(told, path=path, blob=blob, is_listed=is_listed))

    def _object(self, answer: IO[bytes]) -> dict[str, object] | None:
        """The next line; None when the process ended within or before it."""
        line = answer.readline(min(self._room, self._limits.line_bytes))
        self._room -= len(line)
        if not line.endswith(b"\n"):
            if self._room <= 0 or len(line) >= self._limits.line_bytes:
                raise AnalysisError("the static analysis answers more than the gate reads")
            return None
        told = read_object(line)
        if told.get("own") is True:
            raise BrokenAnalystError(
                "the gate's own static analysis does not work with this interpreter and its"
                f" coverage.py: {_plain(told.get('failure'))}"
            )
        if "failure" in told:
            raise AnalysisError(f"the source files cannot be analysed: {_plain(told['failure'])}")
        return told


def assembled(
    header: Header, answered: Mapping[str, StaticFile | BrokenFile], known: KnownFacts
) -> StaticAnalysis:
    """What is answered now and what is known, as one. Every path of the header is in one."""
    listed = frozenset(header.listed)
    counted = [
        answered.get(path) or replace(known.counted[path], is_listed=path in listed)
        for path in header.counted
    ]
    aside = [answered.get(path) or known.aside[path] for path in header.aside]
    return StaticAnalysis(
        python=header.python,
        coverage=header.coverage,
        has_c_tracer=header.has_c_tracer,
        files=tuple(file for file in counted if isinstance(file, StaticFile)),
        broken=tuple(file for file in counted if isinstance(file, BrokenFile)),
        aside=tuple(file for file in aside if isinstance(file, StaticFile)),
    )


def _answer(command: list[str], reading: _Reading, deadline: float) -> tuple[int, str]:
    """Run one process. Returns its exit status and the end of its stderr."""
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as stderr:
        request.write(reading.request())
        request.seek(0)
        try:
            with _process(command, request, stderr, deadline) as process:
                reading.take(process.stdout)  # type: ignore[arg-type]  # it is a pipe
        except OSError as error:
            raise AnalysisError(f"{command[0]} cannot be started: {error}") from error
        except BadAnswerError as error:
            raise AnalysisError(f"the static analysis answers nonsense: {error}") from error
        return process.returncode, _tail(stderr)


@contextmanager
def _process(
    command: list[str], request: IO[bytes], stderr: IO[bytes], deadline: float
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone afterwards, and is killed at the deadline."""
    process = subprocess.Popen(  # noqa: S603 - the interpreter and the script are ours to choose
        command,
        stdin=request,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={},
        cwd="/",
        start_new_session=True,
    )
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), process.kill)
    timer.start()
    try:
        with process, ExitStack() as broken_off:
            broken_off.callback(process.kill)
            yield process
            broken_off.pop_all()
    finally:
        timer.cancel()


def _tail(stderr: IO[bytes]) -> str:
    stderr.seek(0, 2)
    stderr.seek(max(0, stderr.tell() - _STDERR_BYTES))
    return _plain(stderr.read().decode("utf-8", "replace"))


def _plain(text: object) -> str:
    """On one line, without what cannot be printed."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
