"""Lines that a change took from one place and put to another, or only indented anew.

Lines are compared by their code: without indentation, trailing space and comment. So code that is
moved, wrapped in a block, given other line ends or another comment is not new code.

Only the lines inside hunks are looked at. First those of one hunk that does nothing else but
indent its lines and add some (or the reverse); then blocks of lines in the same order from
anywhere, the longest first, each removed line at most once. The work is bounded whatever the
change holds: lines that occur often begin no block, and a search that takes too long ends with
what it has; what is not found counts as new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from coverage_gate.core.linemap import FileDiff, Hunk, LineRun

#: A block of one line needs so many letters and digits to be told from chance.
MIN_LETTERS = 20
#: A block of more lines that are not blank may be as short as this.
MIN_LINES = 2
#: A line that is removed or added more often than this begins no block.
MAX_REPEATS = 16
#: Lines that are looked at until the search for blocks ends, and again until their choice ends; a
#: block costs as much as some lines by itself.
MAX_WORK = 2_000_000
_BLOCK_WORK = 20

_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())

#: What stands between two hunks; no line holds a line end, so that it equals no line.
_GAP_REMOVED, _GAP_ADDED = b"\n", b"\n\n"


def code_of(line: bytes) -> bytes:
    """What a line is compared by: no indentation, no trailing space, no comment after code.

    The comment is left where a quote or brace makes it doubtful that it is one.
    """
    stripped = line.strip()
    before, sign, _ = stripped.partition(b"#")
    if not sign or not before or b"\\" in before or b"{" in before:
        return stripped
    is_in_text = before.count(b'"') % 2 or before.count(b"'") % 2
    return stripped if is_in_text else before.rstrip()


def letters_of(code: bytes) -> int:
    """How many letters and digits a text holds; bytes that are no ASCII count as letters."""
    return len(code.translate(None, _NO_LETTERS))


def moved_runs(diffs: Iterable[FileDiff], *, work: int = MAX_WORK) -> dict[str, list[LineRun]]:
    """The moved lines of the head's files: path → runs into the base's files.

    Args:
        diffs: All files of the change.
        work: See `MAX_WORK`.
    """
    board = _board(diffs)
    pairs = [*_indented(board), *_blocks(board, work)]
    found: dict[str, list[LineRun]] = defaultdict(list)
    for pair in _joined(pairs):
        path, run = board.run_of(pair)
        found[path].append(run)
    return dict(found)


def _joined(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    """Pairs that go on with each other as one: those that were indented come line by line."""
    whole: _Pair | None = None
    for pair in sorted(pairs, key=lambda pair: pair.new):
        if whole is not None and _continues(whole, pair):
            whole = replace(whole, length=whole.length + pair.length)
            continue
        if whole is not None:
            yield whole
        whole = pair
    if whole is not None:
        yield whole


def _continues(whole: _Pair, pair: _Pair) -> bool:
    ends = whole.old + whole.length, whole.new + whole.length
    return ends == (pair.old, pair.new) and whole.moved == pair.moved


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A hunk whose lines lie on the board from two positions on."""

    diff: FileDiff
    hunk: Hunk
    removed: int
    added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A block on the board: `length` lines from `old` among the removed, `new` among the added."""

    old: int
    new: int
    length: int
    moved: bool = True


@dataclass(slots=True, kw_only=True)
class _Board:
    """All removed and all added lines one after another, by their code.

    Attributes:
        places: The hunks.
        old_place: Number of the hunk of each removed line.
        new_place: Number of the hunk of each added line.
        removed: The code of each removed line.
        added: The code of each added line.
        old_used: 1 for a removed line that was found again.
        new_used: 1 for an added line that was found.
    """

    places: list[_Place] = field(default_factory=list)
    old_place: list[int] = field(default_factory=list)
    new_place: list[int] = field(default_factory=list)
    removed: list[bytes] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)
    old_used: bytearray = field(default_factory=bytearray)
    new_used: bytearray = field(default_factory=bytearray)

    def put(self, diff: FileDiff, hunk: Hunk) -> None:
        """Lay the lines of one more hunk on the board."""
        number = len(self.places)
        self.places.append(
            _Place(diff=diff, hunk=hunk, removed=len(self.removed), added=len(self.added))
        )
        self.removed += [*map(code_of, hunk.removed), _GAP_REMOVED]
        self.added += [*map(code_of, hunk.added), _GAP_ADDED]
        self.old_place += [number] * (len(hunk.removed) + 1)
        self.new_place += [number] * (len(hunk.added) + 1)
        self.old_used += bytes(len(hunk.removed)) + b"\1"
        self.new_used += bytes(len(hunk.added)) + b"\1"

    def take(self, pair: _Pair) -> None:
        """Note that the lines of a block were found."""
        self.old_used[pair.old : pair.old + pair.length] = b"\1" * pair.length
        self.new_used[pair.new : pair.new + pair.length] = b"\1" * pair.length

    def run_of(self, pair: _Pair) -> tuple[str, LineRun]:
        """The head's path, and the block as lines of the two files."""
        source = self.places[self.old_place[pair.old]]
        target = self.places[self.new_place[pair.new]]
        return target.diff.path, LineRun(
            start=target.hunk.new_start + pair.new - target.added,
            path=source.diff.old_path,
            other=source.hunk.old_start + pair.old - source.removed,
            length=pair.length,
            moved=pair.moved,
        )


