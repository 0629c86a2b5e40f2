"""What became of the mutants that were tried on a change: evidence beyond execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from coverage_gate.core.linebits import LineBits
from coverage_gate.core.mutants import Mutant, choose, mutants_of
from coverage_gate.core.patch import Patch


class Fate(StrEnum):
    """How the tests took a mutant.

    UNREACHED: they passed, but their processes never imported the changed file. UNTRIED: the time
    that was allowed ended before.
    """

    NOTICED = "noticed"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The trials of one change.

    Attributes:
        asked: How many the policy asks for.
        sites: How many lines could have been changed.
        trials: One for each mutant that was chosen, in the order of choice.
        trouble: Why nothing could be tried, where the branch can have caused that.
        note: Why nothing was tried, where it cannot.
    """

    asked: int
    sites: int = 0
    trials: tuple[Trial, ...] = ()
    trouble: str = ""
    note: str = ""

    def of(self, fate: Fate) -> tuple[Mutant, ...]:
        """The mutants that this became of, by place."""
        found = (trial.mutant for trial in self.trials if trial.fate is fate)
        return tuple(sorted(found, key=lambda each: (each.path, each.line)))


def claimed_lines(patch: Patch) -> dict[str, LineBits]:
    """The judged statements of a change that are said to have run, by path."""
    found = {each.file.path: each.units.lines & each.file.executed for each in patch.files}
    return {path: lines for path, lines in found.items() if lines}


def chosen_from(
    claimed: Mapping[str, LineBits], texts: Mapping[str, bytes], *, asked: int, seed: str
) -> tuple[tuple[Mutant, ...], int]:
    """The mutants to be tried, and how many lines there were to choose from."""
    every = [
        mutant
        for path, text in sorted(texts.items())
        for mutant in mutants_of(path, text, claimed.get(path, 0))
    ]
    sites = len({(mutant.path, mutant.line) for mutant in every})
    return choose(every, most=asked, seed=seed), sites
