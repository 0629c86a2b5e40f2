"""Writes the table of attacks into the document: `python -m tests.redteam.refresh`."""

from __future__ import annotations

from pathlib import Path

from coverage_gate.testing.attacks import ATTACKS
from coverage_gate.testing.attacks.table import markdown

PAGE = Path(__file__).parents[2] / "docs" / "redteam.md"
_BELOW = "<!-- made by `python -m tests.redteam.refresh` -->\n\n"


def refreshed(page: str) -> str:
    """The page with the table of today."""
    return page.partition(_BELOW)[0] + _BELOW + markdown(ATTACKS)


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
