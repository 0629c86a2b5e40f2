"""A host that judges branch after branch in one process is told what new processes would tell."""

from __future__ import annotations

from tests.shop import Shop

from coverage_gate.recent import forget_all

_BRANCHES = ("feature/tested", "feature/untested", "docs", "strict")


def _judged(shop: Shop, branch: str) -> tuple[tuple[bool, str], str]:
    return shop.check(branch), shop.report()


def test_a_process_that_runs_on_judges_as_new_ones_do(founded: Shop) -> None:
    new = []
    for branch in _BRANCHES:
        forget_all()
        new.append(_judged(founded, branch))
    assert {ok for (ok, _), _ in new} == {True, False}
    for _ in range(2):
        assert [_judged(founded, branch) for branch in _BRANCHES] == new


def test_a_process_that_runs_on_sees_what_moved(founded: Shop) -> None:
    before = _judged(founded, "feature/untested")
    assert founded.check("feature/tested")[0] is True
    assert founded.merge("feature/tested")
    # Main is another tree now, with another baseline: nothing of before may be taken for it.
    told = _judged(founded, "feature/untested")
    assert told[1] != before[1]
    forget_all()
    assert _judged(founded, "feature/untested") == told
