"""The history of numbers: kept once, read newest first, pruned without what a baseline needs."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.contract.store_calls import OWN, rise

from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.history import FileCounts, Merged, Origin, Point, Pruned
from coverage_gate.core.ratchet import Rise
from coverage_gate.core.rates import Counts
from coverage_gate.ports import Store, StoreError
from coverage_gate.testing.values import covered, measurement, tree_id

FILES = (
    FileCounts(path="a.py", lines=Counts(covered=3, total=4)),
    FileCounts(
        path="b\udcff.py",
        lines=Counts(covered=1, total=2),
        branches=Counts(covered=0, total=2),
    ),
)
COUNTS = Counts(covered=4, total=8)
POINT = Point(
    repository="repo",
    branch="main",
    commit="c1",
    tree="t1",
    at="2026-01-01T00:00:00Z",
    recorded_at="2026-01-05T00:00:00Z",
    counts=COUNTS,
    scope="scope",
    kind="ctrace-3.11-branch",
    identity="i1",
)
LATER = "2026-03-01T00:00:00Z"


def keep(store: Store, *days: int, branch: str = "main") -> None:
    """A point of a commit of its own for each day of January."""
    for day in days:
        point = replace(
            POINT,
            branch=branch,
            commit=f"c{day}",
            tree=f"t{day}",
            identity=f"i{day}",
            at=f"2026-01-{day:02}T00:00:00Z",
        )
        assert store.note_point(point, FILES)


def merge(store: Store, tree: str = "t1", kind: str = POINT.kind) -> Point | None:
    key = BaselineKey(repository="repo", scope="scope", kind=kind)
    return store.note_merge(Merged(key=key, tree=tree, branch="main", commit="merged", at=LATER))


def commits(store: Store, branch: str | None = None) -> list[str | None]:
    return [point.commit for point in store.history("repo", branch=branch, limit=99)]


def test_a_point_comes_back_as_it_went_in(store: Store) -> None:
    assert store.note_point(POINT, FILES)
    (found,) = store.history("repo", branch="main", limit=5)
    assert found == replace(POINT, seq=found.seq)
    assert found.seq > 0
    assert store.point_files(found.seq) == FILES
    assert store.point_files(found.seq + 1) == ()


def test_files_come_back_by_path(store: Store) -> None:
    store.note_point(POINT, FILES[::-1])
    assert store.point_files(store.history("repo", limit=1)[0].seq) == FILES


def test_what_comes_from_elsewhere_says_so(store: Store) -> None:
    store.note_point(replace(POINT, origin=Origin.REPORT, commit=None, tree=None), FILES)
    (found,) = store.history("repo", limit=5)
    assert (found.origin, found.commit, found.tree) == (Origin.REPORT, None, None)


def test_the_same_numbers_of_a_commit_are_kept_once_for_each_branch(store: Store) -> None:
    assert store.note_point(POINT, FILES)
    assert not store.note_point(replace(POINT, at=LATER), FILES)
    assert store.note_point(replace(POINT, branch="dev"), FILES)
    assert store.note_point(replace(POINT, identity="i2"), FILES)
    assert len(store.history("repo", limit=9)) == 3


def test_what_has_no_commit_is_kept_once_too(store: Store) -> None:
    assert store.note_point(replace(POINT, commit=None), FILES)
    assert not store.note_point(replace(POINT, commit=None), FILES)


def test_points_come_newest_first_by_their_time_and_not_by_when_they_were_kept(
    store: Store,
) -> None:
    keep(store, 2, 3, 1)
    assert commits(store) == ["c3", "c2", "c1"]
    assert [point.commit for point in store.history("repo", limit=2)] == ["c3", "c2"]
    assert store.history("repo", limit=0) == ()


def test_points_are_of_a_repository_and_a_branch(store: Store) -> None:
    keep(store, 1)
    keep(store, 2, branch="dev")
    assert (commits(store, "dev"), commits(store, "none")) == (["c2"], [])
    assert store.history("another", limit=5) == ()
    assert store.history_branches("repo") == ("dev", "main")
    assert store.history_branches("another") == ()


def test_what_was_measured_of_a_branch_is_a_point_of_main_once_it_is_merged(store: Store) -> None:
    store.note_point(replace(POINT, branch="feature"), FILES)
    found = merge(store)
    assert found is not None
    assert (found.branch, found.commit, found.at, found.counts) == ("main", "merged", LATER, COUNTS)
    assert store.point_files(found.seq) == FILES
    assert store.history_branches("repo") == ("feature", "main")
    assert merge(store) == found


def test_only_the_measured_tree_of_the_same_scope_and_kind_is_merged(store: Store) -> None:
    store.note_point(replace(POINT, origin=Origin.REPORT), FILES)
    assert merge(store) is None
    store.note_point(replace(POINT, branch="feature"), FILES)
    assert merge(store, tree="t2") is None
    assert merge(store, kind="ctrace-3.12-branch") is None
    assert merge(store) is not None


@pytest.mark.parametrize("counts", [COUNTS + COUNTS, Counts(covered=5, total=8)])
def test_counts_must_be_those_of_the_files(store: Store, counts: Counts) -> None:
    with pytest.raises(ValueError, match="the files add up to 4/8, not to"):
        store.note_point(replace(POINT, counts=counts), FILES)
    assert store.history("repo", limit=5) == ()


@pytest.mark.parametrize("field", ["repository", "identity"])
def test_a_point_without_its_names_is_refused(store: Store, field: str) -> None:
    changes = {field: " "}
    with pytest.raises(ValueError, match=f"{field} is empty"):
        store.note_point(replace(POINT, **changes), FILES)  # type: ignore[arg-type]  # one of both


def test_a_branch_that_no_database_can_keep_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store.note_point(replace(POINT, branch="b\udcff"), FILES)


def test_older_points_are_pruned_and_the_newest_of_each_branch_and_kind_stays(
    store: Store,
) -> None:
    keep(store, 1, 2, 3)
    keep(store, 1, 2, branch="dev")
    store.note_point(replace(POINT, kind="ctrace-3.12-branch", identity="other"), FILES)
    assert store.prune("repo", before=LATER) == Pruned(points=3, measurements=0)
    assert commits(store, "main") == ["c3", "c1"]
    assert commits(store, "dev") == ["c2"]


def test_what_is_as_old_as_the_limit_stays(store: Store) -> None:
    keep(store, 1, 2, 3)
    assert store.prune("repo", before="2026-01-02T00:00:00Z").points == 1
    assert commits(store) == ["c3", "c2"]


def test_nothing_of_another_repository_is_pruned(store: Store) -> None:
    keep(store, 1, 2, 3)
    store.save_measurement("repo", measurement(covered(1, 2)), POINT.at)
    assert store.prune("another", before=LATER) == Pruned(points=0, measurements=0)


def test_a_number_is_never_given_twice(store: Store) -> None:
    keep(store, 1, 2)
    newest = store.history("repo", limit=1)[0].seq
    store.prune("repo", before=LATER)
    keep(store, 3)
    assert store.history("repo", limit=1)[0].seq > newest


def test_what_a_baseline_stands_on_is_never_pruned(store: Store) -> None:
    keep(store, 1, 2, 3, 4)
    store.ratchet(
        Rise(
            key=OWN,
            rate=Fraction(1, 2),
            counts=COUNTS,
            sha="c1",
            tree="t2",
            at=LATER,
        )
    )
    assert store.prune("repo", before=LATER).points == 1
    assert commits(store) == ["c4", "c2", "c1"]


def test_points_without_a_tree_are_pruned_beside_a_baseline_without_one(store: Store) -> None:
    store.reset_baseline(
        repository="repo", rate=Fraction(1, 2), actor="ann", reason="why", at=LATER
    )
    old = replace(POINT, tree=None, commit=None)
    store.note_point(old, FILES)
    store.note_point(replace(old, at=LATER, identity="i2"), FILES)
    store.save_measurement("repo", measurement(covered(1, 2)), POINT.at)
    assert store.prune("repo", before=LATER) == Pruned(points=1, measurements=1)


def test_measurements_are_pruned_but_those_of_a_baseline(store: Store) -> None:
    for name in ("old", "founding", "new"):
        at = LATER if name == "new" else POINT.at
        store.save_measurement("repo", measurement(covered(1, 2), tree=name), at)
    rise(store, Fraction(1, 2), key=replace(OWN, kind="k"), sha=tree_id("founding"))
    assert store.prune("repo", before=LATER) == Pruned(points=0, measurements=1)
    kept = [each.identity for each in store.measurements("repo", limit=9)]
    assert kept == ["identity-of-new", "identity-of-founding"]


def test_what_main_stands_on_stays_measured_though_the_baseline_did_not_rise(store: Store) -> None:
    for day, name in enumerate(("left", "standing", "unknown"), start=1):
        store.save_measurement("repo", measurement(covered(1, 2), tree=name), POINT.at)
        at = f"2026-01-{day:02}T00:00:00Z"
        if name != "unknown":
            store.note_point(replace(POINT, tree=tree_id(name), identity=name, at=at), FILES)
    treeless = replace(POINT, branch="imported", tree=None, identity="imported")
    store.note_point(treeless, FILES)
    assert store.prune("repo", before=LATER) == Pruned(points=1, measurements=2)
    kept = [each.identity for each in store.measurements("repo", limit=9)]
    assert kept == ["identity-of-standing"]


def test_a_point_of_another_repository_keeps_no_measurement(store: Store) -> None:
    store.save_measurement("repo", measurement(covered(1, 2), tree="shared"), POINT.at)
    store.note_point(replace(POINT, repository="another", tree=tree_id("shared")), FILES)
    assert store.prune("repo", before=LATER).measurements == 1


def test_points_of_an_abandoned_transaction_are_forgotten(store: Store) -> None:
    def abandoned() -> None:
        with store.transaction() as block:
            block.note_point(POINT, FILES)
            raise RuntimeError("over")

    with pytest.raises(RuntimeError, match="over"):
        abandoned()
    assert store.history("repo", limit=5) == ()
