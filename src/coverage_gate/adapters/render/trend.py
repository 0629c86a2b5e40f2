"""The history of a branch as a picture, and as a page with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.adapters.render.page import PALETTE, page, text
from coverage_gate.core.history import FileMove, Standing, Step
from coverage_gate.core.rates import Counts, percent_text, points_text

_WIDTH, _HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 14, 14, 30
#: Distances of the lines of the grid, in points.
_GRIDS = tuple(map(Fraction, ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20")))
_MOST_LINES = 6
_LEAST_ROOM = Fraction(1, 2)
#: With more points the dots are left out: they would be one band.
_DOTS = 150
_ROWS = 100
_FILES = 20

_STYLE = """\
.trend text{fill:var(--quiet);font:11px system-ui,sans-serif}
.trend .grid{stroke:var(--line);stroke-width:1}
.trend .run{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.trend .dot{fill:var(--accent)}.trend .fell{fill:var(--bad)}
.trend .wall{stroke:var(--warn);stroke-width:1;stroke-dasharray:3 3}
@media (max-width:40rem){.trend text{font-size:17px}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Where a point lies. All in percent; the picture grows downwards.

    Attributes:
        low: At the bottom.
        high: At the top.
        grid: Distance of two lines.
        last: Number of the last place.
    """

    low: Fraction
    high: Fraction
    grid: Fraction
    last: int

    def x(self, place: int) -> str:
        """How far to the right a place is, in units of the picture; a single one in the middle."""
        room = _WIDTH - _LEFT - _RIGHT
        return f"{_LEFT + room * (place / self.last if self.last else 0.5):.1f}"

    def y(self, percent: Fraction) -> str:
        """How far down a percent is, in units of the picture."""
        room = _HEIGHT - _TOP - _BOTTOM
        return f"{_TOP + room * float((self.high - percent) / (self.high - self.low)):.1f}"

    def lines(self) -> Iterator[Fraction]:
        """The percents that get a line, from the bottom up."""
        percent = self.low
        while percent <= self.high:
            yield percent
            percent += self.grid


def trend_svg(repository: str, branch: str, steps: Sequence[Step]) -> str:
    """A picture by itself."""
    return _svg(repository, branch, steps, style=f"<style>{PALETTE}\n{_STYLE}</style>") + "\n"


def trend_page(
    repository: str,
    branch: str,
    steps: Sequence[Step],
    *,
    max_drop: Fraction,
    moves: Sequence[FileMove] = (),
) -> str:
    """One page: the picture, what changed last, and the newest points.

    Args:
        repository: Whose history.
        branch: Which.
        steps: Oldest first; at least one.
        max_drop: What counts as a regression.
        moves: The files that changed with the newest point.
    """
    newest = steps[-1].point
    fell = [step for step in steps if step.standing is Standing.REGRESSION]
    limit = percent_text(max_drop).removesuffix("%")
    where = f'at <span class="code">{text(newest.name)}</span>, {text(_when(newest.at))}'
    falls = f"{_number(len(fell), 'fall')} by more than {limit} points"
    told = f"({newest.counts}) {where}; {_number(len(steps), 'measurement')}, {falls}"
    now = f"<strong>{percent_text(newest.counts.rate)}</strong>"
    body = [
        f'<p>{now} <span class="quiet">{told}</span></p>',
        f'<div class="wide">{_svg(repository, branch, steps, style="")}</div>',
        *_moves_table(moves),
        *_points_table(steps),
    ]
    title = f"Coverage of {repository}, {branch or 'no branch'}"
    return page(title, "\n".join(body), style=_STYLE)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _when(at: str) -> str:
    return at[:16].replace("T", " ") + " UTC"


def _svg(repository: str, branch: str, steps: Sequence[Step], *, style: str) -> str:
    told = text(f"Coverage of {repository}, {branch or 'no branch'}")
    known = [
        (place, step) for place, step in enumerate(steps) if step.point.counts.rate is not None
    ]
    shape = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" class="trend"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {shape}><title>{told}</title>{style}']
    if known:
        scale = _scale([_percent(step) for _, step in known], last=len(steps) - 1)
        parts += [*_grid(scale), *_walls(scale, steps), *_runs(scale, known)]
        parts += [*_dots(scale, known), *_dates(steps)]
    else:
        parts.append(f'<text x="{_LEFT}" y="{_HEIGHT // 2}">nothing measurable</text>')
    return "\n".join(parts) + "\n</svg>"


def _percent(step: Step) -> Fraction:
    return (step.point.counts.rate or Fraction(0)) * 100


def _scale(percents: Sequence[Fraction], *, last: int) -> _Scale:
    """The lines of the grid are round numbers, and the numbers fill the picture."""
    low, high = min(percents), max(percents)
    room = max(high - low, _LEAST_ROOM)
    grid = next((each for each in _GRIDS if room / each <= _MOST_LINES - 1), _GRIDS[-1])
    bottom = math.floor(low / grid) * grid
    top = min(max(math.ceil(high / grid) * grid, bottom + grid), Fraction(100))
    if bottom >= top:  # always 100 %
        bottom = top - grid
    return _Scale(low=bottom, high=top, grid=grid, last=last)


def _grid(scale: _Scale) -> Iterator[str]:
    for percent in scale.lines():
        y = scale.y(percent)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        label = percent_text(percent / 100)
        yield f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end">{label}</text>'


def _walls(scale: _Scale, steps: Sequence[Step]) -> Iterator[str]:
    """Where numbers cannot be compared with those before."""
    for place, step in enumerate(steps):
        if step.standing is Standing.NOT_COMPARABLE:
            x = scale.x(place)
            yield (
                f'<line class="wall" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}">'
                f"<title>not comparable with what was before</title></line>"
            )


def _runs(scale: _Scale, known: Sequence[tuple[int, Step]]) -> Iterator[str]:
    """A line through the points of each kind and scope, in the order of their first ones."""
    by_key: dict[tuple[str, str], list[str]] = {}
    for place, step in known:
        key = step.point.scope, step.point.kind
        by_key.setdefault(key, []).append(f"{scale.x(place)},{scale.y(_percent(step))}")
    for places in by_key.values():
        yield f'<polyline class="run" points="{" ".join(places)}"/>'


def _dots(scale: _Scale, known: Sequence[tuple[int, Step]]) -> Iterator[str]:
    for place, step in known:
        fell = step.standing is Standing.REGRESSION
        if fell or len(known) <= _DOTS or (place, step) == known[-1]:
            told = text(f"{step.point.name}, {_when(step.point.at)}: {_numbers(step)}")
            yield (
                f'<circle class="{"dot fell" if fell else "dot"}" cx="{scale.x(place)}" '
                f'cy="{scale.y(_percent(step))}" r="{4 if fell else 2.5}">'
                f"<title>{told}</title></circle>"
            )


def _numbers(step: Step) -> str:
    told = f"{percent_text(step.point.counts.rate)} ({step.point.counts})"
    if step.standing in (Standing.HELD, Standing.REGRESSION):
        told += f", {points_text(step.change)} points"
    return told


def _dates(steps: Sequence[Step]) -> Iterator[str]:
    y = _HEIGHT - 10
    first, last = text(steps[0].point.at[:10]), text(steps[-1].point.at[:10])
    yield f'<text x="{_LEFT}" y="{y}">{first}</text>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{y}" text-anchor="end">{last}</text>'


def _moves_table(moves: Sequence[FileMove]) -> list[str]:
    if not moves:
        return []
    rows = [
        f'<tr><td class="code">{text(move.path)}</td><td class="n">{_counts(move.before)}</td>'
        f'<td class="n">{_counts(move.after)}</td></tr>'
        for move in moves[:_FILES]
    ]
    more = len(moves) - _FILES
    note = [f'<p class="quiet">and {_number(more, "file")} more</p>'] if more > 0 else []
    head = '<tr><th>file</th><th class="n">before</th><th class="n">after</th></tr>'
    return ["<h2>What changed last</h2>", _table(head, rows), *note]


def _counts(counts: Counts | None) -> str:
    return "–" if counts is None else f"{counts} {percent_text(counts.rate)}"  # noqa: RUF001 - a dash


_HEAD = (
    '<tr><th>when (UTC)</th><th class="n">coverage</th><th class="n">points</th><th></th>'
    '<th>commit</th><th class="n">covered/total</th></tr>'
)
_WORDS = {
    Standing.REGRESSION: '<span class="bad">regression</span>',
    Standing.NOT_COMPARABLE: '<span class="warn">not comparable</span>',
}


def _word(step: Step) -> str:
    if step.top is not None:
        return f'<span class="bad">slid {points_text(step.slid)}</span>'
    return _WORDS.get(step.standing, "")


def _points_table(steps: Sequence[Step]) -> list[str]:
    rows = [_point_row(step) for step in reversed(steps[-_ROWS:])]
    return ["<h2>Measurements, the newest first</h2>", _table(_HEAD, rows)]


def _point_row(step: Step) -> str:
    point = step.point
    compared = step.standing in (Standing.HELD, Standing.REGRESSION)
    return (
        f"<tr><td>{text(_when(point.at).removesuffix(' UTC'))}</td>"
        f'<td class="n">{percent_text(point.counts.rate)}</td>'
        f'<td class="n">{points_text(step.change) if compared else ""}</td>'
        f"<td>{_word(step)}</td>"
        f'<td class="code">{text(point.name)}</td><td class="n">{point.counts}</td></tr>'
    )


def _table(head: str, rows: Iterable[str]) -> str:
    return (
        f'<div class="wide"><table><thead>{head}</thead><tbody>\n'
        + "\n".join(rows)
        + "\n</tbody></table></div>"
    )
