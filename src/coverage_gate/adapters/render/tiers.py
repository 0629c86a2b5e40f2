"""A tiered plan as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from coverage_gate.adapters.render.printable import exact, markdown_code, markdown_text, one_line
from coverage_gate.core.rates import Counts, percent_number, percent_text
from coverage_gate.core.tiers import Phase, TierFile, Tiers

_FUNCTIONS = 5
_COLUMNS = (
    *("file", "covered", "uncovered", "goal", "needed", "weight"),
    *("imported by", "place", "most complex"),
)


def tiers_markdown(tiers: Tiers) -> str:
    """The plan, phase by phase."""
    return "\n".join(_lines(tiers))


def _lines(tiers: Tiers) -> Iterator[str]:
    promised = tiers.phases[-1].expected
    yield "# Improvement plan"
    yield ""
    commit = markdown_code(tiers.commit[:12] or "none")
    yield f"Made for commit {commit}. All counts are statements."
    yield ""
    yield f"Now {_counts(tiers.counts)}; when all is done {_counts(promised)}:"
    yield f"{promised.covered - tiers.counts.covered} more."
    if tiers.complete:
        yield f"{tiers.complete} files need nothing."
    yield "A phase is a band of how much is covered. Within it what is imported comes before who"
    yield "imports it; what waits for a later phase is better covered already. `place` is the order"
    yield "over all files by imports alone."
    yield ""
    yield "| phase | band | files | statements | total after it |"
    yield "|---|---|---|---|---|"
    for phase in tiers.phases:
        band = markdown_text(phase.band or "verification")
        after = _counts(phase.expected)
        yield f"| {phase.number} | {band} | {len(phase.files)} | {phase.need} | {after} |"
    for phase in tiers.phases:
        yield from _phase(phase)


def _counts(counts: Counts) -> str:
    return f"{counts} ({percent_text(counts.rate)})"


def _phase(phase: Phase) -> Iterator[str]:
    band = f"band {phase.band} %" if phase.band else "verification"
    yield ""
    yield f"## Phase {phase.number}: {markdown_text(band)}"
    yield ""
    yield phase.strategy
    if not phase.files:
        yield ""
        yield "- [ ] `coverage-gate measure`"
        yield "- [ ] `coverage-gate plan --tiers`"
        return
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    yield from (f"| {' | '.join(_cells(file))} |" for file in phase.files)


def _cells(file: TierFile) -> Iterator[str]:
    yield markdown_text(file.path)
    yield _counts(file.counts)
    yield str(file.counts.missing)
    yield percent_text(file.goal)
    yield str(file.need)
    yield percent_text(file.weight)
    yield str(file.importers)
    yield str(file.place)
    told = [f"{weak.complexity.name} {weak.complexity.ways}" for weak in file.functions]
    yield markdown_text(", ".join(told[:_FUNCTIONS])) or "–"  # noqa: RUF001 - a dash


def tiers_object(tiers: Tiers) -> dict[str, object]:
    """The same for machines, see docs/schema/tiers.schema.json."""
    return {
        "schema_version": 1,
        "commit": tiers.commit,
        **_numbers(tiers.counts),
        "complete": tiers.complete,
        "phases": [
            {
                "number": phase.number,
                "band": phase.band,
                "strategy": phase.strategy,
                "need": phase.need,
                "expected": _numbers(phase.expected),
                "files": [_file(file) for file in phase.files],
            }
            for phase in tiers.phases
        ],
    }


def _numbers(counts: Counts) -> dict[str, object]:
    percent = None if counts.rate is None else percent_number(counts.rate)
    return {"covered": counts.covered, "total": counts.total, "percent": percent}


def _file(file: TierFile) -> dict[str, object]:
    return {
        "path": exact(file.path),
        **_numbers(file.counts),
        "uncovered": file.counts.missing,
        "goal": percent_number(file.goal),
        "need": file.need,
        "weight": str(file.weight),
        "imports": [exact(path) for path in file.imports],
        "importers": file.importers,
        "place": file.place,
        "functions": [
            {
                "name": one_line(weak.complexity.name),
                "line": weak.complexity.line,
                "complexity": weak.complexity.ways,
                "uncovered": weak.missing,
            }
            for weak in file.functions
        ],
    }
