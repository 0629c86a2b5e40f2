"""What to do after a verdict: a sentence each, most with a command to copy."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import FailureCode
from coverage_gate.core.policy import RuleName
from coverage_gate.core.stand import Stand
from coverage_gate.core.verdict import Outcome, Reason, Verdict

_TESTS_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One thing to do.

    Attributes:
        text: A sentence.
        command: For a shell in the branch's checkout; None where there is nothing to run.
    """

    text: str
    command: str | None = None


_AGAIN: Mapping[Stand, NextStep] = MappingProxyType(
    {
        Stand.COMMIT: NextStep(text="Then commit and run the same check again."),
        Stand.INDEX: NextStep(text="Then stage it with `git add` and run the same check again."),
        Stand.FILES: NextStep(text="Then run the same check again."),
    }
)

_BY_REASON: Mapping[Reason, tuple[NextStep, ...]] = MappingProxyType(
    {
        Reason.HOLDS: (NextStep(text="Merge; the merge raises the baseline."),),
        Reason.BOOTSTRAP: (NextStep(text="Merge; the merge founds the baseline."),),
        Reason.TOOL_ERROR: (
            NextStep(text="Repair the tool, then check again.", command="coverage-gate doctor"),
        ),
        Reason.CLOSED: (
            NextStep(text="Repair the tool.", command="coverage-gate doctor"),
            NextStep(
                text="Then open the gate again.",
                command="coverage-gate reopen --repo NAME --actor WHO --reason WHY",
            ),
        ),
        Reason.GATE_ERROR: (
            NextStep(text="The gate itself broke; see its log.", command="coverage-gate doctor"),
        ),
        Reason.BAD_SETTINGS: (
            NextStep(
                text="Correct the setting; each is shown with where it comes from.",
                command="coverage-gate config show --origin",
            ),
        ),
        Reason.BAD_REQUEST: (
            NextStep(
                text="Ask for a branch and a base that exist here.", command="git branch --all"
            ),
        ),
        Reason.DISABLED: (NextStep(text="ORCH_COVERAGE_GATE_ENABLED=true switches the gate on."),),
        Reason.OUT_OF_SCOPE: (
            NextStep(text="ORCH_COVERAGE_GATE_REPOS names the repositories in scope."),
        ),
    }
)

_BY_FAILURE: Mapping[FailureCode, NextStep] = MappingProxyType(
    {
        FailureCode.TESTS_CANNOT_START: NextStep(
            text="Make the tests start.", command="python -m pytest --collect-only -q"
        ),
        FailureCode.NO_TESTS: NextStep(
            text="Bring back the tests.", command="python -m pytest --collect-only -q"
        ),
        FailureCode.BRANCH_CONFIGURATION: NextStep(
            text="Make the configuration readable; it would count after the merge.",
            # The first tells what coverage.py cannot use, the second what we cannot.
            command="coverage debug config && coverage-gate config show --base HEAD",
        ),
        FailureCode.TIMEOUT: NextStep(
            text="Find the test that does not end.", command="python -m pytest -x --durations=10"
        ),
        FailureCode.FORGED: NextStep(
            text="Take out what writes coverage data, or runs text under a source file's name.",
            command="git grep -nE 'CoverageData|add_lines|add_arcs|compile\\('",
        ),
    }
)


def next_steps(verdict: Verdict) -> tuple[NextStep, ...]:
    """What to do after this verdict, in order; one to seven steps."""
    match verdict.code:
        case Reason.RULE_BROKEN:
            return (*_for_broken_rules(verdict), _again(verdict))
        case Reason.DOES_NOT_MERGE:
            return (_merge_of(verdict), _again(verdict))
        case Reason.BRANCH_UNMEASURABLE:
            return (_for_failure(verdict), _again(verdict))
        case Reason.HOLDS if verdict.policy.name is PolicyName.ABSOLUTE and not verdict.baseline:
            return (NextStep(text="It may land as it is."),)
        case code:
            return _BY_REASON[code]


def _again(verdict: Verdict) -> NextStep:
    return _AGAIN[verdict.order.asked.stand if verdict.order else Stand.COMMIT]


def _for_broken_rules(verdict: Verdict) -> Iterator[NextStep]:
    broken = {result.rule for result in verdict.rules if result.outcome is Outcome.FAIL}
    if RuleName.INTEGRITY in broken:
        yield from _for_tests(verdict)
    if RuleName.UNMEASURED in broken:
        text = "Let a test import each file that was not measured; it has to be valid Python."
        yield NextStep(text=text)
    if RuleName.AUDIT in broken:
        text = "Let each test of the audit check something, and leave alone what measures it."
        yield NextStep(text=text)
    if RuleName.MUTATION in broken:
        yield NextStep(text="Let a test assert what each line does that was changed unnoticed.")
    if broken - _TOLD:
        if verdict.hidden:
            # coverage.py's own report, which comes next, does not show them.
            yield NextStep(text="Take out what newly hides lines, such as a comment.")
        yield NextStep(
            text="See the lines that no test runs, and test them.",
            command="coverage run --branch -m pytest && coverage report --show-missing",
        )


#: Broken rules with a step of their own; more tests turn the others.
_TOLD = frozenset({RuleName.INTEGRITY, RuleName.UNMEASURED, RuleName.AUDIT, RuleName.MUTATION})


def _for_tests(verdict: Verdict) -> Iterator[NextStep]:
    gone = tuple(each.test for each in verdict.vanished or ())
    if gone:
        text = "Bring back the tests that vanished: they must run and pass under their names."
        yield NextStep(text=text, command=_test_command(gone))
    if verdict.failing_tests or not gone:
        command = _test_command(verdict.failing_tests)
        yield NextStep(text="Mend the failing tests.", command=command)


def _test_command(tests: tuple[str, ...]) -> str:
    # A test id that cannot be shown cannot be copied either.
    named = [shlex.quote(test) for test in tests if test.isprintable()][:_TESTS_NAMED]
    return " ".join(["python -m pytest", *named])


def _merge_of(verdict: Verdict) -> NextStep:
    return NextStep(
        text="Merge the base into the branch and solve the conflicts.",
        command=f"git merge {verdict.base_commit}" if verdict.base_commit else None,
    )


def _for_failure(verdict: Verdict) -> NextStep:
    if verdict.failure is None:
        return NextStep(text="Mend what is told above; no test has run.")
    other = NextStep(
        text="Make the tests run as they do on the base.", command="python -m pytest -x"
    )
    return _BY_FAILURE.get(verdict.failure.code, other)
