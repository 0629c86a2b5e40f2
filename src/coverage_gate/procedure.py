"""What the gate does for one work item: judge it and write its report. Raises; the leaf does not.

`gate` wraps these in the boundary, the command line calls them and tells errors itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from coverage_gate.adapters import report_files
from coverage_gate.adapters.envelope import STATEMENT_NAME, SigningError, statement_text
from coverage_gate.adapters.git.snapshot import snapshot
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.render.report import render_coverage_report
from coverage_gate.adapters.render.verdict_fields import fields_of
from coverage_gate.boundary import keep_text, never_raises, visible
from coverage_gate.clock import SystemClock
from coverage_gate.closing import MOST, count_error, forget_errors, kept_count
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.decide import closed_after, gate_error, not_applicable, refused, tool_error
from coverage_gate.core.explanation import Explanation
from coverage_gate.core.history import branch_of
from coverage_gate.core.limits import decide_percent, delta_of
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.core.provenance import digest_of, predicate_of, statement_of
from coverage_gate.core.rates import BadNumberError, exact_percent, percent_number
from coverage_gate.core.stand import Stand
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.core.work_order import Asked
from coverage_gate.explaining import explained, with_order
from coverage_gate.judging import BrokenGateError, Request, run_guarded
from coverage_gate.ports import (
    BAD_GIT_CONFIG,
    ChangeReader,
    Progress,
    RepositoryError,
    TreeSource,
)
from coverage_gate.ratcheting import UNCOMMITTED
from coverage_gate.settings import Scope, Settings, SettingsError, load_settings, without_secrets
from coverage_gate.wiring import (
    Workshop,
    branch_ref,
    checked_out,
    is_uncommitted,
    knows,
    no_repository,
    open_workshop,
    repository_folder,
    repository_name,
    store_of,
    worktree_of,
)

_DISABLED = "coverage gate disabled (ORCH_COVERAGE_GATE_ENABLED)"

_REASON_LIMIT = 4000

#: Reads the settings again, now with the base's pyproject.toml.
SettingsReader = Callable[[bytes | None], Settings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which branch of which repository, and where its report goes.

    Attributes:
        repository: Name, as baselines are stored under it.
        folder: Repository or worktree whose objects and refs are read.
        worktree: Where the branch's environment may lie; nothing else is taken from it.
        head: The ref to judge: "HEAD" in a worktree.
        branch: The branch's name, for people.
        base: Where it wants to land; empty: as the settings say.
        work_item: Whose report it is.
        report: Path of the report.
        compares_with_base: See `judging.Request`.
        judges_tests: Whether a newly failing test fails; a merge gate before us does that.
        uncommitted: Whether the worktree has no commit, and is measured as it stands.
        stand: What of the work tree is judged; all but a commit is put on top of HEAD.
        index: The index that is meant; None: the work tree's own.
    """

    repository: str
    folder: Path
    head: str
    branch: str
    base: str
    work_item: str
    report: Path
    worktree: Path | None = None
    compares_with_base: bool = False
    judges_tests: bool = False
    uncommitted: bool = False
    stand: Stand = Stand.COMMIT
    index: Path | None = None


def read_settings(base_pyproject: bytes | None = None) -> Settings:
    """The settings as they are now. Raises SettingsError, which names each bad variable."""
    return load_settings(base_pyproject=base_pyproject)


def error_answer(message: str) -> tuple[bool, str]:
    """What the gate answers when it broke itself: as for a tool that could not measure.

    Settings that cannot be read do not open the gate.
    """
    try:
        closed = read_settings().fail_closed
    except SettingsError as error:
        return settings_answer(error)
    return not closed, f"error ({'fail-closed' if closed else 'fail-open'}): {message}"


def settings_answer(error: SettingsError) -> tuple[bool, str]:
    """What the gate answers where a setting is invalid: it names it and does not open."""
    return False, f"settings: {error}"


def why_inert(scope: Scope, repository: str) -> str | None:
    """Why nothing is to be measured for a repository; None when the gate applies."""
    if not scope.enabled:
        return _DISABLED
    if not scope.applies(repository):
        return f"{repository}: coverage gate N/A, out of scope (ORCH_COVERAGE_GATE_REPOS)"
    return None


def make_worktree(settings: Settings, repository: str, branch: str) -> Path:
    """The branch's worktree, made if missing. Raises RepositoryError."""
    return worktree_of(settings, repository, branch)


