"""`coverage-gate check`: judge a branch as it would land."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coverage_gate.core.picture import PictureFile
    from coverage_gate.core.verdict import Verdict
    from coverage_gate.ports import ChangeReader
    from coverage_gate.procedure import Place, SettingsReader
    from coverage_gate.settings import Settings

from coverage_gate.cli.options import (
    base_option,
    db_option,
    output_option,
    policy_options,
    repo_option,
    reports_option,
    verdict_format_option,
)

EXAMPLES = """\b
Examples:
  coverage-gate check --branch feature/x --base main
  coverage-gate check --branch feature/x --notify && coverage-gate notify
  coverage-gate check --repo ../shop --branch feature/x --floor 80 --format json
  coverage-gate check --branch feature/x --output html=change.html
  coverage-gate check --branch feature/x --format github --output markdown=comment.md
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--branch", metavar="B", help="What wants to land.  [default: what is checked out]")
@base_option
@click.option("--work-item", metavar="ID", help="Whose report it is.  [default: the branch]")
@reports_option
@db_option
@policy_options
@verdict_format_option
@output_option
@click.option("--notify", is_flag=True, help="Leave the verdict for who is to be told.")
def check(
    *,
    repo: Path,
    branch: str | None,
    work_item: str | None,
    notify: bool,
    output: str,
    files: tuple[tuple[str, Path], ...],
    **flags: str | None,
) -> int:
    """Judge a branch: measure what its tests execute on the tree that would land.

    Without a stored baseline it is compared with a measurement of the base.
    """
    from coverage_gate import procedure
    from coverage_gate.adapters.report_files import ReportError
    from coverage_gate.cli.answers import (
        add_step_summary,
        tell_unreported,
        tell_verdict,
        write_faces,
    )
    from coverage_gate.cli.flags import reader

    read = reader(flags)
    place = procedure.command_place(
        read(None), repo, branch=branch, work_item=work_item, base=flags["base"]
    )
    faces = {output, *(name for name, _ in files)}
    verdict, settings, pictures = _judged(read, place, draws="html" in faces)
    try:
        written = procedure.publish(verdict, place, key=settings.sign_with)
        write_faces(verdict, files, report=written, picture=pictures)
    except ReportError as error:
        return tell_unreported(verdict, error, output=output)
    add_step_summary(verdict, faces)
    if notify and written is not None:
        from coverage_gate.cli.leaving import leave_verdict

        leave_verdict(settings, place, verdict)
    return tell_verdict(verdict, report=written, output=output, picture=pictures)


def _judged(
    read: SettingsReader, place: Place, *, draws: bool
) -> tuple[Verdict, Settings, list[PictureFile]]:
    """Judge, and read the lines of the change while the tree is there, if they are drawn."""
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.explaining import pictured
    from coverage_gate.procedure import judge

    pictures: list[PictureFile] = []

    def look(verdict: Verdict, tree: ChangeReader) -> None:
        if draws:
            pictures.extend(pictured(verdict, tree))

    with open_progress() as progress:
        verdict, settings = judge(read, place, progress=progress, look=look)
    return verdict, settings, pictures