def _board(diffs: Iterable[FileDiff]) -> _Board:
    board = _Board()
    for diff in diffs:
        for hunk in diff.hunks:
            if hunk.removed or hunk.added:
                board.put(diff, hunk)
    return board


# Lines that were indented anew, or given another comment or line end, where they stood


def _indented(board: _Board) -> list[_Pair]:
    pairs = []
    for place in board.places:
        if place.hunk.removed and place.hunk.added:
            pairs += _indented_in(place, board)
    for pair in pairs:
        board.take(pair)
    return pairs


def _indented_in(place: _Place, board: _Board) -> list[_Pair]:
    removed = board.removed[place.removed : place.removed + len(place.hunk.removed)]
    added = board.added[place.added : place.added + len(place.hunk.added)]
    found = _within(removed, added)
    if found is None:
        turned = _within(added, removed)
        found = [(old, new) for new, old in turned or ()]
    hunk = place.hunk
    return [
        _Pair(
            old=place.removed + old,
            new=place.added + new,
            length=1,
            moved=_indentation(hunk.removed[old]) != _indentation(hunk.added[new]),
        )
        for old, new in found
    ]


def _within(few: Sequence[bytes], many: Sequence[bytes]) -> list[tuple[int, int]] | None:
    """Where all of few that is not blank stands in many, in order; None unless all of it does."""
    pairs = []
    there = 0
    for here, code in enumerate(few):
        if not code:
            if there < len(many) and not many[there]:
                pairs.append((here, there))
                there += 1
            continue
        while there < len(many) and many[there] != code:
            there += 1
        if there == len(many):
            return None
        pairs.append((here, there))
        there += 1
    return pairs


def _indentation(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


# Blocks from anywhere


def _blocks(board: _Board, work: int) -> list[_Pair]:
    """The longest blocks first; what is left of one that overlaps another comes again."""
    heap = [_ranked(pair, board) for pair in _candidates(board, work)]
    heapify(heap)
    taken = []
    while heap and work > 0:
        pair = heappop(heap)[-1]
        work -= pair.length + _BLOCK_WORK
        rest = list(_unused(pair, board))
        if rest == [pair]:
            board.take(pair)
            taken.append(pair)
        else:
            for part in rest:
                if _is_strong(part, board):
                    heappush(heap, _ranked(part, board))
    return taken


def _ranked(pair: _Pair, board: _Board) -> tuple[int, bool, int, int, _Pair]:
    """Order: most lines that are not blank, then within one file, then by place."""
    lines = sum(map(bool, board.removed[pair.old : pair.old + pair.length]))
    source = board.places[board.old_place[pair.old]].diff.old_path
    target = board.places[board.new_place[pair.new]].diff.path
    return -lines, source != target, pair.old, pair.new, pair


def _candidates(board: _Board, work: int) -> Iterator[_Pair]:
    """Each block that holds a line which is not frequent, at its full length, once."""
    removed, added = _rare(board.removed), _rare(board.added)
    # Of each difference of places: where the last block with it ended. Places only rise.
    reached: dict[int, int] = {}
    for new in sorted(place for code in added.keys() & removed.keys() for place in added[code]):
        for old in removed[board.added[new]]:
            if reached.get(new - old, 0) > new or _is_taken(old, new, board):
                continue
            pair = _grown(old, new, board)
            reached[new - old] = pair.new + pair.length
            work -= pair.length + _BLOCK_WORK
            if work < 0:
                return
            if _is_strong(pair, board):
                yield pair


def _rare(codes: Sequence[bytes]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = {}
    for place, code in enumerate(codes):
        if code:
            places.setdefault(code, []).append(place)
    return {code: where for code, where in places.items() if len(where) <= MAX_REPEATS}


def _grown(old: int, new: int, board: _Board) -> _Pair:
    start, end = 0, 1
    while min(old, new) + start > 0 and _fits(old + start - 1, new + start - 1, board):
        start -= 1
    while _fits(old + end, new + end, board):
        end += 1
    return _Pair(old=old + start, new=new + start, length=end - start)


def _fits(old: int, new: int, board: _Board) -> bool:
    # Each list ends with a gap, which fits nothing: the places are always on the board.
    return board.removed[old] == board.added[new] and not _is_taken(old, new, board)


def _is_taken(old: int, new: int, board: _Board) -> bool:
    return bool(board.old_used[old] or board.new_used[new])


def _is_strong(pair: _Pair, board: _Board) -> bool:
    codes = [code for code in board.removed[pair.old : pair.old + pair.length] if code]
    if len(codes) >= MIN_LINES:
        return True
    return any(letters_of(code) >= MIN_LETTERS for code in codes)


def _unused(pair: _Pair, board: _Board) -> Iterator[_Pair]:
    """The parts of a block of which no line was found meanwhile."""
    start = 0
    for step in range(pair.length + 1):
        if step == pair.length or _is_taken(pair.old + step, pair.new + step, board):
            if step > start:
                yield _Pair(old=pair.old + start, new=pair.new + start, length=step - start)
            start = step + 1
