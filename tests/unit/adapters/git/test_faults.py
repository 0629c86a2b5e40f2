"""Faults of git in our words."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from coverage_gate.adapters.git.faults import (
    content_fault,
    fault_of,
    shown,
    timed_out,
    unwritable,
)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"fatal: not a git repository: '/x'", "not-a-repository"),
        (b"fatal: bad object 1234", "object-missing"),
        (b"error: Could not read 1234", "object-missing"),
        (b"fatal: unable to read 1234", "object-missing"),
        (b"fatal: could not fetch 1 from promisor remote", "object-missing"),
        (b"usage: git merge-tree <base> <a> <b>", "git-too-old"),
        (b"error: unknown option `write-tree'", "git-too-old"),
        (b"fatal: write error: No space left on device", "no-space"),
        (b"fatal: bad config line 1 in file .git/config", "bad-git-config"),
        (
            b"fatal: unknown error occurred while reading the configuration files",
            "bad-git-config",
        ),
        (b"something else", "git-failed"),
        (b"", "git-failed"),
    ],
)
def test_git_s_words_lead_to_a_code_and_to_what_to_do(said: bytes, code: str) -> None:
    fault = fault_of(["merge-tree"], 128, said)
    assert fault.code == code
    assert str(fault).startswith("git merge-tree ended with status 128")
    assert not fault.branch_fault


def test_a_git_that_did_not_start_has_its_own_code() -> None:
    assert fault_of(["x"], None, b"Resource temporarily unavailable").code == "git-not-started"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain ü", "plain ü"),
        ("two\r\nlines\tand  more", "two lines and more"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u202eb\udcff", "a\\u202eb\\udcff"),
        ("'\x00\"", "'\\x00\""),
    ],
)
def test_text_from_outside_is_shown_on_one_harmless_line(text: str, line: str) -> None:
    assert shown(text) == line


def test_long_text_is_cut() -> None:
    assert len(shown("x" * 10_000)) < 500


@pytest.mark.parametrize(
    ("number", "code", "is_branch_fault"),
    [
        (errno.ENOSPC, "no-space", False),
        (errno.EDQUOT, "no-space", False),
        (errno.EACCES, "export-failed", False),
        (errno.EILSEQ, "export-failed", True),
        (errno.ENAMETOOLONG, "export-failed", True),
    ],
)
def test_a_file_that_cannot_be_written_tells_whose_fault_it_is(
    number: int, code: str, is_branch_fault: bool
) -> None:
    fault = unwritable(Path("/out"), OSError(number, "said the system"))
    assert (fault.code, fault.branch_fault) == (code, is_branch_fault)
    assert "said the system" in str(fault)


def test_after_a_control_only_what_content_can_cause_is_blamed_on_it() -> None:
    faults = [timed_out(["x"], 1), fault_of(["x"], -11, b""), fault_of(["x"], None, b"")]
    assert [content_fault(fault).branch_fault for fault in faults] == [True, True, False]
