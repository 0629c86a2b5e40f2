"""The plan of a measurement as one digest: the same digest is the same measurement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from coverage_gate.adapters.measure.base_config import config_digest
from coverage_gate.core.cage import Cage
from coverage_gate.measuring.bench import Plan

#: Raised whenever the same inputs are measured or counted in another way.
MEASURING_VERSION = 7


def identity_of(
    plan: Plan, *, env: Mapping[str, str], cage: Cage, content: str | None = None
) -> str:
    """The digest of all that decides the numbers; empty for a folder without a commit.

    Args:
        plan: What is planned.
        env: All that the run inherits.
        cage: What holds it.
        content: What stands for the tree; None: its id.
    """
    if plan.source.tree is None:
        return ""
    interpreter = plan.interpreter
    # The whole digest: a branch could grind two trees to the same short one.
    facts = {
        "version": MEASURING_VERSION,
        "tree": content or plan.source.tree,
        "config": config_digest(plan.config),
        "scope": [*plan.scope.folders, *plan.scope.packages],
        "interpreter": interpreter.fingerprint,
        "editable": [str(root) for root in interpreter.editable_roots],
        "coverage": interpreter.coverage_version,
        "core": plan.core,
        "command": str(plan.command),
        "environment": dict(env),
        "sandbox": [cage.level, *cage.closed],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
