"""Compiles source files as Python and pytest compile them, before anything of the tree runs.

It is started by `start.py`. It reads the files, imports none of them and writes none.

    python -I -B start.py precompile ROOT MEMORY_BYTES CPU_SECONDS < request > answer

The request is one JSON object of paths relative to ROOT: `plain` are those that Python imports,
`rewritten` those whose assertions pytest rewrites, and `placed` is path → bytecode (base64) that
was rewritten before and needs to be told its place. The answer is one JSON object a line, in that
order:

    {"path": "src/a.py", "tail": ".cpython-311.pyc", "code": "..."}
    {"path": "tests/test_a.py", "tail": ".cpython-311-pytest-8.4.2.pyc", "code": "...",
     "needs_place": true}
    {"path": "src/b.py", "tail": "", "code": ""}

`tail` is what the name of the bytecode has in the place of `.py`. Both are empty where there is
none: for a file that does not compile, one that warns (a warning comes when a file is compiled, and
would be lost), and one that is large. `"is_transformer": true` is told of a file that says how
other files are compiled, and `"needs_place": true` of bytecode whose code has a place that an older
pytest takes for the true one.
"""

from __future__ import annotations

import ast
import base64
import importlib
import importlib.util
import json
import marshal
import resource
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import IO, Any

from coverage_gate.adapters.measure.isolated.bounds import limit
from coverage_gate.adapters.measure.isolated.failures import SOURCE_ERRORS
from coverage_gate.adapters.measure.isolated.installed import check_installed

#: What a loader defines that compiles in a way of its own.
_OWN_WAY = b"source_to_code"
#: What one defines that changes a source while it is read, and how it becomes a loader.
_OWN_TEXT = (b"def get_data", b"importlib")
#: A larger file is compiled where it is imported, if it is.
MAX_SOURCE = 1_048_576

HEADER_BYTES = 16
_CHECKED_HASH = 3
_MOST = 0xFFFFFFFF
_ERRORS: tuple[type[Exception], ...] = (*SOURCE_ERRORS, EOFError)

#: The end of the name, the content, and whether it needs to be told its place.
Made = tuple[str, bytes, bool]
NOTHING: Made = ("", b"", False)
#: The place of code that has none yet.
NOWHERE = "/nowhere"


def main(argv: list[str], request: IO[str], answer: IO[str]) -> int:
    """Answer one request. Returns the exit status.

    Args:
        argv: ROOT, MEMORY_BYTES and CPU_SECONDS (for all); 0 is no limit.
        request: What to compile.
        answer: Where the bytecode goes.
    """
    root, memory, seconds = argv
    for which, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        limit(which, int(most))
    asked = json.load(request)
    for told in answers(asked, root):
        answer.write(json.dumps(told, separators=(",", ":")) + "\n")
        # Each time: the reader blames the file after the last line when the process dies.
        answer.flush()
    return 0


def answers(asked: Mapping[str, Any], root: str) -> Iterator[dict[str, object]]:
    """One for each path."""
    for path in asked["plain"]:
        yield told(path, root, plain)
    for path in asked["rewritten"]:
        yield told(path, root, rewritten)
    for path, code in asked["placed"].items():
        yield told(path, root, partial(placed, base64.b64decode(code)))


def told(path: str, root: str, make: Callable[[str], Made]) -> dict[str, object]:
    """What is made of one file."""
    full = f"{root}/{path}"
    try:
        tail, code, needs_place = quietly(make, full)
    except _ERRORS:
        tail, code, needs_place = NOTHING
    found: dict[str, object] = {"path": path, "tail": tail}
    if tail and is_transformer(Path(full).read_bytes()):
        found["is_transformer"] = True
    if needs_place:
        found["needs_place"] = True
    return {**found, "code": base64.b64encode(code).decode("ascii")}


def is_transformer(source: bytes) -> bool:
    """Whether a file may say how other files are compiled."""
    return _OWN_WAY in source or all(word in source for word in _OWN_TEXT)


def quietly(make: Callable[[str], Made], full: str) -> Made:
    """What is made; nothing, where that warns or the file is large."""
    if Path(full).stat().st_size > MAX_SOURCE:
        return NOTHING
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        made = make(full)
    return NOTHING if warned else made


def plain(full: str) -> Made:
    """What Python keeps of a module that is imported; it sets the place itself."""
    code = compile(Path(full).read_bytes(), NOWHERE, "exec", dont_inherit=True)
    tail = f".{sys.implementation.cache_tag}.pyc"
    return tail, header_of_time(full) + marshal.dumps(code), False


def rewritten(full: str) -> Made:
    """What pytest keeps of a test module, as its `assertion/rewrite.py` makes it.

    How that begins, and who sets the place, is another thing in each of its versions: so it is
    asked whether it takes what is made.
    """
    module = pytest_rewriting()
    source = Path(full).read_bytes()
    tree = ast.parse(source, filename=full)
    module.rewrite_asserts(tree, source, full)
    code = marshal.dumps(compile(tree, NOWHERE, "exec", dont_inherit=True))
    for header in (header_of_content, header_of_time):
        content = header(full) + code
        taken = taken_for(module, full, content)
        if taken is not None:
            return module.PYC_TAIL, content, taken.co_filename != full
    return NOTHING


def taken_for(module: Any, full: str, content: bytes) -> CodeType | None:  # noqa: ANN401 - see below
    """What pytest takes this bytecode of a file for; None where it would not use it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "made.pyc")
        place.write_bytes(content)
        code: CodeType | None = module._read_pyc(Path(full), place)  # noqa: SLF001 - its own judgement
        return code


def placed(made: bytes, full: str) -> Made:
    """The same bytecode for this place. The caller knows the end of its name."""
    code = moved(marshal.loads(made[HEADER_BYTES:]), full)  # noqa: S302 - the gate kept it
    return "placed", made[:HEADER_BYTES] + marshal.dumps(code), False


def moved(code: CodeType, full: str) -> CodeType:
    """Code with all code in it, as if it came from this file."""
    constants = tuple(
        moved(each, full) if isinstance(each, CodeType) else each for each in code.co_consts
    )
    return code.replace(co_filename=full, co_consts=constants)


def header_of_time(full: str) -> bytes:
    """How bytecode begins that counts as long as the source has this time and size."""
    status = Path(full).stat()
    facts = (0, int(status.st_mtime) & _MOST, status.st_size & _MOST)
    return importlib.util.MAGIC_NUMBER + struct.pack("<LLL", *facts)


def header_of_content(full: str) -> bytes:
    """How bytecode begins that counts as long as the source has this content."""
    digest = importlib.util.source_hash(Path(full).read_bytes())
    return importlib.util.MAGIC_NUMBER + struct.pack("<L", _CHECKED_HASH) + digest


@cache
def pytest_rewriting() -> Any:  # noqa: ANN401 - a module of any version
    """What pytest rewrites with; never one of the tree. Raises CannotAnalyseError without it."""
    check_installed("_pytest", "pytest")
    return importlib.import_module("_pytest.assertion.rewrite")
