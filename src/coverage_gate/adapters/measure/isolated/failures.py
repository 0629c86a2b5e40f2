"""What goes wrong with a file or with all of them, and how it is told."""

from __future__ import annotations

import sys
import tokenize

from coverage_gate.adapters.measure.isolated.answer import MAX_LINES, MAX_MESSAGE

#: What reading, compiling and looking through hostile source was seen to raise, or may.
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
)


class CannotAnalyseError(RuntimeError):
    """One file, or all of them, cannot be analysed."""


class OwnFaultError(Exception):
    """The analysis itself, or coverage.py, does not work here."""


def expected_errors() -> tuple[type[Exception], ...]:
    """What one file, or the configuration, may raise when it is analysed."""
    exceptions = sys.modules.get("coverage.exceptions")
    theirs = (exceptions.CoverageException,) if exceptions else ()
    return (*SOURCE_ERRORS, tokenize.TokenError, *theirs)


def message_of(error: BaseException) -> str:
    """Type and text, without the places that other files of this machine have."""
    said: object = error
    if isinstance(error, SyntaxError):
        said = error.msg
    elif isinstance(error, OSError):
        said = error.strerror
    text = f"{type(error).__name__}: {said}"
    return text.encode("ascii", "backslashreplace").decode("ascii")[:MAX_MESSAGE]


def line_of(error: BaseException) -> int | None:
    """The line that a SyntaxError has, or a TokenError in its second argument."""
    line = getattr(error, "lineno", None)
    if isinstance(error, tokenize.TokenError):
        line = error.args[1][0]
    return line if isinstance(line, int) and 0 < line <= MAX_LINES else None
