"""All that a verdict is made from, read before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from coverage_gate.core.aside import aside_places
from coverage_gate.core.audit import Audit, audit_tests
from coverage_gate.core.baseline import Baseline
from coverage_gate.core.changes import Changes, Landing
from coverage_gate.core.comparison import Comparison, compare
from coverage_gate.core.flaky import run_of, tolerated
from coverage_gate.core.idle import came_idle
from coverage_gate.core.ledger import Hidden, hidden_places, judged_head, seen_running
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.replaced import Sources
from coverage_gate.core.ruled import ruled
from coverage_gate.core.sampling import Sampling
from coverage_gate.core.unseen import unseen_code
from coverage_gate.core.vanished import Vanished, vanished_tests
from coverage_gate.core.waiving import Waivers, WaiverUse, unwaived, uses_of, without_waived


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """Where a baseline comes from.

    Attributes:
        measured: The measurement of its tree.
        diff: From that tree to the landing tree.
    """

    measured: Measurement
    diff: tuple[FileDiff, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the rules read.

    Attributes:
        policy: The limits.
        landing: What would land, pinned.
        changes: From the base tree to the landing tree.
        head: The measured landing tree.
        base: The measured base tree; None when no rule needs it or it could not be measured.
        base_failure: Why the base could not be measured.
        baseline: What to compare with; None on bootstrap.
        diff: What the change does to the lines of Python files; None where nobody read them, so
            that no rule which needs lines can judge.
        sources: Texts of test files and changed files, where tests are missing.
        contents: Texts of what may run unseen, see `unseen.changed_sources`.
        flaky: What main proves to be flaky, as places of the head.
        again: The head measured once more, since lines were lost and nothing else is wrong.
        founding: The measurement that founded the baseline, where main is below it.
        sampling: What became of mutants of the change; None where none was asked for.
        raw: Head and base, unit by unit, as coverage.py counts them; made of the others, None
            without `diff`.
        hidden: What the head hides and the base did not, but for what is waived.
        unseen: What of it runs and cannot be counted at all.
        judged_head: The head as if it hid nothing that is newly hidden: what the rules judge. What
            main's own exclusions take in and the tests run, runs there.
        comparison: As `raw`, with that head.
        ruled: As `comparison`, for the rules that judge lines: without the branches that the policy
            does not want judged, and without what is only flaky.
        tolerated: All that is flaky in the head.
        since: The head compared with the measurement that founded the baseline.
        waivers: Those of the repository.
        waiver_uses: Those that are not repaid, and which of them this verdict uses.
        audit: What was found in changed tests; None where the policy does not ask for it.
        vanished: Tests that passed on the base and do not have to on the head; None where it is
            not known, since the base was not measured or the test command does not tell its tests.
    """

    policy: Policy
    landing: Landing
    changes: Changes
    head: Measurement
    base: Measurement | None = None
    base_failure: MeasureFailure | None = None
    baseline: Baseline | None = None
    diff: tuple[FileDiff, ...] | None = None
    waivers: Waivers = field(default_factory=Waivers)
    sources: Sources = field(default_factory=Sources, repr=False)
    contents: Sources = field(default_factory=Sources, repr=False)
    flaky: frozenset[Unit] = frozenset()
    again: Measurement | None = None
    founding: Founding | None = None
    sampling: Sampling | None = None
    raw: Comparison | None = field(init=False, repr=False, compare=False)
    hidden: tuple[Hidden, ...] = field(init=False, repr=False, compare=False)
    unseen: tuple[Hidden, ...] = field(init=False, repr=False, compare=False)
    judged_head: Measurement = field(init=False, repr=False, compare=False)
    comparison: Comparison | None = field(init=False, repr=False, compare=False)
    tolerated: frozenset[Unit] = field(init=False, repr=False, compare=False)
    since: Comparison | None = field(init=False, repr=False, compare=False)
    ruled: Comparison | None = field(init=False, repr=False, compare=False)
    vanished: tuple[Vanished, ...] | None = field(init=False, repr=False, compare=False)
    audit: Audit | None = field(init=False, repr=False, compare=False)
    waiver_uses: tuple[WaiverUse, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Several rules read them, and they are by far the costliest of what is read.
        waived, unseen, gone = self.waivers.lines, self._unseen(), self._vanished()
        raw = self._against_base(self.head)
        found = (*self._hidden(raw), *unseen)
        self._keep(raw=raw, hidden=unwaived(found, waived), unseen=unwaived(unseen, waived))
        judged = self._without_hiding()
        self._keep(judged_head=judged, vanished=self._unwaived(gone), audit=self._audit())
        self._keep(comparison=raw if judged is self.head else self._against_base(judged))
        self._keep(tolerated=self._tolerated(), since=self._since_founding())
        lines = self._ruled()
        uses = uses_of(self.waivers, self.head, lines, found, gone or ())
        self._keep(ruled=lines and without_waived(lines, waived), waiver_uses=uses)

    def _keep(self, **made: object) -> None:
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def _against_base(self, head: Measurement) -> Comparison | None:
        return None if self.diff is None else compare(self.base, head, self.diff)

    def _without_hiding(self) -> Measurement:
        if self.diff is None:
            return self.head
        raw = self.raw
        running = () if raw is None or raw.mismatched else seen_running(raw)
        return judged_head(self.head, self.hidden, running)

    def _tolerated(self) -> frozenset[Unit]:
        made = self.comparison
        return self.flaky if made is None else tolerated(made, self.flaky, self.again)

    def _ruled(self) -> Comparison | None:
        made = self.comparison
        return None if made is None else ruled(made, self.policy.branch_paths, self.tolerated)

    def _since_founding(self) -> Comparison | None:
        founded = self.founding
        if founded is None:
            return None
        return compare(founded.measured, self.judged_head, founded.diff)

    def _unwaived(self, gone: tuple[Vanished, ...] | None) -> tuple[Vanished, ...] | None:
        allowed = self.waivers.tests
        return None if gone is None else tuple(each for each in gone if each.test not in allowed)

    def _audit(self) -> Audit | None:
        if not self.policy.audits:
            return None
        product = [file.path for file in self.head.files]
        return audit_tests(self.changes, self.sources, product)

    def _hidden(self, raw: Comparison | None) -> tuple[Hidden, ...]:
        if self.diff is None or raw is None or raw.mismatched:
            return ()
        aside = aside_places(self.base, self.head, self.changes, self.diff)
        return (*hidden_places(raw), *aside)

    def _unseen(self) -> tuple[Hidden, ...]:
        if RuleName.INTEGRITY not in self.policy.rules:
            return ()
        return unseen_code(self.changes, self.head, self.contents)

    def _vanished(self) -> tuple[Vanished, ...] | None:
        if self.base is None or RuleName.INTEGRITY not in self.policy.rules:
            return None
        before, now = self.base.tests, self.head.tests
        if before.outcomes is None or now.outcomes is None:
            return None
        product = (file.path for file in self.base.files)
        return vanished_tests(before, now, self.changes, self.sources, product)

    @property
    def compared(self) -> Comparison | None:
        """The comparison, where what was measured is what was compared."""
        made = self.comparison
        return None if made is None or made.mismatched else made

    @property
    def judged(self) -> Counts:
        """The counts that the rules judge: coverage.py's, with what is newly hidden not covered."""
        return self.judged_head.counts

    @property
    def steady(self) -> Counts:
        """What is compared with the baseline: the judged counts with each flaky line covered.

        What no run passes is left out where the baseline does not have it.
        """
        judged = self.judged
        missing = run_of(self.tolerated, self.judged_head).missing if self.tolerated else 0
        since = self.since if self.since and not self.since.mismatched else self.compared
        idle = 0 if since is None else came_idle(since, self.tolerated)
        return Counts(covered=judged.covered + missing, total=judged.total - idle)
