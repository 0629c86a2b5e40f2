"""What was read or compared once is not asked of git again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git import process
from coverage_gate.adapters.git.process import GitCall
from coverage_gate.adapters.git.view import GitView
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder

Look = Callable[[Path], GitView]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subcommands that git was started with."""
    made: list[str] = []
    real = process._start

    def noting(call: GitCall) -> object:
        made.append(call.args[0])
        return real(call)

    monkeypatch.setattr(process, "_start", noting)
    return made


def test_a_file_is_read_once_in_all_trees_that_hold_it(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"a.cfg": "one\n", "b.py": "x = 1\n"})
    repo.commit(files={"b.py": "x = 2\n"})
    view = look(repo.path)
    old, new = (view.resolve(name).tree for name in ("HEAD~1", "HEAD"))
    before = len(calls)
    assert {view.read_file(tree, "a.cfg") for tree in (old, new, old)} == {b"one\n"}
    assert calls[before:] == ["ls-tree", "cat-file", "ls-tree"]


def test_files_of_several_trees_are_read_ahead_at_once(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"a.cfg": "one\n", "b.cfg": "b\n", "folder/x": ""})
    repo.commit(files={"a.cfg": "two\n"})
    view = look(repo.path)
    trees = [view.resolve(name).tree for name in ("HEAD~1", "HEAD")]
    names = ("a.cfg", "b.cfg", "c.cfg", "folder")
    view.read_ahead(trees, names)
    before = len(calls)
    view.read_ahead(trees, names)
    found = [view.read_file(tree, name) for tree in trees for name in names]
    assert found == [b"one\n", b"b\n", None, None, b"two\n", b"b\n", None, None]
    assert calls[before:] == []


def test_what_is_large_is_read_each_time(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"large.txt": "x" * 200_000})
    view = look(repo.path)
    tree = view.resolve("HEAD").tree
    sizes = [len(view.read_file(tree, "large.txt") or b"") for _ in range(2)]
    assert sizes == [200_000] * 2
    assert calls.count("cat-file") == 1 + 2  # one for the commit
    assert view.known.small.find(view.list_tree(tree)[-1].blob) is None


def test_two_trees_are_compared_once(repo: RepositoryBuilder, look: Look, calls: list[str]) -> None:
    repo.commit(files={"b.py": "x = 1\n"})
    repo.commit(files={"b.py": "x = 2\n"})
    view = look(repo.path)
    old, new = (view.resolve(name).tree for name in ("HEAD~1", "HEAD"))
    first = view.changes(old, new)
    before = len(calls)
    assert view.changes(old, new) == first
    assert calls[before:] == []
    assert [file.path for file in view.changes(new, old).files] == ["b.py"]


def test_no_more_than_a_few_files_are_kept(repo: RepositoryBuilder, look: Look) -> None:
    files = {f"{number}.txt": f"{number}\n" for number in range(70)}
    repo.commit(files=files)
    view = look(repo.path)
    tree = view.resolve("HEAD").tree
    view.read_ahead([tree], list(files))
    kept = [view.known.small.find(entry.blob) for entry in view.list_tree(tree)]
    assert len([each for each in kept if each is not None]) == 64
    assert view.read_file(tree, "0.txt") == b"0\n"


def test_what_a_diff_has_read_is_not_read_again(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"a.py": "x = 1\n", "b.txt": "one\n", "c.py": "c\n"})
    repo.commit(files={"a.py": "x = 2\n", "b.txt": "two\n"})
    view = look(repo.path)
    old, new = (view.resolve(name).tree for name in ("HEAD~1", "HEAD"))
    view.diff(old, new)
    before = len(calls)
    assert view.read_small(new, ["a.py"], max_total=99) == {"a.py": b"x = 2\n"}
    assert calls[before:] == []
    found = {"a.py": b"x = 2\n", "b.txt": b"two\n", "c.py": b"c\n"}
    for _ in range(2):
        assert view.read_small(new, ["a.py", "b.txt", "c.py"], max_total=99) == found
    assert calls[before:] == ["cat-file", "cat-file"]
    assert view.read_small(new, ["a.py", "b.txt", "c.py"], max_total=8) == {
        "a.py": b"x = 2\n",
        "c.py": b"c\n",
    }


