"""Changes of a few small files, measured before and after, with anything in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha1

from hypothesis import strategies as st

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import Arc, FileCoverage, Measurement, Span, Withheld
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.testing.values import changes, hunks, landing, measurement

PATHS = ("src/a.py", "src/b.py", "src/c.py")

#: Few texts, so that lines are alike; some are alike but for indentation, comment or line breaks.
_TEXTS = (
    *(b"a", b"    a", b"a  # x", b"b", b"", b"return value_of_the_thing", b"x = (", b"1,", b")"),
    *(b"x = (1)", b"first_of_the_long_names()", b"    first_of_the_long_names()", b"if x:"),
)
_LINES = st.lists(st.sampled_from(_TEXTS), max_size=12).map(tuple)


def blob_of(lines: Sequence[bytes]) -> str:
    """A git id that is another one for other lines."""
    return sha1(repr(tuple(lines)).encode(), usedforsecurity=False).hexdigest()


#: Often none.
_FEW_LINES = st.just(0) | st.integers(0, 2**14).map(lambda bits: bits & ~1)


@st.composite
def _measured(draw: st.DrawFn, path: str, lines: Sequence[bytes]) -> FileCoverage:
    """Any facts: each line begins a statement, goes on with one, is excluded or nothing."""
    kinds = draw(st.lists(st.sampled_from("ssswxc "), min_size=len(lines), max_size=len(lines)))
    by_kind = {
        kind: [line for line, each in enumerate(kinds, 1) if each == kind] for kind in "swxc"
    }
    numbers = st.integers(1, len(lines) + 2)
    targets = numbers | numbers.map(lambda line: -line)
    sources = st.sampled_from(by_kind["s"] or [1])
    arcs: list[Arc] = sorted(draw(st.sets(st.tuples(sources, targets), max_size=6)))
    statements = bits_of(by_kind["s"])
    executed = draw(st.integers(0, 2**14)) & statements
    first = draw(st.integers(1, 5))
    taken = tuple(arc for arc in arcs if draw(st.booleans()))
    span = Span(name="f", kind="function", first=first, last=draw(st.integers(first, 14)))
    return FileCoverage(
        path=path,
        blob=blob_of(lines),
        statements=statements,
        executed=executed,
        excluded=bits_of(by_kind["x"] + by_kind["w"]),
        branches=tuple(arcs),
        taken=taken,
        spans=draw(st.sampled_from([(), (span,)])),
        continued=bits_of(by_kind["c"]),
        trivial=draw(st.integers(0, 2**14)) & statements,
        withheld=replace(
            draw(_withheld(bits_of(by_kind["w"]), arcs, taken, targets)),
            packed=draw(st.integers(0, 2**14)) & draw(st.integers(0, 2**14)) & executed,
        ),
        idle=draw(_FEW_LINES) & statements,
        idle_exits=draw(_FEW_LINES) & statements,
    )


@st.composite
def _withheld(
    draw: st.DrawFn,
    lines: LineBits,
    arcs: Sequence[Arc],
    taken: Sequence[Arc],
    targets: st.SearchStrategy[int],
) -> Withheld:
    """Some of the lines by a comment, some without logic, and branches that only they close."""
    excused = draw(st.integers(0, 2**14)) & ~1
    own = [arc for arc in taken if excused >> arc[0] & 1]
    found = draw(st.sets(st.tuples(st.integers(1, 14), targets), max_size=3))
    commented = draw(st.integers(0, 2**14)) & lines
    closed = tuple(sorted(found.difference(arcs)))
    return Withheld(
        statements=lines,
        branches=closed,
        harmless=draw(st.integers(0, 2**14)) & lines & ~commented,
        commented=commented,
        excused=excused,
        assumed=tuple(arc for arc in own if draw(st.booleans())),
        ran=draw(st.integers(0, 2**14)) & draw(st.integers(0, 2**14)) & lines,
        taken=tuple(arc for arc in closed if draw(st.booleans())),
    )


@st.composite
def _edited(draw: st.DrawFn, lines: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The lines, some of them indented anew, left out, put in or moved."""
    made = list(lines)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(made)))
        end = draw(st.integers(place, len(made)))
        other = draw(st.integers(0, len(made)))
        match draw(st.sampled_from(["delete", "insert", "indent", "move", "replace"])):
            case "delete":
                del made[place:end]
            case "insert":
                made[place:place] = draw(_LINES)
            case "indent":
                made[place:end] = [b"    " + line for line in made[place:end]]
            case "move":
                block = made[place:end]
                del made[place:end]
                made[other:other] = block
            case _:
                made[place:end] = draw(_LINES)
    return tuple(made)


