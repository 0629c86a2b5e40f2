"""Programs in cages: what the levels do beyond what a probe asks."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import caged
from coverage_gate.adapters.sandbox.bounds import Bounds
from coverage_gate.adapters.sandbox.caged import BubblewrapSandbox, KernelSandbox, user_for_tests
from coverage_gate.ports import (
    Launch,
    Premises,
    ProcessResult,
    RunLimits,
    Sandbox,
    SandboxError,
)

BWRAP = Path("/usr/bin/bwrap")
BOUNDS = Bounds(processes=64, linger_s=0.1, disk_bytes=16 * 1024 * 1024)


def run(
    sandbox: Sandbox, code: str, folder: Path, *, emptied: tuple[Path, ...] = ()
) -> ProcessResult:
    """Run Python code in a cage that may write the folder."""
    return sandbox.run(
        Launch(
            argv=[sys.executable, "-I", "-S", "-u", "-c", code],
            cwd=folder,
            env={"LANG": "C.UTF-8"},
            premises=Premises(
                writable=(folder,),
                readable=(Path(sys.executable), Path(sys.prefix), Path(sys.base_prefix)),
                emptied=emptied,
            ),
            limits=RunLimits(timeout_s=30),
        )
    )


@pytest.fixture
def room(tmp_path: Path) -> Path:
    room = tmp_path.resolve() / "room"
    (room / "tmp").mkdir(parents=True)
    return room


INSIDE = """
import errno, os, pathlib, pwd, sys
print(os.getuid() == os.stat('.').st_uid, pwd.getpwuid(os.getuid()).pw_name != '')
pathlib.Path('left').write_text('here')
try:
    with open('tmp/big', 'wb') as file:
        for _ in range(64): file.write(bytes(1024 * 1024))
except OSError as error:
    print(errno.errorcode[error.errno])
print(sorted(os.listdir('/proc/self/fd')))
sys.exit(7)
"""


@pytest.mark.parametrize(
    "sandbox",
    [
        BubblewrapSandbox(program=BWRAP, bounds=BOUNDS),
        KernelSandbox(name="unshare", bounds=BOUNDS, has_spaces=True),
    ],
    ids=["bubblewrap", "unshare"],
)
def test_a_program_has_a_name_room_of_bounded_size_and_leaves_what_it_should(
    sandbox: Sandbox, room: Path
) -> None:
    result = run(sandbox, INSIDE, room, emptied=(room / "tmp",))
    assert result.output.decode().splitlines() == [
        "True True",
        "ENOSPC",
        "['0', '1', '2', '3']",
    ]
    assert result.exit_status == 7
    assert (room / "left").read_text() == "here"
    assert list((room / "tmp").iterdir()) == []


def test_a_program_that_a_signal_ended_is_told_as_such(room: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    result = run(BubblewrapSandbox(program=BWRAP, bounds=BOUNDS), code, room)
    assert result.exit_status == -signal.SIGKILL


def test_a_frozen_tree_cannot_be_written(room: Path) -> None:
    sandbox = BubblewrapSandbox(program=BWRAP, bounds=replace(BOUNDS, is_frozen=True))
    result = run(sandbox, "open('new', 'w')", room)
    assert b"Read-only file system" in result.output
    assert result.exit_status == 1


def test_a_cage_whose_program_is_missing_is_an_error(room: Path) -> None:
    with pytest.raises(SandboxError, match="cannot start /nowhere/bwrap"):
        run(BubblewrapSandbox(program=Path("/nowhere/bwrap")), "", room)


def test_a_cage_that_cannot_be_prepared_is_an_error(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(caged, "_write_names", fail)
    with pytest.raises(SandboxError, match="cannot prepare a cage: no room"):
        run(BubblewrapSandbox(program=BWRAP), "", room)


def test_a_cage_that_fails_says_what_it_printed(room: Path) -> None:
    with pytest.raises(SandboxError, match="Can't find source path /nowhere"):
        BubblewrapSandbox(program=BWRAP).run(
            Launch(
                argv=["/bin/true"],
                cwd=room,
                env={},
                premises=Premises(writable=(room,), stand_ins=((room / "tmp", Path("/nowhere")),)),
                limits=RunLimits(timeout_s=20),
            )
        )


def test_root_becomes_a_user_that_nobody_is(tmp_path: Path) -> None:
    maps = tmp_path / "uid_map"
    maps.write_text("0 0 4294967295\n")
    assert user_for_tests(mapped=maps) == 2_041_000_000 + os.getpid() % 65_536
    maps.write_text("0 1000 1\n1 100000 65536\n")
    assert user_for_tests(mapped=maps) == 65_534


def test_only_root_gives_anything_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(os, "chown", lambda *facts, **_: given.append(facts))
    names = tmp_path / "names"
    names.mkdir()
    caged._write_names(names, None)
    caged._give([tmp_path], None)
    assert given == []
    assert (names / "passwd").read_text() == Path("/etc/passwd").read_text()
    caged._write_names(names, 4711)
    caged._give([tmp_path], 4711)
    assert "tests:x:4711:4711:" in (names / "passwd").read_text()
    assert (str(names), 4711, 4711) in given


def test_landlock_leaves_open_what_the_premises_name(tmp_path: Path) -> None:
    held = KernelSandbox(name="landlock", bounds=BOUNDS, has_landlock=True)
    premises = Premises(writable=(tmp_path,), readable=(Path("/opt/x"),))
    frozen = replace(held, bounds=replace(BOUNDS, is_frozen=True))
    assert f"writes={tmp_path}" in held._landlock(premises, tmp_path)
    assert f"writes={tmp_path}" not in frozen._landlock(premises, tmp_path)
    assert "reads=/opt/x" in held._landlock(premises, tmp_path)
