"""Reports of coverage.py and stored points of the history."""

from __future__ import annotations

import zlib
from hashlib import blake2b

from tests.fuzz.mutator import JsonMutator
from tests.fuzz.trial import Trial

from coverage_gate.adapters.measure.json_report import BadReportError, Reported, read_report_object
from coverage_gate.adapters.stores.codec import DIGEST_BYTES
from coverage_gate.adapters.stores.history_codec import MARK, decode_files
from coverage_gate.ports import StoreError

REPORT = {
    "meta": {"format": 3, "branch_coverage": True},
    "files": {
        "src/a.py": {
            "executed_lines": [1, 2],
            "missing_lines": [4],
            "executed_branches": [[2, 4]],
            "missing_branches": [[2, -1]],
        },
        "src/b.py": {
            "executed_lines": [],
            "missing_lines": [1],
            "executed_branches": [],
            "missing_branches": [],
        },
    },
    "totals": {
        "covered_lines": 2,
        "num_statements": 4,
        "covered_branches": 1,
        "num_branches": 2,
        "percent_covered": 50.0,
    },
}
FILES = [["a.py", 3, 4, 0, 0], ["src/b.py", 1, 2, 1, 2]]


def test_a_report_is_read_or_refused_and_adds_up() -> None:
    trial = Trial(name="json report")
    mutator = JsonMutator(corpus=[REPORT], random=trial.random())

    def holds(found: Reported) -> bool:
        return all(not file.executed & file.missing for file in found.files)

    assert trial.run(mutator.next, read_report_object, refuses=(BadReportError,), holds=holds) > 0


def test_a_stored_point_is_read_or_refused() -> None:
    trial = Trial(name="history")
    mutator = JsonMutator(corpus=[FILES], random=trial.random())

    def parse(content: bytes) -> object:
        body = zlib.compress(content, 1)
        return decode_files(MARK + blake2b(body, digest_size=DIGEST_BYTES).digest() + body)

    assert trial.run(mutator.next, parse, refuses=(StoreError,)) > 0
