from dataclasses import replace

import pytest

from coverage_gate.core.aside import aside_places
from coverage_gate.core.changes import ChangeKind, Changes
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import Aside, Measurement, Span
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome, State, Verdict
from coverage_gate.testing.repairing import repaired
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
)

TEXT = "".join(f"line_{number}()\n" for number in range(1, 7))


def aside_of(path: str, *, scope: bool = False, by: str = "", tests: bool = False) -> Aside:
    """A file of six statements."""
    file = file_coverage(path, range(1, 7), [])
    span = Span(name="TestIt.test_it", kind="function", first=1, last=2)
    return Aside(
        file=replace(file, spans=(span,) if tests else ()), is_in_scope=scope, imported_by=by
    )


def base_of(*paths: str, folders: tuple[str, ...] = ("tests",)) -> Measurement:
    files = [file_coverage(path, range(1, 7), range(1, 7)) for path in paths]
    return measurement(covered(9, 10), *files, tree="base", aside_folders=folders)


def places(
    aside: Aside,
    *,
    base: Measurement | None = None,
    changed: Changes | None = None,
    diffs: tuple[FileDiff, ...] = (),
) -> list[tuple[str, int]]:
    """Why the file counts as hidden, and how many statements of it."""
    path = aside.file.path
    change = changes(path, kind=ChangeKind.ADDED) if changed is None else changed
    head = measurement(covered(9, 10), aside=(aside,))
    found = aside_places(base_of() if base is None else base, head, change, diffs)
    assert all(hidden.path == path and hidden.units.lines == hidden.lines for hidden in found)
    return [(hidden.why, hidden.lines.bit_count()) for hidden in found]


@pytest.mark.parametrize(
    ("aside", "why"),
    [
        (aside_of("src/ns/pay.py", scope=True), "never ran, and its folder has no __init__.py"),
        (
            aside_of("scripts/pay.py", scope=True, by="src/a.py"),
            "never ran, and its folder has no __init__.py",
        ),
        (aside_of("lib/pay.py", by="src/a.py"), "outside the scope, and src/a.py imports it"),
        (aside_of("tests/pay.py", by="src/a.py"), "outside the scope, and src/a.py imports it"),
        (
            aside_of("src/test_pay.py", by="src/a.py", tests=True),
            "outside the scope, and src/a.py imports it",
        ),
        (aside_of("src/test_pay.py"), "named like a test, and holds none"),
        (aside_of("lib/pay.py"), "outside the scope, where the base had no code"),
        (aside_of("pay.py"), "outside the scope, where the base had no code"),
    ],
)
def test_new_product_code_that_does_not_count_is_hidden(aside: Aside, why: str) -> None:
    assert places(aside) == [(why, 6)]


@pytest.mark.parametrize(
    ("aside", "folders"),
    [
        (aside_of("src/ns/pay.py", scope=True), ("src/ns",)),
        (aside_of("migrations/0002.py", scope=True), ()),
        (aside_of("lib/pay.py"), ("lib/old",)),
        (aside_of("pay.py"), ("",)),
        (aside_of("scripts/pay.py"), ()),
        (aside_of("noxfile.py"), ()),
        (aside_of("src/conftest.py"), ()),
        (aside_of("src/test_pay.py", tests=True), ()),
        (aside_of("other/test_pay.py"), ()),
        (aside_of("tests/unit/test_pay.py"), ()),
        (aside_of(".ci/pay.py"), ()),
    ],
)
def test_what_serves_the_project_is_not_hidden(aside: Aside, folders: tuple[str, ...]) -> None:
    assert places(aside, base=base_of(folders=folders)) == []


def test_what_the_base_measured_and_nothing_does_now_is_hidden() -> None:
    aside = aside_of("src/b.py", scope=True)
    why = "the base measured it, here nothing does"
    assert places(aside, base=base_of("src/b.py"), changed=changes()) == [(why, 6)]
    assert places(aside, base=base_of("src/b.py"), changed=changes("src/b.py")) == [(why, 6)]


def test_measured_code_that_leaves_the_scope_is_hidden_unless_it_becomes_tooling() -> None:
    def renamed(path: str) -> list[tuple[str, int]]:
        change = changes(path, kind=ChangeKind.RENAMED).files[0]
        moved = replace(changes(), files=(replace(change, old_path="src/b.py"),))
        return places(aside_of(path), base=base_of("src/b.py"), changed=moved)

    assert renamed("lib/b.py") == [("the base measured it, here nothing does", 6)]
    assert renamed("tests/b.py") == []


