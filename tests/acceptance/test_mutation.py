"""Mutation sampling on a real branch: who only executes is told from who checks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.shop import COUPON, Shop, Told

Tell = Callable[..., Told]

#: Runs all lines, in this process and in a child, and looks at nothing.
IDLE = "from shop.coupon import redeem\n\n\ndef test_redeem():\n    redeem('a')\n    redeem('')\n"
#: Only a child process notices.
CHILD = IDLE + (
    "\n\ndef test_child():\n"
    "    import subprocess, sys\n"
    "    code = 'from shop.coupon import redeem as r; assert (r(1), r(0)) == (10, 0)'\n"
    "    subprocess.run([sys.executable, '-c', code], check=True)\n"
)


def check(shop: Shop, tell: Tell, tests: str) -> Told:
    shop.new_branch("coupon", {"src/shop/coupon.py": COUPON, "tests/test_coupon.py": tests})
    return tell("check", "--repo", str(shop.path), "--branch", "coupon", "--format", "json")


@pytest.fixture
def strict(founded: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ORCH_MUTATION_SAMPLES", "1")
    monkeypatch.setenv("ORCH_MUTATION_POLICY", "fail")
    return founded


def test_who_only_executes_fails_and_is_told_what_to_assert(strict: Shop, tell: Tell) -> None:
    told = check(strict, tell, IDLE)
    mutation = told.json["mutation"]
    assert (told.status, mutation["noticed"]) == (1, 0)
    assert {each["path"] for each in mutation["survivors"]} == {"src/shop/coupon.py"}
    assert "Let a test assert what each of these does" in strict.report("coupon")


def test_who_checks_passes_also_where_a_child_process_does(strict: Shop, tell: Tell) -> None:
    told = check(strict, tell, CHILD)
    mutation = told.json["mutation"]
    assert (told.status, mutation["noticed"], mutation["survivors"]) == (0, 1, [])
    assert mutation["sites"] > 0
