"""The repository as a weapon, and names."""

from coverage_gate.testing.attacks.attack import Attack

GIT: tuple[Attack, ...] = ()
