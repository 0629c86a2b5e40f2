"""All labelled changes."""

from __future__ import annotations

from tests.integration.labelled import (
    additions,
    branches,
    deletions,
    evidence,
    hidden,
    losses,
    moves,
    refactors,
    unseen,
)

CHANGES = (
    *refactors.CHANGES,
    *moves.CHANGES,
    *additions.CHANGES,
    *losses.CHANGES,
    *deletions.CHANGES,
    *branches.CHANGES,
    *hidden.CHANGES,
    *evidence.CHANGES,
    *unseen.CHANGES,
)
