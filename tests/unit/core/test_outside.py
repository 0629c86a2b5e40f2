"""What leaves the process, told from names and imports."""

from __future__ import annotations

import ast

import pytest

from coverage_gate.core.outside import names_of, outside_of

HEAD = """\
import subprocess as sp, os, time
from time import sleep
from datetime import datetime
from socket import socket as plug
"""


@pytest.mark.parametrize(
    ("code", "name", "what", "replaced"),
    [
        ("sp.run(['x'])", "sp.run", "starts a process", "sp.run"),
        ("sp.Popen('x')", "sp.Popen", "starts a process", "sp.Popen"),
        ("os.system('x')", "os.system", "starts a process", "os.system"),
        ("sleep(1)", "sleep", "waits", "sleep"),
        ("time.monotonic()", "time.monotonic", "reads the clock", "time.monotonic"),
        ("datetime.now()", "datetime.now", "reads the clock", "datetime.now"),
        ("plug()", "plug", "goes over the network", "plug"),
        ("import signal; signal.alarm(1)", "signal.alarm", "has to do with signals", None),
        ("os.environ['x']", "os.environ", "reads the environment", ""),
        ("open('x')", "open", "touches files", ""),
        ("place.read_text()", ".read_text", "touches files", ""),
        ("input()", "input", "asks the terminal", "input"),
        ("import random; random.choice([1])", "random.choice", "is left to chance", None),
        ("import threading; threading.Thread()", "threading.Thread", "starts a thread", None),
    ],
)
def test_what_leaves_the_process_is_recognised(
    code: str, name: str, what: str, replaced: str | None
) -> None:
    tree = ast.parse(HEAD + code)
    (found,) = outside_of(tree.body, names_of(tree))
    assert (found.name, found.what) == (name, what)
    assert found.replaced == (name if replaced is None else replaced)
    assert found.instead


@pytest.mark.parametrize(
    "code",
    ["sp.PIPE", "sp.CalledProcessError", "os.path.join('a')", "time.struct_time", "openly('x')"],
)
def test_what_stays_within_is_not_told(code: str) -> None:
    tree = ast.parse(HEAD + code)
    assert outside_of(tree.body, names_of(tree)) == ()


def test_each_thing_is_told_once_and_without_what_is_in_blocks() -> None:
    tree = ast.parse(HEAD + "sleep(1)\nsleep(2)\nif sleep(3):\n    os.getenv('x')\n")
    found = outside_of(tree.body, names_of(tree))
    assert [(each.line, each.name) for each in found] == [(5, "sleep")]
