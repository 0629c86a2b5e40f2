from __future__ import annotations

import pytest
from tests.golden.cases import CASES
from tests.golden.faces import FOLDER, faces

from coverage_gate.adapters.render.text_verdict import verdict_text

NAMES = sorted(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_each_face_of_a_verdict_is_as_its_golden_file(name: str) -> None:
    shown = faces(name)
    kept = {file: (FOLDER / file).read_bytes().decode() for file in shown}
    assert shown == kept


def test_each_golden_file_belongs_to_a_case() -> None:
    kept = {path.stem for path in FOLDER.iterdir() if path.suffix in {".json", ".txt"}}
    assert kept == set(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_text_of_a_verdict_begins_with_its_state(name: str) -> None:
    verdict = CASES[name]()
    assert verdict_text(verdict, color=False).startswith(f"{verdict.state} ")
