"""What a host is answered."""

from __future__ import annotations

from contextlib import suppress

from coverage_gate.adapters import report_files
from coverage_gate.adapters.render.report import UNCOMMITTED, render_coverage_report
from coverage_gate.boundary import never_raises
from coverage_gate.clock import SystemClock
from coverage_gate.closing import MOST, count_error, forget_errors, kept_count
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.decide import closed_after, gate_error, refused, tool_error
from coverage_gate.core.limits import decide_percent, delta_of
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.rates import BadNumberError, exact_percent, percent_number
from coverage_gate.core.verdict import Reason, Verdict
from coverage_gate.ports import BAD_GIT_CONFIG, RepositoryError
from coverage_gate.procedure.measuring import measure, percent_of
from coverage_gate.procedure.places import Place
from coverage_gate.procedure.publishing import publish, published
from coverage_gate.procedure.reading import read_settings
from coverage_gate.procedure.verdicts import judge
from coverage_gate.settings import Settings, SettingsError, without_secrets
from coverage_gate.wiring import store_of


def check(settings: Settings, place: Place) -> tuple[bool, str]:
    """Judge, write the report, answer as a host wants it."""
    if place.uncommitted:
        measured = measure(read_settings, place.repository, place.folder, head="HEAD")
        why = measured.message if isinstance(measured, MeasureFailure) else ""
        percent = percent_of(measured)
        return check_percent(settings, place, percent, commit=UNCOMMITTED, why=why)
    policy = settings.policy(judges_tests=place.judges_tests)
    last = gate_error("an error that cannot be described", policy), settings
    guard = never_raises(
        lambda message: (gate_error(message, policy), settings), last=last, redact=without_secrets
    )
    verdict, settings = guard(_judged)(settings, place)
    answer = verdict.merge_allowed, " ".join((verdict.reason, *verdict.warnings))
    return published(settings, answer, lambda: publish(verdict, place, key=settings.sign_with))


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
    return published(settings, (ok, reason), lambda: report_files.write_report(place.report, text))


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


def _unmeasured(settings: Settings, repository: str, why: str) -> tuple[bool, str]:
    if count_error(store_of(settings), repository, SystemClock()) > MOST:
        return False, f"{closed_after(MOST)}{f': {why}' if why else ''}"
    word = "fail-closed" if settings.fail_closed else "fail-open"
    warning = "" if settings.fail_closed else "WARNING: "
    told = f": {why}" if why else ""
    return not settings.fail_closed, f"{warning}coverage could not be measured ({word}){told}"
