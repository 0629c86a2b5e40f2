"""The worktree of a branch: made, mended, moved or kept."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coverage_gate.adapters.git.worktrees import ensure_worktree
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder, tree_line


@pytest.fixture
def topic(repo: RepositoryBuilder) -> RepositoryBuilder:
    """A repository on main, with a branch "topic" that is one commit ahead."""
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n"})
    repo.switch("main")
    return repo


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the worktree is wanted; the folder above is not there yet."""
    return tmp_path / "worktrees" / "topic"


def _head(worktree: Path) -> str:
    (pointer,) = (worktree / ".git").read_text().splitlines()
    return (Path(pointer.removeprefix("gitdir: ")) / "HEAD").read_text().strip()


def test_a_missing_worktree_is_made_on_the_branch(topic: RepositoryBuilder, place: Path) -> None:
    assert ensure_worktree(topic.path, place, "topic") == place
    assert (place / "b.py").read_text() == "b = 1\n"
    assert _head(place) == "ref: refs/heads/topic"


def test_an_empty_folder_becomes_the_worktree(topic: RepositoryBuilder, place: Path) -> None:
    place.mkdir(parents=True)
    ensure_worktree(topic.path, place, "topic")
    assert (place / "b.py").is_file()
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("name", ["-x", "--detach", "feature/ü", "-"])
def test_a_branch_may_look_like_an_option(repo: RepositoryBuilder, place: Path, name: str) -> None:
    repo.branch(name)
    repo.switch("main")
    ensure_worktree(repo.path, place, name)
    assert _head(place) == f"ref: refs/heads/{name}"


def test_a_bare_repository_gets_worktrees_too(tmp_path: Path, place: Path) -> None:
    bare = RepositoryBuilder.create(tmp_path / "b.git", bare=True)
    bare.commit(files={"a.py": ""})
    bare.branch("topic")
    ensure_worktree(bare.path, place, "topic")
    assert (place / "a.py").is_file()


def test_a_worktree_on_the_branch_is_kept_with_all_that_is_changed_in_it(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "topic")
    (place / "b.py").write_text("changed\n")
    (place / "new").write_text("new\n")
    ensure_worktree(topic.path, place, "topic")
    assert [(place / name).read_text() for name in ("b.py", "new")] == ["changed\n", "new\n"]


def test_a_branch_that_is_checked_out_elsewhere_gets_a_detached_worktree(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "main")
    assert _head(place) == topic.head()


def test_a_detached_worktree_follows_its_branch_while_nothing_in_it_is_changed(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "main")
    sha = topic.commit(files={"c.py": "c = 1\n"})
    ensure_worktree(topic.path, place, "main")
    assert (_head(place), (place / "c.py").exists()) == (sha, True)
    ensure_worktree(topic.path, place, "main")
    assert _head(place) == sha


def test_a_changed_worktree_on_another_commit_is_kept_as_it_is(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "main")
    before = _head(place)
    (place / "README.md").write_text("mine\n")
    topic.commit(files={"README.md": "theirs\n"})
    ensure_worktree(topic.path, place, "main")
    assert (_head(place), (place / "README.md").read_text()) == (before, "mine\n")


def test_an_unchanged_worktree_on_another_branch_is_moved_to_the_branch(
    topic: RepositoryBuilder, place: Path
) -> None:
    topic.git("worktree", "add", "-q", "-b", "other", str(place))
    ensure_worktree(topic.path, place, "topic")
    assert (_head(place), (place / "b.py").exists()) == ("ref: refs/heads/topic", True)


def test_a_worktree_on_a_new_branch_without_commits_is_kept(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "topic")
    topic.git("-C", str(place), "--git-dir=.git", "symbolic-ref", "HEAD", "refs/heads/new")
    ensure_worktree(topic.path, place, "topic")
    assert _head(place) == "ref: refs/heads/new"


def test_a_worktree_whose_folder_was_removed_is_made_again(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "topic")
    shutil.rmtree(place)
    ensure_worktree(topic.path, place, "topic")
    assert _head(place) == "ref: refs/heads/topic"


def test_other_worktrees_whose_folder_is_away_are_not_forgotten(
    topic: RepositoryBuilder, place: Path, tmp_path: Path
) -> None:
    ensure_worktree(topic.path, tmp_path / "other", "main")
    (tmp_path / "other").rename(tmp_path / "not mounted")
    ensure_worktree(topic.path, place, "topic")
    (tmp_path / "not mounted").rename(tmp_path / "other")
    assert _head(tmp_path / "other") == topic.head()


def test_a_tree_that_is_not_complete_is_not_checked_out(
    repo: RepositoryBuilder, place: Path
) -> None:
    tree = repo.write_object("tree", tree_line("100644", b"a", "1" * 40))
    repo.commit_tree(tree, repo.head(), branch="topic")
    ensure_worktree(repo.path, place, "topic")
    assert not (place / "a").exists()


@pytest.mark.parametrize("damage", ["no git file", "bad git file", "no account", "bad head"])
def test_a_broken_worktree_is_made_again_and_the_old_folder_is_kept_aside(
    topic: RepositoryBuilder, place: Path, damage: str
) -> None:
    ensure_worktree(topic.path, place, "topic")
    (place / "mine").write_text("mine")
    account = topic.git_dir / "worktrees" / "topic"
    if damage == "no git file":
        (place / ".git").unlink()
    elif damage == "bad git file":
        (place / ".git").write_text("garbage")
    elif damage == "no account":
        shutil.rmtree(account)
    else:
        (account / "HEAD").write_text("garbage")
    ensure_worktree(topic.path, place, "topic")
    assert _head(place) == "ref: refs/heads/topic"
    assert (place.with_name("topic.aside-1") / "mine").read_text() == "mine"


