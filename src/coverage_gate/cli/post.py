"""`coverage-gate post`: a verdict of another job, shown beside the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coverage_gate.adapters.render.posted import Posted
    from coverage_gate.ports import Receiver

EXAMPLES = """\b
Examples:
  coverage-gate post verdict.json --forge github --name shop --branch feature/x --commit 0a1b2c3
"""

ALLOWED, BROKEN = 0, 4
#: Of a verdict that somebody else wrote.
LONGEST = 4 * 1024 * 1024
FORGES = ("github", "gitlab", "gitea")


@click.command(epilog=EXAMPLES)
@click.argument("verdict", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--forge", type=click.Choice(FORGES), required=True, help="Where the code is.")
@click.option("--name", required=True, help="The repository's name there, without its owner.")
@click.option("--branch", metavar="B", required=True, help="Whose request; OWNER:B for a fork's.")
@click.option("--commit", metavar="SHA", required=True, help="The commit that gets the status.")
@click.option("--conclusion", default="success", help="How the run of the verdict ended, there.")
def post(*, verdict: Path, forge: str, name: str, branch: str, commit: str, conclusion: str) -> int:
    """Show a verdict as one comment, which later ones update, and as a status of the commit.

    For a job that may write to the forge and runs no foreign code: the verdict is read as data.
    The status is a success only where the run of the verdict was one, too. The exit status is 4
    where the forge did not take it.
    """
    from coverage_gate.core.outbox import VERDICT, Message
    from coverage_gate.ports import DeliveryError

    receiver = _receiver_at(forge)
    posted = _read(verdict)
    facts = {
        "repo": name,
        "branch": branch,
        "commit": commit,
        "passed": posted.passed and conclusion == "success",
        "reason": posted.reason,
        "body": posted.comment,
    }
    try:
        remark = receiver.deliver(Message(kind=VERDICT, facts=facts, key="", seqs=()))
    except DeliveryError as error:
        click.echo(f"coverage-gate: {error}", err=True)
        return BROKEN
    click.echo(remark or f"{posted.state} is shown at {forge}")
    return ALLOWED


def _receiver_at(forge: str) -> Receiver:
    from coverage_gate.receiving import RECEIVERS, missing_for, receivers_of
    from coverage_gate.settings import load_settings

    settings = load_settings()
    if missing_for(settings, forge):
        needed = ", ".join(f"ORCH_{each.upper()}" for each in RECEIVERS[forge])
        raise click.UsageError(f"{forge} needs {needed}: see docs/notifications.md")
    return next(each for each in receivers_of(settings) if each.topic == forge)


def _read(verdict: Path) -> Posted:
    from coverage_gate.adapters.render.posted import PostedError, read_posted

    with verdict.open("rb") as stream:
        content = stream.read(LONGEST)
    try:
        return read_posted(content)
    except PostedError as error:
        raise click.UsageError(f"{verdict}: {error}") from None
