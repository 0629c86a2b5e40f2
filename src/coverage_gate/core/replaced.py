"""Tests that are missing on the head, and what excuses each: gone code, or a test in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from coverage_gate.core.changes import ChangeKind, Changes
from coverage_gate.core.definitions import Departed, departed, is_about
from coverage_gate.core.measurement import TestRun
from coverage_gate.core.testcode import Code, Subject, read_code, subject_of

#: A test function: its file and its name there, "TestCart::test_total".
Key = tuple[str, str]

#: Bytes of source that are read of one tree, and parsed in half a minute.
MAX_SOURCES = 48 * 1024 * 1024

_TOKEN = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Texts of the files that `wanted` names, by path; a file that is not there has none."""

    base: Mapping[str, bytes] = field(default_factory=dict)
    head: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A function of which fewer cases pass.

    Attributes:
        key: Of the base.
        here: What it would be called on the head, where its file was renamed.
        tests: Ids of which the head says nothing.
        fresh: How many ids of the function pass on the head that the base did not know.
    """

    key: Key
    here: Key
    tests: tuple[str, ...]
    fresh: int


def key_of(test: str) -> Key:
    """The function of a test id: without the parameters."""
    path, _, rest = test.partition("::")
    return path, rest.partition("[")[0]


def cases_of(tests: Iterable[str]) -> dict[Key, list[str]]:
    """Test ids by function."""
    found: dict[Key, list[str]] = {}
    for test in tests:
        found.setdefault(key_of(test), []).append(test)
    return found


def conftests_of(path: str) -> Iterator[str]:
    """The conftest.py files that a test file may get fixtures from, the nearest first."""
    parts = path.split("/")[:-1]
    for size in range(len(parts), -1, -1):
        yield "/".join([*parts[:size], "conftest.py"])


@dataclass(slots=True, kw_only=True)
class Heir:
    """A function of the head that may take the place of others.

    Attributes:
        key: Which.
        digest: See `syntax.body_digest`.
        subject: What it is about.
        room: How many checks more they make than it made on the base.
    """

    key: Key
    digest: str | None
    subject: Subject
    room: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a missing function asks of an heir."""

    absent: Absent
    digest: str | None
    words: frozenset[str]
    subject: Subject

    @property
    def cases(self) -> int:
        """How many of its cases are gone without a new one in their place."""
        return len(self.absent.tests) - self.absent.fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likeness:
    """How a missing function and an heir are alike: both have the same of something."""

    of_claim: Callable[[_Claim], object]
    of_heir: Callable[[Heir], object]
    is_same_test: bool = False


def _last(key: Key) -> str:
    return key[1].rpartition("::")[2]


#: From the surest likeness to none: who is surest takes first.
_LIKENESSES = (
    _Likeness(
        of_claim=lambda claim: claim.digest, of_heir=lambda heir: heir.digest, is_same_test=True
    ),
    _Likeness(
        of_claim=lambda claim: _last(claim.absent.here), of_heir=lambda heir: _last(heir.key)
    ),
    _Likeness(of_claim=lambda claim: claim.absent.here[0], of_heir=lambda heir: heir.key[0]),
    _Likeness(of_claim=lambda _: True, of_heir=lambda _: True),
)


