"""The engine's page has a heading for each command, and its examples are no fiction."""

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest

from coverage_gate.settings import all_settings
from stage_engine import settings as names
from stage_engine.cli.main import STATUSES, TABLE
from stage_engine.definitions import Node, read_definition
from stage_engine.settings import load_engine_settings, outside_variables
from stage_engine.templates import MODELS

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
_SETTINGS = (_ROOT / "docs" / "engine-settings.md").read_text(encoding="utf-8")
_EXAMPLE = (_ROOT / ".env.example").read_text(encoding="utf-8")
_HELP = "\n".join((command.epilog or "") for command in (lazy.load() for lazy in TABLE.values()))
_CALLS = re.findall(r"`(stage-engine [^`]+)`", _PAGE) + re.findall(
    r"^  (stage-engine .+)$", _HELP, re.MULTILINE
)
_OWN = (
    names.TEST_COMMAND,
    names.COMMAND_ENV,
    names.COMMAND_TIMEOUT,
    names.DEVELOPER_TIMEOUT,
    names.LEASE_TTL,
    names.LEARN,
)


def test_every_command_has_a_heading() -> None:
    assert re.findall(r"^## (\S+)$", _PAGE, re.MULTILINE) == list(TABLE)


def test_every_command_has_an_example_on_its_page_and_in_its_help() -> None:
    for name in TABLE:
        assert f"`stage-engine {name}" in _PAGE
        assert f"  stage-engine {name}" in _HELP


@pytest.mark.parametrize("call", sorted(set(_CALLS)))
def test_an_example_can_be_parsed(call: str) -> None:
    _, name, *arguments = shlex.split(call)
    command = TABLE[name].load()
    if isinstance(command, click.Group):
        found = command.commands[arguments.pop(0)]
        command = found
    assert command.make_context(name, arguments).info_name == name


def test_the_exit_statuses_are_those_of_the_help() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|$", _PAGE, re.MULTILINE)
    assert [f"  {status:<4} {text}" for status, text in rows] == STATUSES.splitlines()[2:]


def test_the_definition_on_the_page_is_one_and_has_every_type_of_node() -> None:
    [content] = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    definition = read_definition(content.encode(), name="engine.md")
    assert {type(node) for node in definition.nodes} == set(get_args(Node))


def test_the_kinds_of_templates_are_named() -> None:
    assert [kind for kind in MODELS if f"`{kind}`" not in _PAGE] == []
    [template] = re.findall(r'`(\{"version".*?\})`', _PAGE)
    assert json.loads(template)["kind"] in MODELS


def test_the_example_lists_the_engines_settings_behind_the_gates_and_nothing_else() -> None:
    listed = re.findall(r"^# (ORCH_[A-Z_]+)=", _EXAMPLE, re.MULTILINE)
    ours = [*_OWN, *sorted(outside_variables(), key=lambda name: name.endswith("_FILE"))]
    assert listed == [setting.env for setting in all_settings()] + ours


def test_the_example_and_the_page_tell_the_defaults() -> None:
    values = dict(re.findall(r"^# (ORCH_[A-Z_]+)=(.*)$", _EXAMPLE, re.MULTILINE))
    home = {"HOME": "/home/me"}
    ours = {name: values[name] for name in (*_OWN, *outside_variables())}
    with_them, without = load_engine_settings(home | ours), load_engine_settings(home)
    for name in ("command_timeout_s", "developer_timeout_s", "lease_ttl_s", "test_command"):
        assert getattr(with_them, name) == getattr(without, name)
    for name in _OWN:
        assert f"| `{name}` | {values[name] or 'unset'} |" in _SETTINGS
