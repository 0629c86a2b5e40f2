"""What the script answers: the bytecode that Python and pytest would have made."""

from __future__ import annotations

import base64
import importlib
import importlib.util
import io
import json
import marshal
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace

import pytest

from coverage_gate.adapters.measure.bytecode import Bytecode, Order, make
from coverage_gate.adapters.measure.isolated import precompile

Answer = dict[str, dict[str, object]]

PRICE = "def price(net):\n    return net + 1\n"
TEST = "from price import price\n\n\ndef test_price():\n    assert price(1) == 2\n"
WRONG = "def test_wrong():\n    seven = 7\n    assert seven == 8\n"
EMPTY: dict[str, object] = {"plain": [], "rewritten": [], "placed": {}}
RENAMED = ".cpython-0-pytest-0.pyc"


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """The script lowers the limits of its process, which is ours here."""
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU)
    before = {kind: resource.getrlimit(kind) for kind in kinds}
    yield
    for kind, limit in before.items():
        resource.setrlimit(kind, limit)


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    precompile.pytest_rewriting.cache_clear()
    yield
    precompile.pytest_rewriting.cache_clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"price.py": PRICE, "test_price.py": TEST, "test_wrong.py": WRONG}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def answer_of(root: Path, **asked: object) -> Answer:
    out = io.StringIO()
    request = io.StringIO(json.dumps({**EMPTY, **asked}))
    assert precompile.main([str(root), "0", "0"], request, out) == 0
    return {each["path"]: each for each in map(json.loads, out.getvalue().splitlines())}


def code_in(told: dict[str, object]) -> CodeType:
    content = base64.b64decode(str(told["code"]))
    code = marshal.loads(content[precompile.HEADER_BYTES :])  # noqa: S302 - made here
    assert isinstance(code, CodeType)
    return code


def put(root: Path, path: str, told: dict[str, object]) -> None:
    """Where Python looks for it."""
    folder = root / "__pycache__"
    folder.mkdir(exist_ok=True)
    content = base64.b64decode(str(told["code"]))
    (folder / f"{Path(path).stem}{told['tail']}").write_bytes(content)


def python(root: Path, *words: str) -> str:
    command = [sys.executable, "-B", *words]
    env = {"PATH": os.defpath, "HOME": str(root)}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def older_pytest(accepts: Callable[[bytes], bool], *, moves: bool) -> ModuleType:
    """A stand-in for pytest's module of another version, with the real one's rewriting."""
    real = importlib.import_module("_pytest.assertion.rewrite")
    module = ModuleType("_pytest.assertion.rewrite")

    def read(source: Path, place: Path) -> CodeType | None:
        content = place.read_bytes()
        if not accepts(content[4:8]):
            return None
        code = marshal.loads(content[precompile.HEADER_BYTES :])  # noqa: S302 - made here
        assert isinstance(code, CodeType)
        return code.replace(co_filename=str(source)) if moves else code

    vars(module).update(PYC_TAIL=RENAMED, rewrite_asserts=real.rewrite_asserts, _read_pyc=read)
    return module


def use(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    monkeypatch.setattr(precompile, "pytest_rewriting", lambda: module)


def test_python_takes_what_is_made(root: Path) -> None:
    told = answer_of(root, plain=["price.py"])["price.py"]
    put(root, "price.py", told)
    said = python(root, "-v", "-c", "import price; print(price.price.__code__.co_filename)")
    assert f"matches {root / 'price.py'}" in said
    assert said.startswith(f"{root / 'price.py'}\n")
    assert told.keys() == {"path", "tail", "code"}


def test_pytest_takes_what_is_made_and_explains_as_ever(root: Path) -> None:
    for path, told in answer_of(root, rewritten=["test_price.py", "test_wrong.py"]).items():
        assert "needs_place" not in told, "this pytest sets the place itself"
        put(root, path, told)
    said = python(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--debug={root / 'log'}")
    assert "1 failed, 1 passed" in said
    assert "assert 7 == 8" in said
    assert "test_wrong.py:3: AssertionError" in said
    log = (root / "log").read_text()
    assert log.count(f"found cached rewritten pyc for {root}") == 2
    assert f"rewriting PosixPath('{root}" not in log


def test_a_file_that_changed_since_is_compiled_anew(root: Path) -> None:
    put(root, "price.py", answer_of(root, plain=["price.py"])["price.py"])
    (root / "price.py").write_text("def price(net):\n    return 'changed'\n")
    assert python(root, "-c", "import price; print(price.price(1))") == "changed\n"


@pytest.mark.parametrize(
    "text",
    [
        "def broken(:\n",
        "x = 1\0\n",
        "pattern = '\\d'\n",  # a warning, which whoever compiles it is to see
        "# coding: nonsense\n",
        f"x = 1{' ' * precompile.MAX_SOURCE}\n",
    ],
)
@pytest.mark.parametrize("kind", ["plain", "rewritten"])
def test_what_cannot_be_made_is_left_to_the_tests(root: Path, kind: str, text: str) -> None:
    (root / "odd.py").write_text(text)
    told = answer_of(root, **{kind: ["odd.py", "gone.py", "price.py"]})
    nothing = {"tail": "", "code": ""}
    assert told["odd.py"] == {"path": "odd.py", **nothing}
    assert told["gone.py"] == {"path": "gone.py", **nothing}
    assert told["price.py"]["tail"]


def test_an_assertion_that_always_holds_warns_and_is_left_to_pytest(root: Path) -> None:
    (root / "test_odd.py").write_text("def test_odd():\n    assert (1, 'always')\n")
    assert answer_of(root, rewritten=["test_odd.py"])["test_odd.py"]["tail"] == ""


@pytest.mark.parametrize("method", ["source_to_code", "get_data"])
def test_who_compiles_in_a_way_of_its_own_is_told(root: Path, method: str) -> None:
    (root / "hook.py").write_text(
        "from importlib.machinery import SourceFileLoader\n"
        f"class Loader(SourceFileLoader):\n    def {method}(self): ...\n"
    )
    (root / "rows.py").write_text("def get_data(): ...\n")
    told = answer_of(root, plain=["hook.py", "price.py", "rows.py"])
    assert told["hook.py"]["is_transformer"] is True
    assert not any("is_transformer" in told[name] for name in ("price.py", "rows.py"))


def test_an_older_pytest_wants_times_and_a_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, older_pytest(lambda flags: flags == bytes(4), moves=False))
    told = answer_of(root, rewritten=["test_price.py"])["test_price.py"]
    assert (told["tail"], told["needs_place"]) == (RENAMED, True)
    assert code_in(told).co_filename == precompile.NOWHERE
    again = answer_of(root, placed={"test_price.py": told["code"]})["test_price.py"]
    code, full = code_in(again), str(root / "test_price.py")
    assert again["tail"] == "placed"
    assert code.co_filename == full
    assert {each.co_filename for each in code.co_consts if isinstance(each, CodeType)} == {full}
    before = base64.b64decode(str(told["code"]))[: precompile.HEADER_BYTES]
    assert base64.b64decode(str(again["code"])).startswith(before)


def test_a_pytest_that_takes_nothing_gets_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, older_pytest(lambda _: False, moves=True))
    assert answer_of(root, rewritten=["test_price.py"])["test_price.py"]["tail"] == ""


