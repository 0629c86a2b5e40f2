"""What real projects and everyday use ask for, beyond the rules."""

from __future__ import annotations

from collections.abc import Callable

from tests.shop import Shop, Told

Tell = Callable[..., Told]


def test_tests_find_no_word_coverage_in_the_paths_of_their_files(founded: Shop, tell: Tell) -> None:
    # Projects that print tracebacks tell the tracer's frames from their own by that word.
    looks = "def test_path():\n    assert 'coverage' not in __file__\n"
    founded.new_branch("paths", {"tests/test_path.py": looks})
    told = tell("measure", "--repo", str(founded.path), "--branch", "paths", "--format", "json")
    assert told.json["failing_tests"] == []


def test_without_a_name_the_branch_that_is_checked_out_is_judged_and_named(
    founded: Shop, tell: Tell
) -> None:
    founded.git.git("symbolic-ref", "HEAD", "refs/heads/feature/tested")
    told = tell("check", "--repo", str(founded.path), "--format", "json")
    assert told.json["commit"] == founded.sha("feature/tested")
    assert "reading feature/tested and main" in told.err


def test_two_branches_that_are_checked_out_in_turn_have_a_report_each(
    founded: Shop, tell: Tell
) -> None:
    reports = set()
    for branch in ("feature/tested", "docs"):
        founded.git.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        told = tell("check", "--repo", str(founded.path), "--format", "json")
        reports.add(told.json["report"])
    assert len(reports) == 2


def test_a_detached_head_is_judged_under_its_own_name(founded: Shop, tell: Tell) -> None:
    founded.git.git("checkout", "-q", "--detach", founded.sha("docs"))
    told = tell("check", "--repo", str(founded.path), "--format", "json")
    assert (told.status, "reading HEAD and main" in told.err) == (0, True)