def test_each_broken_folder_gets_a_name_of_its_own(topic: RepositoryBuilder, place: Path) -> None:
    for number in range(2):
        place.mkdir(parents=True, exist_ok=True)
        (place / str(number)).write_text("")
        ensure_worktree(topic.path, place, "topic")
        (place / ".git").unlink()
    assert (place.with_name("topic.aside-1") / "0").exists()
    assert (place.with_name("topic.aside-2") / "1").exists()


def test_a_link_in_place_of_the_worktree_is_not_followed(
    topic: RepositoryBuilder, place: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    topic.git("worktree", "add", "-q", "-b", "other", str(other))
    place.parent.mkdir()
    place.symlink_to(other)
    ensure_worktree(topic.path, place, "topic")
    assert (_head(place), _head(other)) == ("ref: refs/heads/topic", "ref: refs/heads/other")


def test_a_folder_that_cannot_be_moved_away_is_told(
    topic: RepositoryBuilder, tmp_path: Path
) -> None:
    place = tmp_path / ("n" * 255)
    place.write_text("there is no longer name for the folder to be moved to")
    with pytest.raises(RepositoryError, match="Move away what") as caught:
        ensure_worktree(topic.path, place, "topic")
    assert caught.value.code == "worktree-in-the-way"


def test_the_main_work_tree_is_never_switched(topic: RepositoryBuilder) -> None:
    ensure_worktree(topic.path, topic.path, "topic")
    assert topic.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_repository_of_its_own_at_the_path_is_kept(topic: RepositoryBuilder, place: Path) -> None:
    clone = topic.clone(place)
    ensure_worktree(topic.path, place, "topic")
    assert clone.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_branch_of_origin_gets_a_detached_worktree_and_no_new_ref(
    topic: RepositoryBuilder, place: Path, tmp_path: Path
) -> None:
    clone = topic.clone(tmp_path / "clone")
    ensure_worktree(clone.path, place, "topic")
    assert (place / "b.py").is_file()
    assert clone.git("for-each-ref", "refs/heads", "--format=%(refname)") == "refs/heads/main"


def test_an_unknown_branch_is_told_and_nothing_is_made(
    topic: RepositoryBuilder, place: Path
) -> None:
    with pytest.raises(RepositoryError, match="topic") as caught:
        ensure_worktree(topic.path, place, "topik")
    assert caught.value.code == "unknown-ref"
    assert not place.exists()


def test_a_branch_that_leads_to_a_missing_commit_is_at_fault_itself(
    topic: RepositoryBuilder, place: Path
) -> None:
    (topic.git_dir / "refs/heads/broken").write_text("1" * 40 + "\n")
    with pytest.raises(RepositoryError) as caught:
        ensure_worktree(topic.path, place, "broken")
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", True)


def test_a_folder_without_a_commit_stays_where_the_branch_is_unknown(
    topic: RepositoryBuilder, place: Path, tmp_path: Path
) -> None:
    place.mkdir(parents=True)
    (place / "a.py").write_text("")
    assert ensure_worktree(topic.path, place, "unknown") == place
    assert ensure_worktree(tmp_path / "no repository", place, "unknown") == place


def test_a_tree_that_cannot_be_written_safely_is_not_checked_out(
    repo: RepositoryBuilder, place: Path
) -> None:
    blob = repo.write_object("blob", b"evil")
    tree = repo.write_object("tree", tree_line("100644", b".git", blob))
    repo.commit_tree(tree, repo.head(), branch="topic")
    ensure_worktree(repo.path, place, "topic")
    assert [item.name for item in place.iterdir()] == [".git"]


def test_a_worktree_is_not_moved_to_a_tree_that_cannot_be_written_safely(
    repo: RepositoryBuilder, place: Path
) -> None:
    sha = repo.head()
    repo.git("update-ref", "refs/remotes/origin/topic", sha)
    ensure_worktree(repo.path, place, "topic")
    tree = repo.write_object("tree", tree_line("100644", b"a\\b", repo.write_object("blob", b"")))
    repo.git("update-ref", "refs/remotes/origin/topic", repo.commit_tree(tree, sha))
    ensure_worktree(repo.path, place, "topic")
    assert _head(place) == sha


def test_several_at_once_make_one_worktree(topic: RepositoryBuilder, place: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_worktree(topic.path, place, "topic"), range(4)))
    assert set(made) == {place}
    assert (place / "b.py").is_file()


def test_a_file_in_place_of_the_folder_above_is_told(topic: RepositoryBuilder, place: Path) -> None:
    place.parent.write_text("a file in the way")
    with pytest.raises(RepositoryError) as caught:
        ensure_worktree(topic.path, place, "topic")
    assert caught.value.code == "worktree-in-the-way"


def test_a_worktree_that_git_refuses_to_make_is_a_fault(
    topic: RepositoryBuilder, place: Path
) -> None:
    ensure_worktree(topic.path, place, "topic")
    topic.git("worktree", "lock", str(place))
    shutil.rmtree(place)
    with pytest.raises(RepositoryError, match="lock"):
        ensure_worktree(topic.path, place, "topic")
