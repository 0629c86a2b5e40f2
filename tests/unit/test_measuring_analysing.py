"""Each blob is analysed once; what is known is checked, and forgotten where it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from tests.conftest import use_only
from tests.shop import NAME, Shop

from coverage_gate import wiring
from coverage_gate.adapters.measure.analysis import (
    NOTHING_KNOWN,
    KnownFacts,
    StaticAnalysis,
    analyse,
)
from coverage_gate.adapters.measure.facts_codec import encode_facts, pack
from coverage_gate.adapters.measure.scope import is_candidate
from coverage_gate.clock import SystemClock
from coverage_gate.core.counting import StaticFile
from coverage_gate.measuring import analysing
from coverage_gate.measuring.analysing import Analyst, Question, differing, sampled, without
from coverage_gate.measuring.executing import Executor, kinds_of
from coverage_gate.ports import StoreError, TreeSource
from coverage_gate.scratch import private_folder
from coverage_gate.settings import load_settings
from coverage_gate.testing.fakes import RecordingProgress
from coverage_gate.testing.stores import MemoryStore

PRICE, TESTS = "src/shop/price.py", "tests/test_price.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a measurement of main asks, and what was answered: made once, not to be changed."""

    question: Question
    executor: Executor
    whole: StaticAnalysis
    store: MemoryStore


class Desk:
    """An analyst who knows main already, and what it was seen to ask the interpreter for."""

    def __init__(self, told: Told) -> None:
        self.question = told.question
        self.asked: list[set[str]] = []
        self.progress = RecordingProgress()
        self.store = MemoryStore(rows=told.store.rows.copy())

    def analyse(self, *args: object, known: KnownFacts, **options: object) -> StaticAnalysis:
        self.asked.append({*self.question.blobs} - {*known.counted, *known.aside})
        return analyse(*args, known=known, **options)  # type: ignore[arg-type]

    def analysis(
        self,
        question: Question | None = None,
        *,
        store: MemoryStore | None = None,
        percent: int = 0,
    ) -> StaticAnalysis:
        analyst = analyst_of(store or self.store, self.progress, percent)
        return analyst.analyse(question or self.question)

    def spoil(self, path: str) -> None:
        """What is kept of a file is of another one."""
        fact = encode_facts(StaticFile(path=path, blob="", is_listed=False, statements=2))
        for kind in "ca":
            facts = {f"{kind}:{self.question.blobs[path]}": fact}
            self.store.keep_facts(NAME, self.question.key, facts, at="9", since="")

    @contextmanager
    def rewritten(self, text: str) -> Iterator[Question]:
        """The question about another text of one file."""
        file = self.question.place.root / PRICE
        before = file.read_bytes()
        file.write_text(text)
        try:
            yield replace(self.question, blobs={**self.question.blobs, PRICE: "f" * 40})
        finally:
            file.write_bytes(before)


def analyst_of(store: MemoryStore, progress: RecordingProgress, percent: int = 0) -> Analyst:
    return Analyst(
        repository=NAME,
        store=store,
        clock=SystemClock(),
        progress=progress,
        timeout_s=100,
        check_percent=percent,
    )


@pytest.fixture(scope="module")
def told(prepared_shop: Shop) -> Iterator[Told]:
    tree = prepared_shop.git.git("rev-parse", "main^{tree}")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        wiring.open_workshop(repository=NAME, folder=prepared_shop.path) as workshop,
        private_folder() as folder,
    ):
        use_only(monkeypatch, prepared_shop.variables())
        measurer = workshop.measurer(load_settings())
        plan = measurer._plan(TreeSource(tree=tree, config_tree=tree))
        executor = measurer._executor()
        blobs = executor.export(plan, folder)
        view = measurer.view
        assert view is not None
        question = Question(
            plan=plan,
            place=executor._laid_out(plan, folder, ""),
            blobs={path: blob for path, blob in blobs.items() if is_candidate(path)},
            layout=kinds_of(view.list_tree(tree)),
        )
        store = MemoryStore()
        whole = analyst_of(store, RecordingProgress()).analyse(question)
        yield Told(question=question, executor=executor, whole=whole, store=store)


