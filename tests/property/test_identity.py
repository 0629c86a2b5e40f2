"""The identity of a measurement: another one for whatever matters, the same one for the rest.

Nothing is run here: an identity is known before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.integration.measure_run.bench import make_environment

from coverage_gate.adapters.git.view import GitView, open_view
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.core.cage import Cage, Way
from coverage_gate.core.reuse import Reuse
from coverage_gate.measuring.bench import Bench, Plan
from coverage_gate.measuring.identity import identity_of
from coverage_gate.measuring.planning import Planner
from coverage_gate.ports import RunLimits, TreeSource
from coverage_gate.testing.repositories import RepositoryBuilder

PLAIN = Cage(level="plain")
FILES = {
    "pyproject.toml": '[tool.coverage.run]\nbranch = true\nsource = ["src"]\n',
    "src/shop/__init__.py": "",
    "src/shop/price.py": "def price(n):\n    return n * 9\n",
    "tests/test_price.py": "from shop.price import price\n\n\ndef test():\n    assert price(1)\n",
    "tests/prices.csv": "1,9\n",
    "README.md": "A shop.\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A repository and a bench, to plan on."""

    git: RepositoryBuilder
    view: GitView
    planner: Planner

    def tree(self, ref: str = "HEAD") -> str:
        return self.git.git("rev-parse", f"{ref}^{{tree}}")

    def plan(self, tree: str | None = None, config_tree: str | None = None) -> Plan:
        """The plan for a tree."""
        return self.planner.plan(TreeSource(tree=tree or self.tree(), config_tree=config_tree))

    def asked_anew(self) -> str:
        """The identity of main's measurement, as the interpreter is now."""
        planner = replace(self.planner, probed={})
        return planner.plan(TreeSource(tree=self.tree(), config_tree=None)).identity


@pytest.fixture(scope="module")
def stall(tmp_path_factory: pytest.TempPathFactory) -> Stall:
    top = tmp_path_factory.mktemp("identity")
    git = RepositoryBuilder.create(top / "shop")
    git.commit(files=FILES)
    view = open_view(git.path, scratch=tmp_path_factory.mktemp("view"))
    python = make_environment(top / "environment")
    bench = Bench(
        repository="shop",
        checkouts=(git.path,),
        configured=python,
        fallback=python,
        command=parse_test_command("pytest"),
        branch=None,
        limits=RunLimits(timeout_s=100),
        env={"LANG": "C.UTF-8"},
        scratch=top,
    )
    planner = Planner(bench=bench, view=view, cage=PLAIN, probed={})
    return Stall(git=git, view=view, planner=planner)


def written(git: RepositoryBuilder, files: dict[str, str | None]) -> str:
    """The tree of main with these files; None deletes. Nothing is committed."""
    start = git.head()
    try:
        git.write({path: text for path, text in files.items() if text is not None})
        git.delete(*(path for path, text in files.items() if text is None))
        git.commit("another")
        return git.git("rev-parse", "HEAD^{tree}")
    finally:
        git.git("reset", "-q", "--hard", start)


@pytest.mark.parametrize(
    "files",
    [
        {"src/shop/price.py": "def price(n):\n    return n * 8\n"},
        {"src/shop/price.py": FILES["src/shop/price.py"] + "\n"},
        {"tests/test_price.py": FILES["tests/test_price.py"] + "    assert price(2)\n"},
        {"tests/prices.csv": "1,8\n"},
        {"tests/prices.csv": None},
        {"README.md": "Another shop.\n"},
        {"src/shop/new.py": ""},
        {"pyproject.toml": FILES["pyproject.toml"].replace("true", "false")},
        {"conftest.py": ""},
        {"requirements.txt": "requests\n"},
    ],
    ids=[
        "source",
        "blank",
        "test",
        "data",
        "no-data",
        "text",
        "new",
        "config",
        "conftest",
        "needs",
    ],
)
def test_a_tree_that_differs_is_another_measurement(
    stall: Stall, files: dict[str, str | None]
) -> None:
    other = stall.plan(written(stall.git, files), stall.tree())
    assert other.identity != stall.plan(config_tree=stall.tree()).identity


def shared(stall: Stall, files: dict[str, str | None]) -> str:
    """The key of main with these files where only code decides."""
    bench = replace(stall.planner.bench, reuse=Reuse.CODE)
    source = TreeSource(tree=written(stall.git, files), config_tree=stall.tree())
    return replace(stall.planner, bench=bench).plan(source).shared


@pytest.mark.parametrize(
    "files",
    [
        {"src/shop/price.py": "def price(n):\n    return n * 8\n"},
        {"src/shop/table.json": "{}"},
        {"tests/test_price.py": FILES["tests/test_price.py"] + "    assert price(2)\n"},
        {"tests/prices.csv": "1,8\n"},
        {"tests/prices.csv": None},
        {"pyproject.toml": FILES["pyproject.toml"].replace("true", "false")},
        {"conftest.py": ""},
        {"requirements.txt": "requests\n"},
    ],
    ids=["source", "package-data", "test", "data", "no-data", "config", "conftest", "needs"],
)
def test_where_code_decides_no_other_code_is_taken_for_the_same(
    stall: Stall, files: dict[str, str | None]
) -> None:
    assert shared(stall, files) != shared(stall, {})


