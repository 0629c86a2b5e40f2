"""The stages of a task: a plain table that a reader can take in at once."""

from __future__ import annotations

from typing import TypedDict


class Transition(TypedDict):
    """What follows a stage.

    Attributes:
        next: The stage after it; None for the last one.
        qg: The check in `qg.QG_CHECKS` that a task must hold to leave the stage; None for no check.
        agent: Whose job is to work in the stage; None where a task only passes through.
    """

    next: str | None
    qg: str | None
    agent: str | None


DEVELOPMENT = "development"
DEVELOPER = "developer"
#: On the edge out of this stage the sub-gates run; see `edge`.
DEPLOY_STAGING = "deploy-staging"
DEPLOY = "deploy"
DONE = "done"
FIRST = "created"

STAGE_TRANSITIONS: dict[str, Transition] = {
    "created": {"next": "analysis", "qg": None, "agent": None},
    "analysis": {"next": "architecture", "qg": None, "agent": None},
    "architecture": {"next": "development", "qg": None, "agent": None},
    "development": {"next": "review", "qg": "check_ci_green", "agent": "developer"},
    "review": {"next": "testing", "qg": "check_security_gate", "agent": None},
    "testing": {"next": "deploy-staging", "qg": "check_tests_passed", "agent": None},
    "deploy-staging": {"next": "deploy", "qg": "check_staging_status", "agent": None},
    "deploy": {"next": "done", "qg": None, "agent": None},
    "done": {"next": None, "qg": None, "agent": None},
}
