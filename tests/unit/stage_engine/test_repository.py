"""The authoritative repository: what is asked of it, and what is written."""

from pathlib import Path

import pytest
from tests.engine_world import REPO, World

from coverage_gate.ports import RepositoryError
from stage_engine.engine import open_engine
from stage_engine.repository import Merged, Origin, open_work_tree


@pytest.fixture
def origin(world: World) -> Origin:
    del world
    return open_engine().origin(REPO)


def test_a_branch_is_found_and_a_missing_one_is_none(world: World, origin: Origin) -> None:
    head = world.feature("f/1-ü")
    assert (origin.head_of("f/1-ü"), origin.head_of("nope")) == (head, None)


def test_all_branches_are_listed(world: World, origin: Origin) -> None:
    head = world.feature("f/1-ü")
    assert origin.heads() == {"main": world.head(), "f/1-ü": head}


def test_a_repository_without_main_is_told(world: World) -> None:
    world.set(COVERAGE_BASE="trunk")
    with pytest.raises(RepositoryError, match="has no branch 'trunk'"):
        open_engine().origin(REPO).main_head()


def test_a_folder_within_a_repository_is_none_of_its_own(world: World) -> None:
    (world.repo.path / "inside").mkdir()
    world.set(REPOS_DIR=str(world.repo.path))
    with pytest.raises(RepositoryError, match="no repository of its own"):
        open_engine().origin("inside")


def test_history_is_asked_both_ways(world: World, origin: Origin) -> None:
    head = world.feature("f1")
    assert origin.contains(head, world.head())
    assert not origin.contains(world.head(), head)


def test_a_merge_is_made_without_moving_anything(world: World, origin: Origin) -> None:
    ours, theirs = world.feature("f1"), world.commit("main", {"m.txt": "m"})
    tree = origin.merged(ours, theirs).tree
    assert tree is not None
    made = origin.commit_merge(tree, (ours, theirs), "Merge main into f1")
    names = world.repo.git("ls-tree", "--name-only", made).splitlines()
    assert {"f1.txt", "m.txt"} <= set(names)
    assert (world.head("f1"), world.head()) == (ours, theirs)


def test_a_merge_commit_has_our_identity_and_both_parents(world: World, origin: Origin) -> None:
    ours, theirs = world.feature("f1"), world.commit("main", {"m.txt": "m"})
    made = origin.commit_merge(str(origin.merged(ours, theirs).tree), (ours, theirs), "Merge")
    told = world.repo.git("show", "-s", "--format=%P %an <%ae> %s", made)
    assert told == f"{ours} {theirs} stage-engine <stage-engine@localhost> Merge"


def test_conflicts_are_listed_each_once(world: World, origin: Origin) -> None:
    ours = world.feature("f1", {"app.py": "a", "tests/test_app.py": "a"})
    theirs = world.commit("main", {"app.py": "b", "tests/test_app.py": "b"})
    assert origin.merged(ours, theirs) == Merged(
        tree=None, conflicts=("app.py", "tests/test_app.py")
    )


def test_a_branch_moves_only_from_where_it_was_expected(world: World, origin: Origin) -> None:
    first, second = world.head(), world.feature("f1")
    assert not origin.move("main", new=second, old=second.replace(second[0], "0"))
    assert origin.move("main", new=second, old=first)
    assert world.head() == second


def test_moving_a_branch_where_it_is_already_succeeds(world: World, origin: Origin) -> None:
    first, second = world.head(), world.feature("f1")
    origin.move("main", new=second, old=first)
    assert origin.move("main", new=second, old=first)


def test_a_branch_that_cannot_be_moved_is_an_error(world: World, origin: Origin) -> None:
    second = world.feature("f1")
    (world.repo.git_dir / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(RepositoryError):
        origin.move("main", new=second, old=world.head())


def test_a_branch_is_made_once_and_never_moved_by_making_it(world: World, origin: Origin) -> None:
    head = world.head()
    origin.create("new", head)
    other = world.feature("f1")
    origin.create("new", other)
    assert origin.head_of("new") == head


def test_a_bare_repository_shows_main_in_no_work_tree(world: World, origin: Origin) -> None:
    del world
    assert origin.shown_by("main") == []


def test_a_folder_that_is_no_work_tree_is_told(world: World) -> None:
    with pytest.raises(RepositoryError, match="is no work tree"):
        open_work_tree(world.repo.path)
    with pytest.raises(RepositoryError, match="no folder"):
        open_work_tree(Path("/nonexistent"))
