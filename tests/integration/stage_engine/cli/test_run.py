"""`stage-engine run`."""

import io
import json
import sys
from types import SimpleNamespace

import pytest
from tests.engine_world import REPO
from tests.integration.stage_engine.cli.conftest import Shell

from stage_engine.machine import own_host

TASK = {"repo": REPO, "work_item": "F1", "branch": "f1"}
STAGES = [
    *("created", "analysis", "architecture", "development"),
    *("review", "testing", "deploy-staging", "deploy"),
]


@pytest.fixture
def feature(shell: Shell) -> Shell:
    """A world with a branch f1."""
    shell.world.feature("f1", {"tests/test_f1.py": ""})
    return shell


def one(shell: Shell, kind: str, config: dict[str, object]) -> None:
    """Keep a definition `one` with one node `x`."""
    nodes = [{"id": "x", "type": kind, "config": config}]
    path = shell.write("one.json", {"version": 1, "nodes": nodes})
    assert shell("definitions", "add", path).status == 0


def test_a_dry_run_lists_type_and_id_of_each_node_in_order(shell: Shell) -> None:
    told = shell("run", "--dry-run")
    assert (told.status, told.out.splitlines()) == (0, [f"[stage] {name}" for name in STAGES])
    assert not (shell.world.folder / "repos" / "sample").exists()


def test_a_dry_run_tells_which_nodes_would_be_skipped(shell: Shell) -> None:
    told = shell("run", "--dry-run", "--node", "review")
    assert "[stage] review\n[stage] testing (skipped)" in told.out


def test_a_dry_run_as_json(shell: Shell) -> None:
    found = shell.json("run", "--dry-run")
    assert (found["dry_run"], found["definition"]) == (True, "default")
    assert found["nodes"][0] == {"id": "created", "type": "stage", "is_skipped": False}


def test_a_payload_is_led_into_main(feature: Shell) -> None:
    told = feature("run", "--payload", feature.write("task.json", TASK))
    assert (told.status, feature.world.holds("f1")) == (0, True)
    assert [line.split()[0] for line in told.out.splitlines()[1:9]] == STAGES
    assert told.out.splitlines()[-1].startswith("passed: task 1, run ")


def test_the_result_as_json_names_executed_and_skipped_nodes(feature: Shell) -> None:
    path = feature.write("task.json", TASK)
    found = feature.json("run", "--payload", path, "--node", "created", "--node", "analysis")
    assert (found["executed"], found["skipped"]) == (STAGES[:2], STAGES[2:])
    assert (found["status"], found["error"], found["trace"]) == ("passed", None, None)
    assert found["nodes"][2]["duration_ms"] is None
    assert found["nodes"][0]["duration_ms"] >= 0


def test_a_payload_may_come_from_standard_input(
    feature: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = io.BytesIO(json.dumps(TASK).encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=content))
    assert feature("run", "--payload", "-", "--node", "created").status == 0


def test_a_run_that_fails_ends_with_its_error_and_the_way_on(feature: Shell) -> None:
    one(feature, "command", {"argv": ["sh", "-c", "echo no way; exit 3"]})
    path = feature.write("task.json", TASK)
    told = feature("run", "--payload", path, "--definition", "one")
    assert told.status == 1
    assert "  x: sh ended with status 3: no way" in told.out.splitlines()
    assert told.out.splitlines()[-1].startswith("see `stage-engine monitor ")


def test_the_trace_of_an_error_is_shown_when_asked_for(feature: Shell) -> None:
    (feature.world.folder / "worktrees").write_text("in the way")
    path = feature.write("task.json", TASK)
    plain = feature("run", "--payload", path, "--wait", "0s")
    assert "--trace shows where it arose" in plain.out
    traced = feature("run", "--payload", path, "--wait", "0s", "--trace")
    assert "worktrees.py" in traced.out
    found = feature.json("run", "--payload", path, "--wait", "0s", "--trace", status=1)
    assert (found["status"], "worktrees.py" in found["trace"]) == ("error", True)


