from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from coverage_gate.clock import SystemClock
from coverage_gate.ports import Clock


def test_the_system_clock_fits_the_port() -> None:
    clock: Clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


def test_now_is_iso_8601_in_utc_to_the_second() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", SystemClock().now_iso())


def test_a_named_boot_counts_from_that_boot(tmp_path: Path) -> None:
    boot_id_file = tmp_path / "boot_id"
    boot_id_file.write_text("5e4f\n")
    clock = SystemClock(boot_id_file=boot_id_file)
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    assert clock.boot_id() == "5e4f"
    assert before <= clock.now_ms() < before + 60_000


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_without_a_named_boot_the_wall_clock_counts(tmp_path: Path, content: bytes | None) -> None:
    boot_id_file = tmp_path / "boot_id"
    if content is not None:
        boot_id_file.write_bytes(content)
    clock = SystemClock(boot_id_file=boot_id_file)
    assert clock.boot_id() == "wall"
    assert clock.now_ms() > 1_700_000_000_000
