from __future__ import annotations

import fcntl
import gc
import importlib
import logging
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cli.commands_for_tests import TABLE

from coverage_gate.cli import main as main_module
from coverage_gate.cli.main import main, run

_ROOT = Path(__file__).parents[3]
_SCRIPT = """
import sys
from coverage_gate.cli.main import run
from tests.unit.cli.commands_for_tests import TABLE
sys.exit(run(sys.argv[1:], table=TABLE))
"""


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "hunter2")


def _shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line in which $RUN is the command line of the tests."""
    # Whoever runs the tests may have asked Python for output without a buffer.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    script = f'RUN() {{ "{sys.executable}" -c \'{_SCRIPT}\' "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", script],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# How a command ends, and the status that it means.
@pytest.mark.parametrize(
    ("how", "status"),
    [
        *(("hello", 0), ("0", 0), ("1", 1), ("3", 3)),
        *(("break", 4), ("pipe", 4), ("store", 4)),
        *(("usage", 2), ("file", 2), ("five", 2), ("settings", 2), ("repository", 2)),
        *(("abort", 130), ("interrupt", 130)),
    ],
)
def test_the_exit_status_says_how_the_command_ended(how: str, status: int) -> None:
    assert run(["end", how], table=TABLE) == status


def test_a_command_that_leaves_by_itself_is_obeyed() -> None:
    with pytest.raises(SystemExit) as caught:
        run(["end", "leave"], table=TABLE)
    assert caught.value.code == 3


def test_a_breakdown_is_told_in_two_lines_without_traceback_or_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["end", "break"], table=TABLE)
    first, second = capsys.readouterr().err.splitlines()
    assert first == r"coverage-gate: the command broke: KeyError: '***\n***'"
    assert second.startswith("coverage-gate: run it again with --debug to see where;")


@pytest.mark.parametrize("arguments", [["--debug", "end", "break"], ["end", "break", "--debug"]])
def test_debug_shows_the_traceback_without_secrets(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(arguments, table=TABLE)
    error = capsys.readouterr().err
    assert "commands_for_tests.py" in error
    assert "hunter2" not in error


def test_debug_leaves_no_logging_behind() -> None:
    run(["end", "break", "--debug"], table=TABLE)
    logger = logging.getLogger("coverage_gate")
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]
    assert logger.level == logging.NOTSET


def test_each_bad_setting_is_told_on_a_line_of_its_own_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["end", "settings"], table=TABLE)
    assert capsys.readouterr().err.splitlines() == [
        "coverage-gate: ORCH_A is wrong",
        "coverage-gate: ORCH_B is ***",
    ]


def test_a_told_error_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(["end", "repository"], table=TABLE)
    assert capsys.readouterr().err == "coverage-gate: no\\nrepository\n"


def test_a_misspelt_variable_is_warned_of_when_a_command_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICI", "both")
    assert run(["end", "hello"], table=TABLE) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        "coverage-gate: warning: ORCH_COVERAGE_POLICI (did you mean ORCH_COVERAGE_POLICY?) is no"
        " setting and is ignored\n"
    )
    assert captured.out == "hello\n"


def test_a_misspelt_command_is_answered_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["chekc"]) == 2
    assert "No such command 'chekc'. Did you mean 'check'?" in capsys.readouterr().err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Judge the test coverage of branches" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("coverage-gate, version 0.")


def test_the_help_has_all_commands_examples_and_exit_statuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert re.search(
        r"^  doctor +Find out what keeps the gate from working here", shown, re.MULTILINE
    )
    assert "  coverage-gate config show --origin" in shown
    assert "    3    UNMEASURABLE under fail-closed" in shown


@pytest.mark.parametrize("arguments", [["talk"], ["outer"], ["outer", "inner"]])
def test_every_level_of_help_has_the_exit_statuses_and_debug(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--help"], table=TABLE) == 0
    shown = capsys.readouterr().out
    assert "4    the command itself broke" in shown
    assert shown.count("--debug") == 1


def test_a_command_keeps_its_own_epilog(capsys: pytest.CaptureFixture[str]) -> None:
    run(["talk", "--help"], table=TABLE)
    assert "Its own end." in capsys.readouterr().out


def test_text_that_the_stream_cannot_show_does_not_break_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["end", "a\udcff"], table=TABLE) == 0
    assert capsys.readouterr().out == "a\\udcff\n"


@pytest.fixture
def _own_rubbish(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "some")
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("_own_rubbish")
def test_main_leaves_with_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["coverage-gate", "nonsense"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2


@pytest.mark.usefixtures("_own_rubbish")
def test_what_is_left_at_the_end_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["coverage-gate", "nonsense"])
    with pytest.raises(SystemExit):
        main()
    assert gc.get_freeze_count() > len(gc.get_objects())


def test_a_signal_ends_a_command_as_control_c_does_and_only_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ignored: list[int] = []
    monkeypatch.setattr(signal, "signal", lambda number, _: ignored.append(number))
    with pytest.raises(SystemExit) as caught:
        main_module._end(signal.SIGTERM, None)
    assert caught.value.code == 128 + signal.SIGTERM
    assert set(ignored) == {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}


def test_importing_the_module_runs_nothing() -> None:
    assert importlib.import_module("coverage_gate.__main__").main is main


def test_a_reader_that_goes_away_is_no_breakdown_and_no_fail() -> None:
    done = _shell("RUN talk --megabytes 4 | head -1; exit ${PIPESTATUS[0]}")
    assert done.returncode == 141
    assert done.stderr == ""


def test_a_full_disk_behind_the_output_is_told() -> None:
    done = _shell("RUN talk > /dev/full")
    assert done.returncode == 4
    assert "No space left on device" in done.stderr


def test_output_that_is_lost_at_the_very_end_is_told_and_not_complained_about_twice() -> None:
    done = _shell("RUN die_later")
    assert done.returncode == 4
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_do_not_change_the_status(closed: str) -> None:
    assert _shell(f"RUN end 1 {closed}").returncode == 1
    assert _shell(f"RUN end break {closed}").returncode == 4


def test_ctrl_c_ends_a_command_with_its_own_status() -> None:
    # What a shell starts in the background is told to ignore the signal, and so are its children.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    arguments = [sys.executable, "-c", heeding + _SCRIPT, "wait"]
    with subprocess.Popen(
        arguments, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=30)
    assert process.returncode == 130
    assert output == (b"", b"")


def test_the_shell_is_offered_the_commands() -> None:
    done = _shell(
        "export _COVERAGE_GATE_COMPLETE=bash_complete COMP_WORDS='coverage-gate t' COMP_CWORD=1;"
        " RUN"
    )
    assert done.stdout == "plain,talk\n"


@pytest.mark.parametrize("how", ["break", "five", "file"])
def test_on_a_terminal_no_sentence_is_wider_than_it(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        run(["end", how], table=TABLE)
        said = os.read(leader, 4096).decode()
    os.close(leader)
    assert said
    assert max(map(len, said.splitlines())) <= 60
