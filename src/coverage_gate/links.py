"""Symbolic links on the way to a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST = 40


def links_to(path: Path) -> Iterator[Path]:
    """Every symbolic link that is followed to get to an absolute path, in order."""
    rest = list(path.parts)
    at = Path(rest.pop(0))
    for _ in range(_MOST):
        while rest and not (at / rest[0]).is_symlink():
            at = Path(os.path.normpath(at / rest.pop(0)))
        if not rest:
            return
        link = at / rest.pop(0)
        yield link
        target = link.readlink()
        rest = [*target.parts, *rest]
        at = Path(rest.pop(0)) if target.is_absolute() else at
