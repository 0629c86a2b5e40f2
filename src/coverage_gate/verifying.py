"""Checks a report again, later and elsewhere: whether it is whole, and whether it was so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from coverage_gate.adapters.envelope import (
    STATEMENT_NAME,
    Found,
    StatementError,
    is_signed_by,
    read_statement,
)
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.render.front_matter import FrontMatterError
from coverage_gate.adapters.render.report_reader import ReportFields, read_report
from coverage_gate.adapters.report_files import REPORT_NAME, ReportError, read_report_file
from coverage_gate.boundary import visible
from coverage_gate.core.provenance import (
    EXTENSION,
    canonical,
    digest_of,
    policy_digest,
    statement_of,
)
from coverage_gate.ports import RepositoryError, StoreError
from coverage_gate.settings import Settings
from coverage_gate.wiring import open_repository, store_of


class Finding(StrEnum):
    """How one check ended. SKIPPED: there is nothing to compare with, which is told."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: "report", "statement", "signature", "claims", "commit", "configuration" or "store".
        finding: How it ended.
        detail: What was found.
    """

    name: str
    finding: Finding
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A report and its statement."""

    text: str
    report: ReportFields
    found: Found

    @property
    def predicate(self) -> Mapping[str, Any]:
        """What the statement says of its subjects."""
        return _mapping(self.found.statement, "predicate")

    @property
    def claims(self) -> Mapping[str, Any]:
        """Of that, what is no common field of test results."""
        return _mapping(self.predicate, EXTENSION)

    @property
    def measured(self) -> Mapping[str, Any]:
        """Of that, the counts and where they come from."""
        return _mapping(self.claims, "measurement")


def verify(
    path: Path,
    *,
    key: Path | None,
    folder: Path,
    repository: str,
    read: Callable[[bytes | None], Settings],
) -> tuple[Check, ...]:
    """Every check of a report, in order; later ones need what earlier ones read.

    Args:
        path: The report.
        key: The public key of who must have signed it; None: signatures are not checked.
        folder: The repository.
        repository: Its name; the store has it.
        read: Reads the settings, with the base's pyproject.toml.

    Raises:
        SettingsError: For a setting that cannot be read.
        SigningError: If the key cannot be used.
    """
    whole = _both(path)
    if isinstance(whole, Check):
        return (whole,)
    return (*_inside(whole, key), *_outside(whole, folder, repository, read))


def verify_files(path: Path, *, key: Path | None = None) -> tuple[Check, ...]:
    """The checks that need nothing but the report and its statement.

    Raises:
        SigningError: If the key cannot be used.
    """
    whole = _both(path)
    return (whole,) if isinstance(whole, Check) else _inside(whole, key)


def _both(path: Path) -> _Read | Check:
    try:
        text = read_report_file(path)
        report = read_report(text)
    except (ReportError, FrontMatterError) as error:
        return _failed("report", str(error))
    try:
        found = read_statement(read_report_file(path.with_name(STATEMENT_NAME)))
    except (ReportError, StatementError) as error:
        return _failed("statement", str(error))
    return _Read(text=text, report=report, found=found)


def _inside(whole: _Read, key: Path | None) -> tuple[Check, ...]:
    return _report(whole), _statement(whole), _signature(whole, key), _claims(whole)


def _ok(name: str, detail: str) -> Check:
    return Check(name=name, finding=Finding.OK, detail=visible(detail))


def _failed(name: str, detail: str) -> Check:
    return Check(name=name, finding=Finding.FAILED, detail=visible(detail))


def _skipped(name: str, detail: str) -> Check:
    return Check(name=name, finding=Finding.SKIPPED, detail=visible(detail))


