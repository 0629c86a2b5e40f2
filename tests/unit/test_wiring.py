"""From settings to ready ports."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shop import NAME, Shop

from coverage_gate import wiring
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import SettingsError, load_settings
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.wiring import Workshop


def make_environment(folder: Path) -> Path:
    """Something that looks like a virtual environment. Returns its interpreter."""
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    return python


def tainted_of(workshop: Workshop) -> frozenset[Path]:
    """The checkouts whose environment their own commit brought."""
    return workshop.measurer(load_settings()).bench.tainted


# Where repositories are


def test_a_repository_lies_below_its_folder_bare_or_not(shop: Shop) -> None:
    RepositoryBuilder.create(shop.repos / "bank.git", bare=True)
    settings = load_settings()
    assert wiring.repository_folder(settings, NAME) == shop.path
    assert wiring.repository_folder(settings, "bank") == shop.repos / "bank.git"
    assert wiring.repository_folder(settings, "group/other") == shop.repos / "group/other"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["..", "../shop", "a/../../b", "/etc"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(RepositoryError, match="is no name of a repository"):
        wiring.repository_folder(load_settings(), name)


def test_a_worktree_lies_below_repository_and_safe_branch(shop: Shop) -> None:
    path = wiring.worktree_of(load_settings(), NAME, "docs")
    assert path == shop.worktrees / NAME / "docs"
    assert (path / "README.md").is_file()


@pytest.mark.parametrize(("branch", "known"), [("docs", True), ("HEAD", True), ("dox", False)])
def test_a_repository_knows_its_branches(shop: Shop, branch: str, known: bool) -> None:
    assert wiring.knows(shop.path, branch) is known


@pytest.mark.parametrize("name", ["refs/heads/main", "0" * 40, "-x", "HEAD"])
def test_a_branch_is_meant_whatever_else_has_its_name(shop: Shop, name: str) -> None:
    shop.git.git("update-ref", f"refs/heads/{name}", "docs")
    assert wiring.branch_ref(shop.path, name) == f"refs/heads/{name}"


@pytest.mark.parametrize("name", ["dox", "HEAD", "main~1"])
def test_what_is_no_branch_stays_a_revision(shop: Shop, name: str) -> None:
    assert wiring.branch_ref(shop.path, name) == name


def test_what_is_no_repository_has_no_branch(tmp_path: Path) -> None:
    assert wiring.branch_ref(tmp_path, "main") == "main"


def test_what_is_no_repository_knows_nothing(tmp_path: Path) -> None:
    assert wiring.knows(tmp_path, "main") is False


def test_a_folder_without_a_commit_is_told_from_one_that_is_no_repository(tmp_path: Path) -> None:
    assert wiring.no_repository(tmp_path).code == "not-a-repository"
    RepositoryBuilder.create(tmp_path / "empty")
    error = wiring.no_repository(tmp_path / "empty")
    assert (error.code, "commit something" in str(error)) == ("no-commits", True)


def test_the_branch_that_is_checked_out_has_a_name(shop: Shop, tmp_path: Path) -> None:
    assert wiring.checked_out(shop.path) == "main"
    shop.git.git("checkout", "-q", "--detach")
    assert wiring.checked_out(shop.path) is None
    assert wiring.checked_out(tmp_path) is None


# The workshop


def test_a_workshop_leaves_nothing_behind(shop: Shop) -> None:
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        assert workshop.scratch.is_dir()
    assert not workshop.scratch.exists()


def test_environments_are_looked_for_in_worktree_folder_and_main_work_tree(shop: Shop) -> None:
    worktree = wiring.worktree_of(load_settings(), NAME, "docs")
    with wiring.open_workshop(repository=NAME, folder=worktree) as workshop:
        assert workshop.checkouts == (worktree, shop.path)
    with wiring.open_workshop(repository=NAME, folder=shop.path, worktree=worktree) as workshop:
        assert workshop.checkouts == (worktree, shop.path)


@pytest.mark.usefixtures("shop")
def test_a_folder_without_a_commit_cannot_be_judged_by_lines(tmp_path: Path) -> None:
    with (
        wiring.open_workshop(repository="plain", folder=tmp_path) as workshop,
        pytest.raises(ValueError, match="cannot be judged by lines"),
    ):
        workshop.ports(load_settings())


def test_the_settings_reach_the_bench(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_RUN_TIMEOUT_S", "7.5")
    monkeypatch.setenv("ORCH_COVERAGE_BRANCH", "off")
    monkeypatch.setenv("ORCH_COVERAGE_TEST_COMMAND", "python -m unittest -v")
    monkeypatch.setenv("ORCH_COVERAGE_ENV_ALLOW", "SHOP_COLOUR")
    monkeypatch.setenv("SHOP_COLOUR", "red")
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        bench = workshop.measurer(load_settings()).bench
    assert (bench.limits.timeout_s, bench.branch) == (7.5, False)
    assert (bench.command.name, bench.command.args) == ("unittest", ("-v",))
    assert (bench.env["SHOP_COLOUR"], bench.configured) == ("red", shop.python)


@pytest.mark.parametrize("mode", [("auto", None), ("on", True), ("off", False)])
def test_branches_are_measured_as_the_setting_or_the_base_says(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, mode: tuple[str, bool | None]
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BRANCH", mode[0])
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        assert workshop.measurer(load_settings()).bench.branch is mode[1]


def test_the_run_sees_nothing_of_the_environment_but_what_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "hunter2")
    monkeypatch.setenv("SHOP_COLOUR", "red")
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        env = workshop.measurer(load_settings()).bench.env
    assert set(env) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ORCH_COVERAGE_TEST_COMMAND", "make test"), ("ORCH_COVERAGE_ENV_ALLOW", "LD_PRELOAD")],
)
def test_what_the_run_cannot_take_is_a_setting_that_cannot_be_used(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv(variable, value)
    with (
        wiring.open_workshop(repository=NAME, folder=shop.path) as workshop,
        pytest.raises(SettingsError, match=variable),
    ):
        workshop.ports(load_settings())


# Environments that a branch brought there


@pytest.mark.parametrize(
    ("there", "tracked", "count"), [(True, True, 1), (True, False, 0), (False, False, 0)]
)
def test_a_checkout_is_tainted_by_an_environment_of_its_own_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, there: bool, tracked: bool, count: int
) -> None:
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    if there:
        make_environment(shop.path)
    if tracked:
        shop.git.commit("with its environment")
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        assert len(tainted_of(workshop)) == count


def test_a_checkout_whose_commit_cannot_be_read_is_tainted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    make_environment(shop.path)
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        shop.git.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
        assert tainted_of(workshop) == {shop.path}


def test_a_configured_interpreter_makes_the_question_needless(shop: Shop) -> None:
    make_environment(shop.path)
    shop.git.commit("with its environment")
    with wiring.open_workshop(repository=NAME, folder=shop.path) as workshop:
        assert tainted_of(workshop) == frozenset()
