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
from urllib.request import urlopen

import pytest

from coverage_gate.cli.main import run

Serve = Callable[[str], str]


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
    address = serve(program)
    with urlopen(f"{address}/queue", timeout=20) as answer:  # noqa: S310 - our own server
        found = json.loads(answer.read())
    assert found["coverage"]["enabled"] is True
    assert ("tasks" in found) == (program == "stage_engine")


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
