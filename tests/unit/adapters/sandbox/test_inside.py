"""The parts of the script that starts programs in cages; `test_levels` runs it for real."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from coverage_gate.adapters.sandbox import inside


class ReplacedError(Exception):
    """Stands for becoming another program."""


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pipe in the place of the script's own; the script closes the other end.

    The number that the script expects belongs to whoever runs the tests: a worker of theirs is
    told through it what to do.
    """
    told, teller = os.pipe()
    monkeypatch.setattr(inside, "ENTRY", teller)
    yield told
    os.close(told)


def test_options_come_before_the_program() -> None:
    options, program = inside.read_options(["a=1", "a=2=3", "closed", "--", "x", "--", "y"])
    assert options == {"a": ["1", "2=3"], "closed": [""]}
    assert program == ["x", "--", "y"]


def test_limits_are_lowered_and_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    hard = {resource.RLIMIT_NPROC: 50, resource.RLIMIT_DATA: resource.RLIM_INFINITY}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (0, hard[kind]))
    given = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, both: given.update({kind: both}))
    inside.limit({"processes": ["70"], "memory": ["900"]})
    assert given == {resource.RLIMIT_NPROC: (50, 50), resource.RLIMIT_DATA: (900, 900)}


def test_root_becomes_the_user_and_leaves_its_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *facts, name=name: called.append((name, *facts)))
    inside.become({})
    inside.become({"uid": ["7"]})
    assert called == [("setgroups", []), ("setresgid", 7, 7, 7), ("setresuid", 7, 7, 7)]


def closing(monkeypatch: pytest.MonkeyPatch, *options: str) -> list[object]:
    """What the kernel is asked to close."""
    asked: list[object] = []
    kernel = SimpleNamespace(
        enter=lambda **facts: asked.append(("enter", facts)),
        restrict=lambda **facts: asked.append(("restrict", facts)),
        give_up_rights=lambda: asked.append("rights"),
    )
    monkeypatch.setattr(inside, "beside", lambda name: {"kernel": kernel}[name])
    inside.close(inside.read_options([*options, "--"])[0])
    return asked


SPACES = ("enter", {"closed": True, "fresh": ["/t"], "room": 9, "handed": inside.ENTRY})


def test_namespaces_and_landlock_close_together(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("spaces", "disk=9", "fresh=/t", "closed", "reads=/usr", "writes=/w")
    restricted = {"reads": ["/usr"], "writes": ["/w"], "closed": False}
    assert closing(monkeypatch, *options) == [SPACES, ("restrict", restricted)]


def test_landlock_alone_closes_the_network_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    restricted = {"reads": ["/usr"], "writes": (), "closed": True}
    assert closing(monkeypatch, "closed", "reads=/usr") == [("restrict", restricted)]


def test_namespaces_alone_give_up_rights_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert closing(monkeypatch, "spaces", "disk=9", "fresh=/t", "closed") == [SPACES, "rights"]


def test_nothing_is_closed_where_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert closing(monkeypatch) == []


def test_what_lies_beside_the_script_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert inside.beside("kernel").__file__ == str(Path(inside.__file__).with_name("kernel.py"))


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_first_process_stays_until_the_program_ended(
    entry: int, code: str, status: int
) -> None:
    assert inside.stay([sys.executable, "-S", "-c", code], linger_s=0) == status
    assert os.read(entry, 9) == inside.ENTERED


def test_another_ones_end_is_not_the_programs(entry: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = iter([(7, 256), (5, 512)])
    monkeypatch.setattr(inside, "start", lambda _: 5)
    monkeypatch.setattr(os, "waitpid", lambda *_: next(ends))
    monkeypatch.setattr(inside, "linger", lambda _: None)
    assert inside.stay(["x"], linger_s=0) == 2
    assert os.read(entry, 9) == inside.ENTERED


def test_what_is_left_gets_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Iterator[tuple[int, int]] = iter([(0, 0), (4, 0)])

    def wait(*_: int) -> tuple[int, int]:
        try:
            return next(answers)
        except StopIteration:
            raise ChildProcessError from None

    monkeypatch.setattr(os, "waitpid", wait)
    inside.linger(float("inf"))
    inside.linger(0)
    assert list(answers) == []


def test_elsewhere_it_becomes_the_program(entry: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def replaced(*facts: object) -> None:
        raise ReplacedError(facts)

    monkeypatch.setattr(os, "execvp", replaced)
    with pytest.raises(ReplacedError, match="/bin/true"):
        inside.main(["--", "/bin/true"])
    assert os.read(entry, 9) == inside.ENTERED


def test_as_the_first_process_it_leaves_with_the_programs_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def left(status: int) -> None:
        raise ReplacedError(status)

    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(inside, "stay", lambda program, *, linger_s: (program, linger_s))
    with pytest.raises(ReplacedError, match=r"x.*2\.5"):
        inside.main(["linger=2.5", "--", "x"], leave=left)


def test_the_script_becomes_the_program_or_fails(entry: int) -> None:
    script = [sys.executable, str(inside.__file__), "memory=8000000000", "--", "/nowhere/x"]
    shell = ["/bin/sh", "-c", f'exec "$@" 3>/dev/fd/{inside.ENTRY}', "sh", *script]
    done = subprocess.run(shell, capture_output=True, pass_fds=(inside.ENTRY,), check=False)
    os.close(inside.ENTRY)
    assert b"No such file" in done.stderr
    assert os.read(entry, 9) == inside.ENTERED
