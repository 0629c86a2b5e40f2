from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.targets import Target
from coverage_gate.settings import Setting, all_settings, load_settings
from coverage_gate.settings.catalogue import EVERY

_ROOT = Path(__file__).parents[2]
_DOCUMENT = (_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
_EXAMPLE = (_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
_SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", _DOCUMENT, re.DOTALL | re.MULTILINE))
_EACH = pytest.mark.parametrize("setting", EVERY.values(), ids=lambda setting: setting.name)


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
    assert list(_SECTIONS) == [setting.name for setting in EVERY.values()]


@_EACH
def test_the_document_describes_the_setting_as_it_is(setting: Setting) -> None:
    lines = [line for line in _SECTIONS[setting.name].splitlines() if line]
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
    tables = re.findall(r"```toml\n(.*?)```", _DOCUMENT, re.DOTALL)
    read = [
        load_settings(env={"HOME": "/home/me"}, base_pyproject=each.encode()) for each in tables
    ]
    assert read[0].floor * 100 == 80
    assert [(each.targets, each.branch_paths) for each in read] == [
        ((), ()),
        ((Target(pattern="*/management/commands/*.py", least=Fraction(1), branches=True),), ()),
        ((Target(pattern="src/worker.py", least=Fraction(8, 10)),), ()),
        (
            (),
            (
                BranchPath(pattern="**", is_on=False),
                BranchPath(pattern="src/payments/", is_on=True),
            ),
        ),
    ]