def pipeline_place(
    settings: Settings,
    repository: str,
    work_item: str,
    branch: str,
    *,
    report: Path,
    worktree: Path | None,
    is_hosts: bool = False,
    judges_tests: bool = False,
) -> Place:
    """A branch after a merge gate, or in the place of one that re-tests.

    What is judged is the branch of the authoritative repository: whoever works in the worktree
    could lead its `.git` elsewhere, and a worktree that cannot be made opens nothing. Only where
    a host brings its own worktree (`is_hosts`), HEAD there is what it wants to land. A worktree
    without a commit is measured as it stands, unless the repository has the branch.
    """
    folder = repository_folder(settings, repository)
    uncommitted = (
        worktree is not None
        and (is_hosts or not knows(folder, branch))
        and is_uncommitted(worktree)
    )
    own = worktree if is_hosts or uncommitted else None
    return Place(
        repository=repository,
        folder=own or folder,
        worktree=worktree,
        head="HEAD" if own else branch_ref(folder, branch),
        branch=branch,
        base=settings.base,
        work_item=work_item,
        report=report,
        uncommitted=uncommitted,
        judges_tests=judges_tests,
    )


def command_place(
    settings: Settings,
    folder: Path,
    *,
    branch: str | None,
    work_item: str | None,
    base: str | None,
) -> Place:
    """A branch that a person names, where no merge gate went before.

    Who names none means what is checked out, under the name of that branch: two branches must not
    write the same report.
    """
    repository = name_of(folder)
    name = branch or checked_out(folder) or "HEAD"
    item = work_item or name
    return Place(
        repository=repository,
        folder=folder,
        head=branch or "HEAD",
        branch=name,
        base=base or "",
        work_item=item,
        report=report_place(settings, repository, item),
        compares_with_base=True,
        judges_tests=True,
    )


def name_of(folder: Path) -> str:
    """Base name of the repository's main work tree, or of a folder that is no repository."""
    try:
        return repository_name(folder)
    except RepositoryError:
        return folder.resolve().name


def report_place(settings: Settings, repository: str, work_item: str) -> Path:
    """Where the artefact of a work item lives."""
    return report_files.report_path(settings.reports_dir, repository, work_item)


def judge(
    read: SettingsReader,
    place: Place,
    *,
    progress: Progress | None = None,
    look: Callable[[Verdict, ChangeReader], object] | None = None,
) -> tuple[Verdict, Settings]:
    """Judge a branch under the settings of its base.

    Args:
        read: Reads the settings.
        place: What is judged.
        progress: Hears what is done.
        look: Is shown the verdict while the judged tree, which may be in no repository, can be
            read.

    Returns:
        The verdict, and the settings that it was judged by.

    Raises:
        SettingsError: For a bad variable, flag or key of the base's table.
        RepositoryError: If the folder is no repository.
    """
    settings = read(None)
    policy = settings.policy(judges_tests=place.judges_tests)
    if not settings.enabled:
        return not_applicable(_DISABLED, Reason.DISABLED, policy), settings
    base = place.base or settings.base
    with open_workshop(
        repository=place.repository,
        folder=place.folder,
        worktree=place.worktree,
        progress=progress,
    ) as shop:
        if shop.view is None:
            raise no_repository(place.folder)
        if place.stand is not Stand.COMMIT:
            place = replace(place, head=snapshot(shop.view, place.stand, index=place.index))
        mended = partial(_landing_pyproject, shop.view, base=base, head=place.head)
        settings = _ruling(read, pyproject_at(shop, base), mended)
        request = Request(
            repository=place.repository,
            branch=place.branch,
            head=place.head,
            base=base,
            compares_with_base=place.compares_with_base,
        )
        policy = settings.policy(judges_tests=place.judges_tests)
        ports = shop.ports(settings)
        counted = partial(
            kept_count, repository=place.repository, store=ports.store, clock=ports.clock
        )
        try:
            verdict = run_guarded(request, ports, policy, redact=without_secrets)
        except BrokenGateError as error:
            return counted(gate_error(str(error), policy)), settings
        asked = Asked(branch=place.branch, base=base, stand=place.stand)
        ordered = with_order(counted(verdict), asked, shop.view, redact=without_secrets)
        if look is not None:
            look(ordered, shop.view)
        return ordered, settings


def changed_paths(place: Place, *, progress: Progress | None = None) -> tuple[str, ...]:
    """What differs between HEAD and what is staged, or the files; deleted ones, too.

    Raises:
        RepositoryError: If the folder is no repository, or a merge is not finished.
    """
    with open_workshop(repository=place.repository, folder=place.folder, progress=progress) as shop:
        if shop.view is None:
            raise no_repository(place.folder)
        head, stands = (
            shop.view.resolve(ref).tree
            for ref in ("HEAD", snapshot(shop.view, place.stand, index=place.index))
        )
        changes = shop.view.changes(head, stands)
    return tuple(
        dict.fromkeys(path for each in changes.files for path in (each.old_path, each.path))
    )


