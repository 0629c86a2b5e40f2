"""Tests that are there no more, or say nothing any more."""

from coverage_gate.testing.attacks.attack import Attack

VANISHING: tuple[Attack, ...] = ()
