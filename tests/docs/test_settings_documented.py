from __future__ import annotations

import re
from pathlib import Path

import pytest

from coverage_gate.settings import Setting, all_settings, load_settings

_ROOT = Path(__file__).parents[2]
_DOCUMENT = (_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
_EXAMPLE = (_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
_SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", _DOCUMENT, re.DOTALL | re.MULTILINE))
_EACH = pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.env)


def _facts(setting: Setting) -> list[str]:
    default = setting.default if "`" in setting.default else f"`{setting.default}`"
    return [
        f"- Allowed: {setting.allowed}",
        f"- Default: {default if setting.default else 'none'}",
        *([f"- In the file: `{setting.file}`"] if setting.file else []),
        *([f"- Flag: `{setting.flag}`"] if setting.flag else []),
        *(["- Secret: never shown"] if setting.is_secret else []),
    ]


def test_the_document_has_a_heading_for_each_setting_and_no_other() -> None:
    assert list(_SECTIONS) == [setting.env for setting in all_settings()]


@_EACH
def test_the_document_describes_the_setting_as_it_is(setting: Setting) -> None:
    lines = [line for line in _SECTIONS[setting.env].splitlines() if line]
    assert lines == [setting.about, *_facts(setting)]


def test_the_example_lists_each_setting_commented_with_its_default() -> None:
    # Those of the engine follow; see test_engine_documented.
    listed = [line for line in _EXAMPLE if re.match(r"# [A-Z_]+=", line)][: len(all_settings())]
    defaults = ["" if "`" in item.default else item.default for item in all_settings()]
    names = [setting.env for setting in all_settings()]
    assert listed == [f"# {name}={text}" for name, text in zip(names, defaults, strict=True)]


def test_the_example_sets_nothing_by_itself() -> None:
    assert all(line.startswith("#") or not line for line in _EXAMPLE)


def test_the_example_changes_nothing_when_its_lines_are_uncommented() -> None:
    pairs = [line.removeprefix("# ").partition("=") for line in _EXAMPLE if "=" in line]
    env = {name: value for name, _, value in pairs if name.isupper()}
    home = {"HOME": "/home/me"}
    assert load_settings(env=home | env) == load_settings(env=home).model_copy(
        update={
            "environment": home | env,
            "origins": load_settings(env=home | env).origins,
        }
    )


def test_the_table_in_the_document_is_valid() -> None:
    (table,) = re.findall(r"```toml\n(.*?)```", _DOCUMENT, re.DOTALL)
    settings = load_settings(env={"HOME": "/home/me"}, base_pyproject=table.encode())
    assert settings.floor * 100 == 80
