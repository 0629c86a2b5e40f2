"""Templates of jobs and payloads: checked when they are kept, and when they are used."""

import json
from typing import Any

import pytest

from stage_engine.errors import InputError
from stage_engine.payloads import Payload, read_payload
from stage_engine.samples import TEMPLATES
from stage_engine.templates import CommandJob, PipelineJob, Template, read_template

TASK = {"repo": "shop", "work_item": "ET-7", "branch": "feature/x"}


def template(**values: object) -> Template:
    content = json.dumps({"version": 1, **values}).encode()
    return read_template(content, name="t.json")


def refused(**values: object) -> str:
    with pytest.raises(InputError) as caught:
        template(**values)
    return str(caught.value)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_of_the_samples_is_valid(name: str) -> None:
    assert read_template(json.dumps(TEMPLATES[name]).encode(), name=name).description


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"kind": "magic"}, "kind: Input should be 'noop', 'command' or 'pipeline'"),
        ({"kind": "noop", "payload": {"x": 1}}, "payload: x is not known"),
        ({"kind": "command"}, "payload: argv is missing"),
        ({"kind": "command", "payload": {"argv": [""]}}, "payload: argv.0: String should have"),
        ({"kind": "command", "payload": {"argv": ["x"], "timeout_s": 0}}, "timeout_s"),
        ({"kind": "command", "payload": {"argv": ["x"], "repo": "shop"}}, "repo and branch go"),
        ({"kind": "pipeline", "payload": {"repo": "a\nb"}}, "must be words on one line"),
        ({"kind": "noop", "version": 2}, "version: Input should be 1"),
    ],
)
def test_a_template_of_another_form_is_refused(values: dict[str, Any], problem: str) -> None:
    assert problem in refused(**values)


def test_a_pipeline_may_leave_its_task_open_until_the_job_is_made() -> None:
    job = template(kind="pipeline", payload={"repo": "shop"}).fill(
        {"work_item": "ET-7", "branch": "x"}, name="the job"
    )
    assert isinstance(job, PipelineJob)
    assert (job.repo, job.work_item, job.definition) == ("shop", "ET-7", "default")


def test_a_command_may_be_run_in_a_branch() -> None:
    made = template(kind="command", payload={"argv": ["make"]})
    job = made.fill({"repo": "shop", "branch": "x"}, name="the job")
    assert job == CommandJob(argv=["make"], repo="shop", branch="x")


@pytest.mark.parametrize("key", ["argv", "timeout_s", "definition"])
def test_what_the_template_fixes_cannot_be_given_with_the_job(key: str) -> None:
    made = template(kind="command", payload={"argv": ["make"]})
    with pytest.raises(InputError, match=f"p.json: {key} is the template's"):
        made.fill({key: 1}, name="p.json")


def test_what_is_missing_with_the_job_is_named() -> None:
    with pytest.raises(InputError) as caught:
        template(kind="pipeline").fill({"repo": "shop"}, name="p.json")
    assert caught.value.problems == ("p.json: work_item is missing", "p.json: branch is missing")


def test_a_payload_is_read() -> None:
    content = json.dumps({**TASK, "title": "coupons", "host": "b2"}).encode()
    assert read_payload(content, name="p") == Payload(**TASK, title="coupons", host="b2")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "p.json: repo is missing"),
        ({**TASK, "branch": " "}, "p.json: branch: must be words on one line"),
        ({**TASK, "branch": "a\x1b[2J"}, "p.json: branch: must be words on one line"),
        ({**TASK, "branch": 7}, "p.json: branch: Input should be a valid string"),
        ({**TASK, "branch": "\ud800"}, "p.json: branch: Input should be a valid string"),
        ({**TASK, "brunch": "x"}, "p.json: brunch is not known; remove it"),
    ],
)
def test_a_payload_of_another_form_is_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_payload(json.dumps(values).encode(), name="p.json")
    assert caught.value.problems[0].startswith(problem)
