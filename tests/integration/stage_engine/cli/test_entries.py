"""`stage-engine definitions`, `templates`, `hosts`, `queue`, `plan`, `cleanup`, `sample-data`."""

import json
import os
import shutil

import pytest
from tests.engine_world import REPO
from tests.integration.stage_engine.cli.conftest import Shell

from coverage_gate import procedure
from stage_engine.engine import open_engine, submit_task
from stage_engine.machine import own_host

LONG_AGO = 1_000_000_000.0
NODE = {"id": "x", "type": "check", "config": {"check": "check_ci_green"}, "next": []}
DEFINITION = {"version": 1, "nodes": [NODE]}
TEMPLATE = {"version": 1, "kind": "noop"}


@pytest.mark.parametrize(
    ("group", "content"), [("definitions", DEFINITION), ("templates", TEMPLATE)]
)
def test_an_entry_is_kept_listed_shown_and_removed(
    shell: Shell, group: str, content: dict[str, object]
) -> None:
    kind = group.removesuffix("s")
    path = shell.write("mine.json", content)
    assert shell(group, "add", path).out == f"{kind} mine: kept\n"
    assert shell(group, "add", path).out == f"{kind} mine: unchanged\n"
    assert "mine" in [entry["name"] for entry in shell.json(group, "list")[group]]
    shown = shell.json(group, "show", "mine")[kind]
    assert content.items() <= shown.items()
    assert json.loads(shell(group, "show", "mine").out) == shown
    assert shell(group, "remove", "mine").out == f"{kind} mine: removed\n"
    assert shell(group, "show", "mine").status == 2


def test_an_entry_may_have_another_name_than_its_file(shell: Shell) -> None:
    shell("definitions", "add", shell.write("mine.json", DEFINITION), "--name", "other")
    names = [line.split()[0] for line in shell("definitions", "list").out.splitlines()]
    assert names == ["NAME", "default", "other"]


def test_the_built_in_definition_is_listed_and_shown(shell: Shell) -> None:
    assert shell.json("definitions", "list")["definitions"] == [{"name": "default", "at": None}]
    assert len(shell.json("definitions", "show", "default")["definition"]["nodes"]) == 8


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no json", "bad.json is no JSON"),
        ({"version": 1, "nodes": [{**NODE, "next": "x"}]}, "nodes run in a circle: x → x"),
        ({"version": 1, "nodes": [{**NODE, "next": ["y"]}]}, "'y' is not known"),
        ({"version": 1, "nodes": [{**NODE, "type": "magic"}]}, "'magic'"),
    ],
)
def test_a_bad_definition_is_told_with_status_2_and_not_kept(
    shell: Shell, content: object, problem: str
) -> None:
    told = shell("definitions", "add", shell.write("bad.json", content))
    assert told.status == 2
    assert problem in told.err
    assert len(shell.json("definitions", "list")["definitions"]) == 1


@pytest.mark.parametrize("group", ["definitions", "templates", "hosts"])
def test_what_is_not_there_cannot_be_removed(shell: Shell, group: str) -> None:
    told = shell(group, "remove", "none")
    assert (told.status, f"`stage-engine {group} list` names them" in told.err) == (2, True)


def test_hosts_are_kept_listed_and_removed(shell: Shell) -> None:
    assert shell("hosts", "list").out == "no hosts yet; `stage-engine hosts add` keeps one\n"
    assert shell("hosts", "add", "build-2").out == "host build-2: kept\n"
    assert [host["name"] for host in shell.json("hosts", "list")["hosts"]] == ["build-2"]
    assert shell("hosts", "remove", "build-2").out == "host build-2: removed\n"


@pytest.mark.parametrize("name", ["a b", "../x", "\x1b[2J"])
def test_a_name_that_is_none_is_told_on_one_line(shell: Shell, name: str) -> None:
    told = shell("hosts", "add", name)
    assert (told.status, len(told.err.splitlines())) == (2, 1)
    assert "cannot be a name" in told.err


def test_the_plan_lists_the_sub_gates_in_their_order(shell: Shell) -> None:
    found = shell.json("plan")
    assert [gate["name"] for gate in found["sub_gates"]] == [
        "check_branch_mergeable",
        "check_coverage_gate",
        "check_staging_image_fresh",
    ]
    assert found["edge"] == ["deploy-staging", "deploy"]
    lines = shell("plan").out.splitlines()
    assert lines[:2] == ["deploy-staging → deploy", "1. check_branch_mergeable"]
    assert "     requires check_branch_mergeable" in lines


