"""The gate on the change itself, before it is committed and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.shop import BRANCHES, COUPON, PRICE, PRICE_TESTS, Shop, Told

Tell = Callable[..., Told]


@pytest.fixture
def low(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Its tests cover two thirds of it: a floor that it holds. What was measured is known."""
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "50")
    shop.git.git("update-index", "-q", "--refresh")
    return shop


def write(shop: Shop, files: Mapping[str, str | None]) -> None:
    shop.git.write({path: text for path, text in files.items() if text is not None})


def stage(shop: Shop, branch: str) -> None:
    write(shop, BRANCHES[branch])
    shop.git.git("add", "-A")


def diff(shop: Shop, tell: Tell, *options: str) -> Told:
    return tell("diff", "--repo", str(shop.path), *options)


def test_an_untested_change_is_refused_before_it_is_committed(low: Shop, tell: Tell) -> None:
    stage(low, "feature/untested")
    told = diff(low, tell, "--staged", "--format", "agent")
    assert told.status == 1
    assert told.out.startswith("# Work order: `main` may not land in `HEAD` yet\n")
    assert "    coverage-gate diff --staged --base HEAD\nOnly what is staged counts." in told.out
    assert not low.reports.exists()


def test_a_tested_change_and_a_text_pass(low: Shop, tell: Tell) -> None:
    stage(low, "feature/tested")
    assert diff(low, tell, "--staged").status == 0
    low.git.git("reset", "-q", "--hard")
    stage(low, "docs")
    told = diff(low, tell, "--staged", "--format", "json").json
    assert (told["verdict"], told["base_commit"]) == ("PASS", low.sha("main"))


def test_the_index_is_judged_where_the_files_differ(low: Shop, tell: Tell) -> None:
    stage(low, "feature/untested")
    (low.path / "src/shop/invoice.py").unlink()
    write(low, BRANCHES["docs"])
    assert diff(low, tell, "--staged").status == 1
    assert diff(low, tell, "--worktree").status == 0


def test_the_files_are_judged_where_nothing_is_staged(low: Shop, tell: Tell) -> None:
    write(low, BRANCHES["feature/untested"])
    assert diff(low, tell, "--staged").status == 0
    told = diff(low, tell, "--worktree", "--base", "main", "--format", "agent")
    assert told.status == 1
    assert "    coverage-gate diff --worktree --base main\nFiles count as they stand." in told.out


def test_a_partial_commit_hands_its_index_to_the_hook(
    low: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "index"
    own.write_bytes((low.path / ".git/index").read_bytes())
    stage(low, "feature/untested")
    monkeypatch.setenv("GIT_INDEX_FILE", str(own))
    assert diff(low, tell, "--staged").status == 0


def test_a_text_alone_runs_no_test(low: Shop, tell: Tell) -> None:
    code = ("--staged", "--only-code")
    stage(low, "docs")
    nothing = "nothing to judge: no Python or configuration file is staged\n"
    assert diff(low, tell, *code) == Told(status=0, out="", err=nothing)
    stage(low, "feature/untested")
    assert diff(low, tell, *code).status == 1
    assert diff(low, tell, "--only-code").status == 2


def test_a_staged_deletion_is_judged(low: Shop, tell: Tell) -> None:
    # One test of two: its code stays, so nothing excuses it.
    low.git.write({"tests/test_price.py": PRICE_TESTS.partition("def test_discount")[0]})
    low.git.git("add", "-A")
    half = diff(low, tell, "--staged", "--only-code", "--floor", "0")
    assert (half.status, "test_discount (gone)" in half.out) == (1, True)


def test_code_may_go_with_its_tests(low: Shop, tell: Tell) -> None:
    stage(low, "feature/tested")
    low.git.commit("coupon")
    low.git.git("rm", "-q", "src/shop/coupon.py", "tests/test_coupon.py")
    told = diff(low, tell, "--staged", "--only-code")
    assert told.status == 0, told.out


def test_a_staged_change_may_not_let_the_total_fall_below_75(shop: Shop, tell: Tell) -> None:
    shop.git.git("update-index", "-q", "--refresh")
    stage(shop, "docs")
    told = diff(shop, tell, "--staged", "--format", "json").json
    (floor,) = [rule for rule in told["rules"] if rule["rule"] == "floor"]
    assert (floor["outcome"], floor["actual"], floor["required"]) == ("FAIL", "8/12", 74.5)
    assert diff(shop, tell, "--staged", "--floor", "60").status == 0


def test_a_branch_is_judged_by_its_change_alone(low: Shop, tell: Tell, tmp_path: Path) -> None:
    low.git.switch("feature/untested")
    told = diff(low, tell, "--base", "main", "--output", f"json={tmp_path / 'out.json'}")
    assert told.status == 1
    kept = json.loads((tmp_path / "out.json").read_text())
    assert [rule["rule"] for rule in kept["rules"]] == [
        "floor",
        "patch",
        "unmeasured",
        "integrity",
    ]
    assert kept["report"] is None
    unwritten = f"json={tmp_path}"
    assert diff(low, tell, "--base", "main", "--output", unwritten).status == 1
    same = ("--base", "feature/untested", "--floor", "40")
    assert diff(low, tell, *same).status == 0
    assert diff(low, tell, *same, "--output", unwritten).status == 4


def test_the_first_commit_has_nothing_to_be_compared_with(
    low: Shop, tell: Tell, tmp_path: Path
) -> None:
    fresh = type(low.git).create(tmp_path / "fresh")
    fresh.write({"a.py": COUPON})
    fresh.git("add", "-A")
    told = tell("diff", "--repo", str(fresh.path), "--staged")
    assert (told.status, told.err) == (0, "nothing to compare with: this is the first commit\n")


def test_a_change_of_a_line_is_a_change(low: Shop, tell: Tell) -> None:
    low.git.write({"src/shop/price.py": PRICE.replace('"percent"', '"rate"')})
    told = diff(low, tell, "--worktree", "--format", "json").json
    (patch,) = [rule for rule in told["rules"] if rule["rule"] == "patch"]
    assert patch["actual"] == "0/1"