def test_a_commit_is_pinned_once_and_a_branch_that_moved_is_followed(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"a.py": "x = 1\n"})
    view = look(repo.path)
    before = len(calls)
    first = view.resolve("main")
    assert view.resolve("main") == first
    assert calls[before:] == ["for-each-ref", "cat-file", "for-each-ref"]
    repo.commit(files={"a.py": "x = 2\n"})
    assert view.resolve("main") != first


def test_a_second_look_at_a_repository_asks_for_nothing_that_ids_stand_for(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    repo.commit(files={"b.py": "x = 1\n"})
    repo.commit(files={"b.py": "x = 2\n"})

    def found() -> object:
        view = look(repo.path)
        old, new = (view.resolve(name) for name in ("HEAD~1", "HEAD"))
        text = view.read_file(new.tree, "b.py")
        return view.changes(old.tree, new.tree), view.committed_at(new.sha), text

    first, before = found(), len(calls)
    assert found() == first
    # Names may mean something else by now: they alone are looked up.
    assert set(calls[before:]) <= {"for-each-ref", "rev-parse"}


def test_a_branch_that_moved_is_seen_by_the_next_look(repo: RepositoryBuilder, look: Look) -> None:
    for number in range(3):
        repo.commit(files={"b.py": f"x = {number}\n"})
        view = look(repo.path)
        assert view.read_file(view.resolve("main").tree, "b.py") == f"x = {number}\n".encode()


def test_what_one_repository_holds_is_not_taken_for_anothers(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.commit(files={"b.py": "x = 1\n"})
    commit = look(repo.path).resolve("main")
    other = look(RepositoryBuilder.create(tmp_path / "other").path)
    with pytest.raises(RepositoryError, match=commit.sha):
        other.resolve(commit.sha)


def test_the_format_of_ids_is_asked_again_where_the_configuration_changed(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    look(repo.path)
    look(repo.path)
    assert len(calls) == 1
    repo.git("config", "user.name", "somebody else")
    look(repo.path)
    assert len(calls) == 2


def test_a_repository_without_a_configuration_is_asked_each_time(
    repo: RepositoryBuilder, look: Look, calls: list[str]
) -> None:
    (repo.path / ".git" / "config").unlink()
    look(repo.path)
    look(repo.path)
    assert len(calls) == 2


def _fault(look: Look, repo: RepositoryBuilder, base: str, head: str) -> tuple[str, bool]:
    view = look(repo.path)
    with pytest.raises(RepositoryError) as caught:
        view.landing(view.resolve(base), view.resolve(head))
    return caught.value.code, caught.value.branch_fault


def _diverged(repo: RepositoryBuilder) -> None:
    repo.branch("topic")
    repo.commit(files={"src/b.py": "b = 1\n"})
    repo.switch("main")
    repo.commit(files={"src/a.py": "a = 2\n"})


def test_an_id_that_was_known_is_asked_for_again_since_the_repository_may_be_another(
    repo: RepositoryBuilder, look: Look
) -> None:
    _diverged(repo)
    head = look(repo.path).resolve("topic").sha
    shutil.rmtree(repo.path)
    RepositoryBuilder.create(repo.path).commit(files={"c.py": "c = 1\n"})
    assert _fault(look, repo, "main", head) == ("object-missing", False)


@pytest.mark.parametrize("side", ["main", "topic"])
def test_a_tree_that_is_gone_since_it_was_listed_is_the_fault_of_its_side(
    repo: RepositoryBuilder, look: Look, side: str
) -> None:
    _diverged(repo)
    view = look(repo.path)
    assert view.landing(view.resolve("main"), view.resolve("topic")).tree
    tree = repo.git("rev-parse", f"{side}:src")
    (repo.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    assert _fault(look, repo, "main", "topic") == ("object-missing", side == "topic")


def test_a_tree_that_is_gone_is_the_fault_of_its_side_when_two_are_compared(
    repo: RepositoryBuilder, look: Look
) -> None:
    _diverged(repo)
    view = look(repo.path)
    base, head = (view.resolve(name).tree for name in ("main", "topic"))
    view.list_tree(base)
    tree = repo.git("rev-parse", "main:src")
    (repo.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(RepositoryError) as caught:
        look(repo.path).changes(base, head)
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", False)
