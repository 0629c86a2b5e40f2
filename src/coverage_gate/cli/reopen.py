"""`coverage-gate reopen`: open a gate again that tool errors have closed."""

from __future__ import annotations

import click

from coverage_gate.cli.options import db_option

EXAMPLES = """\b
Examples:
  coverage-gate reopen --repo shop --actor ana --reason "the disk was full"
"""


@click.command(epilog=EXAMPLES)
@click.option("--repo", "name", metavar="NAME", required=True, help="Name of the repository.")
@click.option("--actor", metavar="A", required=True, help="Who has looked.")
@click.option("--reason", metavar="R", required=True, help="What it was; kept in the audit.")
@db_option
def reopen(name: str, actor: str, reason: str, **flags: str | None) -> int:
    """Open the gate of a repository again that three tool errors in a row have closed.

    The exit status is 1 when it is not closed.
    """
    from coverage_gate import closing
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.known import require_known
    from coverage_gate.clock import SystemClock
    from coverage_gate.wiring import store_of

    settings = reader(flags)(None)
    store = store_of(settings)
    require_known(settings, store, name)
    try:
        opened = closing.reopen(store, name, actor=actor, reason=reason, clock=SystemClock())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{one_line(name)}: {'open again' if opened else 'not closed'}")
    return 0 if opened else 1
