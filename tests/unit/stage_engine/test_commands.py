"""Commands of the operator."""

import itertools
from pathlib import Path

import pytest
from tests.engine_world import World

from coverage_gate.ports import SandboxError
from stage_engine.commands import CommandResult, StoppedError, run_command
from stage_engine.engine import open_engine


def run(world: World, script: str, *, timeout_s: float = 30.0) -> CommandResult:
    settings = open_engine().settings
    argv = ("sh", "-c", script)
    return run_command(settings, argv, cwd=world.folder, own={"ORCH_X": "own"}, timeout_s=timeout_s)


def test_a_command_gets_its_own_variables_and_its_folder(world: World) -> None:
    result = run(world, 'echo "$ORCH_X"; pwd')
    assert (result.status, result.output) == (0, f"own\n{world.folder}")


def test_no_other_variable_of_ours_is_seen(world: World) -> None:
    token = {"API_TOKEN": "sesame"}
    world.set(**token)
    assert run(world, "env | grep ^ORCH_").output == "ORCH_X=own"


def test_output_is_printable_and_without_secrets(world: World) -> None:
    token = {"API_TOKEN": "sesame"}
    world.set(**token)
    result = run(world, r"printf 'a\tb\033[31m sesame\377\n'")
    assert result.output == "a    b\\x1b[31m ***�"


def test_the_last_words_are_the_last_line_that_says_something() -> None:
    result = CommandResult(status=1, output="one\ntwo\n  \n", seconds=0.0)
    assert result.ended() == "ended with status 1: two"


def test_a_command_without_words_says_so() -> None:
    assert CommandResult(status=1, output="", seconds=0.0).last_words == "it wrote nothing"


def test_a_command_at_its_limit_has_no_status(world: World) -> None:
    result = run(world, "sleep 60", timeout_s=0.2)
    assert result.status is None
    assert "its time limit" in result.ended()


def test_what_a_command_left_running_is_gone(world: World) -> None:
    pid = run(world, "sleep 600 & echo $!").output
    assert not Path(f"/proc/{int(pid)}").exists()


def test_a_command_is_stopped_when_the_caller_wishes(world: World) -> None:
    asked = itertools.count()
    settings = open_engine().settings
    with pytest.raises(StoppedError):
        run_command(
            settings,
            ("sleep", "60"),
            cwd=world.folder,
            own={},
            timeout_s=60.0,
            should_stop=lambda: next(asked) > 0,
        )
    assert next(asked) == 2


def test_a_program_that_is_missing_is_told(world: World) -> None:
    settings = open_engine().settings
    with pytest.raises(SandboxError, match="no-such-program"):
        run_command(settings, ("no-such-program",), cwd=Path("/"), own={}, timeout_s=5.0)
    assert world.folder.exists()
