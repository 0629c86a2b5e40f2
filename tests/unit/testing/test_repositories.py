"""The public builder of git repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage_gate.testing.repositories import BuildError, RepositoryBuilder, tree_line


def test_the_same_steps_give_the_same_commit_id_everywhere(tmp_path: Path) -> None:
    shas = {
        RepositoryBuilder.create(tmp_path / name).commit(files={"a/b.py": "x = 1\n"})
        for name in ("one", "two")
    }
    assert len(shas) == 1


def test_text_and_bytes_are_committed_as_given(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    repo.commit(files={"a": "ü\r\n", "b": b"\xff\x00"})
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD").split() == ["a", "b"]
    assert repo.git("cat-file", "-s", "HEAD:a") == "4"


def test_a_branch_keeps_its_changes_apart_until_it_is_merged(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    repo.commit(files={"a": "1"})
    repo.branch("feature/x")
    repo.commit(files={"b": "2"})
    repo.switch("main")
    assert not (repo.path / "b").exists()
    repo.merge("feature/x")
    assert (repo.path / "b").read_text() == "2"


def test_deleted_files_and_folders_are_gone_from_the_next_commit(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    repo.commit(files={"a": "1", "d/b": "2", "d/c": "3", "k": "4"})
    repo.delete("a", "d")
    repo.commit()
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD") == "k"


@pytest.mark.parametrize("name", ["-x", "feature/ü", "--upload-pack=x"])
def test_a_branch_may_have_any_name_that_a_ref_can_have(tmp_path: Path, name: str) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    repo.commit()
    repo.branch(name)
    assert repo.git("symbolic-ref", "HEAD") == f"refs/heads/{name}"


def test_a_bare_repository_is_written_through_a_folder_beside_it(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r.git", bare=True, initial_branch="trunk")
    sha = repo.commit(files={"a": "1"})
    assert repo.git("rev-parse", "refs/heads/trunk") == sha
    assert not (repo.path / "a").exists()


def test_a_sha256_repository_has_long_ids(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r", object_format="sha256")
    assert len(repo.commit()) == 64


def test_a_step_that_git_refuses_raises_with_its_words(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    with pytest.raises(BuildError, match="nowhere"):
        repo.branch("x", start="nowhere")


@pytest.mark.parametrize("options", [(), ("--bare",), ("--depth=1",)])
def test_a_clone_has_the_same_commit(tmp_path: Path, options: tuple[str, ...]) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    sha = repo.commit()
    assert repo.clone(tmp_path / "c", *options).head() == sha


def test_a_tree_that_git_would_not_make_can_be_committed(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "r")
    first = repo.commit()
    blob = repo.write_object("blob", b"x")
    tree = repo.write_object("tree", tree_line("100644", b"..", blob))
    sha = repo.commit_tree(tree, first, branch="bad")
    assert repo.git("ls-tree", "--name-only", "bad") == ".."
    assert repo.git("rev-parse", "bad^") == first
    assert sha != repo.commit_tree(tree)
