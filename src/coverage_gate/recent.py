"""What was found last, kept for as long as the process runs: a host judges branch after branch.

Only what never changes its meaning may be kept: what a git object id stands for, what stored bytes
say. Who asks again gets the same value, so it must be frozen, or be taken for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_ALL: WeakSet[Recent[Any, Any]] = WeakSet()


class Recent(Generic[_Key, _Value]):
    """The values that were asked for last. Safe to use from many threads."""

    def __init__(self, *, most: int) -> None:
        """Keep so many; of more, the one that was not asked for the longest goes."""
        self._most = most
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()
        _ALL.add(self)

    def find(self, key: _Key) -> _Value | None:
        """What is kept under a key; None where nothing is."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: _Key, value: _Value) -> _Value:
        """Keep a value. Returns it."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def recall(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """What is kept under a key, else what is made now. Raises what `make` raises.

        Others do not wait while it is made: where two make the same, the later one is kept.
        """
        found = self.find(key)
        return self.keep(key, make()) if found is None else found

    def forget(self) -> None:
        """Keep nothing of what there was."""
        with self._lock:
            self._kept.clear()


def forget_all() -> None:
    """Start anew, as a process that was started just now: for tests, and to give back memory."""
    for each in list(_ALL):
        each.forget()