@dataclass(slots=True, kw_only=True)
class Sides:
    """A change in the making."""

    before: list[FileCoverage] = field(default_factory=list)
    after: list[FileCoverage] = field(default_factory=list)
    diffs: list[FileDiff] = field(default_factory=list)


def _put(draw: st.DrawFn, sides: Sides, path: str) -> None:
    """One file and what becomes of it; either side may leave it out of what is measured."""
    lines = draw(_LINES)
    kind = draw(st.sampled_from(["same", "edited", "added", "deleted", "renamed", "whole"]))
    old = None if kind == "added" else draw(_measured(path, lines))
    new: FileCoverage | None
    if kind == "same" and old is not None:
        new = draw(st.just(_ran_anew(draw, old)) | _measured(path, lines))
    else:
        after = lines if kind == "added" else draw(_edited(lines))
        target = f"{path}.moved.py" if kind == "renamed" else path
        new = None if kind == "deleted" else draw(_measured(target, after))
        sides.diffs.append(
            FileDiff(
                path=target,
                old_path=path,
                old_blob=old.blob if old else None,
                blob=new.blob if new else None,
                hunks=hunks(lines if old else (), after if new else ()),
                is_whole=kind == "whole",
            )
        )
    for side, file in ((sides.before, old), (sides.after, new)):
        if file is not None and draw(st.integers(0, 7)):
            side.append(file)


def _ran_anew(draw: st.DrawFn, file: FileCoverage) -> FileCoverage:
    taken = tuple(arc for arc in file.branches if draw(st.booleans()))
    assumed = tuple(arc for arc in file.withheld.assumed if arc in taken)
    executed = draw(st.integers(0, 2**14)) & file.statements
    return replace(
        file,
        executed=executed,
        taken=taken,
        withheld=replace(file.withheld, assumed=assumed, packed=file.withheld.packed & executed),
    )


@st.composite
def sides_of_a_change(draw: st.DrawFn) -> tuple[Measurement, Measurement, tuple[FileDiff, ...]]:
    """Base and head, measured, and the differences between them."""
    sides = Sides()
    for path in PATHS[: draw(st.integers(1, len(PATHS)))]:
        _put(draw, sides, path)
    base = measurement(*sorted(sides.before, key=lambda file: file.path), tree="base")
    head = measurement(*sorted(sides.after, key=lambda file: file.path))
    return base, head, tuple(sides.diffs)


_SHARES = st.integers(0, 20).map(lambda parts: Fraction(parts, 20))
_RULES = st.sets(st.sampled_from([RuleName.PATCH, RuleName.LOST, RuleName.UNMEASURED]))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Any change under any policy; the base may be unknown."""
    base, head, diff = draw(sides_of_a_change())
    policy = Policy(
        name=draw(st.sampled_from(PolicyName)),
        floor=draw(_SHARES),
        epsilon=draw(st.sampled_from([Fraction(0), Fraction(1, 200)])),
        rules=frozenset(draw(_RULES)),
        patch_min=draw(_SHARES),
    )
    key = BaselineKey(repository="repo")
    stored = Baseline(key=key, epoch=1, rate=draw(_SHARES), counts=None, sha="", updated_at="")
    return Evidence(
        policy=policy,
        landing=landing(),
        changes=changes(),
        head=head,
        base=draw(st.sampled_from([base, base, base, None])),
        baseline=draw(st.sampled_from([stored, stored, None])),
        diff=draw(st.sampled_from([diff, diff, diff, None])),
    )