def _mapping(held: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = held.get(key)
    return value if isinstance(value, dict) else {}


def _report(whole: _Read) -> Check:
    """The statement names the digest of the report."""
    told = _rebuilt(whole)["subject"][-1]
    if told in (whole.found.statement.get("subject") or ()):
        return _ok("report", f"sha256 {told['digest']['sha256']}")
    return _failed("report", "the statement is about another text than that of the report")


def _rebuilt(whole: _Read) -> Any:  # noqa: ANN401 - as JSON has it
    """The statement as it must be for this report."""
    made = statement_of(
        whole.predicate,
        commit=whole.report.commit,
        tree=whole.report.tree,
        report_name=REPORT_NAME,
        report=whole.text.encode(),
    )
    return json.loads(canonical(made))


def _statement(whole: _Read) -> Check:
    """It is, byte for byte, what this report has; and the report names its predicate."""
    if digest_of(whole.predicate) != whole.report.evidence:
        return _failed("statement", "the report does not name this predicate")
    if canonical(_rebuilt(whole)) != whole.found.payload:
        return _failed("statement", "its type or its subjects are not those of this report")
    return _ok("statement", f"predicate {whole.report.evidence}")


def _signature(whole: _Read, key: Path | None) -> Check:
    signers = ", ".join(whole.found.signatures)
    if key is None:
        told = f"signed by {signers}, not checked: name a key with --key" if signers else "none"
        return _skipped("signature", told)
    if not signers:
        return _failed("signature", "the statement is not signed")
    if not is_signed_by(whole.found, key):
        return _failed("signature", f"not by the owner of {key}")
    return _ok("signature", f"by the owner of {key}")


def _claims(whole: _Read) -> Check:
    """The front matter says what the predicate says."""
    report, claims, measured = whole.report, whole.claims, whole.measured
    counts = None if report.counts is None else str(report.counts)
    is_measured = report.verdict in ("PASS", "FAIL")
    pairs = {
        "coverage_status": (report.status == "PASS", claims.get("mergeAllowed")),
        "verdict": (report.verdict, claims.get("verdict")),
        "reason": (report.reason, claims.get("reason")),
        "covered and total": (counts, claims.get("counts") if is_measured else None),
        "identity": (report.identity, measured.get("identity")),
        "kind": (report.kind, measured.get("kind")),
        "scope": (report.scope, measured.get("scope")),
        "base_commit": (report.base_commit, _configured(whole, "base", "gitCommit")),
    }
    others = [name for name, (here, there) in pairs.items() if here != there]
    if others:
        return _failed("claims", f"report and statement differ in {', '.join(others)}")
    return _ok("claims", f"{report.verdict} ({report.reason}), {counts or 'not measured'}")


def _configured(whole: _Read, name: str, kind: str) -> object:
    for part in whole.predicate.get("configuration") or ():
        if isinstance(part, dict) and part.get("name") == name:
            return _mapping(part, "digest").get(kind)
    return None


def _outside(
    whole: _Read, folder: Path, repository: str, read: Callable[[bytes | None], Settings]
) -> Iterator[Check]:
    """What the repository, the settings and the store say of it."""
    settings = read(None)
    try:
        with open_repository(settings, repository, folder=folder) as view:
            yield _commit(whole, view)
            table = _base_table(whole, view)
    except RepositoryError as error:
        yield _failed("commit", str(error))
        table = None
    yield _configuration(whole, read(table))
    yield _stored(whole, settings)


def _commit(whole: _Read, view: GitView) -> Check:
    """The commit exists, and its tree, or that of its merge with the base, was judged."""
    report = whole.report
    if report.commit is None:
        return _skipped("commit", "the verdict is about no commit")
    head = view.resolve(report.commit)
    if report.tree is None:
        return _ok("commit", f"{head.sha}, of which no tree was judged")
    landing = head.tree
    if landing != report.tree and report.base_commit is not None:
        landing = view.landing(view.resolve(report.base_commit), head).tree or ""
    if landing != report.tree:
        return _failed("commit", f"{head.sha} does not land as the tree {report.tree}")
    return _ok("commit", f"{head.sha} lands as {landing}")


def _base_table(whole: _Read, view: GitView) -> bytes | None:
    if whole.report.base_commit is None:
        return None
    return view.read_file(view.resolve(whole.report.base_commit).tree, "pyproject.toml")


def _configuration(whole: _Read, settings: Settings) -> Check:
    """The limits are still those that it was judged by."""
    if policy_digest(settings.policy(judges_tests=True)) == _configured(whole, "policy", "sha256"):
        return _ok("configuration", "the limits are those of these settings")
    advice = "give the flags and variables of the check"
    return _failed("configuration", f"it was judged by other limits than these settings: {advice}")


def _stored(whole: _Read, settings: Settings) -> Check:
    identity = whole.measured.get("identity")
    if not isinstance(identity, str):
        return _skipped("store", "nothing was measured")
    try:
        stored = store_of(settings).load_measurement(identity)
    except StoreError as error:
        return _failed("store", str(error))
    if stored is None:
        if whole.measured.get("exitStatus") != 0:
            return _skipped("store", "a measurement with failing tests is not kept")
        return _failed("store", "there is no such measurement")
    if (stored.provenance.tree, str(stored.counts)) != (
        whole.report.tree,
        whole.claims.get("counts"),
    ):
        return _failed("store", f"it holds {stored.counts} of the tree {stored.provenance.tree}")
    return _ok("store", f"it holds {stored.counts} of the same tree")