def test_of_an_old_file_outside_only_new_lines_that_the_product_uses_are_hidden() -> None:
    old = "".join(TEXT.splitlines(keepends=True)[:4])
    diffs = (file_diff("lib/b.py", old, TEXT),)
    changed = changes("lib/b.py")
    used, unused = aside_of("lib/b.py", by="src/a.py"), aside_of("lib/b.py")
    assert places(used, changed=changed, diffs=diffs) == [
        ("outside the scope, and src/a.py imports it", 2)
    ]
    assert places(unused, changed=changed, diffs=diffs) == []
    assert places(used, changed=changes()) == []
    whole = (replace(diffs[0], is_whole=True),)
    assert places(used, changed=changed, diffs=whole) != []


def test_that_a_test_imports_it_makes_nothing_outside_count() -> None:
    # The base counts its tests, and not the package that they test.
    changed, old = changes("src/b.py"), "".join(TEXT.splitlines(keepends=True)[:4])
    tested = aside_of("src/b.py", by="tests/test_b.py")
    assert places(tested, changed=changed, diffs=(file_diff("src/b.py", old, TEXT),)) == []
    assert places(tested, base=base_of(folders=("src",))) == []
    assert places(tested) == [("outside the scope, where the base had no code", 6)]


def test_without_a_measured_base_only_imports_tell() -> None:
    def alone(aside: Aside) -> int:
        head = measurement(aside=(aside,))
        changed = changes(aside.file.path, kind=ChangeKind.ADDED)
        return len(aside_places(None, head, changed, ()))

    assert alone(aside_of("lib/b.py", by="src/a.py")) == 1
    assert alone(aside_of("lib/b.py")) == 0
    assert alone(aside_of("src/ns/b.py", scope=True)) == 0


def evidence_of(aside: Aside, base: Measurement) -> Evidence:
    path = aside.file.path
    return Evidence(
        policy=Policy(),
        landing=landing(),
        changes=changes(path, kind=ChangeKind.ADDED),
        head=measurement(
            covered(9, 10), aside=(aside,), unlisted=(path,) if aside.is_in_scope else ()
        ),
        base=base,
        diff=(replace(file_diff(path, None, TEXT), blob=tree_id(path)),),
    )


def outcome_of(verdict: Verdict, rule: str) -> Outcome:
    return next(each.outcome for each in verdict.rules if each.rule == rule)


def test_hidden_files_are_judged_as_not_covered() -> None:
    evidence = evidence_of(aside_of("lib/b.py"), base_of())
    verdict = decide(evidence)
    assert (verdict.counts, verdict.judged) == (
        Counts(covered=9, total=10),
        Counts(covered=9, total=16),
    )
    assert outcome_of(verdict, "patch") is Outcome.FAIL
    assert outcome_of(verdict, "unmeasured") is Outcome.WARN
    repair = verdict.repair
    assert repair is not None
    assert {gap.path for gap in repair.gaps} >= {"lib/b.py"}
    assert decide(repaired(evidence, repair.units)).state is State.PASS


def test_a_new_file_in_scope_that_never_ran_fails_twice() -> None:
    evidence = evidence_of(aside_of("src/ns/b.py", scope=True), base_of())
    verdict = decide(evidence)
    assert outcome_of(verdict, "patch") is Outcome.FAIL
    assert outcome_of(verdict, "unmeasured") is Outcome.FAIL
    units = [unit for gap in verdict.repair.gaps for unit in gap.units] if verdict.repair else []
    assert decide(repaired(evidence, units)).state is State.PASS


def test_a_file_that_the_base_did_not_know_either_is_told() -> None:
    evidence = evidence_of(aside_of("src/ns/b.py", scope=True), base_of(folders=("src/ns",)))
    verdict = decide(evidence)
    assert verdict.state is State.PASS
    assert outcome_of(verdict, "unmeasured") is Outcome.WARN
    assert any("never ran" in text for text in verdict.warnings)


def test_bits_of_an_added_file_are_all_its_lines() -> None:
    (hidden,) = evidence_of(aside_of("lib/b.py"), base_of()).hidden
    assert hidden.lines == bits_of(range(1, 7))
    assert hidden.cure == "move it into the scope and test it"
