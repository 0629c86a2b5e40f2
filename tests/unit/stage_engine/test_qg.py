"""The quality gates, asked directly."""

import pytest
from tests.engine_world import REPO, World

from coverage_gate import gate
from coverage_gate.ports import RepositoryError
from stage_engine.qg import BLAMELESS, QG_CHECKS, SUB_GATES, Answer

NAMES = {
    "check_ci_green",
    "check_tests_passed",
    "check_security_gate",
    "check_staging_status",
    "check_staging_image_fresh",
    "check_branch_mergeable",
    "check_coverage_gate",
}
OUTSIDE = sorted(NAMES - {"check_branch_mergeable", "check_coverage_gate"})


def ask(name: str, branch: str = "main") -> Answer:
    return QG_CHECKS[name](REPO, "ET-1", branch)


def write(world: World, text: str, name: str = "14-security.md") -> None:
    folder = world.folder / "reports" / REPO / "ET-1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_the_registry_is_a_plain_dict_of_the_seven_names() -> None:
    assert type(QG_CHECKS) is dict
    assert set(QG_CHECKS) == NAMES


def test_the_sub_gates_are_merge_gate_coverage_gate_image_freshness() -> None:
    assert SUB_GATES.names == (
        "check_branch_mergeable",
        "check_coverage_gate",
        "check_staging_image_fresh",
    )


def test_staging_is_no_fault_of_the_branch() -> None:
    assert set(SUB_GATES.names) - BLAMELESS == {"check_branch_mergeable", "check_coverage_gate"}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_check_of_another_system_says_that_nothing_is_configured(world: World, name: str) -> None:
    del world
    ok, reason = ask(name)
    assert ok is True
    assert "N/A" in reason


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_configured_command_decides_every_outside_check(world: World, name: str) -> None:
    world.set(**{f"QG_{name.removeprefix('check_').upper()}_COMMAND": "false"})
    ok, reason = ask(name)
    assert ok is False
    assert "false ended with status 1" in reason


@pytest.mark.parametrize(
    ("script", "expected"), [("exit 0", True), ("exit 75", None), ("exit 2", False)]
)
def test_the_exit_status_is_yes_not_yet_or_no(
    world: World, script: str, expected: bool | None
) -> None:
    world.set(QG_CI_GREEN_COMMAND=f"sh -c '{script}'")
    assert ask("check_ci_green")[0] is expected


def test_a_command_runs_in_the_worktree_and_knows_its_subject(world: World) -> None:
    world.feature("f1")
    script = 'pwd; echo "$ORCH_REPO $ORCH_WORK_ITEM $ORCH_BRANCH $ORCH_CHECK"; cat f1.txt; exit 1'
    world.set(QG_CI_GREEN_COMMAND=f"sh -c '{script} >&2'")
    world.set(
        QG_TESTS_PASSED_COMMAND="sh -c 'echo $ORCH_REPO $ORCH_WORK_ITEM $ORCH_BRANCH; exit 1'"
    )
    assert ask("check_ci_green", "f1")[1].endswith("f1")
    assert ask("check_tests_passed", "f1")[1].endswith("shop ET-1 f1")


def test_a_command_sees_no_secret_and_none_is_told(world: World) -> None:
    token = {"API_TOKEN": "sesame-open"}
    world.set(**token)
    world.set(QG_CI_GREEN_COMMAND="sh -c 'env | grep -c sesame; echo sesame-open; exit 1'")
    assert ask("check_ci_green")[1].endswith("***")


def test_a_command_that_hangs_is_stopped_and_blames_nobody(world: World) -> None:
    world.set(QG_CI_GREEN_COMMAND="sleep 60", COMMAND_TIMEOUT_S="0.2")
    ok, reason = ask("check_ci_green")
    assert ok is None
    assert "time limit" in reason


def test_a_command_that_is_missing_blames_nobody(world: World) -> None:
    world.set(QG_CI_GREEN_COMMAND="no-such-program")
    ok, reason = ask("check_ci_green")
    assert ok is None
    assert "cannot run" in reason


@pytest.mark.parametrize(("status", "expected"), [("PASS", True), ("FAIL", False)])
def test_the_front_matter_of_a_file_decides(world: World, status: str, expected: bool) -> None:
    world.set(QG_SECURITY_GATE_FILE="14-security.md:security_status")
    write(world, f"---\nsecurity_status: {status}\n---\nsecurity_status: PASS\n")
    ok, reason = ask("check_security_gate")
    assert ok is expected
    assert reason == f"security_gate: 14-security.md: security_status is {status}"


def test_a_file_that_is_not_there_yet_blames_nobody(world: World) -> None:
    world.set(QG_SECURITY_GATE_FILE="14-security.md:security_status")
    ok, reason = ask("check_security_gate")
    assert ok is None
    assert "not there yet" in reason


@pytest.mark.parametrize(
    "text", ["security_status: PASS", "---\nother: PASS\n---\n", "---\nsecurity_status: yes\n---\n"]
)
def test_a_file_that_says_neither_fails(world: World, text: str) -> None:
    world.set(QG_SECURITY_GATE_FILE="14-security.md:security_status")
    write(world, text)
    assert ask("check_security_gate")[0] is False


@pytest.mark.parametrize(("status", "said"), [("PASS", ["PASS", "ended"]), ("FAIL", ["FAIL"])])
def test_where_both_are_configured_both_must_hold(
    world: World, status: str, said: list[str]
) -> None:
    world.set(QG_CI_GREEN_FILE="ci.md:ci_status", QG_CI_GREEN_COMMAND="false")
    write(world, f"---\nci_status: {status}\n---\n", "ci.md")
    ok, reason = ask("check_ci_green")
    assert ok is False
    assert [word for word in ("PASS", "FAIL", "ended") if word in reason] == said


def test_a_branch_that_merges_is_mergeable_and_stays_as_it_is(world: World) -> None:
    head = world.feature("f1")
    world.commit("main", {"other.txt": "1"})
    assert ask("check_branch_mergeable", "f1") == (True, "f1 merges with main")
    assert world.head("f1") == head


def test_a_conflict_is_told_with_its_paths(world: World) -> None:
    world.feature("f1", {"app.py": "x = 2\n"})
    world.commit("main", {"app.py": "x = 3\n"})
    ok, reason = ask("check_branch_mergeable", "f1")
    assert ok is False
    assert reason.startswith("f1 conflicts with main in app.py. Merge main into the branch")


def test_a_branch_that_does_not_exist_is_an_error(world: World) -> None:
    del world
    with pytest.raises(RepositoryError, match="unknown branch"):
        ask("check_branch_mergeable", "nope")


@pytest.mark.parametrize("repo", ["../shop", "", ".", "a/b", "missing"])
def test_a_repository_that_is_none_is_an_error(world: World, repo: str) -> None:
    del world
    with pytest.raises(RepositoryError):
        QG_CHECKS["check_branch_mergeable"](repo, "ET-1", "main")


@pytest.mark.parametrize(("command", "retested"), [("", False), ("make test", None)])
def test_the_coverage_gate_is_looked_up_and_told_whether_the_tests_ran(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str, *, retested: bool | None
) -> None:
    world.set(TEST_COMMAND=command)
    told = {}

    def check(*subject: str, **options: object) -> Answer:
        told.update(options)
        return False, str(subject)

    monkeypatch.setattr(gate, "check_coverage_gate", check)
    assert ask("check_coverage_gate", "b") == (False, "('shop', 'ET-1', 'b')")
    assert told == {"retested": retested}
