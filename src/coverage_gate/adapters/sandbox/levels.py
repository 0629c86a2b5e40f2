"""Which level holds the tests: the one that was asked for, or the best that works on this host."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_gate.adapters.sandbox.bounds import Bounds
from coverage_gate.adapters.sandbox.caged import BubblewrapSandbox, KernelSandbox
from coverage_gate.core.cage import Cage, Level, Need, Way, lacking
from coverage_gate.ports import (
    Launch,
    ProcessResult,
    Sandbox,
    SandboxError,
    WeakSandboxError,
)

if TYPE_CHECKING:
    from coverage_gate.adapters.sandbox.probing import Found

#: Raised whenever a level or its trial changes: what was found before says nothing any more.
_VERSION = 1
_PLACES = "/usr/bin:/usr/local/bin:/bin:/run/current-system/sw/bin"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SETTING = "ORCH_SANDBOX"
_HASTE_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator asks for.

    Attributes:
        level: Which one.
        need: The least that is accepted.
        bounds: Of a run.
        template: The site's own command, see `TemplateSandbox`.
        memory: A folder in which it is remembered what was found; None: nowhere.
    """

    level: Level = Level.AUTO
    need: Need = Need.NONE
    bounds: Bounds = field(default_factory=Bounds)
    template: tuple[str, ...] = ()
    memory: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A level with what it was found to close."""

    sandbox: Sandbox
    cage: Cage


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Stands for a level that does not do: it starts nothing. See `ports.Sandbox`."""

    name: str
    error: SandboxError

    def run(self, launch: Launch) -> ProcessResult:
        """Say why nothing is started, always.

        Raises:
            SandboxError: The reason.
        """
        del launch
        raise self.error


def candidates(wish: Wish) -> list[Sandbox]:
    """The levels that may be meant, the best one first."""
    bounds = wish.bounds
    kernel = {
        Level.LANDLOCK: [
            KernelSandbox(name="landlock", bounds=bounds, has_spaces=True, has_landlock=True),
            KernelSandbox(name="landlock", bounds=bounds, has_landlock=True),
        ],
        Level.UNSHARE: [KernelSandbox(name="unshare", bounds=bounds, has_spaces=True)],
        Level.PLAIN: [KernelSandbox(name="plain", bounds=bounds)],
    }
    bubblewrap = [BubblewrapSandbox(program=program, bounds=bounds) for program in _programs()]
    if wish.level is Level.TEMPLATE:
        from coverage_gate.adapters.sandbox.template import (  # noqa: PLC0415 - few sites have one
            TemplateSandbox,
        )

        return [TemplateSandbox(words=wish.template)]
    if wish.level is Level.BUBBLEWRAP:
        return [*bubblewrap]
    if wish.level is not Level.AUTO:
        return [*kernel[wish.level]]
    return [*bubblewrap, *(each for group in kernel.values() for each in group)]


def _programs() -> Iterator[Path]:
    # Not by PATH: what stands in it is no answer to who may hold foreign code.
    found = shutil.which("bwrap", path=_PLACES)
    if found:
        yield Path(found)


def choose(wish: Wish) -> Chosen:
    """Find the level that was wished for; one that does not do is a `Refusal`."""
    number, cage, remark = _remembered(wish) or _found(wish)
    levels = candidates(wish)
    if number is None or number >= len(levels):
        reason = f"{_SETTING}={wish.level} does not work here: {remark or _missing(wish.level)}"
        error = SandboxError(f"{reason}. `coverage-gate doctor --sandbox` says more")
        return Chosen(sandbox=Refusal(name=str(wish.level), error=error), cage=cage)
    opened = frozenset() if wish.bounds.is_closed else frozenset({Way.NETWORK})
    gaps = lacking(cage, wish.need, opened=opened)
    if gaps:
        error = WeakSandboxError(
            f"ORCH_REQUIRE_SANDBOX={wish.need}, and the level {cage.level} leaves open:"
            f" {', '.join(gaps)}. `coverage-gate doctor --sandbox` says what would close it"
        )
        return Chosen(sandbox=Refusal(name=f"{cage.level}, refused", error=error), cage=cage)
    return Chosen(sandbox=levels[number], cage=cage)


def _missing(level: Level) -> str:
    return "install bubblewrap" if level is Level.BUBBLEWRAP else "nothing is known of it"


def _found(wish: Wish) -> tuple[int | None, Cage, str]:
    best = _tried(replace(wish, memory=None), _key(wish))
    for number, found in enumerate(best):
        if found.is_usable:
            _remember(wish, number, found.cage)
            return number, found.cage, ""
    remarks = "; ".join(f"{found.cage.level}: {found.remark}" for found in best)
    return None, Cage(level=str(wish.level)), remarks


@cache
def _tried(wish: Wish, key: str) -> tuple[Found, ...]:
    """Once in a process, and again for another key: whoever installs a level needs no restart."""
    del key
    return tuple(survey(wish, stop=True))


def survey(wish: Wish, *, stop: bool = False) -> list[Found]:
    """Try the levels, the best one first; all of them, or up to the first that is usable."""
    from coverage_gate.adapters.sandbox.probing import probe  # noqa: PLC0415 - what is remembered needs none

    tried: list[Found] = []
    # What a trial leaves behind is there to be ended, not to be waited for.
    hasty = replace(wish, bounds=replace(wish.bounds, linger_s=_HASTE_S))
    for sandbox in candidates(hasty):
        tried.append(probe(sandbox))
        if stop and tried[-1].is_usable:
            break
    return tried


# What was found, from one run to the next


def _remembered(wish: Wish) -> tuple[int, Cage, str] | None:
    file = _file(wish)
    if file is None or not _is_ours(file.parent):
        return None
    try:
        said = json.loads(file.read_text("ascii"))
        cage = Cage(level=str(said["level"]), closed=tuple(Way(way) for way in said["closed"]))
        return int(said["number"]), cage, ""
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _remember(wish: Wish, number: int, cage: Cage) -> None:
    """Whoever cannot write tries again the next time."""
    file = _file(wish)
    if file is None:
        return
    said = {"number": number, "level": cage.level, "closed": cage.closed}
    new = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_text(json.dumps(said), "ascii")
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _file(wish: Wish) -> Path | None:
    return None if wish.memory is None else wish.memory / f"sandbox-{_key(wish)}.json"


def _key(wish: Wish) -> str:
    """All that may change what is found: this boot, this user, the programs, what is asked."""
    programs = [(str(path), _changed(path)) for path in _programs()]
    boot = _text_of(_BOOT)
    facts = [_VERSION, boot, os.getuid(), os.getgid(), programs, sys.executable, wish.level]
    facts += [repr(wish.bounds), wish.template]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _text_of(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except OSError:
        return ""


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can have written there."""
    try:
        facts = folder.stat()
    except OSError:
        return False
    return facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
