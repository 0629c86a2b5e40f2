from __future__ import annotations

import pytest

from coverage_gate.core.linemap import FileDiff, Hunk
from coverage_gate.core.moves import MAX_REPEATS, code_of, letters_of, moved_runs
from coverage_gate.testing.values import file_diff

LONG = "total = price * count - discount"
BLOCK = "def f(a):\n    b = a + 1\n    return b\n"


def found(*diffs: FileDiff, work: int = 2_000_000) -> set[tuple[str, str, bool]]:
    """Moved lines as (new place, old place, whether they moved)."""
    runs = moved_runs(diffs, work=work)
    return {
        (f"{path}:{run.start + step}", f"{run.path}:{run.other + step}", run.moved)
        for path, each in runs.items()
        for run in each
        for step in range(run.length)
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("  a = 1  ", "a = 1"),
        ("a = 1\r", "a = 1"),
        ("a = 1  # why", "a = 1"),
        ("a = 'b'  # why", "a = 'b'"),
        ("# only a comment", "# only a comment"),
        ("a = '#b'", "a = '#b'"),
        ('a = "it\'s # b"', 'a = "it\'s # b"'),
        ('a = f"{b}" # c', 'a = f"{b}" # c'),
        ("a = '\\'' # b", "a = '\\'' # b"),
        ("", ""),
    ],
)
def test_a_line_is_compared_by_its_code(line: str, code: str) -> None:
    assert code_of(line.encode()) == code.encode()


def test_letters_of_other_alphabets_count() -> None:
    assert letters_of("ab1_ =ü".encode()) == 5


def test_a_block_is_found_in_another_file() -> None:
    assert found(file_diff("a.py", BLOCK, None), file_diff("b.py", None, "x\n" + BLOCK)) == {
        (f"b.py:{line + 1}", f"a.py:{line}", True) for line in (1, 2, 3)
    }


def test_one_line_is_found_when_it_is_long_enough() -> None:
    long = found(file_diff("a.py", LONG, None), file_diff("b.py", None, LONG))
    short = found(
        file_diff("a.py", "return result", None), file_diff("b.py", None, "return result")
    )
    assert (long, short) == ({("b.py:1", "a.py:1", True)}, set())


def test_two_short_lines_in_a_row_are_found_and_blank_ones_do_not_count() -> None:
    two = found(file_diff("a.py", "a\n\nb\n", None), file_diff("b.py", None, "a\n\nb\n"))
    one = found(file_diff("a.py", "a\n\n\n", None), file_diff("b.py", None, "a\n\n\n"))
    assert (len(two), one) == (3, set())


def test_each_removed_line_is_found_once() -> None:
    assert len(found(file_diff("a.py", BLOCK, None), file_diff("b.py", None, BLOCK + BLOCK))) == 3


def test_the_longest_block_wins() -> None:
    old = file_diff("a.py", LONG + "\nx = 1\ny = 2\n", None)
    short, long = file_diff("b.py", None, LONG), file_diff("c.py", None, LONG + "\nx = 1\ny = 2\n")
    assert {new for new, _, _ in found(old, short, long)} == {"c.py:1", "c.py:2", "c.py:3"}


def test_what_is_left_of_a_block_is_found_elsewhere() -> None:
    old = file_diff("a.py", "a\nb\nc\nd\ne\n", None)
    new = [file_diff("b.py", None, "a\nb\nc\n"), file_diff("c.py", None, "b\nc\nd\ne\n")]
    places = {new for new, _, _ in found(old, *new)}
    assert places == {"c.py:1", "c.py:2", "c.py:3", "c.py:4"}


def test_a_part_that_is_still_strong_is_found_after_the_longer_block() -> None:
    old = file_diff("a.py", "a\nb\nc\nd\ne\n", None)
    new = [file_diff("b.py", None, "a\nb\nc\n"), file_diff("c.py", None, "c\nd\ne\nf\n")]
    assert {new for new, _, _ in found(old, *new)} >= {"b.py:1", "b.py:2"}


def test_among_equal_blocks_the_one_of_the_same_file_wins() -> None:
    kept = "k1\nk2\nk3\nk4\n"
    diff = file_diff("b.py", BLOCK + kept, kept + BLOCK)
    assert {old for _, old, _ in found(file_diff("a.py", BLOCK, None), diff)} == {
        "b.py:1",
        "b.py:2",
        "b.py:3",
    }


def test_a_block_does_not_reach_over_the_end_of_a_hunk() -> None:
    old = [file_diff("a.py", "a\n", None), file_diff("b.py", "b\n", None)]
    assert found(*old, file_diff("c.py", None, "a\nb\n")) == set()


def test_lines_that_are_only_indented_anew_are_found_however_short() -> None:
    assert found(file_diff("a.py", "x\n", "if y:\n    x\n")) == {("a.py:2", "a.py:1", True)}


def test_lines_that_lose_their_block_are_found_too() -> None:
    assert found(file_diff("a.py", "if y:\n    x\n", "x\n")) == {("a.py:1", "a.py:2", True)}


def test_another_comment_or_line_end_is_found_and_is_no_move() -> None:
    diff = file_diff("a.py", "x  # a\ny\n", "x  # b\ny \n")
    assert found(diff) == {("a.py:1", "a.py:1", False), ("a.py:2", "a.py:2", False)}


def test_blank_lines_go_along_where_they_stand_alike() -> None:
    diff = file_diff("a.py", "x\n\ny", "if z:\n    x\n \n    y")
    assert {new for new, _, _ in found(diff)} == {"a.py:2", "a.py:3", "a.py:4"}


def test_a_blank_line_that_is_gone_does_not_keep_the_others_from_being_found() -> None:
    diff = file_diff("a.py", "x\n\ny", "if z:\n    x\n    y")
    assert {new for new, _, _ in found(diff)} == {"a.py:2", "a.py:3"}


def test_short_lines_of_a_hunk_that_does_more_are_not_found() -> None:
    assert found(file_diff("a.py", "x\ny\n", "if z:\n    y\nq\n")) == set()


def test_lines_that_occur_often_begin_no_block() -> None:
    often = "\n".join([LONG] * (MAX_REPEATS + 1))
    assert found(file_diff("a.py", often, None), file_diff("b.py", None, often)) == set()


def test_lines_that_occur_often_belong_to_a_block_that_a_rare_one_begins() -> None:
    often = "\n".join([LONG] * (MAX_REPEATS + 1)) + "\nunique\n"
    both = found(file_diff("a.py", often, None), file_diff("b.py", None, often))
    assert len(both) == MAX_REPEATS + 2


def test_a_search_that_takes_too_long_ends() -> None:
    diffs = file_diff("a.py", BLOCK, None), file_diff("b.py", None, BLOCK)
    assert (found(*diffs, work=0), len(found(*diffs, work=30))) == (set(), 3)


def test_a_choice_that_takes_too_long_ends_with_what_it_has() -> None:
    old = file_diff("a.py", BLOCK + "k\n" + BLOCK.replace("f", "g"), None)
    new = file_diff("b.py", None, BLOCK.replace("f", "g") + "q\n" + BLOCK)
    assert len(found(old, new, work=46)) in (2, 3, 4)


def test_hunks_without_texts_hold_no_moves() -> None:
    hunk = Hunk(old_start=1, old_count=3, new_start=1, new_count=0)
    silent = FileDiff(path="a.py", old_path="a.py", old_blob="1", blob="2", hunks=(hunk,))
    assert found(silent, file_diff("b.py", None, BLOCK)) == set()