@pytest.fixture
def desk(told: Told, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(told)
    monkeypatch.setattr(analysing, "analyse", desk.analyse)
    return desk


def test_a_tree_that_is_known_starts_no_interpreter(desk: Desk, told: Told) -> None:
    assert desk.analysis() == told.whole
    assert desk.asked == []
    assert PRICE in told.whole.paths
    assert TESTS in {file.path for file in told.whole.aside}


def test_what_is_known_is_read_some_files_at_a_time(
    desk: Desk, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysing, "_AT_ONCE", 2)
    assert len(told.question.blobs) > 2
    assert desk.analysis() == told.whole
    assert desk.asked == []


def test_only_new_bytes_are_analysed(desk: Desk, told: Told) -> None:
    with desk.rewritten("x = 1\n\n\ny = 2\n") as question:
        static = desk.analysis(question)
    assert desk.asked == [{PRICE}]
    (price,) = (file for file in static.files if file.path == PRICE)
    assert price.statements == 0b10010
    assert static.paths == told.whole.paths
    assert [file for file in static.files if file.path != PRICE] == [
        file for file in told.whole.files if file.path != PRICE
    ]


def test_a_file_that_is_no_python_is_tried_each_time(desk: Desk) -> None:
    with desk.rewritten("print 'x'\n") as question:
        broken = [desk.analysis(question).broken for _ in range(2)]
    assert desk.asked == [{PRICE}, {PRICE}]
    assert broken[0] == broken[1]
    assert [file.path for file in broken[0]] == [PRICE]


def test_another_layout_is_scoped_anew(desk: Desk) -> None:
    desk.analysis(replace(desk.question, layout=[*desk.question.layout, "100644 src/new.txt "]))
    assert desk.asked == [set()]


@pytest.mark.parametrize(
    "name", ["version", "coverage_version", "implementation", "fingerprint", "path"]
)
def test_another_interpreter_is_asked_anew(told: Told, name: str) -> None:
    plan = told.question.plan
    value = plan.interpreter.path.parent if name == "path" else "another"
    other = replace(plan, interpreter=replace(plan.interpreter, **{name: value}))  # type: ignore[arg-type]
    asked = replace(told.question, plan=other)
    # Which files are in scope is asked of each environment, what they say of each version.
    assert (asked.scope_name, asked.key) != (told.question.scope_name, told.question.key)


def test_the_configuration_is_in_the_key_and_the_place_is_not(told: Told) -> None:
    question = told.question
    with private_folder() as folder:
        place = told.executor._laid_out(question.plan, folder, "")
        elsewhere = replace(question, place=place)
        assert place.rc.read_text() != question.place.rc.read_text()
        assert elsewhere.key == question.key
        place.rc.write_text(f"{place.rc.read_text()}\n# another\n")
        assert elsewhere.key != question.key


def test_what_is_wrong_is_told_audited_and_analysed_anew(desk: Desk, told: Told) -> None:
    desk.spoil(PRICE)
    assert desk.analysis(percent=100) == told.whole
    assert f"ALARM: what is kept of {PRICE} is not what the file says" in desk.progress.heard[0]
    assert [row.action for row in desk.store.audits(NAME, limit=9)] == ["facts-forgotten"]
    # Asked to check, then for everything; what is kept now is right.
    assert desk.asked == [{*desk.question.blobs}] * 2
    assert desk.analysis() == told.whole
    assert len(desk.asked) == 2


def test_what_is_right_passes_each_check(desk: Desk, told: Told) -> None:
    assert desk.analysis(percent=100) == told.whole
    assert (desk.asked, desk.progress.heard) == ([{*desk.question.blobs}], [])


class Unreadable(MemoryStore):
    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        del repository, key, names
        raise StoreError("is gone")


class Full(MemoryStore):
    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        del repository, key, facts, at, since
        raise StoreError("is full")

    def forget_facts(self, repository: str) -> None:
        del repository
        raise StoreError("is locked")


@pytest.mark.parametrize(("store", "word"), [(Unreadable(), "is gone"), (Full(), "is full")])
def test_a_store_that_cannot_be_used_changes_nothing(
    desk: Desk, told: Told, store: MemoryStore, word: str
) -> None:
    assert desk.analysis(store=store) == told.whole
    assert word in desk.progress.heard[0]


def test_an_alarm_that_cannot_be_kept_is_told(desk: Desk, told: Told) -> None:
    desk.spoil(PRICE)
    assert desk.analysis(store=Full(rows=desk.store.rows), percent=100) == told.whole
    assert desk.progress.heard[1:] == [
        "the alarm is not kept: is locked",
        "what the source says is not kept: is full",
    ]


FILE = StaticFile(path="a.py", blob="b", is_listed=False, statements=6)


def test_a_share_of_what_is_known_is_checked_each_time_another_one() -> None:
    paths = [f"{number}.py" for number in range(1_000)]
    known = KnownFacts(counted=dict.fromkeys(paths, FILE))
    one, other = sampled(known, "one", 10), sampled(known, "other", 10)
    assert 50 < len(one) < 200
    assert one != other
    assert sampled(known, "one", 100) == sorted(paths)
    assert sampled(known, "one", 0) == sampled(NOTHING_KNOWN, "one", 100) == []


def test_what_is_checked_is_not_known() -> None:
    known = KnownFacts(counted={"a.py": FILE, "b.py": FILE}, aside={"a.py": FILE, "c.py": FILE})
    left = without(known, ["a.py"])
    assert (list(left.counted), list(left.aside)) == (["b.py"], ["c.py"])


def test_facts_differ_by_all_but_whether_they_are_listed() -> None:
    known = KnownFacts(counted={"a.py": FILE}, aside={"c.py": FILE})
    static = StaticAnalysis(
        python="3.11.7",
        coverage="7.17.3",
        has_c_tracer=True,
        files=(replace(FILE, is_listed=True),),
        broken=(),
        aside=(replace(FILE, path="c.py", statements=2),),
    )
    assert differing(["a.py", "b.py", "c.py"], known, static) == ["c.py"]


@pytest.mark.parametrize("payload", [None, b"", pack(["3", "7", True, "LL"]), pack({})])
def test_a_scope_that_does_not_fit_is_none(payload: bytes | None) -> None:
    assert analysing.header_from(payload, ["a.py"]) is None
