"""`coverage-gate redteam`: what attacks on this set-up would reach, and what holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.adapters.sandbox.levels import Wish, candidates, choose
from coverage_gate.boundary import visible
from coverage_gate.cli.options import format_option, repo_option
from coverage_gate.cli.progress import open_progress
from coverage_gate.clock import SystemClock
from coverage_gate.core.cage import Level
from coverage_gate.ports import Progress, Sandbox
from coverage_gate.testing.attacks import ATTACKS, Attack, Family
from coverage_gate.testing.attacks.host import HOST_ATTACKS, HostAttack
from coverage_gate.testing.attacks.world import BOUNDS, Outcome, attempt

if TYPE_CHECKING:
    from coverage_gate.cli.branch_attacks import Branches, Judged
    from coverage_gate.settings import Settings

SCHEMA_VERSION = 1
_HOST = "host"
FAMILIES = (_HOST, *(family.name.lower() for family in Family))
_NAMES = (*(attack.name for attack in HOST_ATTACKS), *(attack.name for attack in ATTACKS))
_LIMIT = 200

EXAMPLES = """\b
Examples:
  coverage-gate redteam
  coverage-gate redteam --family host --level landlock --format json
  coverage-gate redteam --family hooks --family tests --seconds 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An attack, and what would hold it where this level does not.

    Attributes:
        outcome: How it ended here.
        held_by: The levels that work here and hold it; empty where this one does.
    """

    outcome: Outcome
    held_by: tuple[str, ...] = ()


@click.command(epilog=EXAMPLES)
@repo_option
@click.option(
    "--level",
    type=click.Choice([str(level) for level in Level]),
    help="The level that is attacked (ORCH_SANDBOX).",
)
@click.option(
    "--family",
    "families",
    multiple=True,
    type=click.Choice(FAMILIES),
    help="Only attacks of this family; may come more than once.",
)
@click.option(
    "--attack",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this attack; may come more than once.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="No further branch is judged after this time; 0: all are.",
)
@format_option
def redteam(
    *,
    repo: Path,
    level: str | None,
    families: tuple[str, ...],
    names: tuple[str, ...],
    seconds: float,
    output: str,
) -> int:
    r"""Attack this set-up: the cage that holds test runs here, and the limits that judge branches.

    Attacks on the host are programs that run where tests would, and reach for a small stand-in of
    the host: its secrets, files, processes, services and resources. Attacks by branches want
    untested code in: each is a branch of a small project, judged with the settings of this
    environment, the table and the interpreter of the repository. Ends with status 1 if one got
    through. Neither the host nor the repository is touched.
    """
    from coverage_gate.settings import load_settings

    settings = load_settings()
    chosen = _chosen(families, names)
    with open_progress() as progress:
        wish, tried = _host(settings, level, chosen.host, progress)
        branches = _branches(
            settings, repo, level, attacks=chosen.branches, seconds=seconds, progress=progress
        )
    click.echo(as_json(wish, tried, branches) if output == "json" else as_text(tried, branches))
    return int(not all(each.outcome.is_held for each in tried) or branches.through > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The attacks that are tried."""

    host: tuple[HostAttack, ...]
    branches: tuple[Attack, ...]


def _chosen(families: Sequence[str], names: Sequence[str]) -> Chosen:
    """Raises UsageError for a name that no attack has."""
    unknown = [name for name in names if name not in _NAMES]
    if unknown:
        known = ", ".join(_NAMES)
        raise click.UsageError(f"no attack is called {visible(unknown[0])!r}; there are: {known}")

    def means(name: str, family: str) -> bool:
        return (not names or name in names) and (not families or family in families)

    return Chosen(
        host=tuple(each for each in HOST_ATTACKS if means(each.name, _HOST)),
        branches=tuple(each for each in ATTACKS if means(each.name, each.family.name.lower())),
    )


def _host(
    settings: Settings, level: str | None, attacks: Sequence[HostAttack], progress: Progress
) -> tuple[str, list[Tried]]:
    """The level that is attacked, and what became of it."""
    wish = _wish(settings, level)
    found = choose(wish)
    return found.cage.level, list(try_all(attacks, found.sandbox, wish, progress))


def _wish(settings: Settings, level: str | None) -> Wish:
    from coverage_gate.wiring import wish_of

    asked = wish_of(settings)
    return replace(
        asked,
        level=Level(level) if level else asked.level,
        bounds=replace(BOUNDS, is_closed=asked.bounds.is_closed),
    )


