"""The static analysis of a tree in which each blob is analysed once, ever.

What was told is kept in the store, under a key of all that it depends on: a file's bytes (its blob
id), the configuration, the interpreter, coverage.py and the scripts that tell it. A share of what
is known is analysed again in each run, and compared: see ADR 0032.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from coverage_gate.adapters.measure.analysis import (
    NOTHING_KNOWN,
    KnownFacts,
    StaticAnalysis,
    analyse,
    assembled,
)
from coverage_gate.adapters.measure.analysis_answer import Header
from coverage_gate.adapters.measure.facts_codec import decode_facts, encode_facts, pack, unpack
from coverage_gate.adapters.measure.isolated import scripts_digest
from coverage_gate.core.counting import StaticFile
from coverage_gate.core.times import days_before
from coverage_gate.measuring.bench import Plan
from coverage_gate.measuring.place import Place
from coverage_gate.ports import Clock, Progress, Store, StoreError

#: After so many days a fact is told anew, whether or not it is still asked for.
KEPT_DAYS = 90

_SHOWN = 3
#: Files whose facts are read at once.
_AT_ONCE = 1_000
_LISTED, _ELIGIBLE, _ASIDE, _NEITHER = "LEA-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be analysed.

    Attributes:
        plan: Interpreter and configuration.
        place: Where the export is, and coverage.py's configuration.
        blobs: Path → blob id of the files that may be counted.
        layout: All names of the tree with their kinds: what the scope depends on.
    """

    plan: Plan
    place: Place
    blobs: Mapping[str, str]
    layout: Sequence[str]

    @property
    def key(self) -> str:
        """All that a file's facts depend on, beside its bytes."""
        interpreter = self.plan.interpreter
        rc = self.place.rc.read_text("utf-8")
        # Both are other ones in each run; the canary's folder lies in the place's.
        for own in (self.place.canary.parent, self.place.folder):
            rc = rc.replace(str(own), "")
        facts = [
            *(scripts_digest(), rc, interpreter.implementation, interpreter.version),
            # Its place, too: an environment that somebody spoilt tells nothing for another one.
            *(interpreter.coverage_version, str(interpreter.path)),
        ]
        return _digest(facts)

    @property
    def scope_name(self) -> str:
        """The name under which it is kept which files are in scope."""
        return f"scope:{_digest([self.plan.interpreter.fingerprint, *self.layout])}"

    @property
    def salt(self) -> str:
        """Another one for each measurement."""
        return self.plan.identity or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """Analyses trees of one repository.

    Attributes:
        repository: Its name.
        store: Keeps what was told.
        clock: Says when.
        progress: Hears of a store that cannot be used, and of a fact that is wrong.
        timeout_s: Wall time of one analysis.
        check_percent: How much of what is known is analysed again.
    """

    repository: str
    store: Store
    clock: Clock
    progress: Progress
    timeout_s: float
    check_percent: int

    def analyse(self, question: Question) -> StaticAnalysis:
        """The facts of all files. Raises AnalysisError."""
        key = question.key
        known, header = self._known(question, key)
        checked = sampled(known, question.salt, self.check_percent)
        if header is not None and not self._is_due(question.salt):
            return assembled(header, {}, known)
        static = self._ask(question, without(known, checked))
        wrong = differing(checked, known, static)
        if wrong:
            self._alarm(wrong)
            known, static = NOTHING_KNOWN, self._ask(question, NOTHING_KNOWN)
        self._keep(key, question, known, static)
        return static

    def _is_due(self, salt: str) -> bool:
        """Whether to ask although all is known: else what nobody changes were never checked."""
        return _falls_under(salt, self.check_percent)

    def _ask(self, question: Question, known: KnownFacts) -> StaticAnalysis:
        return analyse(
            question.plan.interpreter.path,
            question.place.rc,
            question.place.root,
            question.blobs,
            timeout_s=self.timeout_s,
            known=known,
        )

    def _known(self, question: Question, key: str) -> tuple[KnownFacts, Header | None]:
        """What is kept of these files; the header only where that is all of them."""
        counted: dict[str, StaticFile] = {}
        aside: dict[str, StaticFile] = {}
        scope, payload = question.scope_name, None
        try:
            for blobs in _slices(question.blobs):
                names = {f"{kind}:{blob}" for blob in blobs.values() for kind in "ca"}
                kept = self.store.load_facts(self.repository, key, [*names, scope])
                counted |= _decoded(blobs, kept, "c")
                aside |= _decoded(blobs, kept, "a")
                payload = kept.get(scope)
        except StoreError as error:
            self.progress.step(f"what is known of the source cannot be read: {error}")
            return NOTHING_KNOWN, None
        known = KnownFacts(counted=counted, aside=aside)
        header = header_from(payload, list(question.blobs))
        return known, header if header and _is_whole(header, known) else None

    def _keep(
        self, key: str, question: Question, known: KnownFacts, static: StaticAnalysis
    ) -> None:
        facts = {
            f"{kind}:{file.blob}": encode_facts(file)
            for kind, files, old in (
                ("c", static.files, known.counted),
                ("a", static.aside, known.aside),
            )
            for file in files
            if file.path not in old
        }
        # What is broken may be so for want of time or memory: it is tried each time.
        if not static.broken:
            facts[question.scope_name] = header_payload(static, list(question.blobs))
        now = self.clock.now_iso()
        try:
            self.store.keep_facts(
                self.repository, key, facts, at=now, since=days_before(now, KEPT_DAYS)
            )
        except StoreError as error:
            self.progress.step(f"what the source says is not kept: {error}")

    def _alarm(self, wrong: Sequence[str]) -> None:
        """Say so for good, and believe nothing of what is kept."""
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        reason = f"what is kept of {', '.join(wrong[:_SHOWN])}{more} is not what the file says"
        self.progress.step(f"ALARM: {reason}; all is analysed anew")
        try:
            self.store.forget_facts(self.repository)
            self.store.audit(
                actor="coverage-gate",
                action="facts-forgotten",
                repository=self.repository,
                reason=reason,
                detail={"files": len(wrong)},
                at=self.clock.now_iso(),
            )
        except StoreError as error:
            self.progress.step(f"the alarm is not kept: {error}")


