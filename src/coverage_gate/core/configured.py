"""What a branch does to the configuration that it is measured and judged under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChange:
    """The branch's configuration beside the base's.

    Attributes:
        notes: What people are told, one fact each.
        broken: Why the branch's own cannot be read, where the base's can: once merged, nothing
            could be measured any more. Empty where all is well.
    """

    notes: tuple[str, ...] = ()
    broken: str = ""
    chooses_tests: bool = False
