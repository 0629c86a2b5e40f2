"""What would land, and what it changes, in real repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.landing import parse_merge
from coverage_gate.adapters.git.process import GitAnswer
from coverage_gate.adapters.git.view import GitView
from coverage_gate.core.changes import ChangeKind, FileChange, Landing
from coverage_gate.ports import Repository, RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder, tree_line

Look = Callable[[Path], GitView]


def _land(view: GitView, base: str, head: str) -> Landing:
    return view.landing(view.resolve(base), view.resolve(head))


def _changes(view: GitView, base: str, head: str) -> tuple[FileChange, ...]:
    return view.changes(view.resolve(base).tree, view.resolve(head).tree).files


def test_a_head_that_contains_the_base_lands_as_it_is(repo: RepositoryBuilder, look: Look) -> None:
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n"})
    landing = _land(look(repo.path), "main", "topic")
    assert landing.tree == landing.head.tree


def test_a_head_that_the_base_contains_lands_nothing(repo: RepositoryBuilder, look: Look) -> None:
    repo.branch("topic")
    repo.switch("main")
    repo.commit(files={"b.py": "b = 1\n"})
    landing = _land(look(repo.path), "main", "topic")
    assert landing.tree == landing.base.tree


def test_a_branch_behind_its_base_lands_as_the_merge_that_git_makes(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n"})
    repo.switch("main")
    repo.commit(files={"c.py": "c = 1\n"})
    landing = _land(look(repo.path), "main", "topic")
    repo.merge("topic")
    assert landing.tree == repo.git("rev-parse", "HEAD^{tree}")


def test_paths_that_conflict_are_named_and_nothing_lands(
    repo: RepositoryBuilder, look: Look
) -> None:
    name = "a\n\tb ü.py"
    repo.branch("topic")
    repo.commit(files={"src/a.py": "a = 2\n", name: "1"})
    repo.switch("main")
    repo.commit(files={"src/a.py": "a = 3\n", name: "2", "free.py": ""})
    landing = _land(look(repo.path), "main", "topic")
    assert landing.tree is None
    assert landing.conflicts == (name, "src/a.py")


def test_an_unrelated_branch_is_at_fault_itself(repo: RepositoryBuilder, look: Look) -> None:
    other = repo.git("commit-tree", "-m", "unrelated", "HEAD^{tree}")
    repo.git("update-ref", "refs/heads/other", other)
    with pytest.raises(RepositoryError, match="no common history") as caught:
        _land(look(repo.path), "main", "other")
    assert (caught.value.code, caught.value.branch_fault) == ("no-common-history", True)


def test_a_branch_with_a_broken_history_is_at_fault_itself(
    repo: RepositoryBuilder, look: Look
) -> None:
    text = repo.git("cat-file", "commit", "HEAD").replace(
        "\nauthor", f"\nparent {'1' * 40}\nauthor"
    )
    broken = repo.write_object("commit", text.encode() + b"\n")
    repo.git("update-ref", "refs/heads/broken", broken)
    repo.commit(message="main goes on")
    with pytest.raises(RepositoryError) as caught:
        _land(look(repo.path), "main", "broken")
    assert caught.value.branch_fault


def test_a_base_with_a_broken_history_is_no_fault_of_the_branch(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.branch("topic")
    repo.commit(message="topic goes on")
    text = repo.git("cat-file", "commit", "main").replace(
        "\nauthor", f"\nparent {'1' * 40}\nauthor"
    )
    broken = repo.write_object("commit", text.encode() + b"\n")
    repo.git("update-ref", "refs/heads/broken", broken)
    with pytest.raises(RepositoryError) as caught:
        _land(look(repo.path), "broken", "topic")
    assert not caught.value.branch_fault


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_blob_that_is_missing_when_renames_are_sought_is_the_fault_of_its_side(
    repo: RepositoryBuilder, look: Look, side: str
) -> None:
    whole = repo.write_object(
        "tree", tree_line("100644", b"a", repo.write_object("blob", b"a" * 99))
    )
    holed = repo.write_object("tree", tree_line("100644", b"b", "1" * 40))
    trees = (holed, whole) if side == "base" else (whole, holed)
    with pytest.raises(RepositoryError) as caught:
        look(repo.path).changes(*trees)
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", side == "head")


def test_an_answer_of_merge_tree_without_a_tree_is_a_fault() -> None:
    with pytest.raises(RepositoryError, match=r"Git 2\.38"):
        parse_merge(GitAnswer(status=1, output=b"CONFLICT\0"))


def test_each_kind_of_change_is_told_with_modes_and_blobs(
    repo: RepositoryBuilder, look: Look
) -> None:
    long = "".join(f"line {number}\n" for number in range(30))
    repo.commit(files={"old/name.py": long, "gone.py": "g\n", "kind.py": "k\n"})
    repo.branch("topic")
    (repo.path / "kind.py").unlink()
    (repo.path / "kind.py").symlink_to("src/a.py")
    repo.delete("gone.py", "old")
    repo.commit(files={"new name.py": long + "more\n", "src/a.py": "a = 2\n", "plus.py": "p\n"})
    found = {change.path: change for change in _changes(look(repo.path), "main", "topic")}
    kinds = {path: change.kind for path, change in found.items()}
    assert kinds == {
        "gone.py": ChangeKind.DELETED,
        "kind.py": ChangeKind.TYPE,
        "new name.py": ChangeKind.RENAMED,
        "plus.py": ChangeKind.ADDED,
        "src/a.py": ChangeKind.MODIFIED,
    }
    assert found["new name.py"].old_path == "old/name.py"


def test_what_is_not_there_on_one_side_has_no_blob(repo: RepositoryBuilder, look: Look) -> None:
    repo.branch("topic")
    repo.delete("README.md")
    repo.commit(files={"plus.py": "p\n"})
    gone, plus = _changes(look(repo.path), "main", "topic")
    assert (gone.blob, gone.mode, plus.old_blob) == (None, None, None)
    assert plus.blob == repo.git("rev-parse", "HEAD:plus.py")


def test_names_that_are_no_text_come_back_byte_for_byte(
    repo: RepositoryBuilder, look: Look
) -> None:
    names = [b'q"uote', b"line\nfeed", b"tab\t", b"\xff\xfe", "ü".encode(), b" space "]
    blob = repo.write_object("blob", b"content")
    lines = (tree_line("100644", name, blob) for name in sorted(names))
    tree = repo.write_object("tree", b"".join(lines))
    view = look(repo.path)
    changes = view.changes(view.resolve("main").tree, tree).files
    added = {change.path for change in changes if change.kind is not ChangeKind.DELETED}
    assert {name.encode("utf-8", "surrogateescape") for name in added} == set(names)


def test_a_submodule_is_a_change_with_its_own_mode(repo: RepositoryBuilder, look: Look) -> None:
    repo.branch("topic")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},sub")
    repo.git("commit", "-q", "-m", "submodule")
    (change,) = _changes(look(repo.path), "main", "topic")
    assert (change.path, change.mode) == ("sub", "160000")


def test_equal_trees_have_no_changes(repo: RepositoryBuilder, look: Look) -> None:
    assert _changes(look(repo.path), "main", "main") == ()


def test_a_file_is_read_out_of_a_tree(repo: RepositoryBuilder, look: Look) -> None:
    (repo.path / "link").symlink_to("README.md")
    repo.commit()
    view = look(repo.path)
    tree = view.resolve("main").tree
    assert view.read_file(tree, "src/a.py") == b"a = 1\n"
    assert [view.read_file(tree, path) for path in ("src", "link", "none", "")] == [None] * 4


def test_small_files_are_read_together_up_to_a_size(repo: RepositoryBuilder, look: Look) -> None:
    view = look(repo.path)
    tree = view.resolve("main").tree
    asked = ["README.md", "src/a.py", "none", "src"]
    assert sorted(view.read_small(tree, asked, max_total=100)) == ["README.md", "src/a.py"]
    assert list(view.read_small(tree, asked, max_total=5)) == ["README.md"]
    assert view.read_small(tree, [], max_total=100) == {}


def test_a_view_is_what_judging_takes_for_a_repository(repo: RepositoryBuilder, look: Look) -> None:
    repository: Repository = look(repo.path)
    assert repository.resolve("main").sha == repo.head()


def test_several_blobs_are_read_at_once(repo: RepositoryBuilder, look: Look) -> None:
    view = look(repo.path)
    blobs = [entry.blob for entry in view.list_tree(view.resolve("main").tree)]
    assert sorted(view.read_blobs(blobs).values()) == [b"a = 1\n", b"text\n"]


def test_only_the_last_listings_are_kept_in_memory(repo: RepositoryBuilder, look: Look) -> None:
    view = look(repo.path)
    trees = []
    for number in range(12):
        repo.commit(files={"n": str(number)})
        trees.append(view.resolve("main").tree)
        view.list_tree(trees[-1])
    assert [view.known.listings.find(tree) is not None for tree in trees] == [False] * 4 + [
        True
    ] * 8
