"""Clean-up: what nobody needs goes, what somebody may need stays, and nothing is lost."""

import os
import shutil
from pathlib import Path

import pytest
from tests.engine_world import REPO, World

from coverage_gate import procedure
from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine.cleanup import Find, clean_up
from stage_engine.engine import Engine
from stage_engine.values import TaskStatus

LONG_AGO = 1_000_000_000.0
DAY_S = 86_400.0


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def age(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def sweep(engine: Engine, scratch: Path, *, dry_run: bool = False) -> dict[str, Find]:
    finds = clean_up(engine, older_than_s=DAY_S, dry_run=dry_run, scratch=scratch)
    return {find.path.name: find for find in finds}


def with_worktree(
    world: World, engine: Engine, branch: str, status: TaskStatus | None = TaskStatus.DONE
) -> Path:
    """An old worktree of a branch, with a task of this status."""
    world.feature(branch)
    if status is not None:
        task = world.submit(engine, branch)
        world.at_stage(engine, task, "done", status=status, judged_head=world.head(branch))
    path = procedure.make_worktree(engine.settings.gate, REPO, branch)
    age(path)
    return path


def worktrees(world: World) -> list[str]:
    listed = world.repo.git("worktree", "list", "--porcelain").splitlines()
    return [Path(line[9:]).name for line in listed if line.startswith("worktree ")]


def leftovers(world: World) -> list[str]:
    return world.repo.git("for-each-ref", "--format=%(refname)", "refs/leftovers").splitlines()


def test_the_worktree_of_a_finished_task_goes_and_git_forgets_it(
    world: World, scratch: Path
) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    find = sweep(engine, scratch)["f1"]
    assert (find.is_removed, find.reason, path.exists()) == (True, "task 1 is done", False)
    assert "f1" not in worktrees(world)
    assert leftovers(world) == []


def test_a_dry_run_tells_the_same_and_removes_nothing(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    told = sweep(engine, scratch, dry_run=True)
    assert (path / "f1.txt").exists()
    assert told == sweep(engine, scratch)


def test_the_second_time_there_is_nothing_to_do(world: World, scratch: Path) -> None:
    engine = world.engine()
    with_worktree(world, engine, "f1")
    sweep(engine, scratch)
    assert sweep(engine, scratch) == {}


@pytest.mark.parametrize("status", [TaskStatus.ACTIVE, TaskStatus.WAITING, TaskStatus.PARKED])
def test_the_worktree_of_an_open_task_stays(
    world: World, scratch: Path, status: TaskStatus
) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1", status)
    find = sweep(engine, scratch)["f1"]
    assert (find.is_removed, find.reason) == (False, f"task 1 is {status}")
    assert path.exists()


def test_one_open_task_of_a_branch_keeps_its_worktree(world: World, scratch: Path) -> None:
    engine = world.engine()
    with_worktree(world, engine, "f1")
    world.submit(engine, "f1", work_item="OTHER")
    assert sweep(engine, scratch)["f1"].reason == "task 2 is active"


def test_a_young_worktree_stays(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    (path / "f1.txt").write_text("new")
    find = sweep(engine, scratch)["f1"]
    assert (find.is_removed, find.reason) == (False, "task 1 is done, but young")


def test_a_worktree_with_a_process_in_it_stays(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    with (path / "f1.txt").open():
        assert sweep(engine, scratch)["f1"].reason == "a process uses it"


def test_the_worktree_of_a_branch_without_task_stays_as_long_as_the_branch(
    world: World, scratch: Path
) -> None:
    engine = world.engine()
    with_worktree(world, engine, "f1", None)
    assert sweep(engine, scratch)["f1"].reason == "its branch is there, and no task of it is done"
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    assert sweep(engine, scratch)["f1"].reason == "its branch is gone"


def test_what_was_changed_without_a_commit_is_kept_as_a_ref(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    (path / "f1.txt").write_text("precious")
    age(path)
    assert sweep(engine, scratch)["f1"].is_removed
    [ref] = leftovers(world)
    assert world.repo.git("show", f"{ref}:f1.txt") == "precious"
    assert world.repo.git("rev-parse", f"{ref}^") == world.head("f1")


def test_a_commit_of_no_branch_is_kept_as_a_ref(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1", None)
    head = world.head("f1")
    world.repo.git("--git-dir", str(path / ".git"), "rev-parse")
    world.repo.git("-C", str(path), f"--git-dir={path}/.git", "checkout", "-q", "--detach")
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    age(path)
    assert sweep(engine, scratch)["f1"].is_removed
    assert [world.repo.git("rev-parse", ref) for ref in leftovers(world)] == [head]


def test_the_files_of_a_branch_that_is_gone_are_kept_as_a_ref(world: World, scratch: Path) -> None:
    engine = world.engine()
    with_worktree(world, engine, "f1", None)
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    assert sweep(engine, scratch)["f1"].is_removed
    [ref] = leftovers(world)
    assert world.repo.git("show", f"{ref}:f1.txt") == "f1"


def test_of_a_merged_branch_that_is_gone_nothing_needs_to_be_kept(
    world: World, scratch: Path
) -> None:
    engine = world.engine()
    with_worktree(world, engine, "f1")
    world.repo.git("update-ref", "refs/heads/main", world.head("f1"))
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    assert sweep(engine, scratch)["f1"].is_removed
    assert leftovers(world) == []


def test_a_worktree_that_cannot_be_rescued_stays(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    (path / "f1.txt").write_text("precious")
    git_dir = Path((path / ".git").read_text().removeprefix("gitdir: ").strip())
    (git_dir / "index").write_bytes(b"broken")
    age(path)
    find = sweep(engine, scratch)["f1"]
    assert not find.is_removed
    assert find.reason.startswith("could not be removed: RepositoryError: ")
    assert path.exists()


def test_a_locked_worktree_stays(world: World, scratch: Path) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    world.repo.git("worktree", "lock", str(path))
    assert sweep(engine, scratch)["f1"].reason == "locked"


@pytest.mark.parametrize("lost", ["", "gitdir"])
def test_a_worktree_that_git_has_forgotten_goes(world: World, scratch: Path, lost: str) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1")
    git_dir = Path((path / ".git").read_text().removeprefix("gitdir: ").strip())
    if lost:
        (git_dir / lost).unlink()
    else:
        shutil.rmtree(git_dir)
    find = sweep(engine, scratch)["f1"]
    assert (find.is_removed, find.reason) == (True, "git does not know it any more")


def test_a_copy_of_a_worktree_goes_without_a_word_to_the_original(
    world: World, scratch: Path
) -> None:
    engine = world.engine()
    path = with_worktree(world, engine, "f1", TaskStatus.ACTIVE)
    shutil.copytree(path, path.with_name("f1.aside-1"))
    age(path.with_name("f1.aside-1"))
    assert sweep(engine, scratch)["f1.aside-1"].reason == "git does not know it any more"
    assert "f1" in worktrees(world)


def test_a_removal_that_was_interrupted_is_finished(world: World, scratch: Path) -> None:
    engine = world.engine()
    dying = world.folder / "worktrees" / REPO / "f1.removing-0123abcd"
    dying.mkdir(parents=True)
    age(dying)
    find = sweep(engine, scratch)["f1.removing-0123abcd"]
    assert (find.is_removed, dying.exists()) == (True, False)


@pytest.mark.parametrize("kind", ["plain", "repository", "elsewhere", "separate", "broken"])
def test_what_was_never_made_for_a_task_stays(world: World, scratch: Path, kind: str) -> None:
    engine = world.engine()
    place = world.folder / "worktrees" / ("other" if kind == "elsewhere" else REPO) / "x"
    place.mkdir(parents=True)
    if kind == "repository":
        RepositoryBuilder.create(place)
    elif kind == "elsewhere":
        world.repo.git("worktree", "add", "-q", "--detach", str(place), "main")
    elif kind == "separate":
        repository = RepositoryBuilder.create(world.folder / "apart")
        (place / ".git").write_text(f"gitdir: {repository.git_dir}\n")
    elif kind == "broken":
        (place / ".git").symlink_to("nowhere")
    age(place)
    reasons = {"elsewhere": "not made for a task", "separate": "a repository"}
    assert sweep(engine, scratch)["x"].reason == reasons.get(kind, "no worktree")
    assert place.exists()


def test_without_worktrees_there_is_nothing_to_look_at(world: World, scratch: Path) -> None:
    assert sweep(world.engine(), scratch) == {}


def left_behind(scratch: Path, name: str = "covgate-ab12_x9z") -> Path:
    folder = scratch / name
    (folder / "export").mkdir(parents=True)
    (folder / "export" / "app.py").write_text("x = 1")
    age(folder)
    return folder


@pytest.mark.parametrize("name", ["covgate-ab12_x9z", "stage-engine-00000000"])
def test_a_scratch_folder_that_was_left_behind_goes(world: World, scratch: Path, name: str) -> None:
    folder = left_behind(scratch, name)
    assert sweep(world.engine(), scratch)[name].is_removed
    assert not folder.exists()


@pytest.mark.parametrize("name", ["covgate-notes", "covgate-ab12_x9z.bak", "other"])
def test_a_folder_of_another_name_is_not_even_looked_at(
    world: World, scratch: Path, name: str
) -> None:
    folder = left_behind(scratch, name)
    assert sweep(world.engine(), scratch) == {}
    assert folder.exists()


def test_a_scratch_folder_that_is_used_stays(world: World, scratch: Path) -> None:
    folder = left_behind(scratch)
    with (folder / "export" / "app.py").open():
        find = sweep(world.engine(), scratch)[folder.name]
    assert (find.is_removed, find.reason) == (False, "a process uses it")


def test_a_link_that_is_named_like_a_scratch_folder_is_not_followed(
    world: World, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (scratch / "covgate-ab12_x9z").symlink_to(tmp_path / "mine")
    assert sweep(world.engine(), scratch) == {}


def test_another_users_scratch_folder_stays(world: World, scratch: Path) -> None:
    folder = left_behind(scratch)
    finds = clean_up(world.engine(), older_than_s=0, scratch=scratch, user=os.getuid() + 1)
    assert [find.reason for find in finds] == ["another user's"]
    assert folder.exists()


def test_a_run_that_may_live_keeps_its_folder_whatever_age_is_asked_for(
    world: World, scratch: Path
) -> None:
    folder = left_behind(scratch)
    os.utime(folder)
    [find] = clean_up(world.engine(), older_than_s=0, scratch=scratch)
    assert (find.is_removed, find.reason) == (False, "young")
