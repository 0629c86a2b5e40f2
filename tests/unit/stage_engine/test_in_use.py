"""Which folders are young, and which a process works in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stage_engine.in_use import is_older, used_paths

LONG_AGO = 1_000_000_000.0


def age(folder: Path, *, but: Path | None = None) -> None:
    for path in (*folder.rglob("*"), folder):
        if path != but:
            os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "link").symlink_to("/")
    age(folder)
    return folder


def test_a_folder_is_old_when_all_in_it_is(old: Path) -> None:
    assert is_older(old, LONG_AGO + 1)


@pytest.mark.parametrize("young", ["", "a", "a/b", "a/b/file", "link"])
def test_a_folder_is_young_as_soon_as_one_thing_in_it_is(old: Path, young: str) -> None:
    age(old, but=old / young)
    os.utime(old / young, follow_symlinks=False)
    assert not is_older(old, LONG_AGO + 1)


def test_what_cannot_be_looked_at_is_young(old: Path) -> None:
    assert not is_older(old / "none", LONG_AGO + 1)


def test_what_is_no_folder_is_young(old: Path) -> None:
    assert not is_older(old / "a" / "b" / "file", LONG_AGO + 1)


def test_a_folder_with_a_process_in_it_is_used(old: Path) -> None:
    code = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=old / "a", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = used_paths()
        process.kill()
    assert (used.touch(old), used.touch(old / "a"), used.touch(old / "a" / "b")) == (
        True,
        True,
        False,
    )


def test_a_folder_with_an_open_file_is_used(old: Path) -> None:
    with (old / "a" / "b" / "file").open():
        assert used_paths().touch(old)
    assert not used_paths().touch(old)


def test_a_name_that_only_begins_alike_is_not_used(old: Path) -> None:
    (old / "a" / "bb").mkdir()
    with (old / "a" / "b" / "file").open():
        assert not used_paths().touch(old / "a" / "bb")


def test_without_an_account_of_the_kernel_nothing_is_known(tmp_path: Path) -> None:
    assert used_paths(proc=tmp_path / "none").paths == ()


def test_processes_that_went_meanwhile_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "version").touch()
    assert used_paths(proc=tmp_path).paths == ()