@pytest.mark.parametrize(
    "spec",
    [None, SimpleNamespace(origin=None), SimpleNamespace(origin="/tree/_pytest/__init__.py")],
)
def test_a_pytest_of_the_tree_is_none(
    root: Path, monkeypatch: pytest.MonkeyPatch, spec: object
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    told = answer_of(root, rewritten=["test_price.py"], plain=["price.py"])
    assert told["test_price.py"]["tail"] == ""
    assert told["price.py"]["tail"]


# Asked as the gate asks


def fake_python(folder: Path, text: str) -> Path:
    """An interpreter that answers what is wanted."""
    place = folder / "python"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


def test_the_real_interpreter_answers(root: Path) -> None:
    order = Order(plain=["price.py"], rewritten=["test_price.py"])
    made = make(Path(sys.executable), root, order, timeout_s=60)
    assert list(made) == order.paths
    assert made["price.py"].tail == f".{sys.implementation.cache_tag}.pyc"
    assert "-pytest-" in made["test_price.py"].tail
    again = make(
        Path(sys.executable),
        root,
        Order(placed={"test_price.py": made["test_price.py"]}),
        timeout_s=60,
    )
    assert again["test_price.py"].tail == made["test_price.py"].tail


def test_nothing_is_started_for_nothing(tmp_path: Path) -> None:
    assert make(tmp_path / "missing", tmp_path, Order(), timeout_s=1) == {}


def test_a_file_that_ends_the_interpreter_has_none(tmp_path: Path) -> None:
    told = json.dumps({"path": "a.py", "tail": ".x.pyc", "code": ""})
    interpreter = fake_python(tmp_path, f"echo '{told}'\nkill -SEGV $$")
    order = Order(plain=["a.py", "b.py", "c.py"])
    made = make(interpreter, tmp_path, order, timeout_s=60)
    assert made == {"a.py": Bytecode(tail=".x.pyc"), "b.py": Bytecode()}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no JSON",
        "[]",
        '{"path": "a.py", "tail": ".x.pyc"}',
        '{"path": "a.py", "tail": ".x.pyc", "code": "no base64!"}',
        '{"path": "b.py", "tail": ".x.pyc", "code": ""}',
        '{"path": "a.py", "tail": 1, "code": ""}',
    ],
)
def test_nonsense_is_no_answer(tmp_path: Path, line: str) -> None:
    interpreter = fake_python(tmp_path, f"echo '{line}'")
    assert make(interpreter, tmp_path, Order(plain=["a.py"]), timeout_s=60) == {}


@pytest.mark.parametrize("tail", ["/../x.pyc", ".py", "x", ".x/y.pyc", "placed"])
def test_a_name_that_leads_elsewhere_is_none(tmp_path: Path, tail: str) -> None:
    told = json.dumps({"path": "a.py", "tail": tail, "code": ""})
    interpreter = fake_python(tmp_path, f"echo '{told}'")
    made = make(interpreter, tmp_path, Order(plain=["a.py"]), timeout_s=60)
    assert made == {"a.py": Bytecode()}


def test_an_interpreter_that_hangs_is_ended(tmp_path: Path) -> None:
    interpreter = fake_python(tmp_path, "exec sleep 100")
    assert make(interpreter, tmp_path, Order(plain=["a.py"]), timeout_s=0.1) == {}