def test_without_a_broken_tool_there_is_no_trace(feature: Shell) -> None:
    one(feature, "command", {"argv": ["false"]})
    told = feature(
        *("run", "--payload", feature.write("task.json", TASK)),
        *("--definition", "one", "--trace"),
    )
    assert "no tool broke, so there is no trace" in told.out


def test_a_run_that_waits_for_a_person_says_for_what(shell: Shell) -> None:
    path = shell.write("task.json", TASK)
    told = shell("run", "--payload", path)
    assert told.status == 1
    assert "waiting: task 1, run " in told.out
    assert "development: a developer job is queued" in told.out


def test_channels_of_a_message_are_told(feature: Shell) -> None:
    one(feature, "notify", {"channels": ["telegram", "plane"], "message": "look"})
    arguments = ("run", "--payload", feature.write("task.json", TASK), "--definition", "one")
    told = feature(*arguments)
    flowing = " ".join(told.out.split())
    assert "x: channels attempted: telegram, plane; queued: telegram, plane;" in flowing
    assert "succeeded: none; failed: none" in flowing
    [node] = feature.json(*arguments)["nodes"]
    assert node["channels"]["queued"] == ["telegram", "plane"]


def test_no_line_is_wider_than_80_columns(feature: Shell) -> None:
    one(feature, "command", {"argv": ["sh", "-c", f"echo {'word ' * 60}; exit 1"]})
    path = feature.write("task.json", TASK)
    told = feature("run", "--payload", path, "--definition", "one")
    assert max(map(len, told.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "task.json is no JSON: "),
        ("[]", "task.json is no JSON object"),
        ({"repo": REPO, "branch": "f1"}, "task.json: work_item is missing"),
        ({**TASK, "host": "nowhere"}, "there is no host 'nowhere'"),
        ({**TASK, "repo": "none"}, "is no folder"),
        ({**TASK, "repo": "../x"}, "'../x' is no name of a repository"),
    ],
)
def test_a_bad_payload_is_told_with_status_2(feature: Shell, content: object, problem: str) -> None:
    told = feature("run", "--payload", feature.write("task.json", content))
    assert (told.status, told.out) == (2, "")
    assert problem in told.err


def test_a_payload_for_another_host_is_sent_there(feature: Shell) -> None:
    feature("hosts", "add", "elsewhere")
    path = feature.write("task.json", {**TASK, "host": "elsewhere"})
    told = feature("run", "--payload", path)
    assert told.status == 2
    assert "it is for host 'elsewhere', and this is" in told.err


def test_a_payload_for_this_host_is_run(feature: Shell) -> None:
    path = feature.write("task.json", {**TASK, "host": own_host()})
    assert feature("run", "--payload", path, "--node", "created").status == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--payload", "none.json"), "none.json cannot be read: No such file or directory"),
        (("--definition", "defualt"), "there is no definition 'defualt' (did you mean default?)"),
        (("--node", "reveiw"), "has no node 'reveiw' (did you mean review?)"),
        (("SAMPLE-1", "--payload", "x"), "give a sample or --payload, not both"),
        (("SAMPLE-9",), "'SAMPLE-9' is not one of"),
        (("--wait", "soon"), "'soon' is no duration: write 90s, 15m, 12h or 7d"),
    ],
)
def test_a_wrong_wish_is_told_with_status_2(
    shell: Shell, arguments: tuple[str, ...], problem: str
) -> None:
    told = shell("run", *arguments)
    assert told.status == 2
    assert problem in told.err


def test_a_sample_is_made_when_it_is_missing_and_run(shell: Shell) -> None:
    told = shell("run", "SAMPLE-4", "--node", "created")
    assert (told.status, "made the sample data" in told.err) == (0, True)
    again = shell("run", "SAMPLE-4", "--node", "created")
    assert (again.status, "made the sample data" in again.err) == (0, False)