def sampled(known: KnownFacts, salt: str, percent: int) -> list[str]:
    """The known files that are analysed again in this run, sorted; others in the next one."""
    paths = {*known.counted, *known.aside}
    return sorted(path for path in paths if _falls_under(salt + path, percent))


def without(known: KnownFacts, paths: Iterable[str]) -> KnownFacts:
    """What is known of the other files."""
    gone = frozenset(paths)
    return KnownFacts(
        counted={path: file for path, file in known.counted.items() if path not in gone},
        aside={path: file for path, file in known.aside.items() if path not in gone},
    )


def differing(paths: Iterable[str], known: KnownFacts, static: StaticAnalysis) -> list[str]:
    """Those of the files that were analysed again which do not say what is kept of them."""
    counted = {file.path: replace(file, is_listed=False) for file in static.files}
    aside = {file.path: file for file in static.aside}
    return [
        path
        for path in paths
        for old, new in ((known.counted, counted), (known.aside, aside))
        if path in old and path in new and old[path] != new[path]
    ]


def header_payload(static: StaticAnalysis, paths: Sequence[str]) -> bytes:
    """Which of these paths are in scope, as a letter each."""
    letters = {file.path: _LISTED if file.is_listed else _ELIGIBLE for file in static.files}
    letters |= {file.path: _ASIDE for file in static.aside}
    marks = "".join(letters.get(path, _NEITHER) for path in paths)
    return pack([static.python, static.coverage, static.has_c_tracer, marks])


def header_from(payload: bytes | None, paths: Sequence[str]) -> Header | None:
    """The header that is kept for these paths; None where there is none that can be read."""
    match unpack(payload or b""):
        case [str(python), str(coverage), bool(c_tracer), str(marks)] if len(marks) == len(paths):
            marked = list(zip(paths, marks, strict=True))
        case _:
            return None
    return Header(
        python=python,
        coverage=coverage,
        has_c_tracer=c_tracer,
        listed=tuple(path for path, mark in marked if mark == _LISTED),
        eligible=tuple(path for path, mark in marked if mark == _ELIGIBLE),
        aside=tuple(path for path, mark in marked if mark == _ASIDE),
    )


def _is_whole(header: Header, known: KnownFacts) -> bool:
    return known.counted.keys() >= {*header.counted} and known.aside.keys() >= {*header.aside}


def _slices(blobs: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Some files at a time: the payloads of all would take as much room as what they say."""
    rest = iter(blobs.items())
    while some := dict(islice(rest, _AT_ONCE)):
        yield some


def _decoded(
    blobs: Mapping[str, str], kept: Mapping[str, bytes], kind: str
) -> dict[str, StaticFile]:
    found = {
        path: decode_facts(kept[name], path=path, blob=blob, is_listed=False)
        for path, blob in blobs.items()
        if (name := f"{kind}:{blob}") in kept
    }
    return {path: file for path, file in found.items() if file is not None}


def _falls_under(text: str, percent: int) -> bool:
    return zlib.crc32(text.encode("utf-8", "surrogateescape")) % 100 < percent


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
