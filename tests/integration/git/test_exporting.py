"""Trees and folders written to disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.git.export import copy_folder, export, export_folder, export_tree
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.git.writer import Export, ExportLimits
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder, tree_line

Look = Callable[[Path], GitView]


def _export(look: Look, repo: RepositoryBuilder, out: Path, **limits: int) -> Export:
    view = look(repo.path)
    return export(view, view.resolve("HEAD").tree, out, limits=ExportLimits(**limits))


def test_every_byte_and_every_name_arrives(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    names = {b"empty": b"", b"\xff\xfe": b"\x00\r\n", "ü ö".encode(): b"x" * 300_000}
    lines = [tree_line("100644", name, repo.write_object("blob", names[name])) for name in names]
    tree = repo.write_object("tree", b"".join(sorted(lines)))
    files = export_tree(look(repo.path), tree, tmp_path / "out")
    written = {name: (tmp_path / "out" / os.fsdecode(name)).read_bytes() for name in names}
    assert written == names
    assert {os.fsencode(path) for path in files} == set(names)


def test_the_answer_maps_each_path_to_its_blob(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    files = _export(look, repo, tmp_path / "out").files
    assert files == {
        path: repo.git("rev-parse", f"HEAD:{path}") for path in ("README.md", "src/a.py")
    }


def test_the_executable_bit_is_kept_whatever_the_umask(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    (repo.path / "src" / "a.py").chmod(0o755)
    repo.commit()
    mask = os.umask(0o077)
    try:
        _export(look, repo, tmp_path / "out")
    finally:
        os.umask(mask)
    modes = [
        stat.S_IMODE((tmp_path / "out" / path).stat().st_mode) for path in ("src/a.py", "README.md")
    ]
    assert modes == [0o755, 0o644]


def test_all_files_and_links_get_one_time(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    (repo.path / "link").symlink_to("README.md")
    repo.commit()
    _export(look, repo, tmp_path / "out")
    items = [item for item in (tmp_path / "out").rglob("*") if not item.is_dir()]
    assert {item.lstat().st_mtime_ns for item in items} == {10**18}


def test_links_that_stay_inside_are_links_and_others_are_text(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    inside = {"l1": "README.md", "src/l2": "../README.md", "l3": "src", "l4": "nowhere"}
    outside = {"o1": "/etc/passwd", "o2": "../x", "src/o3": "../../x", "o4": "src/../README.md"}
    for path, target in (inside | outside).items():
        (repo.path / path).symlink_to(target)
    repo.commit()
    result = _export(look, repo, tmp_path / "out")
    assert result.links == tuple(sorted(inside))
    assert {path: str((tmp_path / "out" / path).readlink()) for path in inside} == inside
    assert {path: (tmp_path / "out" / path).read_text() for path in outside} == outside


def test_a_refused_link_is_no_file_of_the_answer(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    (repo.path / "evil.py").symlink_to("/etc/passwd")
    repo.commit()
    assert "evil.py" not in _export(look, repo, tmp_path / "out").files


def test_a_submodule_is_an_empty_folder(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},lib/sub")
    repo.git("commit", "-q", "-m", "submodule")
    assert "lib/sub" not in _export(look, repo, tmp_path / "out").files
    assert list((tmp_path / "out" / "lib" / "sub").iterdir()) == []


def test_bytecode_is_left_out(repo: RepositoryBuilder, look: Look, tmp_path: Path) -> None:
    names = ("a.pyc", "lib/b.pyo", "lib/__pycache__/c.cpython-311.pyc", "lib/d.py", "e.pyc.txt")
    repo.write(dict.fromkeys(names, "x"))
    repo.commit()
    assert set(_export(look, repo, tmp_path / "out").files) >= {"lib/d.py", "e.pyc.txt"}
    assert not [path for path in (tmp_path / "out").rglob("*") if path.suffix in (".pyc", ".pyo")]
    assert not (tmp_path / "out" / "lib" / "__pycache__").exists()


def test_an_empty_tree_is_an_empty_folder(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    tree = repo.write_object("tree", b"")
    assert export_tree(look(repo.path), tree, tmp_path / "out") == {}
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("limits", [{"files": 1}, {"total_bytes": 10}, {"blob_bytes": 5}])
def test_a_tree_above_a_limit_is_refused_as_the_branch_s_fault(
    repo: RepositoryBuilder, look: Look, tmp_path: Path, limits: dict[str, int]
) -> None:
    with pytest.raises(RepositoryError) as caught:
        _export(look, repo, tmp_path / "out", **limits)
    assert (caught.value.code, caught.value.branch_fault) == ("tree-too-large", True)


def test_a_folder_that_is_not_empty_is_not_written_to(
    repo: RepositoryBuilder, look: Look, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(RepositoryError, match="not empty") as caught:
        _export(look, repo, tmp_path / "out")
    assert (caught.value.code, caught.value.branch_fault) == ("export-failed", False)


def test_a_folder_is_copied_without_what_belongs_to_the_machine(tmp_path: Path) -> None:
    source = tmp_path / "source"
    kept = {"a.py": "1", "pkg/b.py": "2", "pkg/.hidden": "3"}
    skipped = [".git/config", ".venv/x.py", "venv/x", "pkg/__pycache__/b.pyc", ".tox/x"]
    skipped += ["node_modules/x/y.js"]
    for path in [*kept, *skipped]:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(kept.get(path, ""))
    files = copy_folder(source, tmp_path / "out")
    assert files == {path: blob_id(content.encode()) for path, content in sorted(kept.items())}
    assert {path: (tmp_path / "out" / path).read_text() for path in kept} == kept


def test_the_ids_of_a_copied_folder_are_git_s_own(repo: RepositoryBuilder, tmp_path: Path) -> None:
    files = copy_folder(repo.path, tmp_path / "out")
    assert files["src/a.py"] == repo.git("hash-object", "src/a.py")


def test_what_is_neither_file_nor_folder_is_left_out_of_a_copy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    os.mkfifo(source / "pipe")
    (source / "a.py").write_text("")
    (source / "a.py").chmod(0o744)
    (source / "in").symlink_to("a.py")
    (source / "out").symlink_to("/etc/passwd")
    result = export_folder(source, tmp_path / "copy")
    assert (list(result.files), result.links) == (["a.py"], ("in",))
    assert sorted(item.name for item in (tmp_path / "copy").iterdir()) == ["a.py", "in"]


def test_a_copy_into_the_folder_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    assert list(copy_folder(tmp_path, tmp_path / "build" / "copy")) == ["a.py"]


def test_a_file_above_the_limit_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "big").write_bytes(b"x" * 11)
    with pytest.raises(RepositoryError) as caught:
        export_folder(tmp_path / "source", tmp_path / "out", limits=ExportLimits(blob_bytes=10))
    assert (caught.value.code, caught.value.branch_fault) == ("tree-too-large", True)


def test_a_folder_that_is_not_there_cannot_be_copied(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="none") as caught:
        copy_folder(tmp_path / "none", tmp_path / "out")
    assert caught.value.code == "export-failed"
