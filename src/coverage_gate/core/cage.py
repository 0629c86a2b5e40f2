"""What a cage closes around foreign code, as it was tried out, and what a level promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Level(StrEnum):
    """How a test run is held; `auto` is the best that works here."""

    AUTO = "auto"
    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    UNSHARE = "unshare"
    PLAIN = "plain"
    TEMPLATE = "template"


class Need(StrEnum):
    """The least that is accepted."""

    NONE = "none"
    UNSHARE = "unshare"
    LANDLOCK = "landlock"
    BUBBLEWRAP = "bubblewrap"


class Way(StrEnum):
    """A way out of a cage. Each is really tried from inside."""

    NETWORK = "network"
    PROCESSES = "processes"
    SECRETS = "secrets"
    FILES = "files"
    WRITES = "writes"
    FORKS = "forks"
    SHARED_MEMORY = "shared-memory"
    LEFTOVERS = "leftovers"


#: Of each way, what lies beyond it.
BEYOND: Mapping[Way, str] = MappingProxyType(
    {
        Way.NETWORK: "connect to anything outside, the host's own services among it",
        Way.PROCESSES: "see and signal processes outside",
        Way.SECRETS: "read the environment of processes outside",
        Way.FILES: "read files that the run does not need",
        Way.WRITES: "write files outside of its own folders",
        Way.FORKS: "start processes without end",
        Way.SHARED_MEMORY: "leave shared memory behind",
        Way.LEFTOVERS: "leave processes behind",
    }
)

#: What must be closed for a need to be met.
_NEEDED: Mapping[Need, frozenset[Way]] = MappingProxyType(
    {
        Need.NONE: frozenset(),
        Need.UNSHARE: frozenset({Way.PROCESSES, Way.SECRETS, Way.NETWORK, Way.LEFTOVERS}),
        Need.LANDLOCK: frozenset({Way.PROCESSES, Way.SECRETS, Way.FILES, Way.WRITES}),
        Need.BUBBLEWRAP: frozenset(Way),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cage:
    """A level as it was found here.

    Attributes:
        level: Its name.
        closed: The ways that were tried and found closed, in the order of `Way`.
    """

    level: str
    closed: tuple[Way, ...] = ()

    @property
    def open(self) -> tuple[Way, ...]:
        """The ways that lead out."""
        return tuple(way for way in Way if way not in self.closed)


def lacking(cage: Cage, need: Need, *, opened: frozenset[Way] = frozenset()) -> tuple[Way, ...]:
    """The ways that should be closed and are not, but for what the operator opened himself."""
    wanted = _NEEDED[need] - opened
    return tuple(way for way in cage.open if way in wanted)
