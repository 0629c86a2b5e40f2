"""`coverage-gate redteam`: what attacks on this host would reach, and which level holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click

from coverage_gate.adapters.sandbox.levels import Wish, candidates, choose
from coverage_gate.boundary import visible
from coverage_gate.cli.progress import open_progress
from coverage_gate.core.cage import Level
from coverage_gate.ports import Progress, Sandbox
from coverage_gate.testing.attacks.host import HOST_ATTACKS, HostAttack
from coverage_gate.testing.attacks.world import BOUNDS, Outcome, attempt

SCHEMA_VERSION = 1

EXAMPLES = """\b
Examples:
  coverage-gate redteam
  coverage-gate redteam --level landlock --attack daemon --format json
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
@click.option(
    "--level",
    type=click.Choice([str(level) for level in Level]),
    help="The level that is attacked (ORCH_SANDBOX).",
)
@click.option(
    "--attack",
    "names",
    multiple=True,
    type=click.Choice([attack.name for attack in HOST_ATTACKS]),
    help="Only this attack; may come more than once.",
)
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text")
def redteam(*, level: str | None, names: tuple[str, ...], output: str) -> int:
    r"""Attack this host from inside of the cage that holds test runs here.

    Each attack is a program that runs where tests would, and reaches for a small stand-in of the
    host: its secrets, files, processes, services and resources. Ends with status 1 if one got
    through. Nothing of the host itself is touched.
    """
    from coverage_gate.settings import load_settings
    from coverage_gate.wiring import wish_of

    asked = wish_of(load_settings())
    wish = replace(
        asked,
        level=Level(level) if level else asked.level,
        bounds=replace(BOUNDS, is_closed=asked.bounds.is_closed),
    )
    chosen = choose(wish)
    attacks = [attack for attack in HOST_ATTACKS if not names or attack.name in names]
    with open_progress() as progress:
        tried = list(try_all(attacks, chosen.sandbox, wish, progress))
    text = as_json(chosen.cage.level, tried) if output == "json" else as_text(tried)
    click.echo(text)
    return int(not all(each.outcome.is_held for each in tried))


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


def as_text(tried: Sequence[Tried]) -> str:
    """One line for each attack, and the sum."""
    width = max((len(each.outcome.attack.name) for each in tried), default=0)
    lines = [_line(each, width) for each in tried]
    through = sum(not each.outcome.is_held for each in tried)
    return "\n".join([*lines, f"{through} of {len(tried)} attacks got through"])


def _line(each: Tried, width: int) -> str:
    outcome = each.outcome
    mark = "held   " if outcome.is_held else "THROUGH"
    line = f"{mark}  {outcome.attack.name:<{width}}  {outcome.attack.tries}"
    if each.held_by:
        line += f" (held by: {', '.join(each.held_by)})"
    if not outcome.twin_works:
        line += f"; its honest twin fails: {visible(outcome.said, limit=200)}"
    return line


def as_json(level: str, tried: Sequence[Tried]) -> str:
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
    return json.dumps({"schema_version": SCHEMA_VERSION, "level": level, "attacks": attacks})
