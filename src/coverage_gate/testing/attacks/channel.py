"""What a process can leave behind, and how it can end."""

from coverage_gate.testing.attacks.attack import Attack

CHANNEL: tuple[Attack, ...] = ()
