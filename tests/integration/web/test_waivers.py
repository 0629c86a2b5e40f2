"""Waivers over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.integration.web.conftest import BEARER

from coverage_gate.testing.repositories import RepositoryBuilder

ROUTE = "/coverage/waivers"
LINES = {
    "repo": "shop",
    "category": "platform",
    "actor": "ana",
    "reason": "runs on Windows only",
    "branch": "main",
    "path": "src/a.py",
    "lines": "2-3",
}
TESTS = {name: LINES[name] for name in ("repo", "category", "actor", "reason")} | {
    "tests": ["tests/test_a.py::test_b"]
}
WHY = {"actor": "ana", "reason": "covered now"}


@pytest.fixture(autouse=True)
def repository(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = RepositoryBuilder.create(place / "repos" / "shop")
    builder.commit(files={"src/a.py": "one = 1\ntwo = 2\nthree = 3\n"})
    monkeypatch.setenv("ORCH_REPOS_DIR", str(place / "repos"))


def listed(client: TestClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get(f"{ROUTE}/shop").json()["waivers"]
    return found


def test_lines_are_waived_listed_and_revoked(client: TestClient) -> None:
    granted = client.post(ROUTE, json=LINES, headers=BEARER)
    assert granted.status_code == 200
    waiver = granted.json()["waiver"]
    assert listed(client) == [waiver]
    ended = client.post(f"{ROUTE}/{waiver['id']}/revocation", json=WHY, headers=BEARER)
    assert (ended.status_code, listed(client)) == (204, [])
    again = client.post(f"{ROUTE}/{waiver['id']}/revocation", json=WHY, headers=BEARER)
    assert again.status_code == 404


def test_tests_are_waived(client: TestClient) -> None:
    assert client.post(ROUTE, json=TESTS, headers=BEARER).status_code == 200
    assert len(listed(client)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (LINES | {"tests": TESTS["tests"]}, 409),
        ({**TESTS, "tests": []}, 409),
        (LINES | {"path": None}, 409),
        (LINES | {"lines": "9-12"}, 409),
        (LINES | {"path": "none.py"}, 409),
        (LINES | {"branch": "none"}, 404),
        (LINES | {"repo": "none"}, 404),
        (LINES | {"category": "whim"}, 422),
        (LINES | {"expires": "ever"}, 422),
    ],
)
def test_what_cannot_be_waived_is_told(
    client: TestClient, body: dict[str, object], status: int
) -> None:
    answer = client.post(ROUTE, json=body, headers=BEARER)
    assert answer.status_code == status
    assert listed(client) == []


def test_without_the_token_nothing_is_waived(client: TestClient) -> None:
    assert client.post(ROUTE, json=LINES).status_code == 401
    assert client.post(f"{ROUTE}/1/revocation", json=WHY).status_code == 401


def test_a_setting_that_is_wrong_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv("ORCH_DB_PATH", str(place / "repos"))
    assert client.get(f"{ROUTE}/shop").status_code == 503
    assert client.post(ROUTE, json=TESTS, headers=BEARER).status_code == 503
    ended = client.post(f"{ROUTE}/1/revocation", json=WHY, headers=BEARER)
    assert ended.status_code == 503
