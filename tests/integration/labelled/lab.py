"""Judges labelled changes for real: git compares, coverage.py's parser tells the statements."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from coverage import Coverage
from tests.integration.labelled.change import Change, Sources

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.analysis_answer import file_of
from coverage_gate.adapters.measure.isolated.facts import facts_of
from coverage_gate.adapters.measure.isolated.failures import expected_errors
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.counting import RawFile, StaticFile, combine
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.flaky import FlakyLine, carried
from coverage_gate.core.linebits import bits_of, lines_of
from coverage_gate.core.measurement import Arc, FileCoverage, Kind, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.verdict import Verdict
from coverage_gate.settings.values import read_targets
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.testing.values import covered, landing, measurement

SCOPE = "src/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Where changes are judged.

    Attributes:
        view: The repository that holds all of them.
        folder: Where sources are written to be analysed.
        trees: Name of a change and side → git tree id.
        known: Evidence by the name of its change, since several tests look at each.
    """

    view: GitView
    folder: Path
    trees: Mapping[tuple[str, str], str]
    known: dict[str, Evidence] = field(default_factory=dict, repr=False)

    def evidence(self, change: Change) -> Evidence:
        """What a change is judged by."""
        if change.name not in self.known:
            self.known[change.name] = self._evidence(change)
        return self.known[change.name]

    def _evidence(self, change: Change) -> Evidence:
        base = self._measure(change, change.base, "base")
        head = self._measure(change, texts_of_head(change), "head")
        rate = base.counts.rate if change.stored is None else Fraction(change.stored) / 100
        trees = self.trees[change.name, "base"], self.trees[change.name, "head"]
        diff = self.view.diff(*trees)
        return Evidence(
            policy=_policy(change),
            landing=landing(),
            changes=self.view.changes(*trees),
            head=head,
            base=base,
            baseline=_baseline(rate),
            diff=diff,
            flaky=carried(_flaky(change, base), diff, head),
        )

    def judge(self, change: Change) -> Verdict:
        """The verdict on a change."""
        return decide(self.evidence(change))

    def _measure(self, change: Change, sources: Sources, side: str) -> Measurement:
        blobs = {
            entry.path: entry.blob for entry in self.view.list_tree(self.trees[change.name, side])
        }
        measured = (
            self._count(path, blobs[path], text, change)
            for path, text in sources.items()
            if path.startswith(SCOPE)
        )
        rest = covered(*change.rest, path="rest.py")
        kind = Kind(core="ctrace", python="3.11", branch=change.branch)
        files = [file for file in measured if file is not None]
        return measurement(*files, rest, kind=kind)

    def _count(self, path: str, blob: str, text: str, change: Change) -> FileCoverage | None:
        source = self.folder / "source.py"
        source.write_bytes(source_of(text))
        session = Coverage(data_file=None, config_file=False, branch=change.branch)
        if change.bare:
            session.clear_exclude()
            session.exclude("pragma: no cover")
        for pattern in change.exclude:
            session.exclude(pattern)
        try:
            facts = facts_of(session.config, str(source.resolve()))
        except expected_errors():
            return None
        static = file_of({"path": path, **_plain(facts)}, path=path, blob=blob, is_listed=True)
        assert isinstance(static, StaticFile)
        marks = dict(enumerate((line[:1] for line in _lines(text)), start=1))
        ran = bits_of(line for line in lines_of(static.statements) if marks[line] != "!")
        ran |= bits_of(line for line in lines_of(static.withheld.statements) if marks[line] == "+")
        arcs = frozenset(_taken(static.branches, marks))
        return combine(static, RawFile(lines=ran, arcs=arcs), branch=change.branch)


def _lines(text: str) -> list[str]:
    """Lines as Python sees them; a carriage return of a line end is none of its own."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def source_of(text: str) -> bytes:
    """A source without its marks."""
    parts = text.replace("\r\n", "\n").replace("\r", "\n\r").split("\n")
    plain = "\n".join(part[2:] if part[:1] == "\r" else part[1:] for part in parts)
    joined = "".join(
        ("\r" if part[:1] == "\r" else "\n" if number else "") + line
        for number, (part, line) in enumerate(zip(parts, plain.split("\n"), strict=True))
    )
    return (joined.replace("\n", "\r\n") if "\r\n" in text else joined).encode()


def texts_of_head(change: Change) -> Sources:
    """The marked sources after the change."""
    return {path: change.head_text(text) for path, text in change.head.items()}


def _taken(branches: Iterable[Arc], marks: Mapping[int, str]) -> Iterator[Arc]:
    for line, target in branches:
        ends = sorted(end for start, end in branches if start == line)
        nearest = next((end for end in ends if end > line), None)
        wanted = {">": target == nearest, "<": target != nearest}.get(marks[line], True)
        if wanted and marks[line] != "!" and marks.get(target) != "!":
            yield line, target


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as they come over the wire: lists for tuples."""
    return {key: _listed(value) for key, value in facts.items()}


def _listed(value: object) -> object:
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value


def _policy(change: Change) -> Policy:
    if change.rules is None:
        return Policy()
    return Policy(
        rules=frozenset(RuleName(name) for name in change.rules.split(",") if name),
        targets=read_targets(change.targets),
    )


def _flaky(change: Change, base: Measurement) -> list[FlakyLine]:
    blobs = {file.path: file.blob for file in base.files}
    places = (place.split(":") for place in change.flaky)
    return [
        FlakyLine(tree="base", unit=Unit(path=path, line=int(line)), blob=blobs[path])
        for path, line in places
    ]


def _baseline(rate: Fraction | None) -> Baseline | None:
    if rate is None:
        return None
    key = BaselineKey(repository="lab")
    return Baseline(key=key, epoch=1, rate=rate, counts=None, sha="", updated_at="")


def build(changes: Iterable[Change], repo: RepositoryBuilder) -> dict[tuple[str, str], str]:
    """Write all changes into one repository at once; name and side → tree."""
    sides = [
        (change.name, side, sources)
        for change in changes
        for side, sources in (("base", change.base), ("head", texts_of_head(change)))
    ]
    stream = b"".join(_commit(number, side[2]) for number, side in enumerate(sides))
    command = ["git", f"--git-dir={repo.git_dir}", "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True)
    refs = repo.git("for-each-ref", "--format=%(refname:lstrip=2) %(tree)", "refs/heads/side*")
    trees = dict(line.split(" ") for line in refs.splitlines())
    return {(name, side): trees[f"side{number}"] for number, (name, side, _) in enumerate(sides)}


def _commit(number: int, sources: Sources) -> bytes:
    head = f"commit refs/heads/side{number}\ncommitter A <a@example.invalid> 0 +0000\ndata 0\n"
    files = (
        b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)
        for path, content in ((path, source_of(text)) for path, text in sources.items())
    )
    return head.encode() + b"".join(files) + b"\n"


def at_most(verdict: Verdict, rule: str) -> str:
    """The outcome of a rule, "none" where it did not judge."""
    return next((str(found.outcome) for found in verdict.rules if found.rule == rule), "none")


def reordered(evidence: Evidence) -> Evidence:
    """The same evidence with its files and diffs in another order."""
    diff = evidence.diff
    return replace(
        evidence,
        diff=None if diff is None else tuple(reversed(diff)),
        head=replace(evidence.head, files=tuple(reversed(evidence.head.files))),
    )
