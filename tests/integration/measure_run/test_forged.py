"""Branches that write coverage data by themselves, and honest ones that look like it."""

from __future__ import annotations

import pytest
from tests.shop import NAME, PRICE, Shop

from coverage_gate import wiring
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.ports import TreeSource
from coverage_gate.settings import load_settings
from coverage_gate.testing.fakes import RecordingProgress


def measured(shop: Shop, files: dict[str, str]) -> Measurement | MeasureFailure:
    commit = shop.new_branch("judged", files)
    source = TreeSource(
        tree=shop.git.git("rev-parse", f"{commit}^{{tree}}"),
        config_tree=shop.git.git("rev-parse", "main^{tree}"),
        label="judged",
    )
    place = wiring.open_workshop(repository=NAME, folder=shop.path, progress=RecordingProgress())
    with place as workshop:
        return workshop.measurer(load_settings()).measure(source)


#: With room between its lines, as people write.
LOOSE = """\
# 1

# 3

# 5

# 7

# 9

# 11


def lonely(value):
    # 15

    return value
"""
TO_ALL = """
import coverage

def pytest_sessionfinish():
    data = coverage.Coverage.current().get_data()
    for file in data.measured_files():
        data.add_arcs({file: [(line, line + 1) for line in range(1, 9)]})
"""
WHOLE_RANGE = """
import coverage, shop.price

def pytest_sessionfinish():
    loose = shop.price.__file__.replace("price", "loose")
    arcs = [(line, line + 1) for line in range(1, 1000)]
    coverage.Coverage.current().get_data().add_arcs({loose: arcs})
"""
UNDER_ITS_NAME = """
import shop.price

def test_nothing():
    loose = shop.price.__file__.replace("price", "loose")
    exec(compile("pass\\n" * 500, loose, "exec"))
"""
REPLACED = """
import pathlib, importlib, shop.price

def test_nothing():
    loose = pathlib.Path(shop.price.__file__.replace("price", "loose"))
    loose.write_text("pass\\n" * 500)
    importlib.import_module("shop.loose")
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/conftest.py", TO_ALL),
        ("tests/conftest.py", WHOLE_RANGE),
        ("tests/test_loose.py", UNDER_ITS_NAME),
        ("tests/test_loose.py", REPLACED),
    ],
    ids=["every file", "every line", "text under a name", "a replaced file"],
)
def test_claims_that_cannot_be_true_are_forged(shop: Shop, path: str, text: str) -> None:
    failure = measured(shop, {"src/shop/loose.py": LOOSE, path: text})
    assert isinstance(failure, MeasureFailure)
    assert failure.code is FailureCode.FORGED


#: The C tracer files the lines after the call under `slip.py`, where 10 to 13 hold no code.
SLIP = "import sys\ndef slip():\n    old = sys.gettrace()\n    sys.settrace(None)\n    return old\n"
SLIPPING = """
import sys

from shop.slip import slip


def use(value):
    old = slip()
    sys.settrace(old)
    one = value
    two = one
    three = two
    return three
"""
USE = "from shop.user import use\n\ndef test_use():\n    assert use(1) == 1\n"
SAME_TEXT = """
import importlib, pathlib, shop.price

def test_again():
    text = pathlib.Path(shop.price.__file__).read_text()
    names = {"__name__": "again"}
    exec(compile(text, shop.price.__file__, "exec"), names)
    assert names["shipping"](0) == 490
"""
OUT_OF_SIGHT = """
import _thread, threading

def test_out_of_sight():
    done = threading.Event()
    _thread.start_new_thread(lambda: (__import__("shop.loose"), done.set()), ())
    assert done.wait(9)
    from shop.loose import lonely
    assert lonely(1) == 1
"""


@pytest.mark.parametrize(
    "files",
    [
        {
            "src/shop/slip.py": SLIP + "\n# 7\n" * 7,
            "src/shop/user.py": SLIPPING,
            "tests/test_use.py": USE,
        },
        {"src/shop/price.py": PRICE + "\n# end\n" * 8, "tests/test_again.py": SAME_TEXT},
        {"src/shop/loose.py": LOOSE, "tests/test_sight.py": OUT_OF_SIGHT},
    ],
    ids=["a lost trace function", "the same text again", "imported where nothing is traced"],
)
def test_honest_oddities_are_measured(shop: Shop, files: dict[str, str]) -> None:
    result = measured(shop, files)
    assert isinstance(result, Measurement)
    assert result.tests.exit_status == 0
