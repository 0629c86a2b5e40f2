"""A source file that nothing runs, so that a claim about it is forged.

coverage.py is told that its folder belongs to what is measured, and names it in its data with no
line. Whoever adds lines to every file that coverage.py knows adds them here, too. It lies outside
of the tree: a suite that walks its own packages, counts or imports them does not meet it.
"""

from __future__ import annotations

import secrets
from pathlib import Path

_TEXT = """\
def {name}(value):
    if value > {number}:
        return value - {number}
    return value


def {name}_of(values):
    return [{name}(value) for value in values]
"""


def plant(folder: Path) -> Path:
    """Write a canary of a random name into a new folder. Returns its path. Raises OSError."""
    name = f"c{secrets.token_hex(8)}"
    place = folder / secrets.token_hex(8)
    place.mkdir(parents=True)
    canary = place / f"{name}.py"
    canary.write_text(_TEXT.format(name=name, number=secrets.randbelow(1000)), "ascii")
    return canary
