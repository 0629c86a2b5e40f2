"""All labelled changes."""

from __future__ import annotations

from tests.integration.labelled import (
    additions,
    branches,
    deletions,
    evidence,
    excluded,
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
    *excluded.CHANGES,
    *evidence.CHANGES,
    *unseen.CHANGES,
)
