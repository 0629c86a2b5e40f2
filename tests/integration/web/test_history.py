"""The history of a branch over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from fastapi.testclient import TestClient
from tests.history_points import keep_points

from coverage_gate.settings import load_settings
from coverage_gate.wiring import store_of

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "schema" / "history.schema.json").read_text()
)


def keep(*covered: int, branch: str = "main") -> None:
    """Points of the store that the application reads."""
    keep_points(store_of(load_settings()), "shop", *covered, branch=branch)


def test_the_newest_points_of_the_base_come_oldest_first(client: TestClient) -> None:
    keep(900, 890, 879, 950)
    answer = client.get("/coverage/history/shop", params={"limit": 2})
    found = answer.json()
    jsonschema.validate(found, SCHEMA)
    assert (answer.status_code, found["branch"], found["max_drop"]) == (200, "main", 2)
    # The oldest of what is shown is still compared with what lies before it.
    assert [(each["covered"], each["standing"], each["points"]) for each in found["points"]] == [
        (879, "regression", -1.1),
        (950, "held", 7.1),
    ]
    assert found["points"][0]["slid"] == {
        "from": f"{1:040x}",
        "at": "2026-01-01T12:00:00Z",
        "points": -2.1,
    }


def test_another_branch_is_named(client: TestClient) -> None:
    keep(500, branch="feature/x")
    found = client.get("/coverage/history/shop", params={"branch": "feature/x"}).json()
    assert [each["covered"] for each in found["points"]] == [500]


def test_what_is_not_kept_is_not_found(client: TestClient) -> None:
    answer = client.get("/coverage/history/shop")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("no measurement of shop is kept yet")
    keep(900)
    answer = client.get("/coverage/history/shop", params={"branch": "dev"})
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "no measurement of branch dev of shop is kept; there are: main",
    )


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_limit_that_is_none_is_refused(client: TestClient, limit: str) -> None:
    assert client.get("/coverage/history/shop", params={"limit": limit}).status_code == 422


def test_settings_that_cannot_be_used_are_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_ALERT_DROP", "much")
    answer = client.get("/coverage/history/shop")
    assert answer.status_code == 503
    assert "ORCH_COVERAGE_ALERT_DROP" in answer.json()["detail"]
