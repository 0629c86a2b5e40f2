"""Each blob is analysed once; what is known is checked, and forgotten where it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import pytest
from tests.shop import NAME, Shop

from coverage_gate import wiring
from coverage_gate.adapters.measure.analysis import (
    NOTHING_KNOWN,
    KnownFacts,
    StaticAnalysis,
    analyse,
    is_candidate,
)
from coverage_gate.adapters.measure.facts_codec import encode_facts, pack
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


class Desk:
    """An analyst, and what it was seen to ask the interpreter for."""

    def __init__(
        self, question: Question, executor: Executor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.question = question
        self.executor = executor
        self.asked: list[set[str]] = []
        self.progress = RecordingProgress()
        self.analyst = Analyst(
            repository=NAME,
            store=MemoryStore(),
            clock=SystemClock(),
            progress=self.progress,
            timeout_s=100,
            check_percent=0,
        )
        monkeypatch.setattr(analysing, "analyse", self._analyse)

    def _analyse(self, *args: object, known: KnownFacts, **options: object) -> StaticAnalysis:
        self.asked.append({*self.question.blobs} - {*known.counted, *known.aside})
        return analyse(*args, known=known, **options)  # type: ignore[arg-type]

    def analysis(self, question: Question | None = None, **changes: object) -> StaticAnalysis:
        analyst = replace(self.analyst, **changes)  # type: ignore[arg-type]
        return analyst.analyse(question or self.question)

    def spoil(self, path: str) -> None:
        """What is kept of a file is of another one."""
        fact = encode_facts(StaticFile(path=path, blob="", is_listed=False, statements=2))
        for kind in "ca":
            facts = {f"{kind}:{self.question.blobs[path]}": fact}
            self.analyst.store.keep_facts(NAME, self.question.key, facts, at="9", since="")


@pytest.fixture
def desk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The question that a measurement of main asks."""
    tree = shop.git.git("rev-parse", "main^{tree}")
    with (
        wiring.open_workshop(repository=NAME, folder=shop.path) as workshop,
        private_folder() as folder,
    ):
        measurer = workshop.measurer(load_settings())
        plan = measurer._plan(TreeSource(tree=tree, config_tree=tree))
        executor = measurer._executor()
        blobs = executor.export(plan, folder)
        place = executor._laid_out(plan, folder, "")
        view = measurer.view
        assert view is not None
        question = Question(
            plan=plan,
            place=place,
            blobs={path: blob for path, blob in blobs.items() if is_candidate(path)},
            layout=kinds_of(view.list_tree(tree)),
        )
        yield Desk(question, executor, monkeypatch)


def test_a_tree_that_is_known_starts_no_interpreter(desk: Desk) -> None:
    first, second = desk.analysis(), desk.analysis()
    assert first == second
    assert desk.asked == [{*desk.question.blobs}]
    assert PRICE in first.paths
    assert TESTS in {file.path for file in first.aside}


def test_only_new_bytes_are_analysed(desk: Desk) -> None:
    whole = desk.analysis()
    (desk.question.place.root / PRICE).write_text("x = 1\n\n\ny = 2\n")
    changed = replace(desk.question, blobs={**desk.question.blobs, PRICE: "f" * 40})
    static = desk.analysis(changed)
    assert desk.asked[1:] == [{PRICE}]
    (price,) = (file for file in static.files if file.path == PRICE)
    assert price.statements == 0b10010
    assert static.paths == whole.paths
    assert [file for file in static.files if file.path != PRICE] == [
        file for file in whole.files if file.path != PRICE
    ]


def test_a_file_that_is_no_python_is_tried_each_time(desk: Desk) -> None:
    desk.analysis()
    (desk.question.place.root / PRICE).write_text("print 'x'\n")
    changed = replace(desk.question, blobs={**desk.question.blobs, PRICE: "f" * 40})
    broken = [desk.analysis(changed).broken for _ in range(2)]
    assert desk.asked[1:] == [{PRICE}, {PRICE}]
    assert broken[0] == broken[1]
    assert [file.path for file in broken[0]] == [PRICE]


def test_another_layout_is_scoped_anew(desk: Desk) -> None:
    desk.analysis()
    desk.analysis(replace(desk.question, layout=[*desk.question.layout, "100644 src/new.txt "]))
    assert desk.asked[1:] == [set()]


@pytest.mark.parametrize(
    "name", ["version", "coverage_version", "implementation", "fingerprint", "path"]
)
def test_another_interpreter_is_asked_anew(desk: Desk, name: str) -> None:
    plan = desk.question.plan
    value = plan.interpreter.path.parent if name == "path" else "another"
    other = replace(plan, interpreter=replace(plan.interpreter, **{name: value}))  # type: ignore[arg-type]
    asked = replace(desk.question, plan=other)
    # Which files are in scope is asked of each environment, what they say of each version.
    assert asked.scope_name != desk.question.scope_name or asked.key != desk.question.key


def test_the_configuration_is_in_the_key_and_the_place_is_not(desk: Desk) -> None:
    question, executor = desk.question, desk.executor
    with private_folder() as folder:
        elsewhere = replace(question, place=executor._laid_out(question.plan, folder, ""))
        assert elsewhere.place.rc.read_text() != question.place.rc.read_text()
        assert elsewhere.key == question.key
    before, rc = question.key, question.place.rc
    rc.write_text(f"{rc.read_text()}\n# another\n")
    assert question.key != before


def test_what_is_wrong_is_told_audited_and_analysed_anew(desk: Desk) -> None:
    whole = desk.analysis()
    desk.spoil(PRICE)
    assert desk.analysis(check_percent=100) == whole
    assert f"ALARM: what is kept of {PRICE} is not what the file says" in desk.progress.heard[0]
    assert [row.action for row in desk.analyst.store.audits(NAME, limit=9)] == ["facts-forgotten"]
    # Asked to check, then for everything; what is kept now is right.
    assert desk.asked[1:] == [{*desk.question.blobs}] * 2
    assert desk.analysis() == whole
    assert len(desk.asked) == 3


def test_what_is_right_passes_each_check(desk: Desk) -> None:
    whole = desk.analysis()
    assert desk.analysis(check_percent=100) == whole
    assert desk.progress.heard == []


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
    desk: Desk, store: MemoryStore, word: str
) -> None:
    assert desk.analysis(store=store) == desk.analysis()
    assert word in desk.progress.heard[0]


def test_an_alarm_that_cannot_be_kept_is_told(desk: Desk) -> None:
    whole = desk.analysis()
    desk.spoil(PRICE)
    kept = desk.analyst.store
    assert isinstance(kept, MemoryStore)
    assert desk.analysis(store=Full(rows=kept.rows), check_percent=100) == whole
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
