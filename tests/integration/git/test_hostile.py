"""Repositories that try to run a program, to be written to, or to lead out of a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.export import export_tree
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.git.worktrees import ensure_worktree, repository_name, uncommitted
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder, tree_line

Look = Callable[[Path], GitView]

_ATTRIBUTES = "* filter=evil diff=evil merge=evil text eol=crlf ident\n"
_HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "post-merge", "update")


def _fingerprint(folder: Path) -> dict[str, tuple[str, int, int]]:
    found = {}
    for item in sorted(folder.rglob("*")):
        status = item.lstat()
        data = b"" if item.is_dir() or item.is_symlink() else item.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        found[str(item)] = (digest, status.st_mode, status.st_mtime_ns)
    return found


def _use_everything(view: GitView, destination: Path) -> dict[str, str]:
    base, head = view.resolve("main"), view.resolve("topic")
    landing = view.landing(base, head)
    assert landing.tree is not None
    view.changes(base.tree, landing.tree)
    view.default_branch()
    return export_tree(view, landing.tree, destination)


@pytest.fixture
def diverged(repo: RepositoryBuilder) -> RepositoryBuilder:
    """Main and topic have both moved on and merge cleanly."""
    repo.branch("topic")
    repo.commit(files={"b.py": "b = 1\n", ".gitattributes": _ATTRIBUTES})
    repo.switch("main")
    repo.commit(files={"c.py": "$Id$\nc = 1\n", ".gitattributes": _ATTRIBUTES})
    return repo


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that appears when any program of the repository runs."""
    return tmp_path / "canary"


def _set_traps(repo: RepositoryBuilder, canary: Path) -> None:
    trap = repo.git_dir / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 >> {canary}\ncat\n")
    trap.chmod(0o755)
    for name in _HOOKS:
        shutil.copy(trap, repo.git_dir / "hooks" / name)
    names = ["core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand"]
    names += ["core.gitProxy", "credential.helper", "diff.external", "hook.evil.command"]
    names += [f"filter.{name}.{way}" for name in ("evil", "a=b") for way in ("smudge", "clean")]
    names += ["filter.evil.process", "diff.evil.textconv", "diff.evil.command", "merge.evil.driver"]
    for name in names:
        repo.git("config", name, f"{trap} x")
    repo.git("config", "filter.evil.required", "true")
    repo.git("config", "hook.evil.event", "post-checkout")
    repo.git("config", "core.hooksPath", str(repo.git_dir / "hooks"))
    repo.git("config", "merge.default", "evil")


def test_no_program_of_the_repository_runs(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path, canary: Path
) -> None:
    _set_traps(diverged, canary)
    _use_everything(look(diverged.path), tmp_path / "out")
    ensure_worktree(diverged.path, tmp_path / "worktree", "topic")
    ensure_worktree(diverged.path, tmp_path / "worktree", "topic")
    assert (tmp_path / "worktree" / "b.py").is_file()
    assert not canary.exists()


def test_the_traps_of_these_tests_do_spring_without_protection(
    diverged: RepositoryBuilder, canary: Path
) -> None:
    _set_traps(diverged, canary)
    command = ["git", "-c", "safe.directory=*", "-C", str(diverged.path), "status"]
    subprocess.run(command, capture_output=True, check=False)
    assert canary.exists()


