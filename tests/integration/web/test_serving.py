"""`coverage-gate serve` and `stage-engine serve` as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from coverage_gate.cli.main import run
from stage_engine import tasks
from stage_engine.engine import open_engine
from stage_engine.values import Task, TaskStatus

Serve = Callable[[str], str]


def asked(address: str) -> Any:  # noqa: ANN401 - JSON
    """What the queue holds."""
    with urlopen(f"{address}/queue", timeout=20) as answer:  # noqa: S310 - our own server
        return json.loads(answer.read())


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server on a free port and answers with its address."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> str:
        server = subprocess.Popen(
            [sys.executable, "-m", program, "serve", "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(server)
        assert server.stderr is not None
        for line in server.stderr:
            if found := re.search(r"listening on (http://\S+)", line):
                return found[1]
        raise AssertionError(f"it ended with {server.wait()}")

    yield start
    for server in started:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
        assert server.stderr is not None
        server.stderr.close()


@pytest.mark.parametrize("program", ["coverage_gate", "stage_engine"])
def test_a_server_answers_until_it_is_asked_to_stop(serve: Serve, program: str) -> None:
    found = asked(serve(program))
    assert found["coverage"]["enabled"] is True
    assert ("tasks" in found) == (program == "stage_engine")


def test_what_changes_is_in_the_next_answer(serve: Serve) -> None:
    address = serve("stage_engine")
    assert asked(address)["tasks"]["created"] == []
    odd = 'a "quoted"\\ \u00fc\u2028\x1b task'
    first, second = (submitted(name) for name in ("ET-1", odd))
    created = asked(address)["tasks"]["created"]
    assert [each["work_item"] for each in created] == ["ET-1", odd]
    shown = {"task_id": second.id, "repo": "shop", "work_item": odd, "branch": "f"}
    assert created[1] == shown | {"status": "active", "reason": ""}
    with open_engine().store.writing() as rows:
        tasks.change(rows, first, status=TaskStatus.DONE)
    found = asked(address)
    assert [each["work_item"] for each in found["tasks"]["created"]] == [odd]
    assert found["done"] == 1


def submitted(name: str) -> Task:
    """A new task of the engine that the settings name."""
    with open_engine().store.writing() as rows:
        return tasks.submit(rows, repo="shop", work_item=name, branch="f")


def test_an_address_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status = run(["serve", "--port", str(taken.getsockname()[1])])
    assert status == 2
    assert "Name another one with --port" in capsys.readouterr().err


def test_a_missing_token_is_told_before_anything_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCH_API_TOKEN")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run(["serve", "--port", str(taken.getsockname()[1])])
    assert "no ORCH_API_TOKEN is set" in capsys.readouterr().err


def test_a_missing_extra_is_told_with_what_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(["serve"]) == 2
    told = capsys.readouterr().err
    assert 'serve needs uvicorn: pip install "coverage-gate[server]"' in told
