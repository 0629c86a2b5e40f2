"""A verdict as one HTML page: the answer, why, where the difference comes from, and the change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from coverage_gate.adapters.render.marks import MARKS
from coverage_gate.adapters.render.page import page, text
from coverage_gate.adapters.render.verdict_fields import (
    limit_text,
    measured_counts,
    other_warnings,
    reason_of,
)
from coverage_gate.core.attribution import Attribution
from coverage_gate.core.picture import Mark, PictureFile, PictureLine
from coverage_gate.core.rates import percent_text, points_text
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict

_LIMIT = 2_000
_LINE = 400

_TONES = {
    State.PASS: "good",
    State.FAIL: "bad",
    State.UNMEASURABLE: "warn",
    State.NOT_APPLICABLE: "quiet",
}
_OUTCOMES = {
    Outcome.PASS: "good",
    Outcome.FAIL: "bad",
    Outcome.WARN: "warn",
    Outcome.SKIP: "quiet",
}
#: A sign for each mark: no meaning is in the colour alone.
_SIGNS = {
    Mark.PLAIN: "",
    Mark.COVERED: "✓",
    Mark.UNCOVERED: "✗",
    Mark.FLAKY: "~",
    Mark.LOST: "−",  # noqa: RUF001 - a minus
    Mark.HIDDEN: "○",
}
_BUCKETS = (
    ("new_covered", "new, covered", "good"),
    ("gained", "gained", "good"),
    ("newly_included_covered", "included, covered", "good"),
    ("new_uncovered", "new, not covered", "bad"),
    ("newly_included_uncovered", "included, not covered", "bad"),
    ("lost", "lost", "bad"),
    ("deleted_covered", "deleted, was covered", "quiet"),
    ("deleted_uncovered", "deleted, was not", "quiet"),
    ("newly_excluded_covered", "excluded, was covered", "warn"),
    ("newly_excluded_uncovered", "excluded, was not", "warn"),
)
_ROW = 26
_STYLE = """\
p{overflow-wrap:anywhere}.answer{font-size:1.5rem;font-weight:700}.tree{list-style:none;padding:0;margin:0}
.tree li{display:flex;gap:.6rem;padding:.3rem 0;border-bottom:1px solid var(--line)}
.tree a{flex:1;min-width:0;overflow-wrap:anywhere;color:var(--accent)}
.tree span{white-space:nowrap}.src{margin:0;padding:.4rem 0;min-width:max-content}
.l{display:flex;white-space:pre;font:.8125rem/1.5 ui-monospace,Menlo,Consolas,monospace}
.l b,.l i{flex:none;text-align:right;font-weight:400;font-style:normal;color:var(--quiet)}
.l b{width:3.6em;padding-right:.4em}.l i{width:1.6em;padding-right:.5em}
.l.new b{color:var(--text);font-weight:700}.l span{padding-right:1rem}
.covered i{color:var(--good)}.uncovered i,.lost i{color:var(--bad)}
.flaky i,.hidden i{color:var(--warn)}.l.new{background:var(--code)}
.l.uncovered.new,.l.lost{box-shadow:inset .25rem 0 var(--bad)}
.l.covered.new{box-shadow:inset .25rem 0 var(--good)}
.l.flaky,.l.hidden{box-shadow:inset .25rem 0 var(--warn)}
.gap{color:var(--quiet);padding:0 .8rem}.key span{margin-right:1rem;white-space:nowrap}
td.d{white-space:normal;min-width:14rem;overflow-wrap:anywhere}
svg text{font:13px system-ui,sans-serif;fill:var(--text)}svg .good{fill:var(--good)}
svg .bad{fill:var(--bad)}svg .warn{fill:var(--warn)}svg .quiet{fill:var(--quiet)}
@media (max-width:40rem){table,tbody{display:block}tr:first-child{display:none}
tr{display:flex;flex-wrap:wrap;border-bottom:1px solid var(--line)}td{border:0}
td.d{flex-basis:100%;padding-top:0}}
svg{max-width:30rem}h3{font-size:1rem;margin:1.2rem 0 .4rem;overflow-wrap:anywhere}
"""


def html_text(verdict: Verdict, picture: Sequence[PictureFile] = ()) -> str:
    """The page, without a final line feed.

    Args:
        verdict: The gate's answer.
        picture: The lines of the change; without them the page has numbers only.
    """
    parts = (
        *_answer(verdict),
        *_rules(verdict.rules),
        *_listed("Warnings", other_warnings(verdict)),
        *_attribution(verdict.attribution),
        *_tree(picture),
        *_listed("Failing tests", verdict.failing_tests),
        *(part for number, file in enumerate(picture) for part in _file(number, file)),
    )
    return page("Coverage gate", "\n".join(parts), style=_STYLE).removesuffix("\n")


def _answer(verdict: Verdict) -> Iterator[str]:
    tone = _TONES[verdict.state]
    word = "may merge" if verdict.merge_allowed else "must not merge"
    yield f'<p class="answer {tone}">{verdict.state}: {word}</p>'
    yield f'<p class="quiet">{" · ".join(_facts(verdict))}</p>'
    yield f"<p>{text(reason_of(verdict), limit=_LIMIT)}</p>"


def _facts(verdict: Verdict) -> Iterator[str]:
    counts = measured_counts(verdict)
    if counts is None:
        yield "not measured"
    else:
        yield f"{percent_text(counts.rate)} ({counts})"
        stored = verdict.baseline
        yield f"baseline {percent_text(stored.rate)}" if stored else "no baseline yet"
        if verdict.delta is not None:
            yield f"delta {points_text(verdict.delta)}"
    if verdict.commit is not None:
        yield f'<span class="code">{text(verdict.commit[:12])}</span>'


def _rules(rules: Iterable[RuleResult]) -> Iterator[str]:
    rows = "\n".join(_rule(rule) for rule in rules)
    if rows:
        heads = "<th></th><th>rule</th><th class=n>judged</th><th class=n>required</th><th>why</th>"
        yield "<h2>Rules</h2>"
        yield f'<div class="wide"><table><tr>{heads}</tr>\n{rows}</table></div>'


def _rule(rule: RuleResult) -> str:
    tone = _OUTCOMES[rule.outcome]
    actual = "" if rule.actual is None else str(rule.actual)
    required = "" if rule.required is None else limit_text(rule.required)
    return (
        f'<tr><td class="{tone}">{MARKS[rule.outcome]}</td>'
        f'<td>{rule.rule} <span class="{tone}">{rule.outcome}</span></td>'
        f'<td class="n">{actual}</td><td class="n">{required}</td>'
        f'<td class="d">{text(rule.detail, limit=_LIMIT)}</td></tr>'
    )


def _listed(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"<h2>{heading}</h2>"
        yield "\n".join(f'<p class="code">{text(item, limit=_LIMIT)}</p>' for item in items)


def _attribution(found: Attribution | None) -> Iterator[str]:
    rows = [
        (getattr(found, name), label, tone)
        for name, label, tone in _BUCKETS
        if found is not None and getattr(found, name)
    ]
    if found is None or not rows:
        return
    yield "<h2>Where the difference comes from</h2>"
    yield (
        f'<p class="quiet">covered {found.covered_delta:+}, all {found.total_delta:+},'
        " in statements and branches</p>"
    )
    yield _bars(rows)


def _bars(rows: Sequence[tuple[int, str, str]]) -> str:
    """A bar for each cause, as wide as its number."""
    most = max(number for number, _, _ in rows)
    drawn = []
    for place, (number, label, tone) in enumerate(rows):
        top = place * _ROW
        width = max(2, 180 * number // most)
        drawn.append(
            f'<text x="160" y="{top + 17}" text-anchor="end">{label}</text>'
            f'<rect class="{tone}" x="170" y="{top + 5}" width="{width}" height="16" rx="3"/>'
            f'<text x="{176 + width}" y="{top + 17}">{number}</text>'
        )
    told = ", ".join(f"{label} {number}" for number, label, _ in rows)
    return (
        f'<svg viewBox="0 0 400 {len(rows) * _ROW}" role="img" aria-label="{told}">'
        f"{''.join(drawn)}</svg>"
    )


def _tree(picture: Sequence[PictureFile]) -> Iterator[str]:
    if not picture:
        return
    yield "<h2>Files</h2>"
    signs = (f"<span>{_SIGNS[mark]} {mark}</span>" for mark in Mark if _SIGNS[mark])
    yield f'<p class="key quiet">{" ".join(signs)} <span><b>bold</b> number: new</span></p>'
    yield '<ul class="tree">'
    for number, file in enumerate(picture):
        ran, idle = (file.count(mark, new_only=True) for mark in (Mark.COVERED, Mark.UNCOVERED))
        told = [f'<span class="good">✓ {ran}</span>', f'<span class="bad">✗ {idle}</span>']
        told += [
            f'<span class="warn">{_SIGNS[mark]} {file.count(mark)}</span>'
            for mark in (Mark.LOST, Mark.FLAKY, Mark.HIDDEN)
            if file.count(mark)
        ]
        yield f'<li><a href="#f{number}">{text(file.path)}</a>{"".join(told)}</li>'
    yield "</ul>"


def _file(number: int, file: PictureFile) -> Iterator[str]:
    yield f'<h3 id="f{number}">{text(file.path)}</h3>'
    blocks = ("\n".join(_line(line) for line in block) for block in file.blocks)
    yield f'<div class="wide"><div class="src">{"<div class=gap>⋯</div>".join(blocks)}</div></div>'
    if file.left:
        yield f'<p class="quiet">… and {file.left} lines more</p>'


def _line(line: PictureLine) -> str:
    kind = f"l {line.mark}{' new' if line.is_new else ''}"
    # Tabs stay as wide as an editor shows them; what else cannot be printed is an escape.
    shown = text(line.text.replace("\t", "    "), limit=_LINE)
    return (
        f'<div class="{kind}"><b>{line.number}</b><i>{_SIGNS[line.mark]}</i>'
        f"<span>{shown or ' '}</span></div>"
    )
