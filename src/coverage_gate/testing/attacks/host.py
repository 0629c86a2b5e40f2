"""Attacks on the host, its secrets and its resources, from where tests run."""

from __future__ import annotations

from coverage_gate.testing.attacks.host_attack import THROUGH, HostAttack
from coverage_gate.testing.attacks.host_reach import REACH
from coverage_gate.testing.attacks.host_resources import RESOURCES

#: All of them. The bounds of the world are those of `world.BOUNDS`.
HOST_ATTACKS: tuple[HostAttack, ...] = (*REACH, *RESOURCES)

__all__ = ["HOST_ATTACKS", "THROUGH", "HostAttack"]
