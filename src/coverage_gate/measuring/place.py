"""Where one tree is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one tree is measured.

    Attributes:
        folder: Private, empty at first.
        root: The export.
        work: What else the run writes.
        data_file: Where coverage.py writes.
        rc: coverage.py's configuration.
        canary: A file that nothing runs.
    """

    folder: Path
    root: Path
    work: Path
    data_file: Path
    rc: Path
    canary: Path
