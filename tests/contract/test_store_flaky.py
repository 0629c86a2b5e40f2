"""What every store promises of flaky lines."""

from dataclasses import replace

import pytest
from tests.contract.store_calls import AT, LATER

from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.places import Unit
from coverage_gate.ports import Store, StoreError

LINE = FlakyLine(tree="tree", unit=Unit(path="src/a.py", line=3), blob="blob")
BRANCH = replace(LINE, unit=Unit(path="src/a.py", line=3, target=-1))
ODD = replace(LINE, tree="other", unit=Unit(path="src/\udcff \n.py", line=1 << 40))


def test_flaky_lines_come_back_as_they_were(store: Store) -> None:
    store.note_flaky("repo", [LINE, ODD, BRANCH], AT)
    assert store.flaky_lines("repo", since=AT) == (ODD, BRANCH, LINE)
    assert store.flaky_lines("another", since="") == ()


def test_no_line_changes_nothing(store: Store) -> None:
    store.note_flaky("repo", [], AT)
    assert store.flaky_lines("repo", since="") == ()


def test_a_line_expires_unless_it_is_seen_again(store: Store) -> None:
    store.note_flaky("repo", [LINE, BRANCH], AT)
    store.note_flaky("repo", [LINE], LATER)
    assert store.flaky_lines("repo", since=LATER) == (LINE,)
    assert store.flaky_lines("repo", since=AT) == (BRANCH, LINE)


def test_a_repository_must_have_a_name_that_can_be_stored(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store.note_flaky("\ud800", [LINE], AT)
