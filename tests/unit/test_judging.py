"""The flow from a branch's name to its verdict, over fakes of the ports."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import key_of
from coverage_gate.core.changes import Commit, Landing
from coverage_gate.core.configured import ConfigurationChange
from coverage_gate.core.measurement import (
    FailureCode,
    MeasureFailure,
    Measurement,
    TestOutcome,
    TestRun,
)
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.policy import MutationMode, MutationPolicy, Policy
from coverage_gate.core.ratchet import Rise
from coverage_gate.core.sampling import Fate, Trial
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.judging import BrokenGateError, Ports, Request, run_gate, run_guarded
from coverage_gate.judging.case import Case
from coverage_gate.judging.gathering import gathered
from coverage_gate.ports import RepositoryError, StoreError, TreeSource
from coverage_gate.testing.fakes import (
    FakeConfigurations,
    FakeMeasurer,
    FakeRepository,
    FixedClock,
    RecordingProgress,
)
from coverage_gate.testing.stores import MemoryStore
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
    waiver,
)

HEAD, BASE = tree_id("head"), tree_id("base")
GOOD = measurement(covered(9, 10))
GOOD_BASE = measurement(covered(8, 10), tree="base")
TIMEOUT = MeasureFailure(code=FailureCode.TIMEOUT, message="the tests did not end in 900 s")
REQUEST = Request(repository="repo", branch="feature", head="feature", base="main")


class BrokenStore(MemoryStore):
    """A store that cannot be read."""

    def baseline(self, key: object) -> None:
        del key
        raise StoreError("the database is locked; try again")


def judge(
    head: Measurement | MeasureFailure = GOOD,
    base: Measurement | MeasureFailure = GOOD_BASE,
    *,
    request: Request = REQUEST,
    policy: Policy | None = None,
    landed: Landing | None = None,
    store: MemoryStore | None = None,
    error: RepositoryError | None = None,
) -> tuple[Verdict, FakeMeasurer]:
    measurer = FakeMeasurer(answers={HEAD: head, BASE: base})
    ports = ports_of(measurer, landed or landing(), store=store, error=error)
    return run_gate(request, ports, policy or Policy()), measurer


def ports_of(
    measurer: FakeMeasurer,
    landed: Landing,
    *,
    store: MemoryStore | None = None,
    error: RepositoryError | None = None,
) -> Ports:
    return Ports(
        repository=FakeRepository(
            landed=landed,
            changed=changes("src/a.py"),
            refs={"feature": landed.head, "main": landed.base},
            error=error,
        ),
        configurations=FakeConfigurations(),
        measurer=measurer,
        store=store or MemoryStore(),
        clock=FixedClock(),
        progress=RecordingProgress(),
    )


def test_what_a_pass_was_allowed_is_noted_for_its_merge() -> None:
    store = MemoryStore()
    store.grant_waiver(waiver(path="", tests=("t.py::a",), expires_at="2027-01-01T00:00:00Z"))
    head = measurement(covered(9, 10), tests={"t.py::a": "skipped"})
    base = measurement(covered(8, 10), tree="base", tests={"t.py::a": "passed"})
    low = Policy(floor=Fraction(99, 100))
    assert judge(head, base, store=store, policy=low)[0].state is State.FAIL
    assert store.use_up_waivers("repo", tree=HEAD, sha="abc", at="") == ()
    assert judge(head, base, store=store)[0].state is State.PASS
    assert store.use_up_waivers("repo", tree=HEAD, sha="abc", at="2026-01-01T00:00:00Z") == (1,)


def test_a_first_merge_is_judged_without_comparison() -> None:
    verdict, _ = judge()
    assert (verdict.state, verdict.code) == (State.PASS, Reason.BOOTSTRAP)


def test_the_command_line_compares_with_the_measured_base() -> None:
    verdict, _ = judge(
        measurement(covered(7, 10)), request=replace(REQUEST, compares_with_base=True)
    )
    assert verdict.state is State.FAIL
    assert verdict.baseline is not None
    assert verdict.baseline.rate == Fraction(8, 10)


def test_a_baseline_of_another_kind_is_not_compared_but_measured_anew() -> None:
    store = MemoryStore()
    store.ratchet(
        Rise(
            key=replace(key_of("repo", GOOD), kind="ctrace-3.10-line"),
            rate=Fraction(1),
            at="2026-01-01T00:00:00Z",
        )
    )
    verdict, _ = judge(store=store)
    assert verdict.baseline is not None
    assert verdict.baseline.rate == Fraction(8, 10)


def test_nothing_measurable_is_no_bootstrap_where_main_has_a_value_of_any_kind() -> None:
    store = MemoryStore()
    store.ratchet(
        Rise(
            key=replace(key_of("repo", GOOD), kind="ctrace-3.10-line"),
            rate=Fraction(1, 2),
            at="2026-01-01T00:00:00Z",
        )
    )
    verdict, _ = judge(measurement(), store=store)
    assert verdict.state is State.FAIL
    assert "nothing measurable" in verdict.reason


def test_a_base_with_nothing_to_measure_gives_no_baseline() -> None:
    verdict, _ = judge(
        base=measurement(tree="base"), request=replace(REQUEST, compares_with_base=True)
    )
    assert verdict.code is Reason.BOOTSTRAP


def test_the_base_is_not_measured_when_no_rule_asks() -> None:
    _, measurer = judge(policy=Policy(rules=frozenset()))
    assert measurer.asked == [(HEAD, False)]


def test_a_branch_that_cannot_be_measured_fails_when_the_base_can() -> None:
    verdict, measurer = judge(TIMEOUT)
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BRANCH_UNMEASURABLE)
    assert measurer.asked == [(HEAD, False), (BASE, True)]


@pytest.mark.parametrize(("closed", "word"), [(False, "fail-open"), (True, "fail-closed")])
def test_a_base_that_cannot_be_measured_either_is_the_tools_fault(closed: bool, word: str) -> None:
    verdict, _ = judge(TIMEOUT, TIMEOUT, policy=Policy(fail_closed=closed))
    assert (verdict.state, verdict.merge_allowed) == (State.UNMEASURABLE, not closed)
    assert word in verdict.reason


def test_a_fault_before_any_test_ran_needs_no_control_run() -> None:
    missing = MeasureFailure(code=FailureCode.NO_COVERAGE, message="no coverage")
    verdict, measurer = judge(missing)
    assert verdict.state is State.UNMEASURABLE
    assert measurer.asked == [(HEAD, False)]


def test_a_tree_that_finds_no_room_may_be_too_large_which_the_base_tells() -> None:
    full = MeasureFailure(code=FailureCode.EXPORT_FAILED, message="no room")
    verdict, measurer = judge(full)
    assert verdict.code is Reason.BRANCH_UNMEASURABLE
    assert measurer.asked == [(HEAD, False), (BASE, True)]


def test_modules_from_elsewhere_never_pass_whatever_the_base_does() -> None:
    foreign = MeasureFailure(code=FailureCode.FOREIGN_MODULE, message="pkg came from elsewhere")
    verdict, measurer = judge(foreign, foreign)
    assert verdict.state is State.FAIL
    assert measurer.asked == [(HEAD, False)]


class NotingMeasurer(FakeMeasurer):
    """Keeps what it was asked to measure."""

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        self.sources = [*getattr(self, "sources", []), source]
        return super().measure(source, fresh=fresh)


def test_what_would_land_is_what_is_measured() -> None:
    measurer = NotingMeasurer(answers={tree_id("merged"): GOOD, BASE: GOOD_BASE})
    run_gate(REQUEST, ports_of(measurer, landing(tree="merged")), Policy())
    head, base = measurer.sources
    # Under the base's configuration, and without a commit: nobody made the merge yet.
    assert (head.tree, head.config_tree, head.commit) == (tree_id("merged"), BASE, None)
    assert (base.tree, base.config_tree, base.commit) == (BASE, BASE, tree_id("base-commit"))


def test_a_conflict_fails_and_names_the_paths() -> None:
    verdict, measurer = judge(landed=landing(tree=None, conflicts=("src/a.py",)))
    assert verdict.code is Reason.DOES_NOT_MERGE
    assert "src/a.py" in verdict.reason
    assert measurer.asked == []


def test_an_unknown_branch_is_a_bad_request() -> None:
    verdict, _ = judge(request=replace(REQUEST, head="nope"))
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BAD_REQUEST)


def test_a_git_fault_is_the_tools() -> None:
    verdict, _ = judge(error=RepositoryError("git timed out"))
    assert verdict.state is State.UNMEASURABLE
    assert "git timed out" in verdict.reason


def test_a_hostile_tree_is_the_branchs_fault() -> None:
    verdict, _ = judge(error=RepositoryError("a path escapes", branch_fault=True))
    assert verdict.code is Reason.BRANCH_UNMEASURABLE


def test_a_store_that_fails_is_no_bootstrap() -> None:
    verdict, _ = judge(store=BrokenStore())
    assert verdict.state is State.UNMEASURABLE
    assert "locked" in verdict.reason


class BreakingMeasurer:
    """Breaks, as no measurer should, on some trees; others it measures."""

    def __init__(self, *breaking: str) -> None:
        self.breaking = breaking
        self.asked: list[tuple[str, bool]] = []

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement:
        self.asked.append((source.tree or "", fresh))
        if source.tree in self.breaking:
            raise KeyError("token-of-ours")
        return GOOD_BASE


class LandingRepository(FakeRepository):
    """Each head lands as itself."""

    def landing(self, base: Commit, head: Commit) -> Landing:
        return Landing(base=base, head=head, tree=head.tree)


def broken_ports(measurer: BreakingMeasurer) -> Ports:
    own = landing()
    # A landing as git answers it: the base lands as itself.
    return Ports(
        repository=LandingRepository(
            landed=own, changed=changes("src/a.py"), refs={"feature": own.head, "main": own.base}
        ),
        configurations=FakeConfigurations(),
        measurer=measurer,
        store=MemoryStore(),
        clock=FixedClock(),
        progress=RecordingProgress(),
    )


@pytest.mark.parametrize("closed", [False, True])
def test_a_branch_that_breaks_the_gate_fails_when_the_base_does_not(closed: bool) -> None:
    measurer = BreakingMeasurer(HEAD)
    verdict = run_guarded(REQUEST, broken_ports(measurer), Policy(fail_closed=closed))
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BRANCH_UNMEASURABLE)
    assert (verdict.commit, verdict.base_commit) == (landing().head.sha, landing().base.sha)


def test_the_base_is_measured_anew_to_see_whether_the_gate_works() -> None:
    measurer = BreakingMeasurer(HEAD)
    run_guarded(REQUEST, broken_ports(measurer), Policy(rules=frozenset()))
    assert measurer.asked == [(HEAD, False), (BASE, True)]


def test_a_gate_that_breaks_on_the_base_too_is_broken_itself() -> None:
    with pytest.raises(BrokenGateError, match="KeyError: 'token-of-ours'"):
        run_guarded(REQUEST, broken_ports(BreakingMeasurer(HEAD, BASE)), Policy())


def test_a_base_that_measures_nothing_tells_nothing_of_the_branch() -> None:
    ports = replace(broken_ports(BreakingMeasurer(HEAD)), store=BrokenStore())
    with pytest.raises(BrokenGateError):
        run_guarded(REQUEST, ports, Policy())


def test_what_broke_is_told_without_secrets() -> None:
    verdict = run_guarded(
        REQUEST,
        broken_ports(BreakingMeasurer(HEAD)),
        Policy(),
        redact=lambda text: text.replace("token-of-ours", "***"),
    )
    assert "KeyError: '***'" in verdict.reason


def test_a_branch_that_is_gone_when_it_is_blamed_has_no_commit() -> None:
    class Vanishing(LandingRepository):
        def resolve(self, ref: str) -> Commit:
            if ref == "feature" and measurer.asked[1:]:
                raise OSError("gone")
            return super().resolve(ref)

    measurer = BreakingMeasurer(HEAD)
    ports = broken_ports(measurer)
    own = landing()
    vanishing = Vanishing(
        landed=own, changed=changes("src/a.py"), refs={"feature": own.head, "main": own.base}
    )
    verdict = run_guarded(REQUEST, replace(ports, repository=vanishing), Policy())
    assert (verdict.code, verdict.commit) == (Reason.BRANCH_UNMEASURABLE, None)


def test_a_branch_that_is_judged_is_not_judged_twice() -> None:
    measurer = BreakingMeasurer()
    verdict = run_guarded(REQUEST, broken_ports(measurer), Policy(rules=frozenset()))
    assert verdict.state is State.PASS
    assert measurer.asked == [(HEAD, False)]


def test_a_configuration_that_would_break_main_fails_without_a_run() -> None:
    measurer = FakeMeasurer(answers={})
    change = ConfigurationChange(broken=".coveragerc, line 1: no section", notes=("a note",))
    ports = replace(ports_of(measurer, landing()), configurations=FakeConfigurations(answer=change))
    verdict = run_gate(REQUEST, ports, Policy())
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BRANCH_UNMEASURABLE)
    assert verdict.reason == "the branch cannot be measured: .coveragerc, line 1: no section"
    assert verdict.warnings == ("a note",)
    assert measurer.asked == []


def test_what_a_branch_configures_is_told_beside_the_verdict() -> None:
    change = ConfigurationChange(notes=("addopts changed",))
    ports = replace(
        ports_of(FakeMeasurer(answers={HEAD: GOOD, BASE: GOOD_BASE}), landing()),
        configurations=FakeConfigurations(answer=change),
    )
    assert run_gate(REQUEST, ports, Policy()).warnings[-1] == "addopts changed"


@pytest.mark.parametrize(("chooses", "state"), [(False, State.PASS), (True, State.FAIL)])
def test_a_merge_gate_did_not_see_the_tests_that_the_branch_left_out(
    chooses: bool, state: State
) -> None:
    failing = replace(GOOD, tests=TestRun(exit_status=1, outcomes={"t": TestOutcome.FAILED}))
    ports = replace(
        ports_of(FakeMeasurer(answers={HEAD: failing, BASE: GOOD_BASE}), landing()),
        configurations=FakeConfigurations(answer=ConfigurationChange(chooses_tests=chooses)),
    )
    assert run_gate(REQUEST, ports, Policy(judges_tests=False)).state is state


class BombedMeasurer(FakeMeasurer):
    """The base was measured before, and is not now."""

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        answer = super().measure(source, fresh=fresh)
        return GOOD_BASE if source.tree == BASE and not fresh else answer


@pytest.mark.parametrize("code", [FailureCode.TESTS_CANNOT_START, FailureCode.NO_TESTS])
def test_a_bomb_that_was_merged_is_no_tool_error(code: FailureCode) -> None:
    failure = MeasureFailure(code=code, message="pytest found no tests")
    measurer = BombedMeasurer(answers={HEAD: failure, BASE: failure})
    verdict = run_gate(REQUEST, ports_of(measurer, landing()), Policy())
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BRANCH_UNMEASURABLE)
    assert verdict.failure is not None
    assert verdict.failure.code is FailureCode.MAIN_BROKEN
    assert "main depends on the time" in verdict.reason
    assert "but the base measures" not in verdict.reason


def test_what_a_machine_explains_is_a_tool_error_though_the_base_was_measured_before() -> None:
    measurer = BombedMeasurer(answers={HEAD: TIMEOUT, BASE: TIMEOUT})
    verdict = run_gate(REQUEST, ports_of(measurer, landing()), Policy())
    assert verdict.state is State.UNMEASURABLE


def test_tests_that_never_started_on_the_base_are_a_tool_error() -> None:
    failure = MeasureFailure(code=FailureCode.TESTS_CANNOT_START, message="no such package")
    verdict, _ = judge(failure, failure)
    assert verdict.state is State.UNMEASURABLE


REWRITING = replace(GOOD, rewritten=("src/a.py",))


def test_tests_that_change_the_measured_code_fail() -> None:
    verdict, _ = judge(REWRITING)
    assert (verdict.state, verdict.code) == (State.FAIL, Reason.BRANCH_UNMEASURABLE)
    assert verdict.reason.startswith(
        "the branch cannot be measured: the tests changed the code that was measured: src/a.py;"
    )


def test_many_changed_files_are_told_in_part() -> None:
    many = tuple(f"src/{letter}.py" for letter in "abcde")
    verdict, _ = judge(replace(GOOD, rewritten=many))
    assert "src/a.py, src/b.py, src/c.py and 2 more" in verdict.reason


@pytest.mark.parametrize("base", [replace(GOOD_BASE, rewritten=("src/a.py", "src/b.py")), TIMEOUT])
def test_what_the_bases_tests_change_as_well_is_a_habit(
    base: Measurement | MeasureFailure,
) -> None:
    verdict, _ = judge(REWRITING, base)
    assert verdict.state is State.PASS


# Evidence beyond execution

SAMPLED = Policy(mutation=MutationPolicy(samples=2, mode=MutationMode.FAIL))
TEXT = "x = a < 1\ny = 2\n"


@dataclass(kw_only=True)
class FakeMutator:
    """What became of mutants, one for all."""

    answer: Fate | MeasureFailure
    asked: list[tuple[TreeSource, float]] = field(default_factory=list)

    def try_mutants(
        self, source: TreeSource, mutants: Sequence[Mutant], *, seconds: float
    ) -> tuple[Trial, ...] | MeasureFailure:
        self.asked.append((source, seconds))
        if isinstance(self.answer, MeasureFailure):
            return self.answer
        return tuple(Trial(mutant=mutant, fate=self.answer) for mutant in mutants)


def sampled(
    answer: Fate | MeasureFailure,
    *,
    policy: Policy = SAMPLED,
    diff: bool = True,
) -> tuple[Verdict, FakeMutator]:
    head = measurement(file_coverage("src/a.py", [1, 2], [1, 2]))
    measurer = FakeMeasurer(answers={HEAD: head, BASE: measurement(tree="base")})
    ports = ports_of(measurer, landing())
    assert isinstance(ports.repository, FakeRepository)
    repository = replace(
        ports.repository,
        texts={(HEAD, "src/a.py"): TEXT.encode()},
        diffs=(file_diff("src/a.py", None, TEXT),) if diff else (),
    )
    mutator = FakeMutator(answer=answer)
    ports = replace(ports, repository=repository, mutator=mutator)
    return run_gate(REQUEST, ports, policy), mutator


def test_survivors_fail_where_the_policy_says_so() -> None:
    verdict, mutator = sampled(Fate.SURVIVED)
    assert (verdict.state, [seconds for _, seconds in mutator.asked]) == (State.FAIL, [300.0])
    assert sampled(Fate.NOTICED)[0].state is State.PASS


def test_nothing_is_tried_where_nobody_asks_or_the_verdict_fails() -> None:
    for policy in (Policy(), replace(SAMPLED, floor=Fraction(2))):
        verdict, mutator = sampled(Fate.NOTICED, policy=policy)
        assert (verdict.sampling, mutator.asked) == (None, [])


def test_a_change_without_covered_logic_is_not_tried() -> None:
    verdict, mutator = sampled(Fate.NOTICED, diff=False)
    assert verdict.sampling is not None
    assert ("nothing to try" in verdict.sampling.note, mutator.asked) == (True, [])
    off = replace(SAMPLED, rules=frozenset())
    verdict, mutator = sampled(Fate.NOTICED, policy=off)
    assert verdict.sampling is not None
    assert ("not judged" in verdict.sampling.note, mutator.asked) == (True, [])


def test_tests_that_cannot_be_run_again_are_the_branch_s_and_a_sandbox_is_not() -> None:
    broken = MeasureFailure(code=FailureCode.TESTS_CANNOT_START, message="they fail")
    assert sampled(broken)[0].state is State.FAIL
    tool = MeasureFailure(code=FailureCode.SANDBOX_FAILED, message="no")
    assert sampled(tool)[0].state is State.PASS


def test_the_product_is_read_before_what_else_changes_and_may_be_large() -> None:
    ports = ports_of(FakeMeasurer(answers={BASE: GOOD_BASE}), landing())
    assert isinstance(ports.repository, FakeRepository)
    paths = ("a.bin", "src/a.py", "z.bin")
    repository = replace(
        ports.repository, texts=dict.fromkeys(((HEAD, each) for each in paths), b"")
    )
    case = Case(
        request=REQUEST,
        ports=replace(ports, repository=repository),
        policy=Policy(),
        landing=landing(),
        tree=HEAD,
        changes=changes(*paths),
    )
    assert [*gathered(case, GOOD).contents.head] == ["src/a.py", "a.bin", "z.bin"]
