"""Hooks in a real pre-commit, and the hook of a coding agent with the events that it gets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.shop import BRANCHES, Shop, Told

from coverage_gate.testing.repositories import RepositoryBuilder

ROOT = Path(__file__).parents[2]
Tell = Callable[..., Told]
Event = Callable[..., Told]


@pytest.fixture
def low(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A floor that the shop holds."""
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    shop.git.git("update-index", "-q", "--refresh")
    return shop


def write(shop: Shop, branch: str) -> None:
    shop.git.write({path: text for path, text in BRANCHES[branch].items() if text is not None})


# pre-commit


def hooks() -> list[dict[str, Any]]:
    """Those that this repository offers, run by what is installed."""
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return [{**hook, "language": "system"} for hook in offered]


@pytest.fixture
def hooked(low: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop after `pre-commit install`."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(low.top / "pre-commit"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    local = {"repos": [{"repo": "local", "hooks": hooks()}]}
    low.git.write({".pre-commit-config.yaml": yaml.safe_dump(local)})
    low.git.git("add", ".pre-commit-config.yaml")
    kinds = ("--hook-type", "pre-commit", "--hook-type", "pre-push")
    done = in_shop(low, sys.executable, "-m", "pre_commit", "install", *kinds)
    assert done.returncode == 0, done.stdout + done.stderr
    assert commit(low).returncode == 0
    low.git.git("update-ref", "refs/heads/base", "HEAD")
    return low


def in_shop(shop: Shop, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=shop.path, capture_output=True, text=True, check=False)


def commit(shop: Shop, *words: str) -> subprocess.CompletedProcess[str]:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
    return in_shop(shop, "git", *who, "commit", "-qm", "change", *words)


def test_pre_commit_refuses_and_passes_what_the_gate_does(hooked: Shop) -> None:
    write(hooked, "docs")
    hooked.git.git("add", "-A")
    docs = commit(hooked)
    assert (docs.returncode, "nothing to judge" in docs.stderr) == (0, True), docs.stderr
    # pre-commit hands deletions to nobody.
    hooked.git.git("rm", "-q", "tests/test_price.py")
    deleted = commit(hooked)
    assert (deleted.returncode, "FAIL" in deleted.stderr) == (1, True), deleted.stderr
    hooked.git.git("reset", "-q", "--hard")
    # Staged without tests; beside it the files have them, which does not help.
    write(hooked, "feature/untested")
    hooked.git.git("add", "-A")
    (hooked.path / "src/shop/invoice.py").write_text("# nothing\n")
    refused = commit(hooked)
    assert refused.returncode == 1
    assert "src/shop/invoice.py" in refused.stderr + refused.stdout
    assert (hooked.path / "src/shop/invoice.py").read_text() == "# nothing\n"
    # Staged with tests; what lies beside it is nobody's business.
    hooked.git.git("reset", "-q", "--hard")
    write(hooked, "feature/tested")
    hooked.git.git("add", "-A")
    write(hooked, "feature/untested")
    passed = commit(hooked)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "src/shop/coupon.py" in hooked.git.git("show", "--name-only", "HEAD")


def test_a_push_is_judged_as_the_branch(hooked: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "base")
    bare = RepositoryBuilder.create(hooked.top / "remote.git", bare=True).path
    write(hooked, "feature/untested")
    hooked.git.git("add", "-A")
    commit(hooked, "--no-verify")
    pushed = in_shop(hooked, "git", "push", "-q", str(bare), "HEAD:refs/heads/x")
    assert pushed.returncode == 1
    assert "FAIL" in pushed.stdout + pushed.stderr


# A coding agent


@pytest.fixture
def event(low: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Hands an event to the hook."""

    def handed(name: str, **facts: object) -> Told:
        told = {"session_id": "s", "transcript_path": "t", "cwd": str(low.path)}
        return given(json.dumps({**told, "hook_event_name": name, **facts}).encode())

    def given(content: bytes) -> Told:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return tell("agent-hook")

    return handed


def test_an_agent_that_stops_too_early_gets_the_order_and_goes_on_once(
    low: Shop, event: Event
) -> None:
    write(low, "feature/untested")
    blocked = event("Stop", stop_hook_active=False)
    assert (blocked.status, blocked.out) == (2, "")
    assert blocked.err.startswith("# Work order: `main` may not land in `main` yet\n")
    assert "src/shop/invoice.py" in blocked.err
    assert len(blocked.err) < 4_000
    assert event("Stop", stop_hook_active=True) == Told(status=0, out="", err="")


def test_an_edit_of_source_is_judged_and_nothing_else(low: Shop, event: Event) -> None:
    write(low, "feature/untested")
    edit = {
        "tool_name": "Write",
        "tool_input": {"file_path": str(low.path / "src/shop/invoice.py")},
    }
    assert event("PostToolUse", **edit).status == 2
    assert event("PostToolUse", tool_name="Write", tool_input={"file_path": "a.md"}).status == 0
    assert event("PostToolUse", tool_name="Bash", tool_input="ls").status == 0
    assert event("PreToolUse", **edit).status == 0


def test_honest_work_may_stop(low: Shop, event: Event) -> None:
    write(low, "docs")
    assert event("SubagentStop") == Told(status=0, out="", err="")


def test_where_there_is_nothing_to_judge_an_agent_may_stop(event: Event, tmp_path: Path) -> None:
    assert event("Stop", cwd=str(tmp_path)).status == 0
    assert event("Stop", cwd=str(tmp_path / "nowhere")).status == 0


def test_a_fault_of_the_gate_is_a_notice(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "nowhere")
    assert event("Stop").status == 1
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "many")
    told = event("Stop")
    assert (told.status, "ORCH_COVERAGE_MIN_PERCENT" in told.err) == (1, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"hook_event_name": 1}'])
def test_what_is_no_event_is_a_notice(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    told = tell("agent-hook")
    assert told.status == 1
    assert "no event of a hook on stdin" in told.err
