"""Mounting into dicts, lists and plans: the place, the refusals, the way back."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate import gate
from coverage_gate.core.placement import Entry, PlacementError, Plan
from coverage_gate.splice import mount

MERGE, IMAGE, OURS = "check_branch_mergeable", "check_staging_image_fresh", "check_coverage_gate"


def passing(repo: str, work_item: str, branch: str) -> tuple[bool, str]:
    return True, f"{repo} {work_item} {branch}"


def registry_of(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, passing)


def plan_of(*names: str) -> Plan:
    return Plan(entries=tuple(Entry(name=name) for name in names))


def test_a_dict_gets_the_leaf_between_merge_gate_and_image_freshness() -> None:
    registry = registry_of("check_ci_green", MERGE, IMAGE)
    mount(registry)
    assert list(registry) == ["check_ci_green", MERGE, OURS, IMAGE]
    assert registry[OURS] is gate.check_coverage_gate


def test_a_list_of_pairs_gets_a_pair() -> None:
    pairs = [("ci", passing), ("merge_gate", passing), ("image_freshness", passing)]
    made = mount(pairs, name="coverage_gate", check=passing)
    assert pairs[2] == ("coverage_gate", passing)
    assert made.names == ("ci", "merge_gate", "coverage_gate", "image_freshness")


def test_a_plan_stays_as_it_is_and_a_new_one_is_answered() -> None:
    plan = plan_of(MERGE, IMAGE)
    made = mount(plan, requires=(MERGE,))
    assert plan.names == (MERGE, IMAGE)
    assert made.target.names == made.names == (MERGE, OURS, IMAGE)
    assert made.target.entries[1].requires == (MERGE,)


def test_the_target_is_changed_in_place_since_hosts_hold_references() -> None:
    registry = OrderedDict(registry_of(MERGE, IMAGE))
    pairs: list[Any] = [[MERGE, passing]]
    assert mount(registry).target is registry
    assert mount(pairs).target is pairs


def test_a_neighbour_may_be_given_as_a_bare_text() -> None:
    registry = registry_of("merge", "image")
    mount(registry, after="merge", before="image")
    assert list(registry) == ["merge", OURS, "image"]


def test_a_registry_whose_order_means_nothing_takes_it_at_its_end() -> None:
    registry = registry_of(IMAGE, MERGE)
    mount(registry, after=(), before=())
    assert list(registry) == [IMAGE, MERGE, OURS]


@pytest.mark.parametrize(
    "target",
    [
        registry_of("a", MERGE, "b", IMAGE),
        [("a", passing), (MERGE, passing), (IMAGE, passing)],
        plan_of("a", MERGE, IMAGE),
    ],
    ids=["dict", "list", "plan"],
)
def test_undo_restores_exactly_and_a_second_time_changes_nothing(target: object) -> None:
    before = repr(target)
    made = mount(target)
    assert repr(made.undo()) == before
    assert repr(made.undo()) == before


def test_undo_leaves_what_came_after_the_mount() -> None:
    registry = registry_of(MERGE, IMAGE)
    made = mount(registry)
    registry["later"] = passing
    made.undo()
    assert list(registry) == [MERGE, IMAGE, "later"]


@pytest.mark.parametrize("replace", ["dict", "list"])
def test_undo_refuses_to_remove_a_check_that_is_not_ours(replace: str) -> None:
    target: Any = registry_of(MERGE) if replace == "dict" else [(MERGE, passing)]
    made = mount(target)
    if replace == "dict":
        target[OURS] = passing
    else:
        target[1] = (OURS, passing)
    with pytest.raises(PlacementError, match="another check stands under check_coverage_gate"):
        made.undo()


@pytest.mark.parametrize("kind", [dict, list, "plan"])
def test_a_second_mount_is_refused_and_changes_nothing(kind: object) -> None:
    pairs = [(MERGE, passing), (IMAGE, passing)]
    target = plan_of(MERGE, IMAGE) if kind == "plan" else dict(pairs) if kind is dict else pairs
    once = mount(target).target
    before = repr(once)
    with pytest.raises(PlacementError, match="mounted already"):
        mount(once)
    assert repr(once) == before


class Sealed(dict[str, Any]):
    """A registry that takes no new names."""

    def __setitem__(self, name: str, check: object) -> None:
        raise KeyError(name)


@pytest.mark.parametrize(
    ("target", "options", "told"),
    [
        (registry_of(IMAGE, "x", MERGE), {}, f"{IMAGE} before x before {MERGE} before {OURS}"),
        ([(IMAGE, passing), (MERGE, passing)], {}, f"before {OURS} before {IMAGE}"),
        (registry_of(MERGE), {"requires": ("check_ci_green",)}, "requires check_ci_green"),
        (registry_of(MERGE), {"after": (OURS,)}, f"{OURS} before {OURS}"),
        ([(MERGE, passing), (MERGE, passing)], {}, f"listed twice: {MERGE}"),
        (registry_of(MERGE), {"check": "no function"}, "'no function' cannot be called"),
        (registry_of(MERGE), {"name": 7}, "7 is no name"),
        (registry_of(MERGE), {"name": ""}, "'' is no name"),
        ({1: passing}, {}, "1 is no name of a sub-gate"),
        ([passing], {}, "entry 0 of the list is"),
        ([(MERGE, passing, "x")], {}, "no .name, check. pair"),
        ((), {}, "tuple is no dict"),
        (MappingProxyType({}), {}, "mappingproxy is no dict"),
        (None, {}, "NoneType is no dict"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason_and_nothing_is_changed(
    target: object, options: Mapping[str, Any], told: str
) -> None:
    before = repr(target)
    with pytest.raises(PlacementError, match=told):
        mount(target, **options)
    assert repr(target) == before


def test_a_registry_that_refuses_the_new_name_keeps_its_order() -> None:
    registry = Sealed(registry_of(MERGE, IMAGE))
    with pytest.raises(KeyError, match=OURS):
        mount(registry)
    assert list(registry) == [MERGE, IMAGE]


@settings(deadline=None)
@given(st.permutations(["a", "b", "c", "d"]), st.integers(0, 4), st.sampled_from([dict, list]))
def test_foreign_entries_keep_their_order_and_their_checks(
    names: list[str], split: int, kind: Callable[[Any], Any]
) -> None:
    pairs = [(name, object()) for name in names]
    target = kind(pairs)
    made = mount(target, after=names[:split], before=names[split:])
    held = list(target.items()) if kind is dict else target
    assert [pair for pair in held if pair[0] != OURS] == pairs
    assert made.names.index(OURS) == split
    assert kind(pairs) == made.undo()
