"""Which level is chosen, and what each closes on this very host. bubblewrap has to work here."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import levels, probing
from coverage_gate.adapters.sandbox.caged import BubblewrapSandbox, KernelSandbox
from coverage_gate.adapters.sandbox.levels import Wish, candidates, choose, survey
from coverage_gate.adapters.sandbox.probing import Found, probe
from coverage_gate.core.cage import Cage, Level, Need, Way
from coverage_gate.ports import (
    Launch,
    ProcessResult,
    RunLimits,
    Sandbox,
    SandboxError,
    WeakSandboxError,
)

FORKS = frozenset({Way.FORKS}) if os.getuid() == 0 else frozenset()


@pytest.fixture(autouse=True)
def _nothing_is_known() -> None:
    """Each test finds out for itself."""
    levels._tried.cache_clear()


@pytest.fixture(scope="module")
def found() -> list[Found]:
    """All levels, really tried; once."""
    return survey(Wish())


def test_each_level_is_tried_and_holds_programs(found: list[Found]) -> None:
    assert [each.cage.level for each in found] == [
        *("bubblewrap", "landlock", "landlock", "unshare", "plain")
    ]
    assert all(each.is_usable for each in found), found


def test_bubblewrap_closes_every_way(found: list[Found]) -> None:
    assert found[0].cage.open == ()
    assert found[0].remark == ""


def test_landlock_with_namespaces_leaves_root_only_forks(found: list[Found]) -> None:
    assert set(found[1].cage.open) == FORKS


def test_landlock_alone_leaves_datagrams_open_and_breaks_the_loopback(found: list[Found]) -> None:
    assert set(found[2].cage.open) - {Way.SHARED_MEMORY} == {Way.NETWORK} | FORKS
    assert "loopback" in found[2].remark


def test_namespaces_alone_leave_files_open(found: list[Found]) -> None:
    assert set(found[3].cage.open) == {Way.FILES, Way.WRITES} | FORKS


def test_plain_leaves_no_process_behind_and_that_is_all(found: list[Found]) -> None:
    assert Way.LEFTOVERS in found[4].cage.closed
    assert {Way.NETWORK, Way.PROCESSES, Way.SECRETS, Way.FILES} <= set(found[4].cage.open)


def run(sandbox: Sandbox) -> None:
    sandbox.run(Launch(argv=["/bin/true"], cwd=Path("/"), env={}, limits=RunLimits(timeout_s=10)))


def fake(monkeypatch: pytest.MonkeyPatch, *answers: Found) -> list[str]:
    """Answer instead of trying. Returns the names of what would have been tried."""
    tried: list[str] = []
    given = iter(answers)

    def answer(sandbox: Sandbox) -> Found:
        tried.append(sandbox.name)
        return next(given)

    monkeypatch.setattr(probing, "probe", answer)
    return tried


def usable(level: str, *closed: Way) -> Found:
    return Found(cage=Cage(level=level, closed=closed), is_usable=True)


def broken(level: str) -> Found:
    return Found(cage=Cage(level=level), is_usable=False, remark="not permitted")


def test_the_first_one_that_works_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fake(monkeypatch, broken("bubblewrap"), broken("landlock"), usable("landlock"))
    chosen = choose(Wish())
    assert tried == ["bubblewrap", "landlock", "landlock"]
    assert isinstance(chosen.sandbox, KernelSandbox)
    assert (chosen.sandbox.has_landlock, chosen.sandbox.has_spaces) == (True, False)


def test_a_level_that_does_not_work_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, broken("unshare"))
    chosen = choose(Wish(level=Level.UNSHARE))
    with pytest.raises(SandboxError, match="ORCH_SANDBOX=unshare does not work here: unshare: not"):
        run(chosen.sandbox)


def test_bubblewrap_that_is_missing_is_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "_PLACES", "/nowhere")
    assert [each.name for each in candidates(Wish())] == [
        "landlock",
        "landlock",
        "unshare",
        "plain",
    ]
    with pytest.raises(SandboxError, match="install bubblewrap"):
        run(choose(Wish(level=Level.BUBBLEWRAP)).sandbox)


def test_less_than_is_required_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, usable("unshare", *(way for way in Way if way is not Way.FILES)))
    chosen = choose(Wish(level=Level.UNSHARE, need=Need.BUBBLEWRAP))
    assert chosen.sandbox.name == "unshare, refused"
    with pytest.raises(WeakSandboxError, match="leaves open: files"):
        run(chosen.sandbox)


def test_what_is_required_is_by_what_is_closed_and_not_by_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake(monkeypatch, usable("template", *Way))
    wish = Wish(level=Level.TEMPLATE, need=Need.BUBBLEWRAP, template=("box", "{command}"))
    assert choose(wish).sandbox.name == "template"


def test_a_network_that_the_operator_opened_is_not_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, usable("bubblewrap", *(way for way in Way if way is not Way.NETWORK)))
    wish = Wish(level=Level.BUBBLEWRAP, need=Need.BUBBLEWRAP)
    opened = replace(wish, bounds=replace(wish.bounds, is_closed=False))
    assert choose(opened).sandbox.name == "bubblewrap"


def test_what_was_found_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wish = Wish(level=Level.PLAIN, memory=tmp_path / "cache" / "gate")
    fake(monkeypatch, usable("plain", Way.LEFTOVERS))
    first = choose(wish)
    tried = fake(monkeypatch)
    assert choose(wish) == first
    assert tried == []


def test_in_one_process_it_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fake(monkeypatch, usable("plain"))
    assert choose(Wish(level=Level.PLAIN)) == choose(Wish(level=Level.PLAIN))
    assert tried == ["plain"]


def test_a_host_that_tells_nothing_of_itself_has_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "_BOOT", Path("/nowhere"))
    monkeypatch.setattr(levels, "_programs", lambda: [Path("/nowhere/bwrap")])
    assert len(levels._key(Wish())) == 32


@pytest.mark.parametrize("text", ["{", "[]", '{"level": "plain", "closed": ["no way"]}', "\xff"])
def test_what_is_no_memory_is_found_out_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    wish = Wish(level=Level.PLAIN, memory=tmp_path)
    fake(monkeypatch, usable("plain"))
    choose(wish)
    [file] = tmp_path.iterdir()
    levels._tried.cache_clear()
    file.write_text(text, "latin-1")
    tried = fake(monkeypatch, usable("plain"))
    choose(wish)
    assert tried == ["plain"]
    assert json.loads(file.read_text())["level"] == "plain"


def test_a_memory_that_others_can_write_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wish = Wish(level=Level.PLAIN, memory=tmp_path)
    fake(monkeypatch, usable("plain"))
    choose(wish)
    tmp_path.chmod(0o777)
    levels._tried.cache_clear()
    tried = fake(monkeypatch, usable("plain"))
    choose(wish)
    assert tried == ["plain"]


def test_a_memory_that_cannot_be_written_costs_a_trial_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    fake(monkeypatch, usable("plain"))
    chosen = choose(Wish(level=Level.PLAIN, memory=tmp_path / "file"))
    assert chosen.cage.level == "plain"


class Saying:
    """A cage in which a program prints this."""

    name = "saying"

    def __init__(self, output: bytes) -> None:
        self.output = output

    def run(self, _: Launch) -> ProcessResult:
        return ProcessResult(exit_status=1, output=self.output, seconds=0)


@pytest.mark.parametrize("output", [b"", b"Killed", b"{}", b"[]", b'{"loopback": 1, "x": true}'])
def test_what_does_not_answer_is_not_usable(output: bytes) -> None:
    found = probe(Saying(output))
    assert not found.is_usable
    assert found.remark


def test_who_leaves_nothing_and_gets_nowhere_has_all_closed() -> None:
    assert probe(Saying(b'{"loopback": true}')).cage.open == ()


def test_a_cage_that_cannot_be_built_says_why() -> None:
    found = probe(BubblewrapSandbox(program=Path("/bin/false")))
    assert not found.is_usable
    assert "cannot start /bin/false" in found.remark


class Running(KernelSandbox):
    """No cage at all, and what it runs leaves a process behind."""

    def run(self, launch: Launch) -> ProcessResult:
        """Hold the lock that the trial would have taken."""
        spec = json.loads(launch.argv[-1])
        held.append(os.open(spec["lock"], os.O_CREAT | os.O_RDWR))
        fcntl.flock(held[-1], fcntl.LOCK_EX)
        return ProcessResult(exit_status=0, output=b'{"loopback": true}', seconds=0)


held: list[int] = []


def test_what_holds_its_lock_was_left_behind() -> None:
    found = probe(Running(name="running"))
    os.close(held.pop())
    assert found.cage.open == (Way.LEFTOVERS,)
