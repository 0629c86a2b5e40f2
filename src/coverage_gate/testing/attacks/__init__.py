"""Attacks on the gate as data: a small project, branches against it, and their honest twins."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family, Files, Link, Submodule
from coverage_gate.testing.attacks.channel import CHANNEL
from coverage_gate.testing.attacks.configuration import CONFIGURATION
from coverage_gate.testing.attacks.dilution import DILUTION
from coverage_gate.testing.attacks.gitside import GIT
from coverage_gate.testing.attacks.hiding import HIDING
from coverage_gate.testing.attacks.hooks import HOOKS
from coverage_gate.testing.attacks.project import BASE
from coverage_gate.testing.attacks.unseen import UNSEEN
from coverage_gate.testing.attacks.vanishing import VANISHING

#: All that are held, by family.
ATTACKS: tuple[Attack, ...] = (
    *HIDING,
    *UNSEEN,
    *CONFIGURATION,
    *HOOKS,
    *VANISHING,
    *DILUTION,
    *CHANNEL,
    *GIT,
)

__all__ = ["ATTACKS", "BASE", "Attack", "Family", "Files", "Link", "Submodule"]
