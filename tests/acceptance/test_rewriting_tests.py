"""Tests that change the code they run under the gate's eyes, and those that only write files."""

from __future__ import annotations

import pytest
from tests.shop import COUPON, COUPON_TESTS, INVOICE, Shop

#: Puts a module of the same lines, all of which run by an import, in the place of the real one.
REWRITES = """\
from pathlib import Path

file = Path(__file__).parent.parent / "src" / "shop" / "invoice.py"
count = len(file.read_text().splitlines())
file.write_text("x = 1\\n" * count)
import shop.invoice
"""
WRITES = """\
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_files(tmp_path):
    source = ROOT / "src" / "shop" / "price.py"
    source.write_text(source.read_text())
    (ROOT / "src" / "shop" / "made.json").write_text("{}")
    (ROOT / "out").mkdir()
    (ROOT / "out" / "report.txt").write_text("made")
    (tmp_path / "price.py").write_text(source.read_text())
"""


@pytest.mark.parametrize("closed", ["false", "true"])
def test_code_that_the_tests_replace_is_not_believed(
    founded: Shop, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    founded.new_branch("rewrites", {"src/shop/invoice.py": INVOICE, "tests/conftest.py": REWRITES})
    ok, reason = founded.check("rewrites")
    assert not ok
    assert "tests" in reason


def test_code_that_the_tests_delete_is_not_believed(founded: Shop) -> None:
    deletes = (
        "from pathlib import Path\n\n\ndef test_it():\n    Path('src/shop/invoice.py').unlink()\n"
    )
    founded.new_branch(
        "deletes", {"src/shop/invoice.py": INVOICE, "tests/test_invoice.py": deletes}
    )
    ok, reason = founded.check("deletes")
    assert not ok
    assert "the tests changed the code that was measured: src/shop/invoice.py" in reason


def test_tests_that_write_files_of_their_own_merge(founded: Shop) -> None:
    founded.new_branch(
        "writes",
        {
            "tests/test_files.py": WRITES,
            "src/shop/coupon.py": COUPON,
            "tests/test_coupon.py": COUPON_TESTS,
        },
    )
    ok, reason = founded.check("writes")
    assert ok, reason
