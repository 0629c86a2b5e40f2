"""An analysis for people at a terminal, as Markdown, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from coverage_gate.adapters.render.printable import markdown_text, one_line
from coverage_gate.core.opportunities import Analysis, Opportunity
from coverage_gate.core.rates import percent_number, percent_text

_ROW = "{:<44} {:>11} {:>7} {:>6} {:>6}  {}"
_WIDTH = 44


def analysis_text(found: Analysis) -> str:
    """A table, the actions by kind, and a summary; without a final line feed."""
    rows = [_ROW.format("file", "covered", "", "impact", "need", "kind").rstrip()] * bool(
        found.found
    )
    rows += [_row(each) for each in found.found]
    return "\n".join([*rows, *_actions(found), *_summary(found)])


def _row(each: Opportunity) -> str:
    name = one_line(each.path)
    shown = name if len(name) <= _WIDTH else "…" + name[1 - _WIDTH :]
    rate = percent_text(each.counts.rate, places=1)
    return _ROW.format(
        shown, str(each.counts), rate, str(each.impact), each.need, one_line(each.kind.name)
    )


def _actions(found: Analysis) -> Iterator[str]:
    kinds = dict.fromkeys((each.kind.name, each.kind.action) for each in found.found)
    yield from (f"{one_line(name)}: {one_line(action)}" for name, action in kinds)


def _summary(found: Analysis) -> Iterator[str]:
    yield f"total {found.counts} ({percent_text(found.counts.rate)}) in {found.files} files"
    kinds = Counter(each.kind.name for each in found.found)
    told = ", ".join(f"{one_line(name)} {count}" for name, count in sorted(kinds.items()))
    yield (
        f"{len(found.found)} below their target{f' ({told})' if told else ''};"
        f" {found.need} more statements or branches bring them there"
    )
    if found.others:
        yield f"{found.others} more files below their target match no priority"
    yield from (f"not measured: {one_line(path)}" for path in found.unmeasured)


def analysis_markdown(found: Analysis) -> str:
    """The same as Markdown."""
    return "\n".join(_markdown(found))


def _markdown(found: Analysis) -> Iterator[str]:
    yield "# Where to begin"
    if found.found:
        yield ""
        yield "| file | covered | target | impact | needed | kind | what to do |"
        yield "|---|---|---|---|---|---|---|"
    for each in found.found:
        cells = (
            each.path,
            f"{each.counts} ({percent_text(each.counts.rate)})",
            each.target.text,
            str(each.impact),
            str(each.need),
            each.kind.name,
            each.kind.action,
        )
        yield f"| {' | '.join(map(markdown_text, cells))} |"
    yield ""
    yield from (f"- {markdown_text(line)}" for line in _summary(found))


def analysis_object(found: Analysis) -> dict[str, object]:
    """The same for machines, see docs/schema/analysis.schema.json."""
    rate = found.counts.rate
    return {
        "schema_version": 1,
        "commit": found.commit,
        "covered": found.counts.covered,
        "total": found.counts.total,
        "percent": None if rate is None else percent_number(rate),
        "measured_files": found.files,
        "need": found.need,
        "others": found.others,
        "unmeasured": [_exact(path) for path in found.unmeasured],
        "files": [
            {
                "path": _exact(each.path),
                "covered": each.counts.covered,
                "total": each.counts.total,
                "target": percent_number(each.target.least),
                "branches": each.target.branches,
                "need": each.need,
                "impact": str(each.impact),
                "kind": each.kind.name,
                "action": each.kind.action,
            }
            for each in found.found
        ],
    }


def _exact(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
