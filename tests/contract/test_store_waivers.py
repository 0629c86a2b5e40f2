"""What every store promises of waivers."""

import json
from dataclasses import replace

import pytest
from tests.contract.store_calls import AT, LATER

from coverage_gate.ports import Store, StoreError
from coverage_gate.testing.values import waiver

LINES = replace(waiver(text=b"a\n"), seq=0)
TESTS = replace(waiver(path="", tests=("t.py::a[ü]", "t.py::b")), seq=0)


def test_a_waiver_comes_back_whole_under_its_number(store: Store) -> None:
    assert [store.grant_waiver(LINES), store.grant_waiver(TESTS)] == [1, 2]
    store.grant_waiver(replace(LINES, repository="another"))
    assert store.waivers("repo") == (replace(LINES, seq=1), replace(TESTS, seq=2))


def test_granting_is_audited(store: Store) -> None:
    store.grant_waiver(LINES)
    (row,) = store.audits("repo", limit=5)
    assert (row.actor, row.action, row.reason, row.at) == (
        "ana",
        "waiver-granted",
        "runs on Windows only",
        LINES.granted_at,
    )
    assert json.loads(row.detail) == {
        "waiver": 1,
        "category": "platform",
        "expires_at": LINES.expires_at,
        "path": "src/a.py",
        "lines": [1, 1],
        "tests": [],
    }


@pytest.mark.parametrize("name", ["actor", "reason"])
def test_nobody_grants_without_name_and_reason(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is empty"):
        store.grant_waiver(replace(LINES, **{name: " "}))  # type: ignore[arg-type]
    assert store.waivers("repo") == ()


def test_a_name_that_cannot_be_kept_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        store.grant_waiver(replace(LINES, path="\ud800"))
    with pytest.raises(StoreError):
        store.grant_waiver(replace(TESTS, tests=("\ud800",)))


def test_a_revoked_waiver_is_gone_and_audited(store: Store) -> None:
    store.grant_waiver(LINES)
    assert store.revoke_waiver(1, actor="bob", reason="covered", at=LATER)
    assert store.waivers("repo") == ()
    assert not store.revoke_waiver(1, actor="bob", reason="covered", at=LATER)
    assert not store.revoke_waiver(7, actor="bob", reason="covered", at=LATER)
    row, _ = store.audits("repo", limit=5)
    assert (row.actor, row.action, row.reason, row.detail) == (
        "bob",
        "waiver-revoked",
        "covered",
        '{"waiver": 1}',
    )


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("bob", "")])
def test_nobody_revokes_without_name_and_reason(store: Store, actor: str, reason: str) -> None:
    store.grant_waiver(LINES)
    with pytest.raises(ValueError, match="is empty"):
        store.revoke_waiver(1, actor=actor, reason=reason, at=LATER)
    assert len(store.waivers("repo")) == 1


def test_the_merge_of_the_tree_that_used_it_uses_a_waiver_up(store: Store) -> None:
    for each in (LINES, TESTS, LINES):
        store.grant_waiver(each)
    store.note_waivers("repo", tree="tree", waivers=[1, 3])
    store.note_waivers("repo", tree="tree", waivers=[1])
    store.note_waivers("repo", tree="other", waivers=[1, 2])
    store.note_waivers("another", tree="tree", waivers=[2])
    assert store.use_up_waivers("repo", tree="tree", sha="abc", at=LATER) == (1, 3)
    assert store.use_up_waivers("repo", tree="tree", sha="abc", at=LATER) == ()
    assert [row.used_at for row in store.waivers("repo")] == [LATER, "", LATER]
    assert store.waivers("repo")[0].used_by == "abc"
    newest = store.audits("repo", limit=2)
    assert [(row.actor, row.action, row.detail) for row in newest] == [
        ("coverage-gate", "waiver-used", '{"sha": "abc", "waiver": 3}'),
        ("coverage-gate", "waiver-used", '{"sha": "abc", "waiver": 1}'),
    ]


def test_a_waiver_that_was_used_or_revoked_is_not_used_again(store: Store) -> None:
    for each in (LINES, LINES):
        store.grant_waiver(each)
    store.note_waivers("repo", tree="tree", waivers=[1, 2])
    store.revoke_waiver(2, actor="bob", reason="why", at=AT)
    assert store.use_up_waivers("repo", tree="nothing", sha="abc", at=LATER) == ()
    assert store.use_up_waivers("another", tree="tree", sha="abc", at=LATER) == ()
    assert store.use_up_waivers("repo", tree="tree", sha="abc", at=LATER) == (1,)


def test_waivers_take_part_in_a_transaction(store: Store) -> None:
    def broken() -> None:
        with store.transaction() as block:
            block.grant_waiver(LINES)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert store.waivers("repo") == ()
