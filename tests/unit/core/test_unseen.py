"""Code that runs and that nothing counts: what a branch adds is told, what main has is not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import pytest

from coverage_gate.core.changes import ChangeKind, Changes, FileChange
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.replaced import Sources
from coverage_gate.core.rules.integrity import judge_integrity
from coverage_gate.core.unseen import changed_sources, further_sources, unseen_code
from coverage_gate.core.verdict import Outcome
from coverage_gate.core.waiving import Waivers, WaiverState
from coverage_gate.testing.values import covered, landing, measurement, tree_id, waiver

A, B, DATA = "src/a.py", "src/b.py", "src/data.txt"
CODE = "def refund(days):\n    return days\n"
RUNS = "exec(x)\n"
LOADS = "import runpy\nrunpy.run_path(x)\n"
HEAD = measurement(covered(1, 1, path=A), covered(1, 1, path=B))


def change(path: str, before: str | None, after: str | bytes | None, mode: str) -> FileChange:
    kind = ChangeKind.ADDED if before is None else ChangeKind.MODIFIED
    return FileChange(
        kind=kind,
        path=path,
        old_path=path,
        old_blob=None if before is None else tree_id(f"{path} {before}"),
        blob=None if after is None else tree_id(f"{path} {after!r}"),
        mode=None if after is None else mode,
    )


def changes(
    after: Mapping[str, str | bytes | None],
    before: Mapping[str, str] | None = None,
    mode: str = "100644",
) -> Changes:
    old = before or {}
    files = (change(path, old.get(path), text, mode) for path, text in sorted(after.items()))
    return Changes(base_tree=tree_id("base"), tree=tree_id("head"), files=tuple(files))


def sources(
    after: Mapping[str, str | bytes | None], before: Mapping[str, str] | None = None
) -> Sources:
    new = {
        path: text if isinstance(text, bytes) else text.encode()
        for path, text in after.items()
        if text is not None
    }
    return Sources(base={path: text.encode() for path, text in (before or {}).items()}, head=new)


def found(
    after: Mapping[str, str | bytes | None],
    before: Mapping[str, str] | None = None,
    *,
    others: Mapping[str, str] | None = None,
) -> list[tuple[str, tuple[int, ...], str]]:
    texts = sources({**after, **(others or {})}, before)
    told = unseen_code(changes(after, before), HEAD, texts)
    return [(each.path, tuple(lines_of(each.lines)), each.why) for each in told]


def test_a_new_way_to_run_code() -> None:
    assert found({A: "x = 1\n" + RUNS}) == [(A, (2,), "executes code with exec")]
    assert found({A: RUNS * 2}, {A: RUNS}) == [(A, (2,), "executes code with exec")]


def test_a_way_that_main_has() -> None:
    assert found({A: "y = 1\n" + RUNS}, {A: RUNS}) == []
    # Moved, and written anew in its place.
    assert found({A: "y = 1\n", B: RUNS}, {A: RUNS, B: "\n"}) == []
    assert found({A: "exec(x, {})\n"}, {A: RUNS}) == []


def test_what_is_no_product_code_may_run_code() -> None:
    assert found({"tests/test_a.py": RUNS, "scripts/b.py": RUNS}) == []


def test_tests_that_are_measured_may_run_code() -> None:
    path = "testing/test_helpers.py"
    head = measurement(covered(1, 1, path=path))
    after = {path: RUNS}
    assert changed_sources(changes(after), head) == ((), ())
    assert unseen_code(changes(after), head, sources(after)) == ()


def test_what_is_no_python_runs_nothing() -> None:
    assert found({A: "exec("}) == []


def test_a_new_text_with_code_where_texts_are_executed() -> None:
    text = f"CODE = {CODE!r}\n"
    why = "code in a text, and the product executes texts"
    assert found({A: text}, others={B: RUNS}) == [(A, (1,), why)]
    assert found({A: text}, others={B: LOADS}) == []
    assert found({A: text}, others={B: "x = 1"}) == []
    assert found({A: "y = 1\n" + text}, {A: text}, others={B: RUNS}) == []


@pytest.mark.parametrize("way", [RUNS, LOADS])
def test_a_file_with_code_where_files_are_executed(way: str) -> None:
    assert found({DATA: CODE}, others={B: way}) == [(DATA, (1, 2), "code that is no module")]


def test_what_runs_texts_among_other_things_is_a_way_and_told_by_its_text() -> None:
    timer = "import timeit\ntimeit.timeit(CODE)\n"
    assert found({A: timer}) == []
    text = f"CODE = {CODE!r}\n"
    why = "code in a text, and the product executes texts"
    assert found({A: text + timer}) == [(A, (1,), why)]


def test_a_file_without_code_and_one_that_nothing_executes() -> None:
    assert found({DATA: "if in doubt: ask\n"}, others={B: RUNS}) == []
    assert found({DATA: CODE}, others={B: "import sys\nsys.path"}) == []
    assert found({DATA: CODE}) == []
    assert found({"src/a.pyi": "if x:\n    y = 1\n"}, others={B: RUNS}) == []


def test_scripts_are_code_of_the_product_only_with_a_new_way_to_run_them() -> None:
    assert found({"scripts/run": CODE}, {B: LOADS}, others={B: LOADS}) == []
    assert found({"scripts/run": CODE, B: LOADS}) == [
        ("scripts/run", (1, 2), "code that is no module")
    ]


def test_a_new_way_to_run_files_is_none_alone() -> None:
    assert found({B: LOADS}) == []


def test_what_is_too_large_to_be_read_may_hold_code() -> None:
    assert found({DATA: None}) == []
    unread = changes({DATA: "x"})
    assert unseen_code(unread, HEAD, sources({B: RUNS}))[0].path == DATA
    assert unseen_code(unread, HEAD, sources({B: "x = 1"})) == ()


def archive(name: str, *, before: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(name, "x")
    return before + buffer.getvalue()


def test_an_archive_with_modules() -> None:
    told = [("src/a.zip", (1,), "code that is no module")]
    assert found({"src/a.zip": archive("a/b.py")}) == told
    assert found({"src/a.zip": archive("b.pyc", before=b"#!/bin/sh\n")}) == told
    assert found({"src/a.zip": archive("prices.csv")}) == []
    assert found({"tests/a.zip": archive("a.py")}) == []
    assert found({"src/a.zip": b"PK\x05\x06 PK\x01\x02"}) == []


def submodules(path: str, *, importer: str = "x = 1\n") -> tuple[Hidden, ...]:
    both = changes({path: "new", A: importer}, {path: "old"}, mode="160000")
    files = tuple(replace(each, mode="100644") if each.path == A else each for each in both.files)
    return unseen_code(replace(both, files=files), HEAD, sources({A: importer}))


def test_a_submodule_among_the_modules() -> None:
    (told,) = submodules("src/more")
    assert (told.path, told.why) == ("src/more", "a submodule among the product's modules")
    assert "out of the package" in told.cure
    assert submodules("more", importer="from more.refunds import refund\n")
    assert not submodules("more")
    assert not submodules("src/vendor/more")


def test_a_submodule_that_stays_is_not_told() -> None:
    same = changes({"src/more": "old"}, {"src/more": "old"}, mode="160000")
    files = tuple(replace(each, blob=each.old_blob) for each in same.files)
    assert unseen_code(replace(same, files=files), HEAD, sources({})) == ()


def test_which_texts_are_read_at_first() -> None:
    after = {A: "1", DATA: "2", "tests/test_a.py": "3", "gone.txt": None}
    before = {A: "0", "tests/test_a.py": "0", "src/old.py": "0", "gone.txt": "1"}
    moved = changes({**after, "src/old.py": None}, before)
    assert changed_sources(moved, HEAD) == ((A, "src/old.py"), (A, DATA))


def test_which_texts_are_read_as_well() -> None:
    some = changes({A: "1", DATA: "2"})
    assert further_sources(some, HEAD, sources({A: "x = 1", DATA: "text"})) == ()
    assert further_sources(some, HEAD, sources({A: "x = 1", DATA: CODE})) == (B,)
    text = f"CODE = {CODE!r}\n"
    assert further_sources(some, HEAD, sources({A: text, DATA: ""})) == (B,)
    assert further_sources(some, HEAD, sources({A: text, DATA: ""}, {A: text})) == ()


def evidence(rules: frozenset[RuleName], waivers: Waivers) -> Evidence:
    after = {A: "x = 1\n" + RUNS}
    return Evidence(
        policy=Policy(rules=rules),
        landing=landing(),
        changes=changes(after),
        head=HEAD,
        contents=sources(after),
        waivers=waivers,
    )


def test_the_rule_integrity_fails_and_names_the_place() -> None:
    result = judge_integrity(evidence(frozenset({RuleName.INTEGRITY}), Waivers()))
    assert result is not None
    assert result.outcome is Outcome.FAIL
    assert result.findings == ("src/a.py:2",)
    assert "src/a.py:2 (executes code with exec)" in result.detail


def test_without_the_rule_nothing_is_told() -> None:
    assert evidence(frozenset({RuleName.PATCH}), Waivers()).unseen == ()


def test_a_waiver_of_the_line_lets_it_pass() -> None:
    text = ("x = 1\n" + RUNS).encode()
    row = waiver(path=A, lines=(2, 2), text=text)
    made = evidence(
        frozenset({RuleName.INTEGRITY}),
        Waivers(rows=(row,), texts={A: text}, now="2026-01-01T00:00:00Z"),
    )
    assert made.unseen == ()
    assert [use.state for use in made.waiver_uses] == [WaiverState.USED]
