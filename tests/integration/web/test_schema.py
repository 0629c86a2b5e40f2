"""The application keeps its published schema, whatever it is sent."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from tests.integration.web.conftest import BEARER

from coverage_gate.testing.fakes import FixedClock
from coverage_gate.web import create_app

schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(clock=FixedClock()))


@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,  # the same requests each time: what they find is found once
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_has(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=BEARER)


def test_the_schema_has_every_route_of_the_contract() -> None:
    paths = create_app().openapi()["paths"]
    assert {
        ("/queue", "get"),
        ("/coverage/baseline", "post"),
        ("/coverage/reports/{repo}/{work_item}", "get"),
        ("/coverage/history/{repo}", "get"),
        ("/healthz", "get"),
        ("/metrics", "get"),
    } <= {(path, verb) for path, verbs in paths.items() for verb in verbs}
    assert {"200", "401", "422"} <= set(paths["/coverage/baseline"]["post"]["responses"])
