"""Bytecode of a tree's source files, made in its own interpreter. See `isolated.precompile`.

It saves time and nothing else: what cannot be made is compiled where it is imported, as ever.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from coverage_gate.adapters.measure.isolated import start

#: Address space and seconds of CPU of the process: what it cannot do with them stays undone.
_MEMORY_BYTES = 4 * 1024**3
_CPU_S = 120
_LINE_BYTES = 64 * 1024**2
_TAIL = re.compile(r"\.[\w.-]{1,80}\.pyc")
_PLACED = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytecode:
    """What Python keeps of one source file.

    Attributes:
        tail: What its name has in the place of `.py`; empty where there is none.
        content: The whole file.
        is_transformer: Whether the source says how other sources are compiled.
        needs_place: Whether its code has no place yet, see `Order.placed`.
    """

    tail: str = ""
    content: bytes = b""
    is_transformer: bool = False
    needs_place: bool = False


NO_BYTECODE = Bytecode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made.

    Attributes:
        plain: Modules that Python imports.
        rewritten: Test modules, whose assertions pytest rewrites.
        placed: Test modules of which there is bytecode without a place.
    """

    plain: Sequence[str] = ()
    rewritten: Sequence[str] = ()
    placed: Mapping[str, Bytecode] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """All of them, in the order of the answers."""
        return [*self.plain, *self.rewritten, *self.placed]


def make(python: Path, root: Path, order: Order, *, timeout_s: float) -> dict[str, Bytecode]:
    """Make bytecode, by path; of a file that ends the process there is none.

    Fewer paths than were asked for are answered where time or memory are over.

    Args:
        python: The repository's interpreter.
        root: The export.
        order: What is wanted.
        timeout_s: Wall time for all.

    Raises:
        OSError: If the interpreter cannot be started.
    """
    if not order.paths:
        return {}
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as answer:
        request.write(_request(order))
        request.seek(0)
        status = _run(_command(python, root), request, answer, timeout_s)
        answer.seek(0)
        found = dict(_answered(answer, order))
    left = [path for path in order.paths if path not in found]
    # Killed by a signal at a file that Python's compiler cannot take: the next time without it.
    return {**found, left[0]: NO_BYTECODE} if left and status < 0 else found


def _command(python: Path, root: Path) -> list[str]:
    isolated = [str(python), "-I", "-B", start.__file__, "precompile"]
    return [*isolated, str(root), str(_MEMORY_BYTES), str(_CPU_S)]


def _request(order: Order) -> bytes:
    placed = {
        path: base64.b64encode(each.content).decode("ascii") for path, each in order.placed.items()
    }
    asked = {"plain": [*order.plain], "rewritten": [*order.rewritten], "placed": placed}
    return json.dumps(asked).encode("ascii")


def _run(command: list[str], request: IO[bytes], answer: IO[bytes], timeout_s: float) -> int:
    """The exit status; 1 where the time was over."""
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter and the script are ours to choose
            command,
            stdin=request,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            timeout=timeout_s,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return 1
    return done.returncode


def _answered(answer: IO[bytes], order: Order) -> Iterator[tuple[str, Bytecode]]:
    """What is answered, as far as it says what was asked for."""
    for path in order.paths:
        line = answer.readline(_LINE_BYTES)
        try:
            told = json.loads(line)
            code = base64.b64decode(told["code"], validate=True)
            told_path, tail = told["path"], told["tail"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if told_path != path or not isinstance(tail, str):
            return
        yield path, _bytecode(tail, code, told, order.placed.get(path))


def _bytecode(
    tail: str, code: bytes, told: Mapping[str, object], before: Bytecode | None
) -> Bytecode:
    if before is not None and tail == _PLACED:
        tail = before.tail
    if not _TAIL.fullmatch(tail):
        return NO_BYTECODE
    is_transformer, needs_place = (
        bool(told.get(name)) for name in ("is_transformer", "needs_place")
    )
    return Bytecode(tail=tail, content=code, is_transformer=is_transformer, needs_place=needs_place)
