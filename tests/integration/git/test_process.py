"""Git as a bounded process."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coverage_gate.adapters.git.process import GitCall, git
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder


def _fake_git(folder: Path, script: str) -> str:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def _fault(call: GitCall) -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        git(call)
    return caught.value


def test_the_output_and_the_status_come_back(repo: RepositoryBuilder) -> None:
    answer = git(GitCall(args=["cat-file", "blob", "HEAD:src/a.py"], git_dir=repo.git_dir))
    assert (answer.status, answer.output) == (0, b"a = 1\n")


def test_an_expected_status_is_an_answer(repo: RepositoryBuilder) -> None:
    call = GitCall(args=["cat-file", "-e", "HEAD:none"], git_dir=repo.git_dir, ok=(0, 128))
    assert git(call).status == 128


def test_another_status_is_a_fault_with_git_s_words(repo: RepositoryBuilder) -> None:
    fault = _fault(GitCall(args=["cat-file", "-e", "HEAD:none"], git_dir=repo.git_dir))
    assert "none" in str(fault)
    assert fault.code == "git-failed"


def test_nothing_of_our_environment_reaches_git(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "env | sort")
    output = git(GitCall(args=["x"], git_dir=tmp_path, search_path=path)).output.decode()
    names = {line.partition("=")[0] for line in output.splitlines()}
    own = {name for name in names if not name.startswith("GIT_")} - {"_", "PWD", "OLDPWD", "SHLVL"}
    assert own == {"LC_ALL", "PATH"}
    assert "GIT_DIR" not in names


def test_a_machine_without_git_is_told_what_to_install(tmp_path: Path) -> None:
    fault = _fault(GitCall(args=["x"], git_dir=tmp_path, search_path=str(tmp_path)))
    assert fault.code == "git-missing"
    assert "Install git" in str(fault)


def test_a_git_that_cannot_be_started_is_a_fault(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "")
    (tmp_path / "bin" / "git").write_text("#!/nowhere/sh\n")
    assert _fault(GitCall(args=["x"], git_dir=tmp_path, search_path=path)).code == "git-not-started"


def test_an_argument_with_a_null_byte_is_a_fault(repo: RepositoryBuilder) -> None:
    assert _fault(GitCall(args=["a\0b"], git_dir=repo.git_dir)).code == "git-not-started"


@pytest.mark.parametrize(
    "script", ["sleep 60", "sleep 60 & exec sleep 60", "(trap '' TERM; sleep 60) & exit 0", "yes"]
)
def test_git_and_what_it_started_end_at_the_time_limit(tmp_path: Path, script: str) -> None:
    path = _fake_git(tmp_path / "bin", script)
    started = time.monotonic()
    call = GitCall(
        args=["x"], git_dir=tmp_path, search_path=path, timeout_s=0.3, output_limit=2**60
    )
    assert _fault(call).code == "git-timeout"
    assert time.monotonic() - started < 10


def test_a_git_that_closes_its_output_and_stays_ends_at_the_time_limit(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "exec >&- 2>&-; sleep 60")
    call = GitCall(args=["x"], git_dir=tmp_path, search_path=path, timeout_s=0.3)
    assert _fault(call).code == "git-timeout"


def test_too_much_output_is_a_fault(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "yes")
    call = GitCall(args=["x"], git_dir=tmp_path, search_path=path, output_limit=1000)
    assert _fault(call).code == "output-too-large"


def test_only_the_end_of_a_long_complaint_is_kept(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "yes 'not a git repository' | head -c 1000000 >&2; exit 3")
    fault = _fault(GitCall(args=["x"], git_dir=tmp_path, search_path=path))
    assert fault.code == "not-a-repository"
    assert len(str(fault)) < 600


def test_a_large_input_and_a_large_output_do_not_block_each_other(tmp_path: Path) -> None:
    path = _fake_git(tmp_path / "bin", "cat")
    feed = b"x" * 3_000_000
    assert git(GitCall(args=["x"], git_dir=tmp_path, search_path=path, feed=feed)).output == feed
