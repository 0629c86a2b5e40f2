"""Sub-gates are ordered by what they declare; what they leave open stays as listed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.core.placement import Entry, PlacementError, Plan, fixed_plan, mounted, ordered

MERGE, IMAGE, OURS = "merge_gate", "image_freshness", "coverage_gate"
GATE = Entry(name=OURS, after=(MERGE, "mergeable"), before=(IMAGE, "image"))
NAMES = tuple("abcdefg")


def plan_of(*entries: Entry | str) -> Plan:
    return Plan(entries=tuple(Entry(name=e) if isinstance(e, str) else e for e in entries))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ([MERGE, IMAGE], [MERGE, OURS, IMAGE]),
        # directly behind the merge gate, whose tree is measured
        ([MERGE, "security", IMAGE], [MERGE, OURS, "security", IMAGE]),
        (["ci", MERGE, "x"], ["ci", MERGE, OURS, "x"]),
        # the other name of the same neighbour
        (["mergeable", "x", "image"], ["mergeable", OURS, "x", "image"]),
        # behind both, where a host has both
        ([MERGE, "x", "mergeable", IMAGE], [MERGE, "x", "mergeable", OURS, IMAGE]),
        # a neighbour that is not there is no reason to refuse
        (["a", IMAGE, "z"], ["a", OURS, IMAGE, "z"]),
        (["a", "z"], ["a", "z", OURS]),
        ([], [OURS]),
    ],
)
def test_an_entry_goes_into_a_fixed_order_next_to_its_neighbours(
    host: list[str], expected: list[str]
) -> None:
    assert list(mounted(fixed_plan(host), GATE).names) == expected


@pytest.mark.parametrize("listed", [(IMAGE, "x", MERGE), (MERGE, IMAGE, "x"), ("x", IMAGE, MERGE)])
def test_declared_entries_run_in_order_whatever_the_load_order(listed: tuple[str, ...]) -> None:
    names = mounted(plan_of(*listed), GATE).names
    assert names.index(MERGE) < names.index(OURS) < names.index(IMAGE)


def test_an_entry_that_waits_for_ours_by_declaration_runs_behind_it() -> None:
    plan = ordered(plan_of(MERGE, Entry(name="lint", after=(OURS,)), IMAGE))
    assert mounted(plan, GATE).names == (MERGE, OURS, "lint", IMAGE)


@pytest.mark.parametrize(
    ("plan", "entry", "code", "told"),
    [
        (plan_of(MERGE, OURS), GATE, "double", "mounted already"),
        (plan_of("a", "b", "a"), GATE, "double", "listed twice: a"),
        (
            fixed_plan([IMAGE, "x", MERGE]),
            GATE,
            "cycle",
            f"{IMAGE} before x before {MERGE} before {OURS} before {IMAGE}",
        ),
        (plan_of("a"), Entry(name="b", after=("b",)), "cycle", "b before b"),
        (plan_of("a"), Entry(name="b", requires=("a", "q")), "missing", "b requires q"),
        (plan_of(), Entry(name="b", requires=("a",)), "missing", "b requires a"),
        # hard means earlier, too
        (
            plan_of(Entry(name="a", after=("b",))),
            Entry(name="b", requires=("a",)),
            "cycle",
            "before",
        ),
    ],
)
def test_an_impossible_place_is_refused_and_the_reason_named(
    plan: Plan, entry: Entry, code: str, told: str
) -> None:
    with pytest.raises(PlacementError) as refused:
        mounted(plan, entry)
    assert refused.value.code == code
    assert told in str(refused.value)


def test_what_is_required_runs_earlier() -> None:
    assert ordered(plan_of(Entry(name="b", requires=("a",)), "a")).names == ("a", "b")


@st.composite
def declared_plans(draw: st.DrawFn) -> Plan:
    """Plans whose declarations agree with one hidden order, listed in another."""
    hidden = draw(st.permutations(NAMES))
    entries = []
    for place, name in enumerate(hidden):
        after = draw(st.lists(st.sampled_from(hidden[:place]), unique=True)) if place else []
        rest = hidden[place + 1 :]
        before = draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
        hard = after[: draw(st.integers(min_value=0, max_value=len(after)))]
        entries.append(
            Entry(name=name, after=tuple(after), before=(*before, "absent"), requires=tuple(hard))
        )
    return Plan(entries=tuple(draw(st.permutations(entries))))


@settings(deadline=None)
@given(declared_plans())
def test_declarations_without_a_circle_are_always_obeyed(plan: Plan) -> None:
    result = ordered(plan)
    place = {name: index for index, name in enumerate(result.names)}
    early = [(a, e.name) for e in result.entries for a in e.after + e.requires]
    late = [(e.name, b) for e in result.entries for b in e.before if b in place]
    assert sorted(place) == sorted(NAMES)
    assert all(place[first] < place[second] for first, second in early + late)


@settings(deadline=None)
@given(declared_plans())
def test_ordering_twice_changes_nothing_more(plan: Plan) -> None:
    assert ordered(ordered(plan)) == ordered(plan)


@settings(deadline=None)
@given(
    st.permutations(NAMES),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES)),
)
def test_a_fixed_order_is_kept_or_the_mount_refused(
    host: list[str], after: set[str], before: set[str]
) -> None:
    entry = Entry(name=OURS, after=tuple(sorted(after)), before=tuple(sorted(before)))
    latest = max((host.index(name) for name in after), default=-1)
    earliest = min((host.index(name) for name in before), default=len(host))
    if latest < earliest:
        names = list(mounted(fixed_plan(host), entry).names)
        assert latest < names.index(OURS) <= earliest
        assert [name for name in names if name != OURS] == host
    else:
        with pytest.raises(PlacementError, match="no order obeys"):
            mounted(fixed_plan(host), entry)
