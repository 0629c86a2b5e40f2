"""Reports, stored records, settings, names, payloads: everything else that is read."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b

import pytest
from pydantic import BaseModel
from tests.fuzz.mutator import ODD_VALUES, TOKENS, JsonMutator, Mutator
from tests.fuzz.trial import Trial

import coverage_gate
from coverage_gate.adapters.measure.base_config import CONFIG_FILES, read_base_config
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.notify.letters import as_html, letter
from coverage_gate.adapters.render.front_matter import FrontMatterError
from coverage_gate.adapters.render.report_reader import (
    ReportFields,
    parse_coverage_status,
    read_report,
)
from coverage_gate.adapters.stores.codec import DIGEST_BYTES, MARK, decode, encode
from coverage_gate.adapters.stores.context_codec import MARK as CONTEXT_MARK
from coverage_gate.adapters.stores.context_codec import decode_contexts
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.names import safe_name
from coverage_gate.core.outbox import read_message
from coverage_gate.core.records import OutboxRow, OutboxState
from coverage_gate.ports import StoreError
from coverage_gate.settings import SettingsError, load_settings
from coverage_gate.settings.catalogue import CATALOGUE
from coverage_gate.testing.values import covered, measurement
from stage_engine.definitions import default_definition, read_definition
from stage_engine.errors import InputError
from stage_engine.payloads import read_payload
from stage_engine.templates import read_template

FIELDS = {"coverage_status": "PASS", "measured_coverage": 87.5, "covered": 7, "total": 8}
# Small: what is read of a report is its front matter, at a millisecond for each kilobyte.
REPORTS = (
    coverage_gate.render_coverage_report("ET-1", FIELDS).partition("\n#")[0].encode(),
    b"---\ncoverage_status: PASS\nmeasured_coverage: '9.5'\nother:\n- 1\n- {a: [b]}\n---\n# x\n",
    b"---\r\n{coverage_status: FAIL, covered: 3, total: 4}\r\n---\r\n",
)


def text_of(make: Callable[[], bytes]) -> Callable[[], str]:
    return lambda: make().decode("utf-8", "surrogateescape")


def test_the_front_matter_of_a_report_is_read_or_refused() -> None:
    trial = Trial(name="front matter")
    make = text_of(Mutator(corpus=REPORTS, random=trial.random()).next)

    def holds(found: ReportFields) -> bool:
        numbers = (found.measured, found.baseline)
        return found.status in ("PASS", "FAIL") and all(
            number is None or 0 <= number <= 100 for number in numbers
        )

    assert trial.run(make, read_report, refuses=(FrontMatterError,), holds=holds) > 0


def test_a_report_is_a_status_whatever_it_holds() -> None:
    trial = Trial(name="status")
    # It reads the same front matter, which has had the long ones: the reader of YAML looks at each
    # open bracket of a line again for each further one.
    short = [token for token in TOKENS if len(token) <= 100]
    make = text_of(Mutator(corpus=REPORTS, random=trial.random(), tokens=short).next)

    def holds(told: tuple[bool, str]) -> bool:
        return told[0] is told[1].startswith("PASS") and told[1].isprintable()

    assert trial.run(make, parse_coverage_status, holds=holds) == trial.inputs


COVERAGE_JSON = (
    {"meta": {"version": "7.17.3"}, "totals": {"percent_covered": 87.5, "covered_lines": 7}},
    {"totals": {"percent_covered": 100}},
)


def test_a_report_of_coverage_py_gives_a_percent_or_none() -> None:
    trial = Trial(name="coverage json")
    make = JsonMutator(corpus=COVERAGE_JSON, random=trial.random()).value

    def holds(percent: float | None) -> bool:
        return percent is None or (type(percent) is float and 0 <= percent <= 100)

    assert trial.run(make, coverage_gate.parse_coverage_percent, holds=holds) == trial.inputs


def test_numbers_are_judged_whatever_they_are() -> None:
    trial = Trial(name="verdict")
    random = trial.random()
    odd = [*ODD_VALUES, float("nan"), float("inf"), "1e99999999"]
    plain = (50, 87.5, 100, 0, 1e-300)

    def make() -> list[object]:
        """Most of them sound: of several that are odd only the first is looked at."""
        policy = random.choice(("both", "absolute", "baseline"))
        values: list[object] = [*random.choices(plain, k=3), policy, 0.5]
        values[random.randrange(5)] = random.choice(odd)
        return values

    def parse(values: list[object]) -> object:
        ok, reason = coverage_gate.compute_coverage_verdict(*values)
        delta = coverage_gate.compute_delta(*values[:3])
        return [type(ok), type(delta)] == [bool, float] and reason.isprintable()

    assert trial.run(make, parse, holds=bool) == trial.inputs


def sealed(body: bytes) -> bytes:
    return MARK + blake2b(body, digest_size=DIGEST_BYTES).digest() + body


STORED = encode(measurement(covered(3, 7), tests={"t": "passed", "u": "failed"}))


def test_a_stored_measurement_is_read_or_refused() -> None:
    trial = Trial(name="stored")
    document = json.loads(zlib.decompress(STORED[len(MARK) + DIGEST_BYTES :]))
    mutator = JsonMutator(corpus=[document], random=trial.random())

    def parse(text: bytes) -> Measurement:
        found = decode(sealed(zlib.compress(text, 1)))
        assert found.counts.covered <= found.counts.total
        return found

    assert decode(STORED) == parse(json.dumps(document).encode())
    assert trial.run(mutator.next, parse, refuses=(StoreError,)) > 0


def test_damaged_bytes_of_a_stored_measurement_are_refused() -> None:
    trial = Trial(name="damaged")
    mutator = Mutator(corpus=[STORED], random=trial.random())
    is_sealed = trial.random()

    def make() -> bytes:
        content = mutator.next()
        return sealed(content[len(MARK) + DIGEST_BYTES :]) if is_sealed.random() < 0.5 else content

    trial.run(make, decode, refuses=(StoreError,))


VALUES: dict[str, list[str]] = {
    "ORCH_COVERAGE_MIN_PERCENT": ["80", "79.95"],
    "ORCH_COVERAGE_POLICY": ["both", "absolute"],
    "ORCH_COVERAGE_GATE_ENABLED": ["true", "false"],
    "ORCH_COVERAGE_GATE_REPOS": ["a, b", ""],
    "ORCH_COVERAGE_RULES": ["patch,lost", ""],
    "ORCH_COVERAGE_RUN_TIMEOUT_S": ["900"],
    "ORCH_COVERAGE_PYTHON": ["/usr/bin/python3", "a=/x/python,b=~/y"],
    "ORCH_COVERAGE_TEST_COMMAND": ["pytest -q", "manage.py test --x 'a b'"],
    "ORCH_DB_URL": ["postgresql://u@h/d"],
    "ORCH_DB_PATH": ["/var/x.db"],
    "ORCH_GITEA_URL": ["https://git.example:3000/x"],
    "ORCH_TELEGRAM_BOT_TOKEN": ["123:abc"],
}


def test_the_environment_is_read_or_refused() -> None:
    trial = Trial(name="environment")
    random = trial.random()
    names = sorted({*VALUES, *(setting.env for setting in CATALOGUE.values())})
    honest = [value.encode() for values in VALUES.values() for value in values]
    mutator = Mutator(corpus=honest, random=random)

    def make() -> dict[str, str]:
        chosen = random.sample(names, random.randint(1, 3))
        odd = {name: mutator.next().decode("utf-8", "surrogateescape") for name in chosen}
        return {"HOME": "/home/x", **odd}

    def parse(env: dict[str, str]) -> object:
        return load_settings(env=env)

    assert trial.run(make, parse, refuses=(SettingsError,)) > 0


TABLES = (
    b'[tool.coverage-gate]\nmin_percent = 80.5\npolicy = "both"\nrules = ["patch"]\nepsilon = 0\n',
    (
        b'[tool.coverage-gate]\nrun-timeout-s = 60\n[tool.coverage-gate.targets]\n"src/*.py" = 90\n'
        b'"b/**" = {line = 80, branch = 50.5}\n'
    ),
    b"[tool.other]\nx = 1979-05-27T07:32:00Z\ny = 0xff\nz = 1e5\n",
)
ENV = {"HOME": "/home/x"}


def test_the_table_of_the_base_is_read_or_refused() -> None:
    trial = Trial(name="table")
    mutator = Mutator(corpus=TABLES, random=trial.random())

    def parse(content: bytes) -> object:
        return load_settings(env=ENV, base_pyproject=content)

    assert trial.run(mutator.next, parse, refuses=(SettingsError,)) > 0


CONFIGS = (
    (
        b"[run]\nbranch = true\nsource = src\nomit =\n    */x.py\n    a[b].py\n[report]\n"
        b"exclude_also =\n    def __repr__\n    if x:  # y\nprecision = 2\n"
    ),
    (
        b'[tool.coverage.run]\nbranch = true\nsource = ["src"]\nconcurrency = ["thread"]\n'
        b'[tool.coverage.report]\nexclude_lines = ["a(b|c)"]\n'
        b'[tool.coverage.paths]\nx = ["a", "b"]\n'
    ),
)


@pytest.mark.parametrize("name", CONFIG_FILES)
def test_the_configuration_of_the_base_is_read_or_refused(name: str) -> None:
    trial = Trial(name=f"config {name}")
    mutator = Mutator(corpus=CONFIGS, random=trial.random())
    parse = lambda content: read_base_config({name: content})  # noqa: E731
    assert trial.run(mutator.next, parse, refuses=(BadConfigError,)) > 0


def test_any_name_becomes_one_safe_component() -> None:
    trial = Trial(name="names")
    corpus = [b"ET-7", b"feature/x y", b"../../etc/passwd", b".git", b"-rf", "é".encode(), b""]
    make = text_of(Mutator(corpus=corpus, random=trial.random()).next)
    is_safe = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}", re.ASCII).fullmatch
    assert trial.run(make, safe_name, holds=is_safe) == trial.inputs


PAYLOAD = {
    "repo": "shop",
    "work_item": "ET-1",
    "branch": "feature/x",
    "title": "A thing",
    "trace_id": "t-1",
    "host": "h",
}
TEMPLATE = {
    "version": 1,
    "description": "d",
    "kind": "command",
    "payload": {"argv": ["make", "x"], "timeout_s": 60},
}


@pytest.mark.parametrize(
    ("document", "read"),
    [
        (PAYLOAD, read_payload),
        (TEMPLATE, read_template),
        (default_definition().model_dump(mode="json"), read_definition),
    ],
    ids=["payload", "template", "definition"],
)
def test_documents_of_the_engine_are_read_or_refused(
    document: object, read: Callable[..., BaseModel]
) -> None:
    trial = Trial(name=f"engine {read.__name__}")
    mutator = JsonMutator(corpus=[document], random=trial.random())

    def parse(content: bytes) -> BaseModel | str:
        try:
            return read(content, name="the file")
        except InputError as error:
            return str(error)

    def holds(found: BaseModel | str) -> bool:
        return isinstance(found, BaseModel) or found.isprintable()

    assert trial.run(mutator.next, parse, holds=holds) == trial.inputs


ROW = OutboxRow(
    seq=1,
    created_at="2026-01-01T00:00:00Z",
    topic="telegram",
    dedup_key=None,
    payload="",
    state=OutboxState.PENDING,
    attempts=0,
    next_attempt_at="",
    last_error="",
)
MESSAGES = (
    {"kind": "qg-failure", "repo": "a", "work_item": "b", "reason": "r", "parked": True},
    {"kind": "note", "message": "words"},
    {"kind": "stage-change", "old": "a", "new": "b", "branch": "c"},
    {"kind": "digest", "failures": [{"repo": "a"}]},
)


def test_a_row_of_the_outbox_is_a_letter_or_broken() -> None:
    trial = Trial(name="outbox")
    make = text_of(JsonMutator(corpus=MESSAGES, random=trial.random()).next)

    def parse(payload: str) -> str:
        message = read_message(replace(ROW, payload=payload))
        return "" if message is None else as_html(letter(message))

    def holds(told: str) -> bool:
        return told.replace("\n", "").isprintable()

    assert trial.run(make, parse, holds=holds) == trial.inputs


CONTEXTS = [
    "tree",
    ["tests/test_a.py::test_b", "t"],
    [["a.py", "1", [[0, "6"], [1, "a0"]]]],
]


def test_a_stored_context_map_is_read_or_refused() -> None:
    trial = Trial(name="contexts")
    mutator = JsonMutator(corpus=[CONTEXTS], random=trial.random())

    def parse(content: bytes) -> object:
        body = zlib.compress(content, 1)
        return decode_contexts(
            CONTEXT_MARK + blake2b(body, digest_size=DIGEST_BYTES).digest() + body
        )

    assert trial.run(mutator.next, parse, refuses=(StoreError,)) > 0
