"""What leaves the process when code runs, and what a test puts in its place.

Told from names alone: what a module calls `subprocess` is taken for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from coverage_gate.core.flow import own_parts
from coverage_gate.core.syntax import dotted_name, imported_names

_PROCESS = "starts a process", "a function that returns what the program would answer"
_NET = "goes over the network", "a fake that answers, or a server on 127.0.0.1"
_CLOCK = "reads the clock", "a function that returns a fixed time"
_SLEEP = "waits", "a function that notes the seconds and returns"
_SIGNAL = "has to do with signals", "a function that notes its arguments"
_ENVIRONMENT = "reads the environment", "monkeypatch.setenv or delenv"
ARGUMENTS = "reads the arguments", "monkeypatch.setattr"
STDIN = "reads what is typed", "an io.StringIO"
_FILES = "touches files", "a path below tmp_path"
_CHANCE = "is left to chance", "a function that returns a fixed value"
_INPUT = "asks the terminal", "a function that returns the answer"
_THREAD = "starts a thread", "a class that runs its target at once"

#: Dotted names, and beginnings of them with a dot at the end → what it is, and what to use.
_KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("subprocess.", "os.system", "os.popen", "os.fork", "os.execv", "os.execvp"),
                *("os.posix_spawn", "asyncio.create_subprocess_exec", "multiprocessing."),
                *("asyncio.create_subprocess_shell", "pty."),
            ),
            _PROCESS,
        ),
        **dict.fromkeys(
            (
                *("socket.", "urllib.request.", "http.client.", "requests.", "httpx.", "smtplib."),
                *("httpx2.", "aiohttp.", "ftplib.", "asyncio.open_connection", "ssl.", "urllib3."),
                *("paramiko.", "asyncio.start_server", "socketserver.", "http.server."),
            ),
            _NET,
        ),
        **dict.fromkeys(
            (
                *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter"),
                *("time.localtime", "time.gmtime", "datetime.datetime.now"),
                *("datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
            ),
            _CLOCK,
        ),
        **dict.fromkeys(("time.sleep", "asyncio.sleep", "select.", "selectors."), _SLEEP),
        **dict.fromkeys(("signal.", "os.kill", "os.killpg"), _SIGNAL),
        **dict.fromkeys(("os.environ", "os.getenv", "os.putenv"), _ENVIRONMENT),
        "sys.argv": ARGUMENTS,
        "sys.stdin": STDIN,
        **dict.fromkeys(
            (
                *("open", "io.open", "os.open", "os.remove", "os.unlink", "os.rename", "shutil."),
                *("os.replace", "os.mkdir", "os.makedirs", "os.listdir", "os.scandir", "os.walk"),
                *("tempfile.", "glob.", "sqlite3.connect", "os.rmdir", "os.stat", "os.chdir"),
                *("pathlib.Path.cwd", "pathlib.Path.home", "os.getcwd"),
            ),
            _FILES,
        ),
        **dict.fromkeys(("random.", "secrets.", "uuid.uuid1", "uuid.uuid4", "os.urandom"), _CHANCE),
        **dict.fromkeys(("input", "getpass."), _INPUT),
        **dict.fromkeys(("threading.Thread", "concurrent.futures.", "threading.Timer"), _THREAD),
    }
)
#: Set by their own tool and not by replacing a name.
_OWN_TOOL = frozenset({_ENVIRONMENT, _FILES, ARGUMENTS, STDIN})
#: Methods that only paths have.
_PATH_METHODS = frozenset(
    {"read_text", "write_text", "read_bytes", "write_bytes", "iterdir", "rglob", "unlink", "rmdir"}
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Outside:
    """Something that leaves the process.

    Attributes:
        line: Where.
        name: As it is written there: "subprocess.run", "run".
        what: "starts a process".
        instead: What a test uses instead.
        replaced: What `monkeypatch.setattr` is given, relative to the module: "subprocess.run";
            empty where there is a better tool.
    """

    line: int
    name: str
    what: str
    instead: str
    replaced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the names of a module mean.

    Attributes:
        imported: Name → dotted name of what it was imported from.
    """

    imported: Mapping[str, str]

    def full(self, name: str) -> str:
        """A name as it is known everywhere: "sp.run" → "subprocess.run"."""
        first, dot, rest = name.partition(".")
        return self.imported.get(first, first) + dot + rest


def names_of(tree: ast.Module) -> Names:
    """Read all imports of a module, also those within functions."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= imported_names(node)
    return Names(imported=imported)


def outside_of(statements: Iterable[ast.AST], names: Names) -> tuple[Outside, ...]:
    """What of some statements, without the blocks in them, leaves the process; each thing once."""
    found: dict[str, Outside] = {}
    for statement in statements:
        for part in own_parts(statement):
            for each in _outside_in(part, names):
                found.setdefault(each.name, each)
    return tuple(sorted(found.values()))


def _outside_in(part: ast.AST, names: Names) -> Iterator[Outside]:
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            written = dotted_name(node)
            kind = _kind(names.full(written)) if written else None
            if kind is not None:
                replaced = "" if kind in _OWN_TOOL else written
                yield Outside(
                    line=node.lineno,
                    name=written,
                    what=kind[0],
                    instead=kind[1],
                    replaced=replaced,
                )
            elif isinstance(node, ast.Attribute) and node.attr in _PATH_METHODS:
                what, instead = _FILES
                yield Outside(line=node.lineno, name=f".{node.attr}", what=what, instead=instead)


def _kind(full: str) -> tuple[str, str] | None:
    if full in _KINDS:
        return _KINDS[full]
    if full.startswith("sys.stdin."):
        return STDIN
    # Constants and exceptions of such a module do nothing: a call has a name in small letters.
    last = full.rpartition(".")[2]
    if not last[:1].islower() and last not in {"Popen", "Thread", "Session", "Client"}:
        return None
    cuts = (cut for cut, char in enumerate(full) if char == ".")
    return next((_KINDS[full[: cut + 1]] for cut in cuts if full[: cut + 1] in _KINDS), None)
