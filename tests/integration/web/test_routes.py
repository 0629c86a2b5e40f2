"""What the gate answers over HTTP."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.web.conftest import BEARER, TOKEN

from coverage_gate import baselines, gate
from coverage_gate.adapters.report_files import write_report
from coverage_gate.web import coverage_router, create_app
from coverage_gate.web.access import BURST, Access, Doorkeeper
from coverage_gate.web.guard import MAX_BODY_BYTES

NEW = {"repo": "shop", "percent": 81.5, "actor": "ana", "reason": "generated code left"}


def set_one(client: TestClient, **changed: object) -> int:
    return client.post("/coverage/baseline", json=NEW | changed, headers=BEARER).status_code


def test_the_queue_holds_the_snapshot_of_the_gate(client: TestClient) -> None:
    baselines.ratchet_coverage_baseline("shop", 80.25, "a" * 40)
    answer = client.get("/queue").json()
    assert answer == {"schema_version": 1, "coverage": gate.snapshot()}
    assert answer["coverage"]["baselines"]["shop"]["coverage"] == 80.25


def test_an_engine_adds_its_own_blocks_to_the_queue() -> None:
    with TestClient(create_app(queue=lambda: {"jobs": {"pending": 2}})) as client:
        assert client.get("/queue").json()["jobs"] == {"pending": 2}


def test_a_host_mounts_the_router_under_a_prefix() -> None:
    app = FastAPI()
    app.include_router(coverage_router(prefix="/gate"))
    with TestClient(app) as client:
        assert client.get("/gate/queue").status_code == 200
        assert client.post("/gate/coverage/baseline", json=NEW).status_code == 401


def test_a_baseline_is_set_in_a_new_epoch_and_audited(client: TestClient, place: Path) -> None:
    baselines.ratchet_coverage_baseline("shop", 90.0, "a" * 40)
    answer = client.post("/coverage/baseline", json=NEW, headers=BEARER)
    assert answer.status_code == 200
    assert answer.json() == {"schema_version": 1, "repo": "shop", "percent": 81.5, "epoch": 2}
    assert baselines.get_coverage_baseline("shop") == 81.5
    with sqlite3.connect(place / "gate.db") as database:
        audited = " ".join(map(str, database.execute("SELECT * FROM coverage_audit").fetchall()))
    assert "ana" in audited
    assert "generated code left" in audited


@pytest.mark.parametrize(
    "changed",
    [
        *({"percent": 101}, {"percent": -0.1}, {"percent": "81"}, {"percent": True}),
        *({"percent": None}, {"actor": ""}, {"actor": " "}, {"reason": "two\nlines"}),
        *({"repo": "x" * 201}, {"more": 1}, {"repo": "\x1b[2J"}),
    ],
)
def test_a_body_that_is_wrong_changes_nothing(
    client: TestClient, changed: dict[str, object]
) -> None:
    assert set_one(client, **changed) == 422
    assert baselines.all_coverage_baselines() == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_changes_nothing(client: TestClient, number: str) -> None:
    body = '{"repo": "shop", "percent": %s, "actor": "a", "reason": "r"}' % number  # noqa: UP031 - braces
    assert client.post("/coverage/baseline", content=body, headers=BEARER).status_code == 422


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9", TOKEN],
)
def test_without_the_right_token_nothing_is_read_or_changed(
    client: TestClient, header: str | None
) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = client.post("/coverage/baseline", content=b"no json", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "ORCH_API_TOKEN" in answer.json()["detail"]


def test_the_scheme_may_be_written_in_any_case(client: TestClient) -> None:
    headers = {"Authorization": f"bEARER  {TOKEN} "}
    assert client.post("/coverage/baseline", json=NEW, headers=headers).status_code == 200


def test_where_no_token_is_set_nobody_has_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCH_API_TOKEN")
    for header in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        answer = client.post("/coverage/baseline", json=NEW, headers={"Authorization": header})
        assert answer.status_code == 401


def test_a_token_outside_of_ascii_is_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "schlüssel-7")
    headers = {b"Authorization": "Bearer schlüssel-7".encode()}
    assert client.post("/coverage/baseline", json=NEW, headers=headers).status_code == 200


def test_a_body_that_is_too_long_is_refused(client: TestClient) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    assert client.post("/coverage/baseline", content=body, headers=BEARER).status_code == 400


def test_a_thousand_wrong_tokens_are_refused_logged_once_and_hold_up_nobody(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="coverage_gate"):
        answers = [
            client.post("/coverage/baseline", json=NEW, headers={"Authorization": f"Bearer {n}"})
            for n in range(1000)
        ]
    assert {answer.status_code for answer in answers} == {401}
    turned_away = ["Retry-After" in answer.headers for answer in answers]
    assert turned_away == [False] * BURST + [True] * (1000 - BURST)
    assert len([record for record in caplog.records if record.name == "coverage_gate"]) == 1
    assert set_one(client) == 200


def test_wrong_tokens_are_logged_once_a_second_with_their_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = _Clock()
    keeper = Doorkeeper(clock=clock)
    with caplog.at_level(logging.WARNING, logger="coverage_gate"):
        for _ in range(100):
            keeper.admit("Bearer wrong")
            clock.now += 0.05
    told = [int(record.getMessage().split()[0]) for record in caplog.records]
    assert len(told) == 5
    assert 80 <= sum(told) <= 100
    clock.now += 60.0
    assert keeper.admit("Bearer wrong") is Access.REFUSED


class _Clock:
    now = 0.0

    def now_iso(self) -> str:
        return "2026-01-01T00:00:00Z"

    def monotonic(self) -> float:
        return self.now


def test_a_report_is_served_as_it_was_written(client: TestClient) -> None:
    text = gate.render_coverage_report("feature/ä x", {"coverage_status": "PASS"})
    write_report(gate.report_path("shop", "feature/ä x"), text)
    answer = client.get("/coverage/reports/shop/feature/ä x")
    assert answer.text == text
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["shop/none", "..%2f..%2fetc/passwd", "shop/..%2f..%2fsecret", "%00/x", "shop/%0a"]
)
def test_a_report_that_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/coverage/reports/{path}").status_code in {404, 422}


def test_the_gate_is_well(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert answer.json() == {"schema_version": 1, "status": "ok", "store": "ok"}


def test_a_store_that_fails_is_told(client: TestClient, place: Path) -> None:
    (place / "gate.db").write_bytes(b"no database" * 100)
    for answer in (
        client.get("/healthz"),
        client.post("/coverage/baseline", json=NEW, headers=BEARER),
    ):
        assert answer.status_code == 503
        assert "gate.db" in answer.json()["detail"]
    assert client.get("/queue").json()["coverage"]["baselines"] == {}
    assert client.get("/metrics").status_code == 200


def test_a_setting_that_is_wrong_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_EPSILON", "much")
    for path in ("/healthz", "/coverage/reports/shop/x"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "ORCH_COVERAGE_EPSILON" in answer.json()["detail"]
    assert set_one(client) == 503
    assert "ORCH_COVERAGE_EPSILON" in client.get("/queue").json()["coverage"]["error"]
    assert figures(client)["coverage_gate_settings_readable"] == {(): 0.0}


def figures(client: TestClient) -> dict[str, dict[tuple[str, ...], float]]:
    """Name → values of its labels → value, as Prometheus' own parser reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_prometheus_reads_the_figures(client: TestClient) -> None:
    baselines.ratchet_coverage_baseline('a "b"\n', 80.25, "a" * 40)
    client.post("/coverage/baseline", json=NEW)
    told = figures(client)
    assert told["coverage_gate_enabled"] == {(): 1.0}
    assert told["coverage_gate_settings_readable"] == {(): 1.0}
    assert told["coverage_gate_refused_requests_total"] == {(): 1.0}
    assert list(told["coverage_gate_baseline_percent"].values()) == [80.25]
    assert min(told["coverage_gate_baseline_updated_timestamp_seconds"].values()) > 1.7e9
    assert [sorted(labels)[1] for labels in told["coverage_gate_info"]] == ["both"]


def test_nothing_is_loaded_from_elsewhere(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