def test_where_code_decides_documents_do_not(stall: Stall) -> None:
    documents: dict[str, str | None] = {"README.md": "Another shop.\n", "docs/a.rst": "New.\n"}
    assert shared(stall, documents) == shared(stall, {})
    assert stall.plan(written(stall.git, documents)).identity != stall.plan().identity


def test_a_key_of_code_is_no_identity_and_there_is_none_by_default(stall: Stall) -> None:
    assert stall.plan().shared == ""
    assert shared(stall, {}) not in {"", stall.plan().identity}


def test_a_folder_has_no_key_of_code_either(stall: Stall) -> None:
    bench = replace(stall.planner.bench, reuse=Reuse.CODE)
    source = TreeSource(tree=None, config_tree=None, folder=stall.git.path)
    assert replace(stall.planner, bench=bench, view=None).plan(source).shared == ""


NAMES = st.sampled_from([*FILES, "src/shop/other.py", "tests/data/table.json", "Makefile"])
EDITS = st.dictionaries(NAMES, st.text("ab\n", max_size=3), max_size=3)


@given(EDITS, EDITS)
@settings(max_examples=10)
def test_two_trees_have_one_identity_if_and_only_if_they_are_one(
    stall: Stall, one: dict[str, str | None], other: dict[str, str | None]
) -> None:
    config = stall.tree()
    trees = [written(stall.git, dict(edit)) for edit in (one, other)]
    sources = [TreeSource(tree=tree, config_tree=config) for tree in trees]
    identities = {stall.planner.plan(source).identity for source in sources}
    assert len(identities) == len(set(trees))


def test_an_empty_commit_is_the_same_measurement(stall: Stall) -> None:
    before = stall.plan().identity
    stall.git.commit("nothing")
    assert stall.plan().identity == before
    stall.git.git("reset", "-q", "--hard", "HEAD~1")


def test_the_same_tree_on_another_branch_and_label_is_the_same(stall: Stall) -> None:
    tree = stall.tree()
    plans = [
        stall.planner.plan(TreeSource(tree=tree, config_tree=tree, label=label, commit=commit))
        for label, commit in (("one", None), ("two", stall.git.head()))
    ]
    assert len({plan.identity for plan in plans}) == 1


def test_a_base_that_is_configured_otherwise_is_another_measurement(stall: Stall) -> None:
    config = '[tool.coverage.run]\nbranch = true\nsource = ["src"]\nomit = ["*/old.py"]\n'
    base = written(stall.git, {"pyproject.toml": config})
    assert stall.plan(config_tree=base).identity != stall.plan().identity
    documented = written(stall.git, {"README.md": "Another base.\n"})
    assert stall.plan(config_tree=documented).identity == stall.plan().identity


@pytest.mark.parametrize("name", ["coverage", "pytest", "pluggy"])
def test_another_version_of_what_is_installed_is_another_measurement(
    stall: Stall, name: str
) -> None:
    before = stall.asked_anew()
    (info,) = stall.planner.bench.configured.parent.parent.glob(  # type: ignore[union-attr]
        f"lib/python*/site-packages/{name}-*.dist-info"
    )
    newer = info.rename(info.with_name(f"{name}-99.0.dist-info"))
    try:
        assert stall.asked_anew() != before
    finally:
        newer.rename(info)
    assert stall.asked_anew() == before


def test_something_more_that_is_installed_is_another_measurement(stall: Stall) -> None:
    before = stall.asked_anew()
    python = stall.planner.bench.configured
    assert python is not None
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    new = site / "plugin-1.0.dist-info"
    new.mkdir()
    assert stall.asked_anew() != before
    new.rmdir()


@pytest.mark.parametrize(
    "change",
    [
        {"core": "sysmon"},
        {"command": parse_test_command("pytest -x")},
    ],
    ids=["core", "command"],
)
def test_another_core_or_command_is_another_measurement(
    stall: Stall, change: dict[str, object]
) -> None:
    plan = stall.plan()
    changed = replace(plan, **change)  # type: ignore[arg-type]
    assert told(changed) != told(plan)


@pytest.mark.parametrize("name", ["fingerprint", "coverage_version"])
def test_another_interpreter_is_another_measurement(stall: Stall, name: str) -> None:
    plan = stall.plan()
    changed = replace(plan.interpreter, **{name: "another"})  # type: ignore[arg-type]
    assert told(replace(plan, interpreter=changed)) != told(plan)


def test_what_the_run_inherits_and_what_holds_it_is_part_of_it(stall: Stall) -> None:
    plan = stall.plan()
    cages = [replace(PLAIN, level="bubblewrap"), replace(PLAIN, closed=(next(iter(Way)),))]
    found = {told(plan), told(plan, env={"LANG": "C"}), *(told(plan, cage=cage) for cage in cages)}
    assert len(found) == 4


def test_a_folder_has_no_identity(stall: Stall) -> None:
    plan = stall.plan()
    assert told(replace(plan, source=replace(plan.source, tree=None))) == ""


def told(plan: Plan, *, env: dict[str, str] | None = None, cage: Cage = PLAIN) -> str:
    return identity_of(plan, env=env or {"LANG": "C.UTF-8"}, cage=cage)
