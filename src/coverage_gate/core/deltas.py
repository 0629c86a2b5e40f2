"""What became of the statements and branches of one file, by buckets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.measurement import Arc, FileCoverage
from coverage_gate.core.rates import Counts


class Bucket(StrEnum):
    """What became of a statement or branch.

    DELETED and EXCLUDED are of the base, the others of the head. MOVED says that it is found
    elsewhere or at another indentation, ARRIVED that it came from a file which the base did not
    measure: both are told beside the bucket that counts it. HIDDEN is what the head keeps from
    being counted and the base did not: no unit of the head, or one that counts as run. RUNNING is
    what the base's own exclusions keep from being counted and the base did not have: it ran.
    """

    NEW = "new"
    INCLUDED = "newly-included"
    LOST = "lost"
    GAINED = "gained"
    MOVED = "moved"
    ARRIVED = "arrived"
    HIDDEN = "hidden"
    RUNNING = "running"
    DELETED = "deleted"
    EXCLUDED = "newly-excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Statements, by their first lines, and branches of one file."""

    lines: LineBits = 0
    arcs: tuple[Arc, ...] = ()

    @property
    def count(self) -> int:
        """How many."""
        return self.lines.bit_count() + len(self.arcs)

    def counts_in(self, file: FileCoverage) -> Counts:
        """How many, and how many of them ran."""
        taken = set(file.taken) if self.arcs else frozenset()
        ran = (self.lines & file.executed).bit_count() + sum(arc in taken for arc in self.arcs)
        return Counts(covered=ran, total=self.count)


NO_UNITS = Units()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDelta:
    """What became of the statements and branches of one file.

    Attributes:
        file: The file, of the head or of the base.
        units: By bucket; buckets that hold nothing are not in it.
    """

    file: FileCoverage
    units: Mapping[Bucket, Units]

    def of(self, bucket: Bucket) -> Units:
        """The units of a bucket."""
        return self.units.get(bucket, NO_UNITS)


def delta_of(file: FileCoverage, units: Mapping[Bucket, Units]) -> FileDelta:
    """A delta without empty buckets."""
    return FileDelta(
        file=file, units={bucket: each for bucket, each in units.items() if each.count}
    )


@dataclass(slots=True, kw_only=True)
class Filling:
    """The buckets of one file while they are filled."""

    lines: dict[Bucket, list[int]] = field(default_factory=dict)
    arcs: dict[Bucket, list[Arc]] = field(default_factory=dict)

    def put(self, bucket: Bucket, line: int) -> None:
        """Put a statement in."""
        self.lines.setdefault(bucket, []).append(line)

    def put_arcs(self, bucket: Bucket, arcs: Iterable[Arc]) -> None:
        """Put branches in."""
        self.arcs.setdefault(bucket, []).extend(arcs)

    def delta(self, file: FileCoverage) -> FileDelta:
        """What was put in."""
        units = {
            bucket: Units(
                lines=bits_of(self.lines.get(bucket, ())),
                arcs=tuple(sorted(self.arcs.get(bucket, ()))),
            )
            for bucket in (*self.lines, *self.arcs)
        }
        return delta_of(file, units)
