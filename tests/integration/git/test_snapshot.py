"""The index and the files of real work trees as commits that only a view knows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git import snapshot as snapshots
from coverage_gate.adapters.git.snapshot import snapshot
from coverage_gate.adapters.git.view import GitView
from coverage_gate.core.stand import Stand
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder

Look = Callable[[Path], GitView]


def held(view: GitView, stand: Stand, index: Path | None = None) -> dict[str, bytes]:
    """Path → content of a snapshot; of a link its target."""
    tree = view.resolve(snapshot(view, stand, index=index)).tree
    entries = view.list_tree(tree)
    texts = view.read_blobs(entry.blob for entry in entries if entry.mode != "160000")
    return {entry.path: texts.get(entry.blob, b"") for entry in entries}


def test_a_commit_is_itself(repo: RepositoryBuilder, look: Look) -> None:
    assert snapshot(look(repo.path), Stand.COMMIT) == repo.head()


def test_the_index_is_what_counts_and_not_the_files(repo: RepositoryBuilder, look: Look) -> None:
    repo.write({"src/a.py": "a = 2\n", "src/new.py": "new = 1\n"})
    repo.delete("README.md")
    repo.git("add", "-A")
    repo.write({"src/a.py": "a = 3\n", "src/other.py": "", "README.md": "back\n"})
    repo.delete("src/new.py")
    staged = {"src/a.py": b"a = 2\n", "src/new.py": b"new = 1\n"}
    assert held(look(repo.path), Stand.INDEX) == staged
    assert held(look(repo.path), Stand.FILES) == {
        "src/a.py": b"a = 3\n",
        "src/other.py": b"",
        "README.md": b"back\n",
    }


def test_nothing_is_written_to_the_repository(repo: RepositoryBuilder, look: Look) -> None:
    repo.write({"src/b.py": "b = 1\n"})
    before = repo.git("count-objects", "-v"), repo.git("for-each-ref"), repo.git("status", "-s")
    held(look(repo.path), Stand.FILES)
    assert before == (
        repo.git("count-objects", "-v"),
        repo.git("for-each-ref"),
        repo.git("status", "-s"),
    )


def test_it_lies_on_top_of_head_and_is_the_same_each_time(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.write({"src/b.py": "b = 1\n"})
    first, again = look(repo.path), look(repo.path)
    made = snapshot(first, Stand.FILES)
    assert snapshot(again, Stand.FILES) == made
    assert first.is_ancestor(repo.head(), made)
    repo.git("add", "-A")
    assert snapshot(again, Stand.INDEX) == made


def test_a_partial_commit_has_an_index_of_its_own(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    own = tmp_path / "own.index"
    own.write_bytes((repo.git_dir / "index").read_bytes())
    repo.write({"src/a.py": "a = 2\n"})
    repo.git("add", "-A")
    assert held(look(repo.path), Stand.INDEX, own)["src/a.py"] == b"a = 1\n"
    assert held(look(repo.path), Stand.INDEX)["src/a.py"] == b"a = 2\n"


def test_names_modes_and_links_arrive(repo: RepositoryBuilder, look: Look) -> None:
    odd = 'a "b"\\c\nd\te ü.py'
    repo.write({odd: "odd = 1\n", "run.sh": "#!/bin/sh\n"})
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "link").symlink_to("src/a.py")
    view = look(repo.path)
    entries = {
        entry.path: entry
        for entry in view.list_tree(view.resolve(snapshot(view, Stand.FILES)).tree)
    }
    assert (entries["run.sh"].mode, entries["link"].mode) == ("100755", "120000")
    texts = held(view, Stand.FILES)
    assert (texts[odd], texts["link"]) == (b"odd = 1\n", b"src/a.py")


def test_what_is_ignored_an_environment_or_another_repository_stays_out(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.commit(files={".gitignore": "*.log\n"})
    repo.write({"a.log": "", ".venv/lib/x.py": "", "node_modules/y.py": ""})
    RepositoryBuilder.create(repo.path / "inner").commit(files={"z.py": ""})
    assert set(held(look(repo.path), Stand.FILES)) == {".gitignore", "README.md", "src/a.py"}


def test_a_submodule_stays_what_the_index_says(repo: RepositoryBuilder, look: Look) -> None:
    sha = repo.head()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{sha},sub")
    view = look(repo.path)
    for stand in (Stand.INDEX, Stand.FILES):
        entries = view.list_tree(view.resolve(snapshot(view, stand)).tree)
        assert [(each.mode, each.blob) for each in entries if each.path == "sub"] == [
            ("160000", sha)
        ]


def test_what_is_no_file_and_what_cannot_be_read_is_left_out(
    repo: RepositoryBuilder, look: Look
) -> None:
    repo.delete("README.md")
    (repo.path / "README.md").mkdir()
    assert set(held(look(repo.path), Stand.FILES)) == {"src/a.py"}


def test_an_unfinished_merge_is_told(repo: RepositoryBuilder, look: Look) -> None:
    blob = repo.git("rev-parse", "HEAD:src/a.py")
    repo.git("update-index", "--force-remove", "src/a.py")
    feed = repo.path / "feed"
    feed.write_text(f"100644 {blob} 2\tsrc/a.py\n")
    with feed.open() as stream:
        subprocess.run(
            ["git", f"--git-dir={repo.git_dir}", "update-index", "--index-info"],
            stdin=stream,
            check=True,
        )
    with pytest.raises(RepositoryError, match=r"src/a\.py is not merged yet") as caught:
        snapshot(look(repo.path), Stand.INDEX)
    assert caught.value.code == "unmerged"


def test_a_bare_repository_has_no_files(tmp_path: Path, look: Look) -> None:
    bare = RepositoryBuilder.create(tmp_path / "bare.git", bare=True)
    bare.commit(files={"a.py": ""})
    with pytest.raises(RepositoryError, match="no files of its own"):
        snapshot(look(bare.path), Stand.INDEX)


def test_a_work_tree_that_is_too_large_is_refused(
    repo: RepositoryBuilder, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MAX_TOTAL", 3)
    repo.write({"src/b.py": "b = 1\n"})
    with pytest.raises(RepositoryError, match="more than 3 bytes"):
        snapshot(look(repo.path), Stand.FILES)


def test_sha256_and_a_linked_worktree_work_as_well(tmp_path: Path, look: Look) -> None:
    repo = RepositoryBuilder.create(tmp_path / "new", object_format="sha256")
    repo.commit(files={"a.py": "a = 1\n"})
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "b.py").write_text("b = 1\n")
    found = held(look(tmp_path / "side"), Stand.FILES)
    assert found == {"a.py": b"a = 1\n", "b.py": b"b = 1\n"}
