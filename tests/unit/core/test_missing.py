"""What a suite misses in a cage, read out of what pytest printed."""

from __future__ import annotations

import pytest

from coverage_gate.core.measurement import TestOutcome
from coverage_gate.core.missing import Missing, Ran, advice_for, explained

OUTPUT = """\
============================= test session starts ==============================
FF.E
=================================== ERRORS =====================================
___________________ ERROR at setup of TestCart.test_service ____________________
E       ConnectionRefusedError: [Errno 111] Connection refused
=================================== FAILURES ===================================
___________________________________ test_web ___________________________________

    def test_web():
>       urlopen("http://example.com")
E       During handling of the above:
E       OSError: [Errno 101] Network is unreachable
___________________________________ test_sum ___________________________________
E       assert 3 == 4
=========================== short test summary info ============================
FAILED tests/test_a.py::test_web
"""
FAILED, ERROR, PASSED = TestOutcome.FAILED, TestOutcome.ERROR, TestOutcome.PASSED


def test_what_the_cage_breaks_comes_first_with_its_setting() -> None:
    ends = {
        "tests/test_a.py::test_sum": FAILED,
        "tests/test_a.py::test_web": FAILED,
        "tests/test_a.py::test_ok": PASSED,
        "tests/test_a.py::TestCart::test_service": ERROR,
        "tests/test_a.py::test_silent": FAILED,
    }
    outside = {**ends, "tests/test_a.py::test_web": PASSED}
    found = explained(Ran(ends=ends, output=OUTPUT), Ran(ends=outside))
    assert [(each.test.rpartition("::")[2], each.passes_outside, each.said) for each in found] == [
        ("test_web", True, "OSError: [Errno 101] Network is unreachable"),
        ("test_sum", False, "assert 3 == 4"),
        ("test_service", False, "ConnectionRefusedError: [Errno 111] Connection refused"),
        ("test_silent", False, ""),
    ]
    assert "ORCH_SANDBOX_NETWORK=true" in found[0].advice
    assert found[1].advice == found[3].advice == ""
    assert "services of the host" in found[2].advice


def test_a_suite_that_cannot_start_is_told_as_one() -> None:
    inside = Ran(
        failure="pytest broke down", output="E   OSError: [Errno 28] No space left on device"
    )
    assert explained(inside, Ran()) == (
        Missing(
            test="",
            passes_outside=True,
            said="OSError: [Errno 28] No space left on device",
            advice="it writes more than it may: allow more (ORCH_SANDBOX_DISK_MB)",
        ),
    )
    (silent,) = explained(Ran(failure="pytest broke down"), Ran(failure="it did as well"))
    assert (silent.passes_outside, silent.said, silent.advice) == (False, "pytest broke down", "")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "_NETWORK=true"),
        ("MemoryError", "ORCH_SANDBOX_MEMORY_MB"),
        ("RuntimeError: can't start new thread", "ORCH_SANDBOX_PROCESSES"),
        ("fatal: not a git repository (or any of the parent directories): .git", "tmp_path"),
        ("OSError: [Errno 30] Read-only file system: '/usr/x'", "/usr/x is read-only"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/srv/data/a.csv'",
            "ORCH_SANDBOX_READABLE=/srv/data/a.csv",
        ),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'node'", "file node inside"),
        ("/bin/sh: 1: redis-cli: not found", "file redis-cli inside"),
        ("KeyError: 'API_URL'", "ORCH_COVERAGE_ENV_ALLOW=API_URL"),
        ("PermissionError: [Errno 13] Permission denied: '/srv/key'", "/srv/key is closed"),
        ("PermissionError: [Errno 1] Operation not permitted", "ORCH_SANDBOX=plain"),
    ],
)
def test_each_lack_has_its_setting(text: str, part: str) -> None:
    assert part in advice_for(text)


def test_nothing_is_advised_for_what_the_test_itself_says() -> None:
    assert advice_for("assert 1 == 2") == ""


def test_a_line_without_end_costs_no_time() -> None:
    assert (
        explained(Ran(ends={"a::b": FAILED}, output="___ " + " _" * 500_000), Ran())[0].said == ""
    )