@dataclass(slots=True, kw_only=True)
class Succession:
    """The missing tests of one change, judged together: nobody takes more places than it fills.

    Attributes:
        base: How the tests of the base ended.
        head: How those of the head ended.
        changes: Between them.
        sources: Texts.
        product: Paths of the product's files, on the base.
        codes: Parsed files, by side and path.
    """

    base: TestRun
    head: TestRun
    changes: Changes
    sources: Sources
    product: Iterable[str]
    codes: dict[tuple[bool, str], Code] = field(default_factory=dict)

    def code(self, path: str, *, is_head: bool) -> Code:
        """The code of a file of the head or of the base."""
        known = self.codes.get((is_head, path))
        if known is None:
            texts = self.sources.head if is_head else self.sources.base
            known = self.codes[is_head, path] = read_code(texts.get(path))
        return known

    def passes(self, key: Key) -> bool:
        """Whether a case of a function passes on the head."""
        return any(key_of(test) == key for test in self.head.passed)

    def left(self, missing: Iterable[Absent]) -> list[Absent]:
        """Those that no excuse covers."""
        own = frozenset(
            part for path in self.product for part in path.removesuffix(".py").split("/")
        )
        away = departed(self.changes, self.sources.base, self.sources.head)
        claims = [claim for each in missing if (claim := self._claim(each, away, own)) is not None]
        # Who asks most is served first: what is left is enough for the smaller ones.
        claims.sort(key=lambda claim: (-claim.cases * claim.subject.weight, claim.absent.key))
        heirs = list(self._heirs()) if claims else []
        for likeness in _LIKENESSES:
            claims = _unsettled(claims, heirs, likeness)
        return sorted((claim.absent for claim in claims), key=lambda each: each.key)

    def _claim(self, each: Absent, away: Departed, own: frozenset[str]) -> _Claim | None:
        """What a missing test asks of an heir; None where it went with its code."""
        path, name = each.key
        if self._is_by_product(each):
            return None
        subject = self._subject(each.key, is_head=False)
        if is_about(subject, away) is not None:
            return None
        gone = {thing.name.rpartition(".")[2] for thing in away.gone}
        tests = tuple(test for test in each.tests if gone.isdisjoint(_parameters(test)))
        if len(tests) <= each.fresh:
            return None
        return _Claim(
            absent=Absent(key=each.key, here=each.here, tests=tests, fresh=each.fresh),
            digest=self.code(path, is_head=False).digest(name),
            words=_needed(subject, own) - away.words,
            subject=subject,
        )

    def _is_by_product(self, each: Absent) -> bool:
        """Whether it is the check of a linter, or a doctest, in a file that was deleted."""
        path, name = each.key
        gone = {file.path for file in self.changes.files if file.kind is ChangeKind.DELETED}
        is_function = name in self.code(path, is_head=False).functions
        return path in gone and not is_function and "test" not in name.lower()

    def _subject(self, key: Key, *, is_head: bool) -> Subject:
        path, name = key
        find = partial(self.code, is_head=is_head)
        return subject_of(name, find(path), [find(near) for near in conftests_of(path)])

    def _heirs(self) -> Iterator[Heir]:
        back = {new: old for old, new in moved_paths(self.changes).items()}
        before = cases_of(self.base.passed)
        changed = {change.path for change in self.changes.touched_python}
        for key, tests in sorted(cases_of(self.head.passed).items()):
            if key[0] not in changed:
                continue
            old = back.get(key[0], key[0]), key[1]
            cases = len(before.get(old, ()))
            subject = self._subject(key, is_head=True)
            had = self._subject(old, is_head=False).weight * cases if cases else 0
            yield Heir(
                key=key,
                digest=self.code(key[0], is_head=True).digest(key[1]),
                subject=subject,
                room=len(tests) * subject.weight - had,
            )


def moved_paths(changes: Changes) -> dict[str, str]:
    """Where the files of the base are in the head, of those that were renamed."""
    kinds = (change for change in changes.files if change.kind is ChangeKind.RENAMED)
    return {change.old_path: change.path for change in kinds}


def _needed(subject: Subject, own: frozenset[str]) -> frozenset[str]:
    """Names of the product that a test uses: who takes its place must use them, too."""
    return frozenset(
        name.rpartition(".")[2] for name in subject.refers if name.split(".")[0] in own
    )


def _parameters(test: str) -> set[str]:
    return set(_TOKEN.findall(test.partition("[")[2]))


def _unsettled(
    claims: Iterable[_Claim], heirs: Iterable[Heir], likeness: _Likeness
) -> list[_Claim]:
    """The claims that no heir which is so alike can settle; the room of those that can shrinks."""
    groups: dict[object, list[Heir]] = {}
    for heir in heirs:
        groups.setdefault(likeness.of_heir(heir), []).append(heir)
    groups.pop(None, None)
    return [
        claim
        for claim in claims
        if not _is_taken(claim, groups.get(likeness.of_claim(claim), ()), likeness)
    ]


def _is_taken(claim: _Claim, heirs: Iterable[Heir], likeness: _Likeness) -> bool:
    for heir in heirs:
        # The same test elsewhere may get its helpers and fixtures from elsewhere, too.
        weight = claim.subject.weight
        if likeness.is_same_test:
            weight = min(weight, heir.subject.weight)
        asked = claim.cases * weight
        if heir.room >= asked and (likeness.is_same_test or _fits(claim, heir)):
            heir.room -= asked
            return True
    return False


def _fits(claim: _Claim, heir: Heir) -> bool:
    """Whether an heir is about what the missing test was about, and checks if that did."""
    checks = bool(heir.subject.strength) or not claim.subject.strength
    return checks and claim.words <= heir.subject.words
