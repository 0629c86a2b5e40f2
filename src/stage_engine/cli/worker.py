"""`stage-engine worker`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import Command, format_option
from stage_engine.cli.options import Duration

if TYPE_CHECKING:
    from stage_engine.context import Engine
    from stage_engine.worker import WorkerOptions, WorkerReport

_INTERRUPTED = 130


EXAMPLES = """\b
Examples:
  stage-engine worker
  stage-engine worker --drain --max-jobs 20
  stage-engine worker --host build-2 --poll-interval 5s
"""


def _interval(
    name: str, *, default: str, about: str, least: float = 0.0
) -> Callable[[Command], Command]:
    kind = Duration(least=least)
    return click.option(name, type=kind, default=default, show_default=True, help=about)


@click.command(epilog=EXAMPLES)
@click.option("--max-jobs", type=click.IntRange(min=1), help="Stop after taking so many.")
@_interval(
    "--poll-interval",
    default="1s",
    least=0.01,
    about="Between two looks while there is nothing to do.",
)
@click.option("--host", metavar="NAME", help="Whose jobs to take; else this machine's.")
@click.option("--drain", is_flag=True, help="Stop when no job is due and none runs elsewhere.")
@click.option("--once", is_flag=True, help="Take one job at most, without waiting for one.")
@_interval(
    "--silence", default="60s", least=0.5, about="A worker silent for so long is taken for dead."
)
@_interval(
    "--recheck",
    default="60s",
    least=0.1,
    about="The longest time until what waits is looked at again.",
)
@_interval("--keep", default="7d", about="How old worktrees of finished tasks become.")
@format_option
def worker(
    *,
    max_jobs: int | None,
    poll_interval: float,
    host: str | None,
    drain: bool,
    once: bool,
    silence: float,
    recheck: float,
    keep: float,
    output: str,
) -> int:
    """Take jobs and do them, until asked to stop. Any number of workers may run at once.

    SIGTERM or SIGINT: the running job comes to the end of its stage, or goes back; asked twice,
    it goes back at once. Jobs of workers that died are taken over.
    """
    from coverage_gate.cli.progress import open_progress
    from stage_engine.cli.output import answer_json
    from stage_engine.engine import open_engine
    from stage_engine.worker import WorkerOptions

    progress = open_progress()
    # What a worker did stays on the screen.
    progress.terminal = replace(progress.terminal, is_live=False)
    engine = open_engine(progress=progress)
    options = WorkerOptions(
        host=_host(engine, host),
        poll_s=poll_interval,
        max_jobs=1 if once else max_jobs,
        is_draining=drain or once,
        waits_for_others=not once,
        silence_s=silence,
        recheck_s=recheck,
        tidy_s=None if once else 3600.0,
        keep_s=keep,
    )
    report = _worked(engine, options, progress.step)
    if report is None:
        return _INTERRUPTED
    if output == "json":
        ended = {"worker": report.worker, "taken": report.taken, "ended": dict(report.ended)}
        answer_json({**ended, "why": str(report.why)})
    return 0


def _worked(
    engine: Engine, options: WorkerOptions, tell: Callable[[str], None]
) -> WorkerReport | None:
    """Work until asked to stop, and tell it; None where asked to stop at once."""
    from stage_engine.signals import HurryError, Signals
    from stage_engine.worker import Worker

    signals = Signals()
    with signals.listening():
        one = Worker(engine=engine, options=options, signals=signals, tell=tell)
        tell(f"worker {one.name} takes jobs; SIGTERM or Ctrl-C stops it")
        try:
            report = one.work()
        except HurryError:
            tell("stopped at once; its job went back into the queue")
            return None
    done = ", ".join(f"{count} {state}" for state, count in sorted(report.ended.items()))
    tell(f"stopped ({report.why}): {report.taken} jobs taken; {done or 'none ended'}")
    return report


def _host(engine: Engine, name: str | None) -> str:
    """A host that somebody named must be known; this machine makes itself known."""
    from stage_engine import catalogue
    from stage_engine.machine import own_host

    with engine.store.writing() as rows:
        if name is None:
            catalogue.keep(rows, catalogue.Kind.HOST, own_host(), "{}")
            return own_host()
        catalogue.check_host(rows, name)
    return name
