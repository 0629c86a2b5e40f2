"""The worktree of a branch at one exact commit."""

import shutil
import threading
from pathlib import Path

import pytest
from tests.engine_world import REPO, World

from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine.checkout import Checkout, fresh_checkout, leftovers_of
from stage_engine.engine import open_engine


def fresh(branch: str = "f1", lock_wait_s: float = 5.0) -> Checkout:
    engine = open_engine()
    origin = engine.origin(REPO)
    return fresh_checkout(engine.settings, origin, branch, lock_wait_s=lock_wait_s)


def at(path: Path) -> RepositoryBuilder:
    git_dir = Path((path / ".git").read_text().removeprefix("gitdir: ").strip())
    return RepositoryBuilder(path=path, git_dir=git_dir, files=path)


def test_a_missing_worktree_is_made(world: World) -> None:
    world.feature("f1")
    assert fresh() == Checkout(path=world.worktree("f1"))
    assert (world.worktree("f1") / "f1.txt").read_text() == "f1"


def test_a_worktree_that_was_removed_by_hand_is_made_again(world: World) -> None:
    world.feature("f1")
    shutil.rmtree(fresh().path)
    assert (fresh().path / "f1.txt").exists()


def test_a_worktree_follows_a_branch_that_moved(world: World) -> None:
    world.feature("f1")
    fresh()
    world.commit("f1", {"new.txt": "new", "f1.txt": "changed"})
    checkout = fresh()
    assert (checkout.path / "f1.txt").read_text() == "changed"
    assert leftovers_of(checkout.path) == ()


def test_what_git_does_not_know_stays(world: World) -> None:
    world.feature("f1")
    (fresh().path / "cache").write_text("kept")
    assert (fresh().path / "cache").read_text() == "kept"


def test_changes_without_a_commit_are_kept_under_a_ref(world: World) -> None:
    world.feature("f1")
    (fresh().path / "f1.txt").write_text("not committed")
    checkout = fresh()
    assert (checkout.path / "f1.txt").read_text() == "f1"
    assert checkout.saved.startswith("refs/leftovers/f1/")
    assert world.repo.git("show", f"{checkout.saved}:f1.txt") == "not committed"


def test_a_merge_that_was_left_half_done_is_kept_and_cleared(world: World) -> None:
    world.feature("f1", {"app.py": "x = 2\n"})
    world.commit("main", {"app.py": "x = 3\n"})
    path = fresh().path
    with pytest.raises(Exception, match="CONFLICT"):
        at(path).git("merge", "main")
    checkout = fresh()
    assert (path / "app.py").read_text() == "x = 2\n"
    assert "<<<<<<<" in world.repo.git("show", f"{checkout.saved}:app.py")


def test_a_worktree_behind_a_catch_up_leaves_nothing(world: World) -> None:
    head, old = world.feature("f1"), world.commit("main", {"m.txt": "m"})
    path = fresh().path
    engine = open_engine()
    origin = engine.origin(REPO)
    tree = str(origin.merged(head, old).tree)
    origin.move("f1", new=origin.commit_merge(tree, (head, old), "Merge"), old=head)
    assert fresh().saved == ""
    assert (path / "m.txt").exists()


def test_a_worktree_on_another_branch_is_brought_back(world: World) -> None:
    world.feature("f1")
    path = fresh().path
    at(path).git("checkout", "-q", "-b", "elsewhere")
    at(path).commit("elsewhere", {"f1.txt": "changed"})
    (path / "f1.txt").write_text("more")
    assert fresh().saved
    assert at(path).git("symbolic-ref", "HEAD") == "refs/heads/f1"


def test_a_branch_that_is_checked_out_elsewhere_is_shown_detached(world: World) -> None:
    world.feature("f1")
    world.repo.git("worktree", "add", "-q", str(world.folder / "mine"), "f1")
    path = fresh().path
    world.commit("f1", {"f1.txt": "changed"})
    assert (fresh().path / "f1.txt").read_text() == "changed"
    assert at(path).head() == world.head("f1")


def test_the_locks_of_a_commit_that_was_killed_are_removed(world: World) -> None:
    world.feature("f1")
    own = at(fresh().path)
    branch = world.repo.git_dir / "refs" / "heads" / "f1.lock"
    for lock in (own.git_dir / "index.lock", own.git_dir / "HEAD.lock", branch):
        lock.touch()
    fresh(lock_wait_s=0.1)
    assert own.commit("again", {"f1.txt": "again"}) == world.head("f1")


def test_a_git_that_still_works_is_waited_for(world: World) -> None:
    world.feature("f1")
    lock = at(fresh().path).git_dir / "index.lock"
    lock.touch()
    timer = threading.Timer(0.1, lock.unlink)
    timer.start()
    fresh()
    timer.join()
    assert not lock.exists()


def test_a_branch_that_does_not_exist_is_told(world: World) -> None:
    del world
    with pytest.raises(RepositoryError, match="unknown branch"):
        fresh("nope")


def test_a_tag_is_no_branch(world: World) -> None:
    world.repo.git("tag", "v1")
    with pytest.raises(RepositoryError, match="the branch 'v1' is gone"):
        fresh("v1")


def test_a_worktree_of_another_repository_is_refused(world: World) -> None:
    world.feature("f1")
    RepositoryBuilder.create(world.worktree("f1")).commit()
    with pytest.raises(RepositoryError, match="belongs to another repository"):
        fresh()


def test_what_is_left_is_listed_in_gits_short_form(world: World) -> None:
    world.feature("f1")
    path = fresh().path
    (path / "f1.txt").write_text("changed")
    (path / "new.txt").write_text("new")
    assert leftovers_of(path) == (" M f1.txt", "?? new.txt")