def explain(
    read: SettingsReader,
    place: Place,
    path: str,
    line: int | None,
    *,
    progress: Progress | None = None,
) -> tuple[Verdict, Explanation | None]:
    """Why a file or a line of a branch stands as it does; None where nothing was measured.

    Raises:
        As `judge`.
    """
    found: list[Explanation | None] = []
    verdict, _ = judge(
        read,
        place,
        progress=progress,
        look=lambda verdict, tree: found.append(explained(verdict, tree, path, line)),
    )
    return verdict, found[0] if found else None


def _ruling(
    read: SettingsReader, table: bytes | None, mended: Callable[[], bytes | None]
) -> Settings:
    """The settings with the base's table; without any where that is broken and the head mends it.

    Else nobody could mend it. What would land must be sound: a head from before the fault mends
    nothing. What its table says rules nothing, it is only read.
    """
    try:
        return read(table)
    except SettingsError as error:
        try:
            read(mended())
        except RepositoryError:
            raise error from None
        return read(None)


def _landing_pyproject(view: GitView, *, base: str, head: str) -> bytes | None:
    landing = view.landing(view.resolve(base), view.resolve(head))
    # What does not merge mends nothing.
    return view.read_file(landing.tree or landing.base.tree, "pyproject.toml")


def pyproject_at(shop: Workshop, ref: str) -> bytes | None:
    """The pyproject.toml of a commit; None where it has none, or there is no such commit."""
    if shop.view is None:
        return None
    try:
        commit = shop.view.resolve(ref)
    except RepositoryError:
        return None  # judging meets the same fault and turns it into a verdict
    return shop.view.read_file(commit.tree, "pyproject.toml")


def publish(verdict: Verdict, place: Place, *, key: Path | None = None) -> Path | None:
    """Write the report and its statement and read them back; none where the gate does not apply.

    Args:
        verdict: The verdict.
        place: Where.
        key: The private key that signs the statement; None: it is not signed.

    Raises:
        ReportError: When they cannot be written or signed.
    """
    if verdict.state is State.NOT_APPLICABLE:
        return None
    fields = fields_of(verdict, work_item=place.work_item, repository=place.repository)
    predicate = predicate_of(verdict, repository=place.repository, work_item=place.work_item)
    text = render_coverage_report(place.work_item, {**fields, "evidence": digest_of(predicate)})
    statement = statement_of(
        predicate,
        commit=verdict.commit,
        tree=verdict.tree,
        report_name=report_files.REPORT_NAME,
        report=text.encode(),
    )
    try:
        signed = statement_text(statement, key)
    except SigningError as error:
        raise report_files.ReportError(str(error)) from error
    report_files.write_report(place.report, text)
    report_files.write_report(place.report.with_name(STATEMENT_NAME), signed)
    return place.report


def check(settings: Settings, place: Place) -> tuple[bool, str]:
    """Judge, write the report, answer as a host wants it."""
    if place.uncommitted:
        measured = measure(read_settings, place.repository, place.folder, head="HEAD")
        why = measured.message if isinstance(measured, MeasureFailure) else ""
        percent = _percent_of(measured)
        return check_percent(settings, place, percent, commit=UNCOMMITTED, why=why)
    policy = settings.policy(judges_tests=place.judges_tests)
    last = gate_error("an error that cannot be described", policy), settings
    guard = never_raises(
        lambda message: (gate_error(message, policy), settings), last=last, redact=without_secrets
    )
    verdict, settings = guard(_judged)(settings, place)
    answer = verdict.merge_allowed, " ".join((verdict.reason, *verdict.warnings))
    return _published(settings, answer, lambda: publish(verdict, place, key=settings.sign_with))


def _judged(settings: Settings, place: Place) -> tuple[Verdict, Settings]:
    """The verdict, also on what keeps the branch from being judged."""
    policy = settings.policy(judges_tests=place.judges_tests)
    try:
        return judge(read_settings, place)
    except SettingsError as error:
        # The base's table: whoever breaks it must not open the gate for everybody.
        _, reason = settings_answer(error)
        return refused(reason, Reason.BAD_SETTINGS, policy), settings
    except RepositoryError as error:
        if error.code == BAD_GIT_CONFIG:
            return refused(str(error), Reason.BAD_SETTINGS, policy), settings
        failure = MeasureFailure(code=FailureCode.ERROR, message=str(error))
        verdict = kept_count(
            tool_error(failure, policy),
            repository=place.repository,
            store=store_of(settings),
            clock=SystemClock(),
        )
        return verdict, settings


