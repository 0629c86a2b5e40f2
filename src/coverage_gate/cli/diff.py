"""`coverage-gate diff`: the change itself, also before it is committed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import (
    base_option,
    change_options,
    db_option,
    output_option,
    repo_option,
    verdict_format_option,
)
from coverage_gate.core.stand import Stand

if TYPE_CHECKING:
    from coverage_gate.procedure import Place, SettingsReader
    from coverage_gate.settings import Settings

EXAMPLES = """\b
Examples:
  coverage-gate diff --base main
  coverage-gate diff --staged --only-code
  coverage-gate diff --worktree --base main --format agent
"""

#: What a change is judged by: nothing that needs the numbers of main.
RULES = "patch,unmeasured,integrity"
STAGED_FLOOR = "75"
#: Ends of the names of files by which a measurement can change; of others no commit has to wait.
_MATTERS = (".py", ".toml", ".cfg", ".ini", ".coveragerc")


@click.command(epilog=EXAMPLES)
@repo_option
@base_option
@click.option("--staged", "stand", flag_value="index", help="What is staged, against HEAD.")
@click.option("--worktree", "stand", flag_value="files", help="The files as they stand.")
@click.option(
    "--only-code",
    is_flag=True,
    help="With --staged: end at once where no Python or configuration file is staged.",
)
@db_option
@change_options
@verdict_format_option
@output_option
def diff(
    *,
    repo: Path,
    stand: str | None,
    only_code: bool,
    output: str,
    files: tuple[tuple[str, Path], ...],
    **flags: str | None,
) -> int:
    """Judge new and modified lines: 90 % of them have to run.

    What is judged is what is checked out: its last commit, what is staged (--staged; the files may
    differ), or the files as they stand (--worktree). With --staged the total may not fall below 75
    %, unless a floor is set. Nothing is written to the repository, and no report is written.
    """
    from coverage_gate import procedure
    from coverage_gate.adapters.report_files import ReportError
    from coverage_gate.cli.answers import (
        add_step_summary,
        tell_unreported,
        tell_verdict,
        write_faces,
    )
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.wiring import is_uncommitted

    meant = _stand_of(stand, only_code=only_code)
    if meant is Stand.INDEX and is_uncommitted(repo):
        return _nothing("to compare with: this is the first commit")
    read = change_reader(flags, stand=meant)
    place = change_place(read(None), repo, base=flags["base"], stand=meant)
    if only_code and not _changes_code(place):
        return _nothing("to judge: no Python or configuration file is staged")
    with open_progress() as progress:
        verdict, _ = procedure.judge(read, place, progress=progress)
    try:
        write_faces(verdict, files, report=None)
    except ReportError as error:
        return tell_unreported(verdict, error, output=output)
    add_step_summary(verdict, [output, *(name for name, _ in files)])
    return tell_verdict(verdict, report=None, output=output)


def _stand_of(name: str | None, *, only_code: bool) -> Stand:
    meant = Stand(name or Stand.COMMIT)
    if only_code and meant is not Stand.INDEX:
        raise click.UsageError("--only-code belongs to --staged")
    return meant


def _nothing(why: str) -> int:
    click.echo(f"nothing {why}", err=True)
    return 0


def _changes_code(place: Place) -> bool:
    from coverage_gate.procedure import changed_paths

    return any(path.endswith(_MATTERS) for path in changed_paths(place))


def change_reader(flags: Mapping[str, str | None], *, stand: Stand) -> SettingsReader:
    """Reads the settings by which a change is judged; what people set goes before our defaults."""
    from coverage_gate.settings import Origin, load_settings

    ours: dict[str, str | None] = {"rules": RULES, "policy": "absolute"}
    ours |= {name: value for name, value in flags.items() if value is not None}

    def read(base_pyproject: bytes | None) -> Settings:
        """Of the index, the floor is a lower one unless somebody set it. Raises SettingsError."""
        settings = load_settings(flags=ours, base_pyproject=base_pyproject)
        is_set = settings.origins["floor"] is not Origin.DEFAULT
        if is_set or stand is not Stand.INDEX:
            return settings
        return load_settings(flags={**ours, "floor": STAGED_FLOOR}, base_pyproject=base_pyproject)

    return read


def change_place(settings: Settings, folder: Path, *, base: str | None, stand: Stand) -> Place:
    """What is checked out, for `procedure.judge`; a staged change is compared with HEAD."""
    from dataclasses import replace

    from coverage_gate.procedure import command_place
    from coverage_gate.settings import index_file

    base = base or ("HEAD" if stand is Stand.INDEX else None)
    place = command_place(settings, folder, branch=None, work_item=None, base=base)
    index = index_file() if stand is Stand.INDEX else None
    return replace(place, compares_with_base=False, stand=stand, index=index)
