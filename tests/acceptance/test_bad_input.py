"""Input that is bad: a message says what to do, the status says what it was, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.measure_run.bench import make_environment
from tests.shop import COUPON, MAIN, NAME, Shop, Told

from coverage_gate.adapters.render.report import read_report
from coverage_gate.testing.repositories import RepositoryBuilder

Tell = Callable[..., Told]
BOTH_MODES = pytest.mark.parametrize(
    ("closed", "status"), [("false", 0), ("true", 3)], ids=["fail-open", "fail-closed"]
)


# Repositories and names


def test_what_is_no_repository_is_told_with_what_to_do(
    shop: Shop, tell: Tell, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    told = tell("check", "--repo", str(tmp_path / "plain"), "--branch", "docs")
    assert told.status == 2
    assert "is no git repository" in told.err
    assert "git init" in told.err
    assert not shop.reports.exists()


def test_a_repository_that_is_not_there_is_a_usage_error(
    shop: Shop, tell: Tell, tmp_path: Path
) -> None:
    told = tell("check", "--repo", str(tmp_path / "missing"))
    assert told.status == 2
    assert "does not exist" in told.err
    assert not shop.reports.exists()


def test_a_repository_without_a_commit_says_so(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    del shop
    RepositoryBuilder.create(tmp_path / "empty")
    told = tell("check", "--repo", str(tmp_path / "empty"))
    assert told.status == 2
    assert "has no commit yet: commit something" in told.err


def test_an_unknown_branch_is_told_with_similar_names(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "feature/testd")
    assert told.status == 2
    assert told.out == ""
    assert "Similar: 'feature/tested'" in told.err
    assert "git branch --all" in told.err


def test_an_unknown_base_is_told(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--base", "trunk")
    assert told.status == 2
    assert "'trunk'" in told.err


@pytest.mark.parametrize("name", ["feature/with/slashes", "-dash", "--force", "ümlaut", "a.b@c"])
def test_any_name_that_a_branch_can_have_is_judged(shop: Shop, tell: Tell, name: str) -> None:
    shop.git.git("update-ref", f"refs/heads/{name}", shop.sha("docs"))
    told = tell("check", "--repo", str(shop.path), f"--branch={name}", "--format=json")
    assert (told.status, told.json["commit"]) == (0, shop.sha("docs"))
    assert shop.check(name, name)[0]


@pytest.mark.parametrize("name", ["with space", "-x --y", "a..b", "a\nb", "\x1b[2J", "a\0b"])
def test_a_name_that_no_branch_can_have_is_told_on_one_line(
    shop: Shop, tell: Tell, name: str
) -> None:
    told = tell("check", "--repo", str(shop.path), f"--branch={name}", "--format=json")
    assert (told.status, told.json["reason_code"]) == (2, "bad-request")
    assert told.json["reason"].startswith("unknown branch, tag or commit")
    assert "\x1b" not in told.out + told.err


@pytest.mark.parametrize("flags", [[], ["--branch="]])
def test_a_detached_head_is_judged_where_no_branch_is_named(
    shop: Shop, tell: Tell, flags: list[str]
) -> None:
    shop.git.git("checkout", "-q", "--detach", "feature/tested")
    told = tell("check", "--repo", str(shop.path), "--format=json", *flags)
    assert (told.status, told.json["commit"]) == (0, shop.sha("feature/tested"))


def test_a_detached_worktree_follows_its_branch(shop: Shop) -> None:
    shop.check("docs")
    worktree = shop.worktrees / NAME / "docs"
    subprocess.run(["git", "checkout", "-q", "--detach", "main"], cwd=worktree, check=True)
    assert shop.check("docs")[0]
    assert read_report(shop.report()).commit == shop.sha("docs")


@BOTH_MODES
def test_a_shallow_clone_says_how_to_deepen_it(
    shop: Shop,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
    closed: str,
    status: int,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    shop.new_branch("ahead", {"README.md": "more"})
    shop.git.git("update-ref", "refs/heads/main", shop.sha("ahead"))
    shallow = shop.git.clone(shop.top / "shallow", "--depth=1", "--no-single-branch")
    told = tell("check", "--repo", str(shallow.path), "--branch", "docs", "--format=json")
    assert (told.status, told.json["verdict"]) == (status, "UNMEASURABLE")
    assert "git fetch --unshallow" in told.json["reason"]


# What the branch holds


def test_a_branch_without_tests_fails(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "no-tests", "--format=json")
    assert (told.status, told.json["failure"]["code"]) == (1, "no-tests")
    assert "add tests" in told.json["reason"]


@BOTH_MODES
def test_a_repository_without_tests_cannot_be_measured(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, closed: str, status: int
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    arguments = ("--branch", "no-tests", "--base", "no-tests", "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["verdict"]) == (status, "UNMEASURABLE")
    assert "add tests or name where they are" in told.json["reason"]


def test_a_syntax_error_that_stops_the_tests_fails(shop: Shop, tell: Tell) -> None:
    shop.new_branch("typo", {"src/shop/price.py": "def shipping(total:\n"})
    told = tell("check", "--repo", str(shop.path), "--branch", "typo", "--format=json")
    assert (told.status, told.json["failure"]["code"]) == (1, "tests-cannot-start")
    assert "run `python -m pytest`" in told.json["reason"]


def test_a_syntax_error_that_no_test_meets_fails(shop: Shop, tell: Tell) -> None:
    told = tell("check", "--repo", str(shop.path), "--branch", "no-python", "--format=json")
    assert (told.status, told.json["unmeasured"]) == (1, ["src/shop/legacy.py"])


NEVER_ENDS = "import time\n\n\ndef test_that_never_ends():\n    time.sleep(600)\n"


def test_a_test_that_never_ends_fails_and_is_named(shop: Shop, tell: Tell) -> None:
    shop.new_branch("endless", {"tests/test_endless.py": NEVER_ENDS})
    started = time.monotonic()
    arguments = ("--branch", "endless", "--timeout", "4", "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["failure"]["code"]) == (1, "timeout")
    assert "tests/test_endless.py::test_that_never_ends did not end" in told.json["reason"]
    assert time.monotonic() - started < 60


LOUD = """
import os


