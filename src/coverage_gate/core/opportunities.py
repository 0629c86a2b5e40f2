"""Which files below their target to raise first: the largest gain first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.core.globs import matches
from coverage_gate.core.kinds import Kind, kind_of
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.plan import PlanError
from coverage_gate.core.rates import Counts
from coverage_gate.core.targets import Shortfall, Target, judged_files, shortfalls

#: What is asked for where nobody asks for anything.
USUAL = Target(pattern="**", least=Fraction(4, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """A file below its target.

    Attributes:
        path: The file.
        target: Which.
        counts: What counts of it.
        need: How many more reach the target.
        impact: Its statements times the share of them that no test runs.
        kind: What kind of code it holds.
    """

    path: str
    target: Target
    counts: Counts
    need: int
    impact: Fraction
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Where to begin.

    Attributes:
        commit: What was measured.
        counts: Of all files, as the gate counts.
        files: How many files are measured.
        found: The files below their target that a priority means, the largest gain first.
        others: How many files are below their target and no priority means them.
        unmeasured: Files with a target that were not measured.
    """

    commit: str
    counts: Counts
    files: int
    found: tuple[Opportunity, ...]
    others: int
    unmeasured: tuple[str, ...] = ()

    @property
    def need(self) -> int:
        """How many statements and branches bring all of them to their targets."""
        return sum(each.need for each in self.found)


def analysed(
    measured: Measurement,
    targets: Sequence[Target],
    priorities: Sequence[str],
    kinds: Sequence[Kind],
) -> Analysis:
    """The files below their target that match the priorities; without priorities all of them."""
    short = shortfalls(targets or (USUAL,), measured)
    by_path = {each.path: each for each in sorted(short, key=lambda each: each.need)}
    below = [each for each in by_path.values() if each.is_measured]
    wanted = [each for each in by_path.values() if _is_wanted(each.path, priorities)]
    chosen = [each for each in wanted if each.is_measured]
    found = [_opportunity(each, kind_of(each.path, kinds)) for each in chosen]
    return Analysis(
        commit=measured.provenance.commit or "",
        counts=measured.counts,
        files=len(measured.files),
        found=tuple(sorted(found, key=lambda each: (-each.impact, -each.need, each.path))),
        others=len(below) - len(chosen),
        unmeasured=tuple(sorted(each.path for each in wanted if not each.is_measured)),
    )


def _opportunity(short: Shortfall, kind: Kind) -> Opportunity:
    statements = short.file.statements.bit_count()
    missing = statements - short.file.executed.bit_count()
    return Opportunity(
        path=short.path,
        target=short.target,
        counts=short.counts,
        need=short.need,
        impact=statements * Fraction(missing, max(statements, 1)),
        kind=kind,
    )


def check_patterns(
    measured: Measurement, targets: Sequence[Target], priorities: Sequence[str]
) -> None:
    """Raises PlanError where nothing is measured, or a pattern means nothing that is."""
    scope = measured.provenance.scope_text
    if not any(file.statements for file in measured.files):
        raise PlanError(
            f"nothing can be planned: no file of the measured scope ({scope}) holds a statement"
        )
    asked = [Target(pattern=pattern, least=Fraction(0)) for pattern in priorities]
    for target, count in judged_files([*targets, *asked], measured).items():
        if not count:
            raise PlanError(
                f"the pattern {target.pattern} means no file of the measured scope ({scope}); a"
                " pattern begins at the root of the repository, or with */ for any folder"
            )


def demand_functions(measured: Measurement) -> None:
    """Raises PlanError where no measured file has a function: a test would have nothing to call."""
    if not any(span.kind == "function" for file in measured.files for span in file.spans):
        raise PlanError(
            "there is nothing to plan: no file of the measured scope"
            f" ({measured.provenance.scope_text}) has a function. What a module does by itself runs"
            " when a test imports it; `coverage-gate analyze` lists the files"
        )


def _is_wanted(path: str, priorities: Iterable[str]) -> bool:
    patterns = tuple(priorities)
    return not patterns or any(matches(pattern, path) for pattern in patterns)
