from __future__ import annotations

import re
from pathlib import Path

from tests.golden.cases import REPOSITORY
from tests.golden.faces import FOLDER

from coverage_gate.adapters.render.front_matter import KEYS, parse_front_matter

DOCS = Path(__file__).parents[4] / "docs" / "report.md"


def _template() -> str:
    found = re.search(r"^````markdown\n(.*?)^````$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_template_in_the_docs_is_what_the_gate_writes() -> None:
    assert _template() == (FOLDER / "pass.md").read_text()


def test_the_template_in_the_docs_reads_back() -> None:
    # Of a verdict that knows flaky lines, and of a report with a statement beside it.
    sometimes = {"flaky_covered", "evidence"}
    assert list(parse_front_matter(_template())) == [key for key in KEYS if key not in sometimes]


def test_the_docs_have_a_row_for_each_key_in_its_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(), re.MULTILINE)
    assert tuple(rows) == KEYS
    assert REPOSITORY in _template()
