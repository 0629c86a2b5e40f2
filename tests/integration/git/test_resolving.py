"""Names of commits in real repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.view import GitView
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder

Look = Callable[[Path], GitView]


def _code(view: GitView, ref: str) -> str:
    with pytest.raises(RepositoryError) as caught:
        view.resolve(ref)
    return caught.value.code


@pytest.mark.parametrize("name", ["-x", "--upload-pack=x", "feature/ü", "a.b@c", "-", "--"])
def test_a_branch_is_found_whatever_its_name_looks_like(
    repo: RepositoryBuilder, look: Look, name: str
) -> None:
    repo.branch(name)
    sha = repo.commit(message="on the branch")
    repo.switch("main")
    assert look(repo.path).resolve(name).sha == sha


@pytest.mark.parametrize(
    "name",
    ["a b", "", "x\ny", "x\0y", "*", "^main", "main..main", "--all", "\ud800", "HEAD:src", "mai"],
)
def test_what_names_no_commit_is_an_unknown_ref(
    repo: RepositoryBuilder, look: Look, name: str
) -> None:
    assert _code(look(repo.path), name) == "unknown-ref"


def test_a_commit_comes_with_the_id_of_its_tree(repo: RepositoryBuilder, look: Look) -> None:
    commit = look(repo.path).resolve("main")
    assert commit.sha == repo.head()
    assert commit.tree == repo.git("rev-parse", "main^{tree}")


def test_an_unknown_name_is_told_with_up_to_five_similar_branches(
    repo: RepositoryBuilder, look: Look
) -> None:
    for number in range(7):
        repo.branch(f"feature/login-{number}")
    with pytest.raises(RepositoryError, match="Similar: ") as caught:
        look(repo.path).resolve("feature/logn")
    assert str(caught.value).count("feature/login-") == 5


def test_a_branch_of_origin_is_found_by_its_short_name(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.branch("topic")
    sha = repo.commit(message="topic")
    repo.switch("main")
    repo.clone(tmp_path / "clone")
    assert look(tmp_path / "clone").resolve("topic").sha == sha


def test_a_local_branch_comes_before_the_one_of_origin(repo: RepositoryBuilder, look: Look) -> None:
    old = repo.head()
    new = repo.commit(message="newer")
    repo.git("update-ref", "refs/heads/topic", new)
    repo.git("update-ref", "refs/remotes/origin/topic", old)
    assert look(repo.path).resolve("topic").sha == new


def test_a_branch_comes_before_a_tag_and_an_abbreviated_id(
    repo: RepositoryBuilder, look: Look
) -> None:
    old = repo.head()
    new = repo.commit(message="newer")
    for name in ("same", old[:8]):
        repo.git("update-ref", f"refs/heads/{name}", new)
        repo.git("update-ref", f"refs/tags/{name}", old)
    view = look(repo.path)
    assert {view.resolve("same").sha, view.resolve(old[:8]).sha} == {new}


def test_a_branch_named_like_the_id_of_another_commit_is_not_taken_for_it(
    repo: RepositoryBuilder, look: Look
) -> None:
    old = repo.head()
    repo.git("update-ref", f"refs/heads/{old}", repo.commit(message="newer"))
    assert look(repo.path).resolve(old).sha == old


def test_a_branch_named_like_a_full_ref_is_not_taken_for_it(
    repo: RepositoryBuilder, look: Look
) -> None:
    main = repo.head()
    repo.branch("refs/heads/main")
    repo.commit(message="newer")
    assert look(repo.path).resolve("refs/heads/main").sha == main


@pytest.mark.parametrize("form", ["{sha}", "{short}", "HEAD~1", "main^", "tag", "refs/tags/tag"])
def test_ids_tags_and_other_revisions_are_understood(
    repo: RepositoryBuilder, look: Look, form: str
) -> None:
    first = repo.head()
    repo.git("tag", "-a", "-m", "annotated", "tag", first)
    repo.commit(message="second")
    name = form.format(sha=first.upper(), short=first[:10])
    assert look(repo.path).resolve(name).sha == first


def test_head_is_found_when_it_is_detached(repo: RepositoryBuilder, look: Look) -> None:
    first = repo.head()
    repo.commit(message="second")
    repo.git("checkout", "-q", "--detach", first)
    assert look(repo.path).resolve("HEAD").sha == first


def test_a_repository_without_commits_says_so(tmp_path: Path, look: Look) -> None:
    empty = RepositoryBuilder.create(tmp_path / "empty")
    assert {_code(look(empty.path), name) for name in ("HEAD", "main")} == {"no-commits"}


def test_head_on_a_new_branch_without_commits_says_so(repo: RepositoryBuilder, look: Look) -> None:
    repo.git("symbolic-ref", "HEAD", "refs/heads/new")
    assert _code(look(repo.path), "HEAD") == "no-commits"


def test_a_blob_is_no_commit(repo: RepositoryBuilder, look: Look) -> None:
    blob = repo.git("rev-parse", "HEAD:README.md")
    repo.git("update-ref", "refs/tags/blob", blob)
    assert _code(look(repo.path), "refs/tags/blob") == "unknown-ref"


def test_an_id_that_is_not_there_may_still_have_to_be_fetched(
    repo: RepositoryBuilder, look: Look
) -> None:
    with pytest.raises(RepositoryError, match="Fetch") as caught:
        look(repo.path).resolve("1" * 40)
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", False)


def test_a_branch_that_leads_to_a_missing_commit_is_at_fault_itself(
    repo: RepositoryBuilder, look: Look
) -> None:
    (repo.git_dir / "refs/heads/broken").write_text("1" * 40 + "\n")
    with pytest.raises(RepositoryError) as caught:
        look(repo.path).resolve("broken")
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", True)


def test_ancestors_are_told_from_strangers(repo: RepositoryBuilder, look: Look) -> None:
    first, second = repo.head(), repo.commit(message="second")
    view = look(repo.path)
    assert view.is_ancestor(first, second)
    assert not view.is_ancestor(second, first)


def test_what_is_no_full_id_is_never_handed_to_git(repo: RepositoryBuilder, look: Look) -> None:
    view = look(repo.path)
    for call in (view.committed_at, view.list_tree):
        with pytest.raises(RepositoryError, match="full object id"):
            call("--output=/tmp/x")


@pytest.mark.parametrize("branch", ["main", "master", "trunk"])
def test_the_usual_names_are_the_default_branch(tmp_path: Path, look: Look, branch: str) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r", initial_branch=branch)
    repo.commit()
    repo.branch("topic", start=branch)
    assert look(repo.path).default_branch() == branch


def test_the_default_branch_of_a_clone_is_what_origin_says(tmp_path: Path, look: Look) -> None:
    origin = RepositoryBuilder.create(tmp_path / "o", initial_branch="develop")
    origin.commit()
    origin.branch("main", start="develop")
    origin.switch("develop")
    origin.clone(tmp_path / "clone").branch("main", start="develop")
    assert look(tmp_path / "clone").default_branch() == "develop"


def test_the_default_branch_of_a_bare_repository_is_its_head(tmp_path: Path, look: Look) -> None:
    bare = RepositoryBuilder.create(tmp_path / "b.git", bare=True, initial_branch="next")
    bare.commit()
    assert look(bare.path).default_branch() == "next"


def test_there_is_no_default_branch_where_nothing_tells(tmp_path: Path, look: Look) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r", initial_branch="mine")
    repo.commit()
    assert look(repo.path).default_branch() is None