def _branches(
    settings: Settings,
    repo: Path,
    level: str | None,
    *,
    attacks: Sequence[Attack],
    seconds: float,
    progress: Progress,
) -> Branches:
    """Raises ClickException if nothing can be judged."""
    from coverage_gate.cli import branch_attacks
    from coverage_gate.testing.attacks.arena import ArenaError

    if not attacks:
        return branch_attacks.Branches()
    clock = SystemClock()
    levels = dict.fromkeys(each.name for each in candidates(Wish(level=Level.AUTO)))
    attacked = choose(_wish(settings, level)).cage.level
    setup = branch_attacks.setup_of(settings, repo, level=level)
    try:
        return branch_attacks.try_branches(
            attacks,
            setup,
            branch_attacks.others_of(setup, [name for name in levels if name != attacked]),
            until=clock.monotonic() + seconds if seconds else float("inf"),
            clock=clock,
            progress=progress,
        )
    except ArenaError as error:
        message = f"the project that is attacked cannot be measured here: {error}"
        raise click.ClickException(visible(message, limit=2000)) from None


def try_all(
    attacks: Sequence[HostAttack], sandbox: Sandbox, wish: Wish, progress: Progress
) -> Iterator[Tried]:
    """Try each attack; one that got through is tried at the other levels, too."""
    others = [
        other for other in candidates(replace(wish, level=Level.AUTO)) if other.name != sandbox.name
    ]
    for number, attack in enumerate(attacks, start=1):
        progress.step(f"{number} of {len(attacks)}: {attack.name}")
        outcome = attempt(attack, sandbox)
        wanted = () if outcome.is_held else others
        held = dict.fromkeys(other.name for other in wanted if attempt(attack, other).is_held)
        yield Tried(outcome=outcome, held_by=tuple(held))


def as_text(tried: Sequence[Tried], branches: Branches) -> str:
    """One line for each attack, and the sums."""
    names = [each.outcome.attack.name for each in tried]
    names += [each.attack.name for each in branches.judged]
    width = max(map(len, names), default=0)
    lines = [_line(each, width) for each in tried]
    lines += [_branch_line(each, width) for each in branches.judged]
    through = sum(not each.outcome.is_held for each in tried)
    if tried:
        lines.append(f"{through} of {len(tried)} attacks on the host got through")
    if branches.judged:
        lines.append(f"{branches.through} of {len(branches.judged)} branches got through")
    if branches.untried:
        lines.append(f"{len(branches.untried)} branches were not tried: --seconds 0 tries all")
    if branches.twin:
        why = visible(branches.twin, limit=_LIMIT)
        lines.append(f"an honest branch does not merge either, so this says little: {why}")
    return "\n".join(lines)


def _line(each: Tried, width: int) -> str:
    outcome = each.outcome
    line = f"{_mark(outcome.is_held)}  {outcome.attack.name:<{width}}  {outcome.attack.tries}"
    if each.held_by:
        line += f" (held by: {', '.join(each.held_by)})"
    if not outcome.twin_works:
        line += f"; its honest twin fails: {visible(outcome.said, limit=_LIMIT)}"
    return line


def _mark(is_held: bool) -> str:  # noqa: FBT001 - what is shown
    return "held   " if is_held else "THROUGH"


def _branch_line(each: Judged, width: int) -> str:
    line = f"{_mark(each.is_held)}  {each.attack.name:<{width}}  {each.attack.tries}"
    if each.is_held:
        return line
    would = ", ".join(each.would_hold) or "nothing that was tried"
    return f"{line} (held by: {would}); {visible(each.said, limit=_LIMIT)}"


def as_json(level: str, tried: Sequence[Tried], branches: Branches) -> str:
    """The same for machines, see docs/schema/redteam.schema.json."""
    attacks = [
        {
            "name": each.outcome.attack.name,
            "tries": each.outcome.attack.tries,
            "held": each.outcome.is_held,
            "held_by": list(each.held_by),
            "twin_works": each.outcome.twin_works,
        }
        for each in tried
    ]
    judged = [
        {
            "name": each.attack.name,
            "family": each.attack.family.name.lower(),
            "tries": each.attack.tries,
            "held": each.is_held,
            "held_by": list(each.held_by),
            "would_hold": list(each.would_hold),
        }
        for each in branches.judged
    ]
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "level": level,
            "attacks": attacks,
            "branches": judged,
            "untried": list(branches.untried),
            "twin": branches.twin or None,
        }
    )
