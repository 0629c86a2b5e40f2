from __future__ import annotations

import pytest

from coverage_gate.testing.attacks.project import edited, indented


def test_an_edit_replaces() -> None:
    assert edited("a b", "b", "c") == "a c"


def test_an_edit_that_finds_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="nothing to edit: 'x'"):
        edited("a b", "x", "c")


def test_empty_lines_stay_empty() -> None:
    assert indented("a\n\n  b\n") == "    a\n\n      b\n"
