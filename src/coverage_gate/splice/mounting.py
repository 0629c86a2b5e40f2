"""Puts the coverage gate's check into a host's ordered sub-gates, and takes it out again."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

from coverage_gate import gate
from coverage_gate.core.placement import Entry, PlacementError, Plan, fixed_plan, mounted

#: As `check_coverage_gate(repo, work_item, branch) -> (ok, reason)`.
Check: TypeAlias = Callable[..., Any]

CHECK_NAME = "check_coverage_gate"
MERGE_GATES = ("check_branch_mergeable", "merge_gate")
IMAGE_GATES = ("check_staging_image_fresh", "image_freshness")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted(Generic[_T]):
    """A mount that was made.

    Attributes:
        target: The dict or list that was given, now with the check; of a plan the new plan.
        name: The sub-gate's name.
        check: The function that stands under it; a plan holds names only.
        names: All sub-gates, in order.
        undo: Takes the sub-gate out and answers the target as it was before; of a plan the plan
            that was given. A second time changes nothing. Raises PlacementError if another
            check stands under the name meanwhile: it is not ours to remove.
    """

    target: _T
    name: str
    check: Check
    names: tuple[str, ...]
    undo: Callable[[], _T]


def mount(
    target: _T,
    *,
    name: str = CHECK_NAME,
    check: Check | None = None,
    after: Sequence[str] = MERGE_GATES,
    before: Sequence[str] = IMAGE_GATES,
    requires: Sequence[str] = (),
) -> Mounted[_T]:
    """Place a sub-gate among a host's: behind the merge gate, before image freshness.

    A dict or list is changed in place and keeps its own order; do it before other threads read
    it. A plan is frozen, so take `.target` of the answer. A registry whose order means nothing
    takes `after=()` and `before=()`.

    Args:
        target: A dict name → check, a list of (name, check) pairs, or a `Plan`.
        name: Under which the check stands.
        check: What to run; by default `coverage_gate.gate.check_coverage_gate`.
        after: Sub-gates that run earlier, if they are there.
        before: Sub-gates that run later, if they are there.
        requires: Sub-gates that must be there, and run earlier.

    Raises:
        PlacementError: If the name is mounted already, a required sub-gate is missing, no place
            obeys the order that the target has, or the target is none of the three. Nothing was
            changed then.
    """
    (name,) = _all_texts([name])
    entry = Entry(name=name, after=_texts(after), before=_texts(before), requires=_texts(requires))
    run = gate.check_coverage_gate if check is None else check
    if not callable(run):
        raise _unfit(f"the check {run!r} cannot be called; give a function")
    if isinstance(target, Plan):
        return cast("Mounted[_T]", _mount_plan(target, entry, run))
    if isinstance(target, MutableMapping):
        return cast("Mounted[_T]", _mount_mapping(target, entry, run))
    if isinstance(target, list):
        return cast("Mounted[_T]", _mount_list(target, entry, run))
    raise _unfit(f"{type(target).__name__} is no dict, list of (name, check) pairs, or Plan")


def _mount_plan(plan: Plan, entry: Entry, check: Check) -> Mounted[Plan]:
    result = mounted(plan, entry)
    return Mounted(
        target=result, name=entry.name, check=check, names=result.names, undo=lambda: plan
    )


def _mount_mapping(
    registry: MutableMapping[str, Any], entry: Entry, check: Check
) -> Mounted[MutableMapping[str, Any]]:
    names = mounted(fixed_plan(_all_texts(registry)), entry).names
    registry[entry.name] = check
    for later in names[names.index(entry.name) + 1 :]:
        registry[later] = registry.pop(later)

    def undo() -> MutableMapping[str, Any]:
        if entry.name in registry:
            _demand_ours(registry[entry.name], check, entry.name)
            del registry[entry.name]
        return registry

    return Mounted(target=registry, name=entry.name, check=check, names=names, undo=undo)


def _mount_list(pairs: list[Any], entry: Entry, check: Check) -> Mounted[list[Any]]:
    names = mounted(fixed_plan(_names_of_pairs(pairs)), entry).names
    pairs.insert(names.index(entry.name), (entry.name, check))

    def undo() -> list[Any]:
        for place, pair in enumerate(pairs):
            if pair[0] == entry.name:
                _demand_ours(pair[1], check, entry.name)
                del pairs[place]
                break
        return pairs

    return Mounted(target=pairs, name=entry.name, check=check, names=names, undo=undo)


def _names_of_pairs(pairs: list[Any]) -> tuple[str, ...]:
    for place, pair in enumerate(pairs):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # noqa: PLR2004 - a pair
            raise _unfit(f"entry {place} of the list is {pair!r}, which is no (name, check) pair")
    return _all_texts(pair[0] for pair in pairs)


def _texts(names: Sequence[str]) -> tuple[str, ...]:
    # A bare text is a sequence of letters, which would silently match no neighbour.
    return (names,) if isinstance(names, str) else _all_texts(names)


def _all_texts(names: Any) -> tuple[str, ...]:  # noqa: ANN401 - a host's own keys
    listed = tuple(names)
    for name in listed:
        if not isinstance(name, str) or not name:
            raise _unfit(f"{name!r} is no name of a sub-gate; names are text")
    return listed


def _demand_ours(found: object, check: Check, name: str) -> None:
    if found is not check:
        raise PlacementError(
            f"another check stands under {name} now; it is not removed", code="changed"
        )


def _unfit(message: str) -> PlacementError:
    return PlacementError(message, code="not-a-registry")