def test_that_prints_a_hundred_megabytes():
    for _ in range(100):
        os.write(1, b"x" * 999_999 + b"\\n")
        os.write(2, b"\\x1b[31mred\\x1b[0m")
    assert {passes}
"""


def test_a_test_that_prints_a_hundred_megabytes_is_measured(shop: Shop, tell: Tell) -> None:
    shop.new_branch("loud", {"tests/test_loud.py": LOUD.format(passes=True)})
    told = tell("check", "--repo", str(shop.path), "--branch", "loud", "--test-command=pytest -s")
    assert told.status == 0
    assert len(told.out) + len(told.err) + len(shop.report("loud")) < 20_000


def test_the_output_of_a_failed_run_is_kept_short_and_printable(shop: Shop, tell: Tell) -> None:
    loud = LOUD.format(passes=True) + "\n\nraise SystemExit(9)\n"
    shop.new_branch(
        "loud", {"tests/test_loud.py": loud.replace("def test_", "test_ = 1\nif test_:\n  #")}
    )
    told = tell("check", "--repo", str(shop.path), "--branch", "loud", "--test-command=pytest -s")
    assert told.status == 1
    assert len(told.out) + len(shop.report("loud")) < 100_000
    assert "\x1b" not in told.out + shop.report("loud")


# The interpreter


@BOTH_MODES
def test_an_interpreter_without_coverage_says_how_to_install_it(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, closed: str, status: int
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    bare = shop.top / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    arguments = ("--branch", "docs", "--python", str(bare / "bin/python"), "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["failure"]["code"]) == (status, "no-coverage")
    assert f"{bare}/bin/python -m pip install --upgrade coverage pytest" in told.json["reason"]


def test_an_interpreter_without_pytest_says_how_to_install_it(shop: Shop, tell: Tell) -> None:
    python = make_environment(shop.top / "no-pytest", packages=())
    arguments = ("--branch", "docs", "--python", str(python), "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["failure"]["code"]) == (0, "no-pytest")
    assert "-m pip install --upgrade coverage pytest" in told.json["reason"]


def test_an_interpreter_that_is_not_there_says_which_variable_names_one(
    shop: Shop, tell: Tell
) -> None:
    arguments = ("--branch", "docs", "--python", str(shop.top / "nowhere"), "--format=json")
    told = tell("check", "--repo", str(shop.path), *arguments)
    assert (told.status, told.json["failure"]["code"]) == (0, "no-interpreter")
    assert "ORCH_COVERAGE_PYTHON" in told.json["reason"]


@pytest.mark.parametrize("checked_out", ["main", "own-python"])
def test_an_environment_that_the_branch_tracks_is_never_used(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, checked_out: str
) -> None:
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    marker = shop.top / "was-run"
    script = f'#!/bin/sh\ntouch {marker}\nexec {shop.python} "$@"\n'
    (shop.path / ".venv/bin").mkdir(parents=True)
    (shop.path / ".venv/bin/python").touch(0o755)
    shop.new_branch("own-python", {".venv/bin/python": script})
    shop.git.git("checkout", "-q", checked_out)
    told = tell("check", "--repo", str(shop.path), "--branch", "own-python", "--timeout", "60")
    assert told.status == 0
    assert not marker.exists()


def test_an_environment_of_the_checkout_is_used(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    make_environment(shop.path / ".venv", packages=())
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json")
    assert told.json["failure"]["code"] == "no-pytest"
    assert str(shop.path / ".venv/bin/python") in told.json["reason"]


# Variables


def test_an_invalid_variable_is_named_with_what_is_allowed(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "most of it")
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "bath")
    told = tell("check", "--repo", str(shop.path), "--branch", "docs")
    assert told.status == 2
    assert "ORCH_COVERAGE_MIN_PERCENT is no plain number" in told.err
    assert "did you mean both?" in told.err


def test_a_misspelt_variable_is_named_and_counts_nothing(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENTS", "99")
    told = tell("check", "--repo", str(shop.path), "--branch", "docs")
    assert told.status == 0
    assert "ORCH_COVERAGE_MIN_PERCENTS (did you mean ORCH_COVERAGE_MIN_PERCENT?)" in told.err


# Work items


@pytest.mark.parametrize("item", ["../x", "../../x", "/etc/x", "..", "a/../../b", "\udcff"])
def test_a_work_item_never_leads_out_of_the_folder_of_reports(
    shop: Shop, tell: Tell, item: str
) -> None:
    before = {path.name for path in shop.top.iterdir()}
    told = tell(
        *("check", "--repo", str(shop.path), "--branch", "docs"),
        *("--work-item", item, "--format=json"),
    )
    assert told.status == 0
    assert Path(told.json["report"]).parent.parent == shop.reports / NAME
    assert {path.name for path in shop.top.iterdir()} - before <= {
        "reports",
        "store.db-wal",
        "store.db-shm",
    }


def test_an_empty_folder_of_code_has_nothing_to_measure_and_found_no_baseline(
    shop: Shop, tell: Tell
) -> None:
    files: dict[str, str | None] = {"src/shop/price.py": None, "src/shop/__init__.py": None}
    tests = {"tests/test_price.py": "def test_nothing():\n    pass\n"}
    shop.new_branch("hollow", files | tests)
    told = tell("check", "--repo", str(shop.path), "--branch", "hollow", "--format=json")
    assert told.status == 1
    assert "nothing measurable" in told.json["reason"]


def test_code_beside_the_scope_is_told(shop: Shop, tell: Tell) -> None:
    shop.new_branch("beside", {"tools/coupon.py": COUPON, **MAIN})
    told = tell("check", "--repo", str(shop.path), "--branch", "beside", "--format=json")
    assert "tools/coupon.py" in " ".join(told.json["warnings"])
