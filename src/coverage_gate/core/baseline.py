"""The stored value of main: its key and its value. It only rises; see `stores`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.core.measurement import Kind, Measurement
from coverage_gate.core.rates import Counts

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineKey:
    """Whose baseline. `scope` and `kind` are "*" for a number that came as a bare percent."""

    repository: str
    scope: str = ANY
    kind: str = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A stored value of main.

    Attributes:
        key: Whose it is.
        epoch: Rises with each audited reset.
        rate: Exact share in [0, 1].
        counts: The integers behind it; None where a host or operator gave a percent.
        sha: The merged commit; empty for an operator's reset.
        updated_at: ISO 8601 in UTC.
        tree: Git tree whose measurement it is; None where a host or operator gave a percent.
    """

    key: BaselineKey
    epoch: int
    rate: Fraction
    counts: Counts | None
    sha: str
    updated_at: str
    tree: str | None = None


def key_of(repository: str, measurement: Measurement) -> BaselineKey:
    """The key under which a measurement may raise a baseline."""
    provenance = measurement.provenance
    return BaselineKey(
        repository=repository, scope=provenance.scope, kind=kind_text(provenance.kind)
    )


def kind_text(kind: Kind) -> str:
    """A kind as it is stored: "ctrace-3.11-branch"."""
    return str(kind)
