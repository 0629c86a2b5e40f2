"""Makes the n-th call to the system fail, whichever it is.

What counts as a call: a file that is opened, read or written through the system, made durable,
renamed, a folder that is made; a process that is started; a connection, statement or commit of
SQLite. It is Python's own entry points that are replaced, so nothing but this process notices.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import pathlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import coverage_gate


def _broken_database() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR, "SQLITE_IOERR"
    return error


#: Name → what the call raises. `KeyboardInterrupt` is none: it is a wish of the caller, and passes.
KINDS: dict[str, Callable[[], BaseException]] = {
    "no space": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "not permitted": lambda: PermissionError(errno.EACCES, "Permission denied"),
    "no memory": MemoryError,
    "database": _broken_database,
    "recursion": lambda: RecursionError("maximum recursion depth exceeded"),
    "process": lambda: subprocess.SubprocessError("Exception occurred in preexec_fn."),
}


@dataclass(slots=True, kw_only=True)
class Injector:
    """Counts calls and lets one of them fail.

    Attributes:
        fails_at: Which call; 0: none.
        kind: How, a name of `KINDS`.
        calls: The names of the calls so far.
        sites: Where each was made: the innermost line of ours.
    """

    fails_at: int = 0
    kind: str = "no space"
    calls: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)

    def pass_through(self, name: str) -> None:
        """Note a call; raise when it is its turn."""
        self.calls.append(name)
        self.sites.append(f"{name} {_site()}")
        if len(self.calls) == self.fails_at:
            error = KINDS[self.kind]()
            raise error

    @property
    def has_failed(self) -> bool:
        """Whether its turn came."""
        return 0 < self.fails_at <= len(self.calls)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Stand in front of the system."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, name, label in _PLACES:
                patch.setattr(owner, name, self._wrapped(getattr(owner, name), label))
            patch.setattr(sqlite3, "connect", self._connect)
            yield

    def _wrapped(self, call: Callable[..., Any], label: str) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            # Between fork and exec, `subprocess` cannot clean up behind itself.
            if label == "fork" or sys._getframe(1).f_globals.get("__name__") != "subprocess":
                self.pass_through(label)
            return call(*args, **kwargs)

        return counted

    def _connect(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        self.pass_through("connect")
        injector = self

        class Cursor(sqlite3.Cursor):
            def execute(self, *args: Any) -> Any:  # noqa: ANN401
                injector.pass_through("statement")
                return super().execute(*args)

        class Connection(sqlite3.Connection):
            def cursor(self, *_: Any) -> Any:  # noqa: ANN401
                return super().cursor(Cursor)

            def execute(self, *args: Any) -> Any:  # noqa: ANN401
                injector.pass_through("statement")
                return super().execute(*args)

            def commit(self) -> None:
                injector.pass_through("commit")
                super().commit()

        return _CONNECT(*args, **{**kwargs, "factory": Connection})


def _site() -> str:
    """The innermost line of the gate on the way to here."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


_OURS = str(Path(coverage_gate.__file__).parent)
_CONNECT = sqlite3.connect
_PLACES: tuple[tuple[Any, str, str], ...] = (
    (os, "open", "open"),
    (io, "open", "open"),
    (builtins, "open", "open"),
    (os, "read", "read"),
    (pathlib.Path, "read_bytes", "read"),
    (pathlib.Path, "read_text", "read"),
    (os, "write", "write"),
    (pathlib.Path, "write_text", "write"),
    (pathlib.Path, "write_bytes", "write"),
    (os, "fsync", "fsync"),
    (os, "replace", "rename"),
    (os, "rename", "rename"),
    (os, "mkdir", "mkdir"),
    (os, "pipe", "pipe"),
    (subprocess, "_fork_exec", "fork"),
)
