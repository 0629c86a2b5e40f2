"""Claims that no run can have made true.

A line without code cannot run, yet coverage.py may tell that it did: its C tracer keeps one stack
of files for each thread, and files lines under a wrong one once tests switch greenlets or take the
trace function away in the middle of a call. Such slips are dropped by `counting` and accuse
nobody. What no slip does is to name *every* blank line and comment of a file: whoever claims
whole ranges does, and so does text that is executed under the name of a source file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from coverage_gate.core.counting import RawFile, StaticFile
from coverage_gate.core.linebits import LineBits, bits_of

#: Fewer lines without code than this tell nothing about one file.
_TELLING = 3
#: So many lines without code, of files that claim all of theirs, are proof.
_PROOF = 10


def forged_files(statics: Iterable[StaticFile], raws: Mapping[str, RawFile]) -> tuple[str, ...]:
    """The files whose claims are forged, sorted; none unless there is proof.

    Args:
        statics: What the files hold.
        raws: Path → claims.
    """
    suspects = {
        static.path: static.silent.bit_count()
        for static in statics
        if static.path in raws and _claims_all_silent(static, raws[static.path])
    }
    return tuple(sorted(suspects)) if sum(suspects.values()) >= _PROOF else ()


def _claims_all_silent(static: StaticFile, raw: RawFile) -> bool:
    if static.silent.bit_count() < _TELLING:
        return False
    return static.silent & ~_named_lines(raw) == 0


def _named_lines(raw: RawFile) -> LineBits:
    """The lines that claims are about; an arc names two."""
    if raw.arcs is None:
        return raw.lines
    return raw.lines | bits_of({abs(end) for arc in raw.arcs for end in arc if end})
