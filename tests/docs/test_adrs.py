"""Each decision record has its form and its length."""

import re
from pathlib import Path

import pytest

ADRS = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("*.md"))
HEADINGS = ["## Context", "## Considered options", "## Decision", "## Confirmation"]


def test_each_record_has_a_number_of_its_own() -> None:
    # Gaps are numbers of records that are still being written.
    numbers = [int(page.name[:4]) for page in ADRS]
    assert numbers[0] == 1
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_record_has_front_matter_and_four_headings(page: Path) -> None:
    text = page.read_text()
    assert re.match(r"---\nstatus: (accepted|superseded by \d{4})\ndate: \d{4}-\d\d-\d\d\n", text)
    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_record_stays_short(page: Path) -> None:
    assert len(page.read_text().split()) < 400
