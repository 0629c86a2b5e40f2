from __future__ import annotations

from pathlib import Path

import pytest

from coverage_gate.adapters.git.view import open_view
from coverage_gate.testing.attacks.arena import _Reading
from coverage_gate.testing.attacks.project import edited, indented
from coverage_gate.testing.repositories import RepositoryBuilder


def test_an_edit_replaces() -> None:
    assert edited("a b", "b", "c") == "a c"


def test_an_edit_that_finds_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="nothing to edit: 'x'"):
        edited("a b", "x", "c")


def test_empty_lines_stay_empty() -> None:
    assert indented("a\n\n  b\n") == "    a\n\n      b\n"


def test_a_tree_is_read_once_for_all_policies(tmp_path: Path) -> None:
    builder = RepositoryBuilder.create(tmp_path / "shop")
    commit = builder.commit(files={"a.py": "1\n"})
    reading = _Reading(open_view(builder.path, scratch=tmp_path))
    first = reading.read_file(commit, "a.py")
    assert first == b"1\n"
    assert reading.read_file(commit, "a.py") is first
