"""What was found of a repository before, by this process: ids of git never change their meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from coverage_gate.adapters.git.location import Location
from coverage_gate.adapters.git.trees import TreeEntry
from coverage_gate.core.changes import Changes, Commit
from coverage_gate.recent import Recent

#: No larger blob is kept.
SMALL_BYTES = 128 * 1024

Listing = dict[str, TreeEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What ids of one repository stand for.

    Attributes:
        listings: Trees that were listed.
        changes: Pairs of trees that were compared.
        small: Small blobs that were read.
        commits: Commits and tags that were looked up.
        times: When commits say that they were made, in seconds since 1970.
    """

    listings: Recent[str, Listing] = field(default_factory=partial(Recent, most=8))
    changes: Recent[tuple[str, str], Changes] = field(default_factory=partial(Recent, most=8))
    small: Recent[str, bytes] = field(default_factory=partial(Recent, most=64))
    commits: Recent[str, Commit] = field(default_factory=partial(Recent, most=64))
    times: Recent[str, int] = field(default_factory=partial(Recent, most=64))


#: A listing of 10,000 files takes 3 MiB: not more than a few repositories at once.
_BY_REPOSITORY: Recent[Path, Known] = Recent(most=4)


def known_of(location: Location) -> Known:
    """What is known of the repository at a place, to be added to."""
    return _BY_REPOSITORY.recall(location.common_dir, Known)