def _published(
    settings: Settings, answer: tuple[bool, str], write: Callable[[], object]
) -> tuple[bool, str]:
    """The answer, when its report is written. No fault of the writing turns a FAIL into a pass."""

    def attempt() -> str:
        try:
            write()
        except report_files.ReportError as error:
            return str(error)
        return ""

    # Names in it come from the branch: a host prints it as it is.
    ok, reason = answer[0], visible(answer[1], limit=_REASON_LIMIT)
    guard = never_raises(keep_text, last="the report is not written", redact=without_secrets)
    trouble = guard(attempt)()
    if not trouble:
        return ok, reason
    # A merge without its artefact could not ratchet: that is a fault of the tool.
    word = "fail-closed" if settings.fail_closed else "fail-open"
    return ok and not settings.fail_closed, f"{reason}; WARNING ({word}): {trouble}"


def check_percent(
    settings: Settings, place: Place, percent: object, *, commit: str | None = None, why: str = ""
) -> tuple[bool, str]:
    """Judge a bare percent: only floor and baseline can, and the answer says so.

    Args:
        settings: The limits.
        place: What is judged.
        percent: As a host gave it; None: it could not be measured.
        commit: `UNCOMMITTED` for a folder that was measured as it stands.
        why: Why it could not be measured.

    Raises:
        SettingsError, StoreError: If the store cannot be read.
    """
    store = store_of(settings)
    stored = store.baseline(BaselineKey(repository=place.repository))
    baseline = None if stored is None else stored.rate * 100
    floor, epsilon = settings.floor * 100, settings.epsilon * 100
    measured = None
    if percent is None:
        ok, reason = _unmeasured(settings, place.repository, why)
    else:
        ok, verdict = decide_percent(percent, baseline, floor, settings.policy_name, epsilon)
        kind = f"{commit}, " if commit else ""
        reason = f"{verdict} ({kind}judged by a bare percent: no line was judged)"
        forget_errors(store, place.repository)
    with suppress(BadNumberError):
        exact_percent(percent)
        measured = percent
    fields = {
        "coverage_status": "PASS" if ok else "FAIL",
        "measured_coverage": measured,
        "baseline": None if stored is None else percent_number(stored.rate),
        "floor": float(floor),
        "policy": str(settings.policy_name),
        "epsilon": float(epsilon),
        "delta": None if measured is None else delta_of(measured, baseline, floor),
        "commit": commit,
        "reason": reason,
    }
    text = render_coverage_report(place.work_item, fields)
    return _published(settings, (ok, reason), lambda: report_files.write_report(place.report, text))


def _unmeasured(settings: Settings, repository: str, why: str) -> tuple[bool, str]:
    if count_error(store_of(settings), repository, SystemClock()) > MOST:
        return False, f"{closed_after(MOST)}{f': {why}' if why else ''}"
    word = "fail-closed" if settings.fail_closed else "fail-open"
    warning = "" if settings.fail_closed else "WARNING: "
    told = f": {why}" if why else ""
    return not settings.fail_closed, f"{warning}coverage could not be measured ({word}){told}"


def measure_percent(repository: str, folder: Path) -> float | None:
    """Percent of a run of the tests of a worktree's HEAD, or of the folder as it stands."""
    return _percent_of(measure(read_settings, repository, folder, head="HEAD"))


def _percent_of(measured: Measurement | MeasureFailure) -> float | None:
    if isinstance(measured, MeasureFailure) or measured.counts.rate is None:
        return None
    return percent_number(measured.counts.rate)


def measure(
    read: SettingsReader,
    repository: str,
    folder: Path,
    *,
    head: str,
    base: str = "",
    progress: Progress | None = None,
    fresh: bool = False,
) -> Measurement | MeasureFailure:
    """Run the tests of a commit, or of a folder without one, under the base's configuration.

    Raises:
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    settings = read(None)
    base = base or settings.base
    with open_workshop(repository=repository, folder=folder, progress=progress) as shop:
        settings = read(pyproject_at(shop, base))
        source = source_of(shop, folder, head, base)
        return shop.measurer(settings).measure(source, fresh=fresh)


def source_of(shop: Workshop, folder: Path, head: str, base: str) -> TreeSource:
    """A commit under the base's configuration, or a folder without one. Raises RepositoryError."""
    if shop.view is None:
        return TreeSource(tree=None, config_tree=None, folder=folder, label="the folder")
    commit = shop.view.resolve(head)
    try:
        config_tree = shop.view.resolve(base).tree
    except RepositoryError:
        config_tree = commit.tree  # a repository without that base rules itself
    named = (checked_out(folder) or "") if head == "HEAD" else head
    return TreeSource(
        tree=commit.tree,
        config_tree=config_tree,
        commit=commit.sha,
        label=head,
        branch=branch_of(named),
    )
