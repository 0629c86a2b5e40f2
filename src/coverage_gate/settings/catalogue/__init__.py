"""Every setting by its field name: what people may read about it. `model` has the types."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coverage_gate.settings.catalogue import run, site, verdict
from coverage_gate.settings.names import Setting

#: Those that stand only in the file, since they are about paths of the repository.
PER_PATH: Mapping[str, Setting] = MappingProxyType(verdict.PER_PATH)

#: Field name of `Settings` → how it is named and described, in the order of the documents.
CATALOGUE: Mapping[str, Setting] = MappingProxyType(
    {**verdict.GATE, **run.RUN, **site.PLACES, **site.HOST}
)


#: Every setting, wherever it may be set.
EVERY: Mapping[str, Setting] = MappingProxyType({**CATALOGUE, **PER_PATH})


def all_settings() -> tuple[Setting, ...]:
    """Every setting that has a variable, in the order of the documents. Costs no heavy import."""
    return tuple(CATALOGUE.values())
