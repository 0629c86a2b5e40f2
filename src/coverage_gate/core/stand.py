"""What of a work tree is judged."""

from __future__ import annotations

from enum import StrEnum


class Stand(StrEnum):
    """A commit, what is staged, or the files as they stand."""

    COMMIT = "commit"
    INDEX = "index"
    FILES = "files"