def test_nothing_in_the_repository_is_changed(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    before = _fingerprint(diverged.path)
    _use_everything(look(diverged.path), tmp_path / "out")
    repository_name(diverged.path)
    assert _fingerprint(diverged.path) == before


def test_bytes_are_exported_as_committed_whatever_the_attributes_say(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    _use_everything(look(diverged.path), tmp_path / "out")
    assert (tmp_path / "out" / "c.py").read_bytes() == b"$Id$\nc = 1\n"


def test_replace_references_and_grafts_are_not_followed(
    diverged: RepositoryBuilder, look: Look
) -> None:
    view = look(diverged.path)
    base, head = view.resolve("main"), view.resolve("topic")
    honest = view.landing(base, head)
    lie = diverged.git("commit-tree", "-m", "lie", "HEAD~1^{tree}")
    diverged.git("replace", head.sha, lie)
    diverged.git("replace", head.tree, diverged.git("rev-parse", "HEAD~1^{tree}"))
    (diverged.git_dir / "info" / "grafts").write_text(f"{head.sha}\n")
    again = look(diverged.path)
    assert again.landing(again.resolve("main"), again.resolve("topic")) == honest


def test_a_revision_means_the_true_parent_in_spite_of_replaced_commits(
    diverged: RepositoryBuilder, look: Look
) -> None:
    head, parent = diverged.head(), diverged.git("rev-parse", "HEAD~1")
    diverged.git("replace", head, diverged.git("commit-tree", "-m", "lie", "HEAD^{tree}"))
    assert look(diverged.path).resolve("main~1").sha == parent


def test_a_revision_means_the_true_parent_in_spite_of_grafts(
    diverged: RepositoryBuilder, look: Look
) -> None:
    parent = diverged.git("rev-parse", "HEAD~1")
    (diverged.git_dir / "info" / "grafts").write_text(f"{diverged.head()}\n")
    assert look(diverged.path).resolve("main~1").sha == parent


@pytest.mark.parametrize("elsewhere", ["/nowhere/at/all", "../../nowhere", "/etc"])
def test_a_work_tree_that_is_set_elsewhere_is_ignored(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path, elsewhere: str
) -> None:
    diverged.git("config", "core.worktree", elsewhere)
    files = _use_everything(look(diverged.path), tmp_path / "out")
    assert ensure_worktree(diverged.path, tmp_path / "worktree", "topic").is_dir()
    assert sorted(files) == [".gitattributes", "README.md", "b.py", "c.py", "src/a.py"]


def test_a_repository_of_another_owner_is_read(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        for item in [diverged.path, *diverged.path.rglob("*")]:
            os.chown(item, 12345, 12345)
    assert _use_everything(look(diverged.path), tmp_path / "out")
    assert (ensure_worktree(diverged.path, tmp_path / "worktree", "topic") / "b.py").is_file()


def test_a_repository_that_cannot_be_written_is_read(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    folders = [diverged.path, *(item for item in diverged.path.rglob("*") if item.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert _use_everything(look(diverged.path), tmp_path / "out")
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_objects_that_are_borrowed_from_elsewhere_are_found(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    store = tmp_path / 'a "store"\nwith \\ in it'
    (diverged.git_dir / "objects").rename(store)
    (diverged.git_dir / "objects" / "info").mkdir(parents=True)
    line = '"' + str(store).translate({34: '\\"', 92: "\\\\", 10: "\\n"}) + '"\n'
    (diverged.git_dir / "objects" / "info" / "alternates").write_text(line)
    assert _use_everything(look(diverged.path), tmp_path / "out")


def test_a_repository_at_a_path_with_odd_characters_is_read(tmp_path: Path, look: Look) -> None:
    repo = RepositoryBuilder.create(tmp_path / 'a "b"\n\\ #é')
    repo.commit(files={"a.py": ""})
    repo.branch("topic")
    assert _use_everything(look(repo.path), tmp_path / "out")


def test_a_branch_of_a_partial_clone_never_makes_git_fetch(
    diverged: RepositoryBuilder, look: Look, tmp_path: Path, canary: Path
) -> None:
    diverged.git("config", "uploadpack.allowFilter", "true")
    clone = _trapped_clone(diverged, tmp_path / "clone", "blob:none", canary)
    with pytest.raises(RepositoryError, match="git fetch --refetch") as caught:
        _use_everything(look(clone.path), tmp_path / "out")
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", False)
    assert not canary.exists()


def test_asking_for_a_folder_in_a_partial_clone_never_makes_git_fetch(
    diverged: RepositoryBuilder, tmp_path: Path, canary: Path
) -> None:
    clone = _trapped_clone(diverged, tmp_path / "clone", "tree:0", canary)
    (clone.path / "src").mkdir()
    uncommitted(clone.path / "src")
    assert not canary.exists()


def _trapped_clone(
    repo: RepositoryBuilder, path: Path, kept: str, canary: Path
) -> RepositoryBuilder:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(path, f"--filter={kept}", "--no-checkout")
    trap = canary.with_name("trap")
    trap.write_text(f"#!/bin/sh\necho ran >> {canary}\n")
    trap.chmod(0o755)
    clone.git("config", "remote.origin.uploadpack", str(trap))
    clone.git("config", "protocol.file.allow", "always")
    return clone


_BAD_NAMES = [
    b"..",
    b".",
    b".git",
    b".GIT",
    b".git ",
    b".git...",
    b".git::$INDEX_ALLOCATION",
    b"git~1",
    ".g\u200cit".encode(),
    b"a\\b",
    b"../../etc/passwd",
    b"/etc/passwd",
    b"a//b",
    b"n" * 256,
]


@pytest.mark.parametrize("name", _BAD_NAMES)
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_crafted_name_is_refused_as_the_branch_s_fault(
    repo: RepositoryBuilder, look: Look, tmp_path: Path, name: bytes, is_nested: bool
) -> None:
    blob = repo.write_object("blob", b"evil")
    tree = repo.write_object("tree", tree_line("100644", name, blob))
    if is_nested:
        tree = repo.write_object("tree", tree_line("40000", b"folder", tree))
    with pytest.raises(RepositoryError) as caught:
        export_tree(look(repo.path), tree, tmp_path / "out")
    assert (caught.value.code, caught.value.branch_fault) == ("hostile-tree", True)
    assert not (tmp_path / "out").exists()


def test_a_tree_with_a_folder_named_git_is_refused(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    blob = repo.write_object("blob", b"[core]\n")
    inner = repo.write_object("tree", tree_line("100644", b"config", blob))
    tree = repo.write_object("tree", tree_line("40000", b".Git", inner))
    with pytest.raises(RepositoryError, match="git folder"):
        export_tree(look(repo.path), tree, tmp_path / "out")


def test_a_path_that_runs_through_a_link_is_refused(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    target = repo.write_object("blob", b"/etc")
    blob = repo.write_object("blob", b"evil")
    folder = repo.write_object("tree", tree_line("100644", b"passwd", blob))
    lines = tree_line("120000", b"link", target) + tree_line("40000", b"link", folder)
    tree = repo.write_object("tree", lines)
    with pytest.raises(RepositoryError, match="runs through link") as caught:
        export_tree(look(repo.path), tree, tmp_path / "out")
    assert caught.value.code == "hostile-tree"


def test_a_path_that_stands_there_twice_is_refused(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    blobs = [repo.write_object("blob", content) for content in (b"one", b"two")]
    tree = repo.write_object("tree", b"".join(tree_line("100644", b"a", blob) for blob in blobs))
    with pytest.raises(RepositoryError, match="twice") as caught:
        export_tree(look(repo.path), tree, tmp_path / "out")
    assert caught.value.branch_fault


@pytest.mark.parametrize("content", [b"100644 a", b"999999 a\0", b"100644 \0" + b"1" * 20, b"\0"])
def test_a_tree_object_of_garbage_is_the_branch_s_fault(
    repo: RepositoryBuilder, look: Look, content: bytes
) -> None:
    view = look(repo.path)
    main = view.resolve("main")
    repo.commit_tree(repo.write_object("tree", content), main.sha, branch="topic")
    topic = view.resolve("topic")
    for call in (lambda: view.landing(main, topic), lambda: view.changes(main.tree, topic.tree)):
        with pytest.raises(RepositoryError) as caught:
            call()
        assert caught.value.branch_fault


def test_a_commit_object_of_garbage_is_refused(repo: RepositoryBuilder, look: Look) -> None:
    bad = repo.write_object("commit", b"tree nowhere\n\n")
    (repo.git_dir / "refs" / "heads" / "topic").write_text(bad + "\n")
    with pytest.raises(RepositoryError) as caught:
        look(repo.path).resolve("topic")
    assert caught.value.branch_fault


@pytest.mark.parametrize("kind", ["100644", "40000"])
def test_an_object_that_the_branch_names_and_does_not_hold_is_its_own_fault(
    repo: RepositoryBuilder, look: Look, tmp_path: Path, kind: str
) -> None:
    tree = repo.write_object("tree", tree_line(kind, b"missing", "1" * 40))
    with pytest.raises(RepositoryError) as caught:
        export_tree(look(repo.path), tree, tmp_path / "out")
    assert (caught.value.code, caught.value.branch_fault) == ("object-missing", True)


def test_a_blob_that_was_tampered_with_is_noticed(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    blob = repo.git("rev-parse", "HEAD:src/a.py")
    other = repo.write_object("blob", b"a = 9\n")
    place, source = (repo.git_dir / "objects" / one[:2] / one[2:] for one in (blob, other))
    place.chmod(0o644)
    place.write_bytes(source.read_bytes())
    view = look(repo.path)
    with pytest.raises(RepositoryError) as caught:
        export_tree(view, view.resolve("main").tree, tmp_path / "out")
    assert caught.value.code in ("object-corrupt", "object-missing")


def _bomb(repo: RepositoryBuilder, width: int, depth: int) -> str:
    """A tree of width ** depth paths in a few objects."""
    inner = repo.write_object("blob", b"")
    mode = "100644"
    for _ in range(depth):
        lines = (tree_line(mode, b"%04d" % number, inner) for number in range(width))
        inner, mode = repo.write_object("tree", b"".join(lines)), "40000"
    return inner


def test_a_few_objects_that_stand_for_billions_of_files_are_refused_quickly(
    repo: RepositoryBuilder, look: Look
) -> None:
    view = look(repo.path)
    main = view.resolve("main")
    repo.commit_tree(_bomb(repo, 10, 10), main.sha, branch="topic")
    started = time.monotonic()
    with pytest.raises(RepositoryError) as caught:
        view.landing(main, view.resolve("topic"))
    assert (caught.value.code, caught.value.branch_fault) == ("tree-too-large", True)
    assert time.monotonic() - started < 20


def test_a_base_that_is_too_large_is_no_fault_of_the_branch(
    repo: RepositoryBuilder, look: Look
) -> None:
    view = look(repo.path)
    with pytest.raises(RepositoryError) as caught:
        view.changes(_bomb(repo, 600, 2), view.resolve("main").tree)
    assert (caught.value.code, caught.value.branch_fault) == ("tree-too-large", False)


def test_a_tree_of_very_many_folders_in_each_other_is_the_branch_s_fault(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    view = look(repo.path)
    main = view.resolve("main")
    tree = _bomb(repo, 1, 220)
    repo.commit_tree(tree, main.sha, branch="topic")
    with pytest.raises(RepositoryError) as caught:
        export_tree(view, tree, tmp_path / "out")
    assert caught.value.branch_fault
