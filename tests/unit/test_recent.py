"""What a process keeps of what it found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from coverage_gate.recent import Recent, forget_all


def test_what_is_kept_is_made_once() -> None:
    recent: Recent[str, list[int]] = Recent(most=2)
    made = [recent.recall("a", lambda: [1]) for _ in range(2)]
    assert made[0] is made[1]
    assert recent.find("b") is None


def test_who_was_not_asked_for_the_longest_goes() -> None:
    recent: Recent[str, int] = Recent(most=2)
    for key in ("a", "b", "a", "c"):
        recent.recall(key, lambda: 1)
    assert {key: recent.find(key) for key in "abc"} == {"a": 1, "b": None, "c": 1}


def test_what_could_not_be_made_is_asked_for_again() -> None:
    recent: Recent[str, int] = Recent(most=2)

    def broken() -> int:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        recent.recall("a", broken)
    assert recent.recall("a", lambda: 2) == 2


def test_many_threads_keep_no_more_than_there_is_room_for() -> None:
    recent: Recent[int, int] = Recent(most=3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: recent.recall(key % 7, lambda: key % 7), range(2000)))
    assert found == [key % 7 for key in range(2000)]
    assert sum(recent.find(key) is not None for key in range(7)) == 3


def test_all_is_forgotten_at_once() -> None:
    recent: Recent[str, int] = Recent(most=2)
    recent.keep("a", 1)
    forget_all()
    assert recent.find("a") is None
