"""Stored measurements are read once by a process, and only from the bytes that are there."""

from __future__ import annotations

import pytest

from coverage_gate.adapters.stores import sql_records
from coverage_gate.adapters.stores.codec import encode
from coverage_gate.adapters.stores.sql_records import readable
from coverage_gate.testing.values import covered, measurement

GOOD = measurement(covered(1, 2))
IDENTITY = GOOD.provenance.identity


def test_the_same_bytes_are_read_once() -> None:
    payload = encode(GOOD)
    first = readable(payload, IDENTITY)
    assert first == GOOD
    assert readable(bytes(bytearray(payload)), IDENTITY) is first


def test_other_bytes_are_read_anew() -> None:
    payload = encode(GOOD)
    assert readable(payload, IDENTITY) is not None
    # The digest that the payload itself names is that of what was read.
    assert readable(payload[:-1] + bytes([payload[-1] ^ 1]), IDENTITY) is None


def test_bytes_of_another_identity_are_none_also_when_they_are_known() -> None:
    payload = encode(GOOD)
    assert readable(payload, IDENTITY) is not None
    assert readable(payload, "another") is None


def test_what_is_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = encode(GOOD)
    monkeypatch.setattr(sql_records, "_KEPT_BYTES", len(payload) - 1)
    first, second = (readable(payload, IDENTITY) for _ in range(2))
    assert first == second == GOOD
    assert first is not second
