"""What became of the statements and branches of the files that a change touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from coverage_gate.core.arcs import ArcMatch, match_arcs
from coverage_gate.core.deltas import Bucket, FileDelta, Filling
from coverage_gate.core.edited import edited_in_place
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.linemap import FileDiff, LineMap, LineRun, inverted, kept_runs, line_map
from coverage_gate.core.matching import Partner, Sheet, partner_of, sheet_of
from coverage_gate.core.measurement import Arc, FileCoverage
from coverage_gate.core.moves import moved_runs
from coverage_gate.core.reflow import Candidates, reflowed

_NOWHERE = line_map([])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both sides of a change.

    Attributes:
        before: Measured files of the base, by path.
        after: Measured files of the head, by path.
        diffs: The files that it touches.
        is_measured: Whether the base was measured; else all that is known of it is its text.
    """

    before: Mapping[str, FileCoverage]
    after: Mapping[str, FileCoverage]
    diffs: tuple[FileDiff, ...]
    is_measured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A measured file of one side while its units are put into buckets.

    Attributes:
        sheet: The file.
        lines: Where its lines are on the other side.
        others: The measured files of the other side that are touched, by path.
        partners: Each of its statements that the other side has, by first line; those that are
            excluded, too.
        filling: Its buckets.
    """

    sheet: Sheet
    lines: LineMap
    others: Mapping[str, Sheet]
    partners: dict[int, Partner]
    filling: Filling = field(default_factory=Filling)

    @property
    def path(self) -> str:
        """Of the file."""
        return self.sheet.file.path

    @property
    def free(self) -> list[int]:
        """Statements that were not found on the other side, rising."""
        return [line for line in self.sheet.all_units if line not in self.partners]

    def delta(self) -> FileDelta:
        """What was put into its buckets."""
        return self.filling.delta(self.sheet.file)

    def put_all(self, bucket: Bucket, line: int) -> None:
        """Put a statement and its branches into one bucket."""
        if line in self.sheet.statements:
            self.filling.put(bucket, line)
        self.filling.put_arcs(bucket, self.sheet.arcs.get(line, ()))

    def is_excluded(self, partner: Partner, arcs: Iterable[Arc]) -> bool:
        """Whether the other side excludes the statement, or where one of its branches leads."""
        if partner.line in self.others[partner.path].excluded:
            return True
        runs = ((self.lines.run_at(abs(end)), abs(end)) for _, end in arcs)
        return any(
            run.path in self.others
            and run.other + line - run.start in self.others[run.path].excluded
            for run, line in runs
            if run is not None
        )


#: (path, first line) of a statement of the base → its branches, compared with the head's.
_Arcs = dict[tuple[str, int], ArcMatch]


def touched_deltas(sides: Sides) -> tuple[list[FileDelta], list[FileDelta]]:
    """The deltas of the head's files and of the base's."""
    there = head_maps(sides.diffs)
    back = inverted(there)
    old = _sheets((diff.old_path for diff in sides.diffs if diff.old_blob), sides.before)
    new = _sheets(there, sides.after)
    heads = {path: _page(sheet, line_map(there[path]), old) for path, sheet in new.items()}
    bases = {path: _page(sheet, back.get(path, _NOWHERE), new) for path, sheet in old.items()}
    for diff in sides.diffs:
        _add_reflowed(diff, bases.get(diff.old_path), heads.get(diff.path))
    arcs: _Arcs = {}
    for page in heads.values():
        _fill_head(page, back, arcs, is_measured=sides.is_measured)
        _fill_hidden(page, is_measured=sides.is_measured)
    for page in bases.values():
        _fill_base(page, arcs)
    return [page.delta() for page in heads.values()], [page.delta() for page in bases.values()]


def _page(sheet: Sheet, lines: LineMap, others: Mapping[str, Sheet]) -> _Page:
    found = ((line, partner_of(line, sheet, lines, others)) for line in sheet.all_units)
    partners = {line: partner for line, partner in found if partner is not None}
    return _Page(sheet=sheet, lines=lines, others=others, partners=partners)


def _add_reflowed(diff: FileDiff, base: _Page | None, head: _Page | None) -> None:
    """Find the statements of one file, touched on both sides, that were only formatted anew.

    And those that were edited where both sides exclude them.
    """
    if base is None or head is None or diff.old_blob is None or diff.blob is None:
        return
    both = Candidates(
        diff=diff, base=base.sheet, head=head.sheet, lines=head.lines, old=base.free, new=head.free
    )
    for new, old in reflowed(both).items():
        head.partners[new] = Partner(path=diff.old_path, line=old, moved=True)
        base.partners[old] = Partner(path=diff.path, line=new, moved=True)
    rest = replace(both, old=base.free, new=head.free)
    for new, old in edited_in_place(rest).items():
        head.partners[new] = Partner(path=diff.old_path, line=old, moved=False)
        base.partners[old] = Partner(path=diff.path, line=new, moved=False)


def head_maps(diffs: Iterable[FileDiff]) -> dict[str, list[LineRun]]:
    """The lines of each file of the head that the base has."""
    touched = list(diffs)
    moved = moved_runs(touched)
    return {
        diff.path: [*kept_runs(diff), *moved.get(diff.path, ())]
        for diff in touched
        if diff.blob is not None
    }


def _sheets(paths: Iterable[str], files: Mapping[str, FileCoverage]) -> dict[str, Sheet]:
    return {path: sheet_of(files[path]) for path in paths if path in files}


def _fill_head(page: _Page, back: Mapping[str, LineMap], arcs: _Arcs, *, is_measured: bool) -> None:
    """Fill the buckets of a file of the head; `arcs` gets the branches that the base has, too."""
    for line in page.sheet.units:
        partner = page.partners.get(line)
        if partner is None:
            page.put_all(Bucket.NEW, line)
        elif partner.is_measured:
            base = page.others[partner.path]
            lines = back.get(partner.path, _NOWHERE)
            match = match_arcs(page.sheet, line, base, partner, lines)
            arcs[partner.path, partner.line] = match
            _put_known(line, page, partner, match)
        elif is_measured:
            page.put_all(Bucket.INCLUDED, line)
            if partner.path != page.path:
                page.put_all(Bucket.ARRIVED, line)


def _put_known(line: int, page: _Page, partner: Partner, match: ArcMatch) -> None:
    """A statement whose lines are exactly one logical line of the base."""
    is_moved = partner.moved or partner.path != page.path
    is_included = page.is_excluded(partner, match.fresh)
    fresh = Bucket.INCLUDED if is_included else Bucket.NEW
    page.filling.put_arcs(fresh, match.fresh)
    page.filling.put_arcs(Bucket.LOST, match.lost)
    page.filling.put_arcs(Bucket.GAINED, match.gained)
    page.filling.put_arcs(Bucket.MOVED, match.kept if is_moved else ())
    if line not in page.sheet.statements:
        return
    base = page.others[partner.path]
    if partner.line not in base.statements:
        page.filling.put(fresh, line)
        return
    if is_moved:
        page.filling.put(Bucket.MOVED, line)
    ran, runs = partner.line in base.executed, line in page.sheet.executed
    if ran != runs:
        page.filling.put(Bucket.LOST if ran else Bucket.GAINED, line)


# What is kept from being counted


def _fill_hidden(page: _Page, *, is_measured: bool) -> None:
    """Find what is excluded, or excused, and was not on the base. See ADR 0012."""
    withheld = page.sheet.file.withheld
    harmless = frozenset(lines_of(withheld.harmless))
    fresh = {
        line
        for line in page.sheet.withheld - harmless
        if not _is_carried(page, line, Sheet.is_withheld, is_measured=is_measured)
    }
    running = {line for line in fresh if _is_seen_running(page, line)}
    _put_withheld(page, fresh - running, running)
    assumed = (
        arc
        for arc in withheld.assumed
        if not _is_carried(page, arc[0], Sheet.is_excused, is_measured=is_measured)
    )
    page.filling.put_arcs(Bucket.HIDDEN, assumed)
    for line in lines_of(withheld.packed & page.sheet.file.statements):
        is_known = _is_carried(page, line, Sheet.is_packed, is_measured=is_measured)
        if not is_known and not _is_packed_as_before(page, line):
            page.filling.put(Bucket.HIDDEN, line)


def _put_withheld(page: _Page, hidden: AbstractSet[int], running: AbstractSet[int]) -> None:
    """Statements with the branches of their choices; what is hidden takes a choice with it."""
    branches = page.sheet.file.withheld.branches
    known: set[int] = set()
    for bucket, lines in ((Bucket.HIDDEN, hidden), (Bucket.RUNNING, running)):
        for line in sorted(lines):
            page.filling.put(bucket, line)
        starts = {start for start, end in branches if not lines.isdisjoint((start, end))} - known
        page.filling.put_arcs(bucket, (arc for arc in branches if arc[0] in starts))
        known |= starts


def _is_seen_running(page: _Page, line: int) -> bool:
    """Whether a statement ran, and no comment hides it but one that the base has.

    Patterns are the base's own. A comment is where it hides a function around the statement there,
    too.
    """
    withheld = page.sheet.file.withheld
    if not withheld.ran >> line & 1:
        return False
    if not withheld.commented >> line & 1:
        return True
    headers = (
        span.header or span.first
        for span in page.sheet.file.spans
        if span.first < line <= span.last
    )
    return any(_is_commented_on_both(page, header) for header in headers)


def _is_commented_on_both(page: _Page, line: int) -> bool:
    partner = page.partners.get(line)
    if partner is None or partner.path not in page.others or not _is_commented(page.sheet, line):
        return False
    return _is_commented(page.others[partner.path], partner.line)


def _is_commented(sheet: Sheet, line: int) -> bool:
    return bool(sheet.file.withheld.commented >> line & 1)


def _is_carried(
    page: _Page, line: int, was_so: Callable[[Sheet, int], bool], *, is_measured: bool
) -> bool:
    """Whether a statement is one of the base and was kept from being counted there, too.

    Of a file that the base did not measure, nobody knows: what stands there still is let be, what
    was brought from there is not.
    """
    partner = page.partners.get(line)
    if partner is None:
        return False
    if partner.is_measured:
        return was_so(page.others[partner.path], partner.line)
    return not is_measured or partner.path == page.path


def _is_packed_as_before(page: _Page, first: int) -> bool:
    """Whether all that is packed in an edited statement of several lines is on lines of the base.

    As in a table of functions that gets one more, which is tested.
    """
    last = page.sheet.last(first)
    packed = (line for line in range(first, last + 1) if page.sheet.is_packed(line))
    return first < last and all(_is_packed_there(page, line) for line in packed)


def _is_packed_there(page: _Page, line: int) -> bool:
    run = page.lines.run_at(line)
    if run is None or run.path not in page.others:
        return False
    return page.others[run.path].is_packed(run.other + line - run.start)


def _fill_base(page: _Page, arcs: Mapping[tuple[str, int], ArcMatch]) -> None:
    for line in page.sheet.units:
        partner = page.partners.get(line)
        if partner is None:
            page.put_all(Bucket.DELETED, line)
        elif partner.is_measured:
            match = arcs.get((page.path, line))
            gone = page.sheet.arcs.get(line, ()) if match is None else match.gone
            _put_missing(line, page, partner, gone)
        else:
            page.put_all(Bucket.EXCLUDED, line)


def _put_missing(line: int, page: _Page, partner: Partner, gone: Iterable[Arc]) -> None:
    """What the head does not have of a statement whose lines it has."""
    bucket = Bucket.EXCLUDED if page.is_excluded(partner, gone) else Bucket.DELETED
    page.filling.put_arcs(bucket, gone)
    statements = page.others[partner.path].statements
    if line in page.sheet.statements and partner.line not in statements:
        page.filling.put(bucket, line)
