"""What each part of the store in memory reads and writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from coverage_gate.ports import StoreError
from coverage_gate.testing.memory.rows import Rows


@dataclass(slots=True, kw_only=True)
class MemoryPart:
    """Forgets everything with the process. Safe to use from many threads.

    Attributes:
        rows: What is kept, for tests to look at.
        is_over: Whether it was the store of a transaction that has ended.
    """

    rows: Rows = field(default_factory=Rows)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _writes: bool = False
    _inner: bool = False
    is_over: bool = False

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """See `ports.Store.transaction`."""
        if self.is_over:
            raise StoreError("the transaction is over: write through the store")
        if self._inner:
            yield self
            return
        with self._lock:
            if self._writes:
                raise StoreError("a transaction is open: write through what it gave")
            block = type(self)(rows=self.rows.copy(), _inner=True)
            self._writes = True
            try:
                yield block
                self.rows = block.rows
            finally:
                self._writes, block.is_over = False, True

    @contextmanager
    def _change(self) -> Iterator[Rows]:
        with self.transaction() as block:
            yield block.rows
