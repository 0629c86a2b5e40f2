"""The levels that isolate. Each lets `PlainSandbox` run the same program in a cage."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coverage_gate.adapters.sandbox import inside
from coverage_gate.adapters.sandbox.bounds import Bounds
from coverage_gate.adapters.sandbox.bubblewrap import NAMES, Cell, arguments, shown_of_system
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.ports import Launch, Premises, ProcessResult, SandboxError
from coverage_gate.scratch import private_folder

#: Users that no system gives to anybody; which of them, tells runs apart that run at once.
_FIRST_USER = 2_041_000_000
_USERS = 65_536
_NOBODY = 65_534
_SIGNALLED = 128
_LAST_SIGNAL = 64
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd")


def own_places() -> tuple[Path, ...]:
    """What the gate's own interpreter needs to run `inside`."""
    python = Path(sys.executable).resolve()
    return (Path(inside.__file__).parent.resolve(), Path(sys.base_prefix).resolve(), python)


def _entry(bounds: Bounds, *more: str) -> list[str]:
    """Our interpreter with `inside`. A virtual environment is left: it has nothing for it."""
    python = str(Path(sys.executable).resolve())
    options = [f"processes={bounds.processes}", f"memory={bounds.memory_bytes}"]
    options += [f"linger={bounds.linger_s:g}", *(["closed"] if bounds.is_closed else [])]
    return [python, "-I", "-S", "-B", str(inside.__file__), *options, *more, "--"]


def _told(result: ProcessResult) -> ProcessResult:
    """A cage ends by itself when the program was killed, and tells it as a shell does."""
    status = result.exit_status
    if status is not None and _SIGNALLED < status <= _SIGNALLED + _LAST_SIGNAL:
        return replace(result, exit_status=_SIGNALLED - status)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class BubblewrapSandbox:
    """A file system of its own, namespaces of its own, another user. See `ports.Sandbox`.

    Attributes:
        program: bubblewrap itself.
        bounds: Of the run.
    """

    program: Path
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def name(self) -> str:
        """The name of this level."""
        return "bubblewrap"

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit.

        Raises:
            SandboxError: If the cage or the program cannot be started.
        """
        user = user_for_tests() if os.getuid() == 0 else None
        become = [] if user is None else [f"uid={user}"]
        with private_folder() as names:
            try:
                _write_names(names, user)
                _give(launch.premises.writable, user)
                cage = arguments(self._cell(launch, names, is_root=user is not None))
            except OSError as error:
                raise SandboxError(f"cannot prepare a cage: {error}") from error
            argv = [*cage, *_entry(self.bounds, *become), *launch.argv]
            plain = PlainSandbox(is_cage=True, disk_bytes=self.bounds.disk_bytes)
            return _told(plain.run(replace(launch, argv=argv, cwd=Path("/"))))

    def _cell(self, launch: Launch, names: Path, *, is_root: bool) -> Cell:
        """What the program sees: its premises, and what our own part of the cage needs."""
        asked = launch.premises
        readable = (*asked.readable, *self.bounds.readable, *own_places())
        return Cell(
            program=self.program,
            premises=replace(asked, readable=readable),
            names=names,
            cwd=launch.cwd,
            room=self.bounds.disk_bytes,
            is_root=is_root,
            is_closed=self.bounds.is_closed,
            is_frozen=self.bounds.is_frozen,
        )


def user_for_tests(*, mapped: Path = Path("/proc/self/uid_map")) -> int:
    """The user that root becomes for a run: one that nobody is, where there are so many."""
    wanted = _FIRST_USER + os.getpid() % _USERS
    ranges = [[int(word) for word in line.split()] for line in mapped.read_text().splitlines()]
    is_known = any(first <= wanted < first + count for first, _, count in ranges)
    return wanted if is_known else _NOBODY


def _write_names(folder: Path, user: int | None) -> None:
    """The host's users and groups, and the one that is made for the run."""
    for name in NAMES:
        text = Path("/etc", name).read_text("utf-8", "surrogateescape")
        if user is not None:
            own = "tests:x:{0}:{0}::/:/bin/sh" if name == "passwd" else "tests:x:{0}:"
            text += own.format(user) + "\n"
        (folder / name).write_text(text, "utf-8", "surrogateescape")


def _give(folders: Sequence[Path], user: int | None) -> None:
    if user is None:
        return
    for folder in folders:
        os.chown(folder, user, user)
        for place, inner, files in os.walk(folder):
            for name in (*inner, *files):
                os.chown(f"{place}/{name}", user, user, follow_symlinks=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSandbox:
    """What the kernel alone gives, without a program like bubblewrap. See `ports.Sandbox`.

    Attributes:
        name: The name of the level.
        bounds: Of the run.
        has_spaces: Whether it has namespaces of its own.
        has_landlock: Whether Landlock closes what is not among the premises.
    """

    name: str
    bounds: Bounds = field(default_factory=Bounds)
    has_spaces: bool = False
    has_landlock: bool = False

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit.

        Raises:
            SandboxError: If the cage or the program cannot be started.
        """
        premises = launch.premises
        options = [*self._spaces(premises), *self._landlock(premises, launch.cwd)]
        plain = PlainSandbox(
            is_cage=True,
            linger_s=self.bounds.linger_s,
            disk_bytes=self.bounds.disk_bytes,
        )
        argv = [*_entry(self.bounds, *options), *launch.argv]
        return _told(plain.run(replace(launch, argv=argv)))

    def _spaces(self, premises: Premises) -> list[str]:
        if not self.has_spaces:
            return []
        fresh = [f"fresh={folder}" for folder in premises.emptied]
        return ["spaces", f"disk={self.bounds.disk_bytes}", *fresh]

    def _landlock(self, premises: Premises, cwd: Path) -> list[str]:
        if not self.has_landlock:
            return []
        places = (place for place, _ in premises.stand_ins)
        reads = [*shown_of_system(), "/proc", "/dev", *own_places(), *self.bounds.readable]
        reads += [cwd, *premises.readable, *places]
        frozen = cwd if self.bounds.is_frozen else None
        writes = [*(f"/dev/{name}" for name in _DEVICES), "/proc/self"]
        writes += [str(folder) for folder in premises.writable if folder != frozen]
        return [*(f"reads={place}" for place in reads), *(f"writes={place}" for place in writes)]
