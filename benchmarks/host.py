"""`python -m benchmarks.host`: what a branch costs in a process that judges one after another.

A stage engine imports the gate and runs on: what is loaded once is no cost of a branch. It judges a
branch of another, small repository that it knows nothing of, and then the one that is asked for,
whose base it has measured; that second call is timed, with the processes that it starts and waits
for. One line of JSON tells it.
"""

from __future__ import annotations

import json
import resource
import time

import click

from benchmarks.stands import BASE, Stand

#: Name of the repository that a host judges before anything is timed.
FIRST = "first"


@click.command()
@click.option("--repo", required=True, help="Name of the repository in ORCH_REPOS_DIR.")
@click.option("--branch", required=True)
@click.option("--first", required=True, help="Another repository, with a branch of that name.")
def main(*, repo: str, branch: str, first: str) -> None:
    """Judge a branch after one of another repository, and tell what it has cost."""
    judged(first, branch)
    before, started = cpu_s(), time.monotonic()
    judged(repo, branch)
    click.echo(json.dumps({"cpu_s": cpu_s() - before, "wall_s": time.monotonic() - started}))


def judged(repo: str, branch: str) -> None:
    """Judge a branch. Raises ClickException where it may not merge."""
    import coverage_gate  # noqa: PLC0415 - by the host alone, which is told by its environment

    ok, reason = coverage_gate.check_coverage_gate(repo, "BENCH-1", branch, retested=False)
    if not ok:
        raise click.ClickException(reason)


def variables(stand: Stand, store: str) -> dict[str, str]:
    """The settings of a host for a stand, with a store of this name."""
    return {
        "ORCH_COVERAGE_GATE_REPOS": f"{stand.checkout.name},{FIRST}",
        "ORCH_REPOS_DIR": str(stand.checkout.parent),
        "ORCH_WORKTREES_DIR": str(stand.scratch / "worktrees"),
        "ORCH_REPORTS_DIR": str(stand.scratch / "reports"),
        "ORCH_DB_PATH": str(stand.scratch / store),
        "ORCH_COVERAGE_PYTHON": str(stand.python),
        "ORCH_COVERAGE_BASE": BASE,
    }


def cpu_s() -> float:
    """Seconds of CPU of this process, and of those that it started and waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


if __name__ == "__main__":
    main()
