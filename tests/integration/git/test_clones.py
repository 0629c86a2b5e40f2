"""Every shape in which a repository lies on a disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.export import export_tree
from coverage_gate.adapters.git.view import GitView, open_view
from coverage_gate.adapters.git.worktrees import main_worktree, repository_name, uncommitted
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder

Look = Callable[[Path], GitView]


@pytest.fixture
def linked(repo: RepositoryBuilder, tmp_path: Path) -> Path:
    """A linked worktree of the repository, on the branch "linked"."""
    path = tmp_path / "linked"
    repo.git("worktree", "add", "-q", "-b", "linked", str(path))
    return path


def test_a_folder_within_a_work_tree_is_its_repository(repo: RepositoryBuilder, look: Look) -> None:
    assert look(repo.path / "src").resolve("HEAD").sha == repo.head()


def test_a_linked_worktree_has_its_own_head_and_the_shared_branches(
    repo: RepositoryBuilder, look: Look, linked: Path
) -> None:
    first = repo.head()
    second = repo.commit(message="second")
    view = look(linked / "src")
    assert (view.resolve("HEAD").sha, view.resolve("main").sha) == (first, second)


def test_a_bare_repository_is_read(tmp_path: Path, look: Look) -> None:
    bare = RepositoryBuilder.create(tmp_path / "name.git", bare=True)
    sha = bare.commit(files={"a.py": ""})
    assert look(bare.path).resolve("main").sha == sha


def test_a_git_folder_that_lies_elsewhere_is_followed(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    sha = repo.head()
    repo.git_dir.rename(tmp_path / "elsewhere")
    (repo.path / ".git").write_text("gitdir: ../elsewhere\n")
    assert look(repo.path).resolve("main").sha == sha


def test_a_link_to_a_git_folder_is_followed(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    sha = repo.head()
    repo.git_dir.rename(tmp_path / "elsewhere")
    (repo.path / ".git").symlink_to(tmp_path / "elsewhere")
    assert look(repo.path).resolve("main").sha == sha


def test_a_repository_with_long_ids_is_read_merged_and_exported(tmp_path: Path, look: Look) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r", object_format="sha256")
    repo.commit(files={"a.py": "a = 1\n"})
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n"})
    repo.switch("main")
    repo.commit(files={"c.py": "c = 1\n"})
    view = look(repo.path)
    landing = view.landing(view.resolve("main"), view.resolve("topic"))
    assert landing.tree is not None
    files = export_tree(view, landing.tree, tmp_path / "out")
    assert {len(blob) for blob in files.values()} == {64}


def test_a_shallow_clone_that_holds_both_sides_is_judged(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    for number in range(5):
        repo.commit(files={"n.py": f"n = {number}\n"})
    clone = repo.clone(tmp_path / "clone", "--depth=2")
    clone.branch("topic")
    clone.commit(files={"b.py": "b = 1\n"})
    view = look(clone.path)
    landing = view.landing(view.resolve("main"), view.resolve("topic"))
    assert landing.tree == landing.head.tree


def test_a_shallow_clone_that_ends_too_early_says_how_to_deepen_it(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n"})
    repo.switch("main")
    repo.commit(files={"c.py": "c = 1\n"})
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--no-single-branch")
    view = look(clone.path)
    with pytest.raises(RepositoryError, match="git fetch --unshallow") as caught:
        view.landing(view.resolve("main"), view.resolve("topic"))
    assert (caught.value.code, caught.value.branch_fault) == ("shallow", False)


def test_an_unrelated_branch_in_a_shallow_clone_is_at_fault_itself(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.commit(message="second")
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    other = clone.git("commit-tree", "-m", "unrelated", "HEAD^{tree}")
    clone.git("update-ref", "refs/heads/other", other)
    view = look(clone.path)
    with pytest.raises(RepositoryError) as caught:
        view.landing(view.resolve("main"), view.resolve("other"))
    assert (caught.value.code, caught.value.branch_fault) == ("no-common-history", True)


def test_a_partial_clone_is_judged_once_it_is_complete(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.git("fetch", "-q", "--refetch", "--no-filter", "origin")
    view = look(clone.path)
    assert export_tree(view, view.resolve("main").tree, tmp_path / "out")


@pytest.mark.parametrize("what", ["missing", "file", "empty", "null\0byte"])
def test_what_is_no_repository_is_told_as_such(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RepositoryError, match="Name a folder of a git repository") as caught:
        open_view(tmp_path / what, scratch=tmp_path)
    assert caught.value.code == "not-a-repository"


@pytest.mark.parametrize("content", ["gitdir: ../gone\n", "gitdir:", "garbage", "gitdir: a\0b"])
def test_a_git_file_that_leads_nowhere_is_no_repository(tmp_path: Path, content: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / ".git").write_text(content)
    with pytest.raises(RepositoryError, match="git worktree repair"):
        open_view(tmp_path / "r", scratch=tmp_path)


def test_a_git_file_that_cannot_be_read_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / ".git").symlink_to("/proc/self/mem")
    with pytest.raises(RepositoryError, match="leads to"):
        open_view(tmp_path / "r", scratch=tmp_path)


def test_a_repository_with_broken_configuration_is_a_fault_with_git_s_words(
    repo: RepositoryBuilder, look: Look
) -> None:
    (repo.git_dir / "config").write_text("[core\n")
    with pytest.raises(RepositoryError, match="bad config"):
        look(repo.path)


def test_a_scratch_folder_that_cannot_be_used_is_told(
    repo: RepositoryBuilder, tmp_path: Path
) -> None:
    with pytest.raises(RepositoryError, match="TMPDIR") as caught:
        open_view(repo.path, scratch=tmp_path / "none")
    assert caught.value.code == "no-space"


def test_the_name_is_that_of_the_main_work_tree(repo: RepositoryBuilder, linked: Path) -> None:
    names = {repository_name(path) for path in (repo.path, repo.path / "src", linked / "src")}
    assert names == {"repo"}


@pytest.mark.parametrize(
    ("folder", "name"),
    [("x/name.git", "name"), ("x/name", "name"), ("name/.git", "name"), ("name/.bare", "name")],
)
def test_the_name_of_a_bare_repository_is_its_folder_s(
    tmp_path: Path, folder: str, name: str
) -> None:
    RepositoryBuilder.create(tmp_path / folder, bare=True)
    assert repository_name(tmp_path / folder) == name
    assert main_worktree(tmp_path / folder) is None


def test_a_worktree_of_a_bare_repository_has_the_name_of_the_repository(tmp_path: Path) -> None:
    bare = RepositoryBuilder.create(tmp_path / "name.git", bare=True)
    bare.commit(files={"a.py": ""})
    bare.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "wt"))
    assert repository_name(tmp_path / "wt") == "name"
    assert main_worktree(tmp_path / "wt") is None


def test_the_main_work_tree_is_found_from_everywhere(repo: RepositoryBuilder, linked: Path) -> None:
    places = (repo.path, repo.path / "src", linked, linked / "src", repo.git_dir)
    assert {main_worktree(place) for place in places} == {repo.path}


def test_a_work_tree_with_its_git_folder_elsewhere_is_the_main_one(
    repo: RepositoryBuilder, tmp_path: Path
) -> None:
    repo.git_dir.rename(tmp_path / "elsewhere")
    (repo.path / ".git").write_text("gitdir: ../elsewhere\n")
    assert main_worktree(repo.path / "src") == repo.path


def test_a_folder_without_repository_or_commit_is_uncommitted(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    RepositoryBuilder.create(tmp_path / "unborn")
    assert uncommitted(tmp_path / "plain")
    assert uncommitted(tmp_path / "unborn")


def test_a_folder_that_head_knows_is_committed(repo: RepositoryBuilder, linked: Path) -> None:
    assert not any(uncommitted(path) for path in (repo.path, repo.path / "src", linked))


def test_a_folder_in_a_repository_that_does_not_know_it_is_uncommitted(
    repo: RepositoryBuilder,
) -> None:
    (repo.path / "other").mkdir()
    assert uncommitted(repo.path / "other")


def test_a_bare_repository_with_commits_is_committed(tmp_path: Path) -> None:
    bare = RepositoryBuilder.create(tmp_path / "b.git", bare=True)
    bare.commit()
    assert not uncommitted(bare.path)


@pytest.mark.parametrize(
    "listed", ["{head}", "{blob}", "0000000000000000000000000000000000000000", "\x00 no id", ""]
)
def test_a_history_that_is_whole_is_not_cut_by_a_list(
    repo: RepositoryBuilder, look: Look, listed: str
) -> None:
    repo.branch("topic")
    head = repo.commit(files={"b.py": "b = 1\n"})
    blob = repo.git("rev-parse", "HEAD:b.py")
    (repo.git_dir / "shallow").write_text(listed.format(head=head, blob=blob) + "\n")
    view = look(repo.path)
    landing = view.landing(view.resolve("main"), view.resolve("topic"))
    assert landing.tree == landing.head.tree
