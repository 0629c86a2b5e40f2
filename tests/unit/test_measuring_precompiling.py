"""Bytecode is made once for each blob, lies beside the sources, and is left out where in doubt."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from tests.conftest import use_only
from tests.shop import NAME, Shop

from coverage_gate import wiring
from coverage_gate.adapters.measure.bytecode import Bytecode, Order, make
from coverage_gate.clock import SystemClock
from coverage_gate.core.measurement import Measurement
from coverage_gate.measuring import precompiling
from coverage_gate.measuring.bench import Plan
from coverage_gate.measuring.precompiling import (
    PASS_HOOK,
    Precompiler,
    is_rewritten,
    key_of,
    packed,
    unpacked,
    wanted,
)
from coverage_gate.ports import StoreError, TreeSource
from coverage_gate.settings import load_settings
from coverage_gate.testing.fakes import FixedClock, RecordingProgress
from coverage_gate.testing.stores import MemoryStore

MADE = Bytecode(tail=".made.pyc", content=b"\n1\n2")
HOOK = replace(MADE, is_transformer=True)


@dataclass
class Interpreter:
    """Stands for the one that compiles, and writes down what it was asked for."""

    orders: list[Order] = field(default_factory=list)
    made: dict[str, Bytecode] = field(default_factory=dict)
    places: dict[str, Bytecode] = field(default_factory=dict)

    def make(
        self, python: Path, root: Path, order: Order, *, timeout_s: float
    ) -> dict[str, Bytecode]:
        del python, root
        assert timeout_s == 7
        if order.paths:
            self.orders.append(order)
        placed = {path: self.places[path] for path in order.placed if path in self.places}
        return placed | {
            path: self.made.get(path, MADE) for path in (*order.plain, *order.rewritten)
        }


@pytest.fixture(scope="module")
def plan(prepared_shop: Shop) -> Iterator[Plan]:
    tree = prepared_shop.git.git("rev-parse", "main^{tree}")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        wiring.open_workshop(repository=NAME, folder=prepared_shop.path) as workshop,
    ):
        use_only(monkeypatch, prepared_shop.variables())
        measurer = workshop.measurer(load_settings())
        yield measurer._plan(TreeSource(tree=tree, config_tree=tree))


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    interpreter = Interpreter()
    monkeypatch.setattr(precompiling, "make", interpreter.make)
    return interpreter


class FullStore(MemoryStore):
    """Has nothing and takes nothing."""

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        del repository, key, facts, at, since
        raise StoreError("found no room")


def precompiler(store: MemoryStore | None = None) -> Precompiler:
    return Precompiler(
        repository=NAME,
        store=store or MemoryStore(),
        clock=SystemClock(),
        progress=RecordingProgress(),
        timeout_s=7,
    )


def export(root: Path, names: Collection[str]) -> dict[str, str]:
    """Files of these names, each with its own content. Path → a blob id."""
    for name in names:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"# {name}\n")
    return {name: f"blob-{name}" for name in names}


def found_in(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.pyc")}


def many(count: int = 20) -> list[str]:
    return [f"tests/test_{number}.py" for number in range(count)]


def test_it_lies_where_python_looks(plan: Plan, tmp_path: Path, interpreter: Interpreter) -> None:
    blobs = export(tmp_path, ["src/a.py", "top.py", "data.txt", "run.pyw", *many()])
    precompiler().fill(plan, tmp_path, blobs)
    found = found_in(tmp_path)
    assert {"src/__pycache__/a.made.pyc", "__pycache__/top.made.pyc"} < found.keys()
    assert "tests/__pycache__/test_7.made.pyc" in found
    assert {*found.values()} == {MADE.content}
    assert len(found) == 22
    (order,) = interpreter.orders
    assert order.plain == ["src/a.py", "top.py"]
    assert order.rewritten == many()
    folder = (tmp_path / "src/__pycache__").stat()
    assert (folder.st_mode & 0o777, os.umask(os.umask(0o022))) == (0o755, 0o022)


def test_a_folder_of_samples_stays_as_it_is(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    """Else a suite that lists it would find `__pycache__` there, as in no checkout."""
    del interpreter
    modules = ["src/shop/__init__.py", "src/shop/cart.py", "tests/__init__.py", "tests/cases.py"]
    samples = ["src/shop/new/app.py", "tests/data/a.py", "tests/data/pack/__init__.py", "x/y.py"]
    precompiler().fill(plan, tmp_path, export(tmp_path, [*modules, *samples, *many()]))
    assert {place.parent.name for place in tmp_path.rglob("__pycache__")} == {"shop", "tests"}
    assert {each.rpartition("/")[2].partition(".")[0] for each in found_in(tmp_path)} > {
        *("__init__", "cart", "cases", "test_0")
    }


def test_each_blob_is_compiled_once(plan: Plan, tmp_path: Path, interpreter: Interpreter) -> None:
    store = MemoryStore()
    blobs = export(tmp_path / "first", ["a.py", *many()])
    precompiler(store).fill(plan, tmp_path / "first", blobs)
    more = export(tmp_path / "second", ["a.py", "new.py", *many()])
    precompiler(store).fill(plan, tmp_path / "second", more)
    assert [each.plain for each in interpreter.orders] == [["a.py"], ["new.py"]]
    assert found_in(tmp_path / "second").keys() > found_in(tmp_path / "first").keys()


def test_few_new_tests_are_not_worth_loading_pytest(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    precompiler().fill(plan, tmp_path, export(tmp_path, ["a.py", *many(19)]))
    (order,) = interpreter.orders
    assert (order.plain, order.rewritten) == (["a.py"], [])
    assert list(found_in(tmp_path)) == ["__pycache__/a.made.pyc"]


def test_what_has_no_bytecode_is_not_tried_again(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    store, interpreter.made = MemoryStore(), {"a.py": Bytecode()}
    for name in ("first", "second"):
        precompiler(store).fill(plan, tmp_path / name, export(tmp_path / name, ["a.py"]))
    assert len(interpreter.orders) == 1
    assert found_in(tmp_path) == {}


def test_code_without_a_place_gets_one_in_each_export(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    nowhere = replace(MADE, needs_place=True)
    interpreter.made = {"tests/test_3.py": nowhere, "tests/test_4.py": nowhere}
    interpreter.places = {"tests/test_3.py": replace(MADE, content=b"here")}
    store = MemoryStore()
    for name in ("first", "second"):
        root = tmp_path / name
        precompiler(store).fill(plan, root, export(root, many()))
        found = found_in(root)
        assert found["tests/__pycache__/test_3.made.pyc"] == b"here"
        assert "tests/__pycache__/test_4.made.pyc" not in found, "none was told"
    assert [len(each.placed) for each in interpreter.orders] == [0, 2, 2]


def test_a_tree_that_compiles_in_its_own_way_gets_none(
    plan: Plan, tmp_path: Path, interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precompiling, "_AT_ONCE", 2)
    interpreter.made = {"d.py": HOOK}
    precompiler().fill(plan, tmp_path, export(tmp_path, ["a.py", "b.py", "c.py", "d.py", "e.py"]))
    assert found_in(tmp_path) == {}


@pytest.mark.parametrize(
    "hook",
    [
        "def source_to_code(self, data, path): ...",
        "import importlib\ndef get_data(self, path): ...",
    ],
)
@pytest.mark.parametrize("place", ["conftest.py", "tests/test_hook.py", "warns.py"])
def test_so_does_one_that_says_so_where_nothing_was_compiled(
    plan: Plan, tmp_path: Path, interpreter: Interpreter, place: str, hook: str
) -> None:
    interpreter.made = {"warns.py": Bytecode()}
    blobs = export(tmp_path, ["a.py", "conftest.py", "warns.py", "tests/test_hook.py"])
    precompiler().fill(plan, tmp_path, blobs)
    assert list(found_in(tmp_path)) == ["__pycache__/a.made.pyc"]
    (tmp_path / place).write_text(hook)
    precompiler().fill(plan, tmp_path, blobs)
    assert found_in(tmp_path) == {}


def test_no_more_is_begun_when_the_time_is_over(
    plan: Plan, tmp_path: Path, interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a tree of 200,000 files would take 200 times the time of a run."""
    monkeypatch.setattr(precompiling, "_AT_ONCE", 1)
    blobs = export(tmp_path, ["a.py", "b.py", "c.py", "d.py"])
    replace(precompiler(), clock=Hasty()).fill(plan, tmp_path, blobs)
    assert [each.plain for each in interpreter.orders] == [["a.py"], ["b.py"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hasty(FixedClock):
    """Each look at it takes three seconds."""

    looks: Iterator[int] = field(default_factory=partial(count, 0, 3))

    def monotonic(self) -> float:
        return next(self.looks)


def test_no_store_no_bytecode_and_no_harm(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    del interpreter
    busy = precompiler(FullStore())
    busy.fill(plan, tmp_path, export(tmp_path, ["a.py"]))
    assert isinstance(busy.progress, RecordingProgress)
    assert busy.progress.heard == ["the tests start without bytecode: found no room"]


def test_a_place_that_is_taken_is_no_harm(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    del interpreter
    blobs = export(tmp_path, ["a.py"])
    (tmp_path / "__pycache__").write_text("a file\n")
    busy = precompiler()
    busy.fill(plan, tmp_path, blobs)
    assert isinstance(busy.progress, RecordingProgress)
    (heard,) = busy.progress.heard
    assert heard.startswith("the tests start without bytecode: ")


def test_what_is_kept_comes_back() -> None:
    for each in (MADE, HOOK, Bytecode(), replace(MADE, needs_place=True)):
        assert unpacked(packed(each)) == each
    assert unpacked(b"") is None
    assert unpacked(packed(MADE)[:-5]) is None


def test_what_cannot_be_read_is_made_again(
    plan: Plan, tmp_path: Path, interpreter: Interpreter
) -> None:
    store, blobs = MemoryStore(), export(tmp_path, ["a.py"])
    facts = {"b:blob-a.py": b"spoilt"}
    store.keep_facts(NAME, key_of(plan), facts, at="2026", since="")
    precompiler(store).fill(plan, tmp_path, blobs)
    assert [each.plain for each in interpreter.orders] == [["a.py"]]
    assert store.load_facts(NAME, key_of(plan), ["b:blob-a.py"]) == {"b:blob-a.py": packed(MADE)}


@pytest.mark.parametrize("name", ["conftest.py", "tests/test_a.py", "src/a_test.py"])
def test_pytest_rewrites_tests_and_conftests(name: str) -> None:
    assert is_rewritten(name)
    assert not is_rewritten(f"{name}/a.py")


def test_another_command_rewrites_nothing(plan: Plan, tmp_path: Path) -> None:
    other = replace(plan, command=replace(plan.command, name="unittest"))
    assert wanted(other, tmp_path, {"test_a.py": "1"}) == {"test_a.py": "b:1"}
    assert wanted(plan, tmp_path, {"test_a.py": "1"}) == {"test_a.py": "p:1"}


def test_who_hears_of_passing_assertions_has_other_tests(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "tox.ini").write_text(f"[pytest]\n{PASS_HOOK} = true\n")
    blobs = {"test_a.py": "1", "a.py": "2"}
    assert wanted(plan, tmp_path, {**blobs, "tox.ini": "3"}) == {"a.py": "b:2"}
    for changed in (
        replace(plan, command=replace(plan.command, args=("-o", f"{PASS_HOOK}=true"))),
        replace(plan, trusted=replace(plan.trusted, arguments=("-o", f"{PASS_HOOK}=true"))),
    ):
        assert wanted(changed, tmp_path, blobs) == {"a.py": "b:2"}


def test_another_interpreter_has_another_key(plan: Plan) -> None:
    own = plan.interpreter
    others = (
        replace(own, version="3.11.99"),
        replace(own, implementation="other"),
        replace(own, pytest_version="0"),
        replace(own, path=Path("/elsewhere")),
    )
    keys = {key_of(replace(plan, interpreter=each)) for each in (own, *others)}
    assert len(keys) == 5


def test_the_numbers_are_the_same_with_it(founded: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real runs: without, with bytecode that is made now, and with what was kept."""
    tree = founded.git.git("rev-parse", "main^{tree}")
    fill, write, orders = Precompiler.fill, precompiling.write, Orders(make)
    written: list[str] = []

    def noted(root: Path, path: str, made: Bytecode) -> Path:
        written.append(path)
        return write(root, path, made)

    monkeypatch.setattr(precompiling, "_WORTH_IT", 1)
    monkeypatch.setattr(precompiling, "make", orders.make)
    monkeypatch.setattr(precompiling, "write", noted)
    measured = []
    for filled in (lambda *_: None, fill, fill):
        monkeypatch.setattr(Precompiler, "fill", filled)
        with wiring.open_workshop(repository=NAME, folder=founded.path) as workshop:
            measurer = workshop.measurer(load_settings())
            measured.append(measurer.measure(TreeSource(tree=tree, config_tree=tree), fresh=True))
    assert isinstance(measured[0], Measurement)
    assert measured[0] == measured[1] == measured[2]
    assert orders.sizes == [1], "the one test; the others were made when main was measured"
    assert len(written) == 2 * len(set(written)), "and used twice"
    assert {"src/shop/price.py", "tests/test_price.py"} <= {*written}


@dataclass
class Orders:
    """How many files were compiled, each time that any were."""

    real: Callable[..., dict[str, Bytecode]]
    sizes: list[int] = field(default_factory=list)

    def make(self, python: Path, root: Path, order: Order, **options: float) -> dict[str, Bytecode]:
        self.sizes += [len(order.paths)] if order.paths else []
        return self.real(python, root, order, **options)
