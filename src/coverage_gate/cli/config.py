"""`coverage-gate config show`: every setting, its value, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.boundary import visible
from coverage_gate.cli.base_file import BaseFile, read_base_file
from coverage_gate.cli.options import base_option, format_option
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Origin, Setting, load_settings, unknown_variables
from coverage_gate.settings.catalogue import EVERY

if TYPE_CHECKING:
    from coverage_gate.settings import Settings

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting as it is now.

    Attributes:
        setting: Which.
        value: As it would be set; None where it is not set; of a secret only whether it is.
        origin: Where it comes from.
    """

    setting: Setting
    value: str | None
    origin: Origin

    @property
    def source(self) -> str:
        """The origin with the name under which the value stands there."""
        names = {
            Origin.FLAG: self.setting.flag,
            Origin.FILE: self.setting.file,
            Origin.ENVIRONMENT: None,
            Origin.DEFAULT: None,
        }
        return " ".join(filter(None, [self.origin, names[self.origin]]))


EXAMPLES = """\b
Examples:
  coverage-gate config show --origin --base develop
  coverage-gate config show --repo . --base main --format json
  ORCH_COVERAGE_MIN_PERCENT=80 coverage-gate config show --origin
"""


@click.group(epilog=EXAMPLES)
def config() -> None:
    """Show the settings."""


@config.command(epilog=EXAMPLES)
@click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    show_default="this folder, if it is a repository",
    help="The repository whose base may set values in its pyproject.toml.",
)
@base_option
@click.option("--origin", is_flag=True, help="Show where each value comes from.")
@format_option
def show(*, repo: Path | None, base: str | None, origin: bool, output: str) -> None:
    r"""Show every setting, its value, and with --origin where it comes from.

    Values come from a flag, the environment, the table [tool.coverage-gate] in pyproject.toml of
    the base commit, or the default; see docs/settings.md. Secrets are shown as "set" or "not set".
    """
    flags = {"base": base}
    file = _base_file(repo, load_settings(flags=flags).base)
    settings = load_settings(flags=flags, base_pyproject=file.content if file else None)
    rows = rows_of(settings)
    if output == "json":
        click.echo(json.dumps(_as_json(rows, file)))
        return
    for line in _lines(rows, with_origin=origin):
        click.echo(line)
    if origin:
        click.echo(f"\nfile: {_file_text(file)}")


def rows_of(settings: Settings) -> list[Row]:
    """Every setting, in the order of the documents."""
    return [
        Row(setting=item, value=_shown(settings, field), origin=settings.origins[field])
        for field, item in EVERY.items()
    ]


def _shown(settings: Settings, field: str) -> str | None:
    setting, value = EVERY[field], getattr(settings, field)
    if setting.is_secret:
        return None if value is None else "set"
    return setting.show(value) or (None if setting.is_optional else "")


def _base_file(repo: Path | None, base: str) -> BaseFile | None:
    """The base's file; None where nobody named a repository and there is none here."""
    if repo is not None:
        return read_base_file(repo, base)
    try:
        return read_base_file(Path(), base)
    except RepositoryError as error:
        click.echo(f"no pyproject.toml is read: {visible(str(error))}", err=True)
        return None


def _lines(rows: list[Row], *, with_origin: bool) -> Iterator[str]:
    cells = [(row.setting.name, _cell(row), row.source) for row in rows]
    name_width = max(len(name) for name, _, _ in cells)
    value_width = max(len(value) for _, value, _ in cells)
    for name, value, source in cells:
        end = f"{value:<{value_width}}  {source}" if with_origin else value
        yield f"{name:<{name_width}}  {end}".rstrip()


def _cell(row: Row) -> str:
    return "not set" if row.value is None else visible(row.value) or "none"


def _file_text(file: BaseFile | None) -> str:
    if file is None:
        return "none read"
    missing = "" if file.content is not None else ", which has none"
    return f"pyproject.toml of {file.commit}{missing}"


def _as_json(rows: list[Row], file: BaseFile | None) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "file_commit": None if file is None else file.commit,
        "settings": [
            {
                "name": row.setting.name,
                "value": "not set" if row.value is None and row.setting.is_secret else row.value,
                "origin": row.origin,
                "source": row.source,
            }
            for row in rows
        ],
        "unknown_variables": list(unknown_variables()),
    }
