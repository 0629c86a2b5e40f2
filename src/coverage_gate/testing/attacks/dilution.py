"""Code that looks as if it was nothing new."""

from coverage_gate.testing.attacks.attack import Attack

DILUTION: tuple[Attack, ...] = ()
