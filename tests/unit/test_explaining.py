"""Orders are read for from the judged tree, and no fault of theirs changes a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.golden.cases import broken_rules, conflict, passing
from tests.unit.core.test_ordering import ASKED, SOURCE, new_code

from coverage_gate.adapters.git.view import open_view
from coverage_gate.core.changes import Commit
from coverage_gate.core.explanation import NoSuchPlaceError
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.policy import RuleName
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.verdict import Outcome, RuleResult
from coverage_gate.explaining import pictured, read_sources, require_place, with_order
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.testing.values import file_diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    files: dict[str, bytes]

    def paths(self, tree: str) -> tuple[str, ...]:
        del tree
        return tuple(self.files)

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        del tree, max_total
        return {path: self.files[path] for path in paths if path in self.files}


class Broken:
    def paths(self, tree: str) -> tuple[str, ...]:
        raise RepositoryError(tree)

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        raise NotImplementedError


def test_a_fail_gets_its_order_from_the_tree() -> None:
    files = Files(files={"src/a.py": SOURCE.encode(), "tests/test_a.py": b"band", "x.py": b""})
    verdict = with_order(new_code(1, 2), ASKED, files)
    assert verdict.order is not None
    assert verdict.order.sheets[0].place.path == "tests/test_a.py"
    assert verdict.order.sheets[0].items[0].passages[0].code == "raise ValueError("


def test_other_verdicts_get_none_and_read_nothing() -> None:
    assert with_order(passing(), ASKED, Broken()).order is None


def test_a_fail_without_gaps_reads_nothing() -> None:
    assert with_order(conflict(), ASKED, Broken()).order is not None


def test_vanished_tests_are_looked_for_in_the_tree() -> None:
    lost = Vanished(test="tests/test_a.py::test_b", was="passed", now="gone", why="")
    result = RuleResult(rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="")
    verdict = replace(broken_rules(), rules=(result,), vanished=(lost,))
    order = with_order(verdict, ASKED, Files(files={"tests/test_a.py": b""})).order
    assert order is not None
    assert order.chores[0].commands[0][:2] == ("git", "show")


def test_a_tree_that_cannot_be_read_leaves_the_verdict_as_it_is() -> None:
    verdict = new_code(1, 2)
    assert with_order(verdict, ASKED, Broken()) == verdict


def test_without_a_tree_there_are_no_texts() -> None:
    verdict = with_order(replace(new_code(1, 2), tree=None), ASKED, Broken())
    assert verdict.order is not None


def test_sources_come_from_git(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "repo")
    repo.commit("one", {"a.py": "x = 1\n", "tests/test_a.py": "import a\n", "big.py": "#" * 200})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    view = open_view(repo.path, scratch=scratch)
    tree = view.resolve("main").tree
    sources = read_sources(view, tree, ("a.py", "gone.py"))
    assert sources.texts == {"a.py": "x = 1\n"}
    assert [test.path for test in sources.tests] == ["tests/test_a.py"]
    assert view.read_small(tree, ("big.py", "a.py"), max_total=100) == {"a.py": b"x = 1\n"}
    assert view.read_small(tree, (), max_total=100) == {}


class Changed(Files):
    """A tree whose files are all new."""

    def resolve(self, ref: str) -> Commit:
        return Commit(sha=ref, tree="base")

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        assert (base_tree, bool(tree)) == ("base", True)
        return tuple(file_diff(path, None, text.decode()) for path, text in self.files.items())


class BrokenChange(Broken):
    def resolve(self, ref: str) -> Commit:
        raise RepositoryError(ref)

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        raise NotImplementedError


def test_a_picture_is_made_of_the_judged_tree() -> None:
    (file,) = pictured(passing(), Changed(files={"src/a.py": b"a = 1\n"}))
    assert (file.path, [line.text for line in file.blocks[0]]) == ("src/a.py", ["a = 1"])


def test_without_a_tree_or_where_it_cannot_be_read_there_is_no_picture() -> None:
    assert pictured(conflict(), BrokenChange()) == ()
    assert pictured(replace(passing(), tree=None), BrokenChange()) == ()
    assert pictured(passing(), BrokenChange()) == ()


def test_a_place_is_required_of_a_tree() -> None:
    files = Files(files={"src/a.py": b"one\ntwo\n", "b.py": b"one\ntwo", "empty.py": b""})
    for path, line in (("src/a.py", None), ("src/a.py", 2), ("b.py", 2), ("empty.py", None)):
        require_place(files, "tree", path, line)
    for path, line, told in (
        ("src/a.py", 3, "src/a.py has no line 3 where it is judged, but 2"),
        ("empty.py", 1, "empty.py has no line 1 where it is judged, but 0"),
        ("src/b.py", None, "src/b.py is no file of what is judged, which is committed; did you"),
    ):
        with pytest.raises(NoSuchPlaceError, match=re.escape(told)):
            require_place(files, "tree", path, line)


def test_the_lines_of_a_file_that_is_too_large_are_not_counted() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Large(Files):
        def read_small(
            self, tree: str, paths: Iterable[str], *, max_total: int
        ) -> dict[str, bytes]:
            del tree, paths, max_total
            return {}

    require_place(Large(files={"src/a.py": b""}), "tree", "src/a.py", 9)