def test_the_queue_of_an_empty_engine(shell: Shell) -> None:
    found = shell.json("queue")
    assert (found["done"], found["leases"], found["coverage"]["enabled"]) == (0, {}, False)
    assert found["jobs"] == dict.fromkeys(("pending", "running", "done", "failed", "cancelled"), 0)
    lines = shell("queue").out.splitlines()
    assert "  none" in lines
    assert "  no baseline yet: the first merge founds one" in lines


def test_the_queue_shows_tasks_with_their_reasons_leases_and_baselines(shell: Shell) -> None:
    shell.world.feature("f1")
    engine = open_engine()
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    shell.world.at_stage(engine, task, "review", status="waiting", reason="not yet")
    engine.acquire(task)
    baseline = ("--repo", REPO, "--percent", "81.5", "--actor", "ana", "--reason", "x")
    from coverage_gate.cli.main import run  # noqa: PLC0415 - another command line than here

    assert run(["baseline", "set", *baseline]) == 0
    lines = shell("queue").out.splitlines()
    assert "  review: 1, F1 of shop, waiting" in lines
    assert "      not yet" in lines
    assert "  shop: F1, fence 1" in lines
    assert "  shop: 81.5 % at (set by hand)" in lines


def test_a_lease_that_ran_out_is_marked(shell: Shell) -> None:
    shell.world.set(LEASE_TTL_S="0.1")
    shell.world.feature("f1")
    engine = open_engine()
    engine.acquire(shell.world.submit(engine, "f1"))
    while not shell.json("queue")["leases"][REPO]["is_over"]:
        pass
    assert "  shop: F1, fence 1, over" in shell("queue").out.splitlines()


def test_clean_up_tells_what_it_removes_and_keeps(shell: Shell) -> None:
    world = shell.world
    engine = open_engine()
    for branch in ("f1", "f2"):
        world.feature(branch)
        path = procedure.make_worktree(engine.settings.gate, REPO, branch)
        for file in (*path.rglob("*"), path):
            os.utime(file, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    dry = shell("cleanup", "--dry-run", "--older-than", "300d")
    assert f"would remove {world.worktree('f1')}: its branch is gone" in dry.out.splitlines()
    told = shell("cleanup", "--older-than", "300d")
    assert f"removed {world.worktree('f1')}: its branch is gone" in told.out.splitlines()
    assert f"kept {world.worktree('f2')}: " in told.out
    found = shell.json("cleanup", "--older-than", "300d")
    mine = [one for one in found["folders"] if one["path"].startswith(str(world.folder))]
    assert [(one["kind"], one["is_removed"]) for one in mine] == [("worktree", False)]


def test_the_sample_data_is_made_once(shell: Shell) -> None:
    first, second = (shell.json("sample-data")["made"] for _ in range(2))
    assert [one["is_new"] for one in first] == [True] * 10
    assert [one["is_new"] for one in second] == [False] * 10
    assert {one["name"] for one in first} >= {"sample", own_host(), "pipeline", "SAMPLE-1"}


def test_the_sample_data_says_how_the_gate_comes_to_judge_it(shell: Shell) -> None:
    assert "judges it with ORCH_COVERAGE_GATE_REPOS=sample" in shell("sample-data").out
    shell.world.set(COVERAGE_GATE_REPOS="sample", COVERAGE_GATE_ENABLED="true")
    told = shell("sample-data")
    assert "ORCH_COVERAGE_GATE_REPOS" not in told.out
    assert "repository sample       was there" in told.out.splitlines()


def test_what_is_in_the_way_of_the_sample_repository_is_told(shell: Shell) -> None:
    (shell.world.folder / "repos" / "sample").mkdir()
    told = shell("sample-data")
    assert told.status == 2
    assert "sample" in told.err


def test_a_place_where_no_repository_can_be_made_is_told(shell: Shell) -> None:
    repos = shell.world.folder / "repos"
    shutil.rmtree(repos)
    repos.write_text("in the way")
    told = shell("sample-data")
    assert told.status == 2
    assert "the sample repository cannot be made in" in told.err
