"""Puts the bytecode of source files beside them in an export: each blob is compiled once, ever.

An export lies in a new folder each time, so that without this the tests' process compiles all that
it imports, and pytest rewrites all test modules, in every run. Nothing of it is taken from a
process in which code of a tree ran. See ADR 0048.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice, takewhile
from pathlib import Path

from coverage_gate.adapters.git.writer import MTIME_NS
from coverage_gate.adapters.measure.bytecode import NO_BYTECODE, Bytecode, Order, make
from coverage_gate.adapters.measure.isolated import scripts_digest
from coverage_gate.adapters.measure.isolated.precompile import is_transformer
from coverage_gate.core.scope import serves_the_project
from coverage_gate.core.times import days_before
from coverage_gate.measuring.bench import Plan
from coverage_gate.ports import Clock, Progress, Store, StoreError

#: After so many days it is made anew, whether or not it is still asked for.
KEPT_DAYS = 90
#: What pytest rewrites by itself; of other names it rewrites what it is told to, as ever.
REWRITTEN = ("conftest.py", "test_*.py", "*_test.py")
#: With this option of pytest rewritten tests are other ones, under the same name.
PASS_HOOK = "enable_assertion_pass_hook"  # noqa: S105 - the name of an option
#: Where it may stand, in whatever folder.
CONFIGURATIONS = frozenset(
    {
        *("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"),
        *("pyproject.toml", "tox.ini", "setup.cfg"),
    }
)
#: Where modules lie that belong to no package.
_ROOTS = ("", "src", "lib")
_AT_ONCE = 1_000
#: To load pytest costs as much as it costs to rewrite so many files.
_WORTH_IT = 20
_CACHE = "__pycache__"
_PLAIN, _REWRITTEN = "bp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precompiler:
    """Makes and keeps the bytecode of one repository's files.

    Attributes:
        repository: Its name.
        store: Keeps what was made.
        clock: Says when.
        progress: Hears of what cannot be used.
        timeout_s: Wall time of one process; none is begun later than that.
    """

    repository: str
    store: Store
    clock: Clock
    progress: Progress
    timeout_s: float

    def fill(self, plan: Plan, root: Path, blobs: Mapping[str, str]) -> None:
        """Write bytecode into an export in which nothing ran. What is missing is compiled later.

        Args:
            plan: Interpreter and command.
            root: The export.
            blobs: Path → blob id of its files.
        """
        written: dict[str, Path] = {}
        try:
            for some in self._in_time(_chunks(wanted(plan, root, blobs))):
                found = self._found(plan, root, some)
                made = {path: each for path, each in found.items() if each.tail}
                written |= {path: write(root, path, each) for path, each in made.items()}
                if any(each.is_transformer for each in made.values()):
                    _remove(written)
                    return
            # What has no bytecode was not looked into: above all few tests, and their conftest.
            others = [path for path in blobs if path.endswith(".py") and path not in written]
            if written and any(is_transformer((root / path).read_bytes()) for path in others):
                _remove(written)
        except (OSError, StoreError) as error:
            self.progress.step(f"the tests start without bytecode: {error}")

    def _in_time(self, chunks: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
        """As many as are begun in the time of one process: a branch says how many there are."""
        deadline = self.clock.monotonic() + self.timeout_s
        return takewhile(lambda _: self.clock.monotonic() < deadline, chunks)

    def _found(self, plan: Plan, root: Path, names: Mapping[str, str]) -> dict[str, Bytecode]:
        """The bytecode of each of these paths, out of the store or made now."""
        key, python = key_of(plan), plan.interpreter.path
        kept = self.store.load_facts(self.repository, key, {*names.values()})
        read = {name: unpacked(payload) for name, payload in kept.items()}
        known = {path: each for path, name in names.items() if (each := read.get(name))}
        made = make(python, root, order_of(names, known), timeout_s=self.timeout_s)
        new = {names[path]: packed(each) for path, each in made.items()}
        if new:
            now = self.clock.now_iso()
            since = days_before(now, KEPT_DAYS)
            self.store.keep_facts(self.repository, key, new, at=now, since=since)
        found = {**known, **made}
        nowhere = {path: each for path, each in found.items() if each.needs_place}
        placed = make(python, root, Order(placed=nowhere), timeout_s=self.timeout_s)
        return {path: placed.get(path, NO_BYTECODE) for path in nowhere} | {
            path: each for path, each in found.items() if path not in nowhere
        }


def wanted(plan: Plan, root: Path, blobs: Mapping[str, str]) -> dict[str, str]:
    """Path → name in the store, of what Python or pytest would compile."""
    folders = imported_from(blobs)
    sources = {
        path: blob
        for path, blob in blobs.items()
        if path.endswith(".py") and path.rpartition("/")[0] in folders
    }
    if not plan.command.is_pytest:
        return {path: f"{_PLAIN}:{blob}" for path, blob in sources.items()}
    kinds = {path: _REWRITTEN if is_rewritten(path) else _PLAIN for path in sources}
    if tells_passes(plan, root, blobs):
        sources = {path: blob for path, blob in sources.items() if kinds[path] == _PLAIN}
    return {path: f"{kinds[path]}:{blob}" for path, blob in sources.items()}


def imported_from(paths: Iterable[str]) -> set[str]:
    """The folders whose modules tests import, by their names.

    A suite may list a folder of samples, in which a checkout has no `__pycache__` either.
    """
    found = set(_ROOTS)
    for path in paths:
        folder, _, name = path.rpartition("/")
        if is_rewritten(path) or (name == "__init__.py" and not serves_the_project(path)):
            found.add(folder)
    return found


def is_rewritten(path: str) -> bool:
    """Whether pytest rewrites the assertions of a file of this name by itself."""
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for pattern in REWRITTEN)


def tells_passes(plan: Plan, root: Path, blobs: Mapping[str, str]) -> bool:
    """Whether somebody may want to hear of each assertion that holds."""
    said = [*plan.command.args, *plan.trusted.arguments]
    files = [path for path in blobs if path.rpartition("/")[2] in CONFIGURATIONS]
    return any(PASS_HOOK in word for word in said) or any(
        PASS_HOOK.encode() in (root / path).read_bytes() for path in files
    )


def order_of(names: Mapping[str, str], known: Container[str]) -> Order:
    """What is to be made of these paths, where some are known."""
    missing = [path for path in names if path not in known]
    rewritten = [path for path in missing if names[path].startswith(_REWRITTEN)]
    return Order(
        plain=[path for path in missing if names[path].startswith(_PLAIN)],
        rewritten=rewritten if len(rewritten) >= _WORTH_IT else [],
    )


def key_of(plan: Plan) -> str:
    """All that bytecode depends on, beside the bytes of its source."""
    interpreter = plan.interpreter
    facts = [
        *(scripts_digest(), interpreter.implementation, interpreter.version, MTIME_NS),
        # Its place, too: an environment that somebody spoilt tells nothing for another one.
        *(interpreter.pytest_version, str(interpreter.path)),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def write(root: Path, path: str, made: Bytecode) -> Path:
    """Put it where Python looks for it. Returns where that is. Raises OSError."""
    source = root / path
    folder = source.parent / _CACHE
    folder.mkdir(mode=0o755, exist_ok=True)
    place = folder / f"{source.stem}{made.tail}"
    place.write_bytes(made.content)
    place.chmod(0o644)
    return place


def packed(made: Bytecode) -> bytes:
    """As it is kept."""
    said = [made.tail, made.is_transformer, made.needs_place]
    return zlib.compress(json.dumps(said).encode("ascii") + b"\n" + made.content, 1)


def unpacked(payload: bytes) -> Bytecode | None:
    """What was kept; None where that cannot be read."""
    try:
        said, _, content = zlib.decompress(payload).partition(b"\n")
        tail, is_transformer, needs_place = json.loads(said)
    except (zlib.error, ValueError):
        return None
    return Bytecode(
        tail=tail, content=content, is_transformer=is_transformer, needs_place=needs_place
    )


def _remove(written: Mapping[str, Path]) -> None:
    """Who compiles in a way of its own would be given what Python compiled."""
    for place in written.values():
        place.unlink()


def _chunks(names: Mapping[str, str]) -> Iterator[dict[str, str]]:
    rest = iter(names.items())
    while some := dict(islice(rest, _AT_ONCE)):
        yield some
