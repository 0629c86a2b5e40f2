"""`coverage-gate completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

EXAMPLES = """\b
Examples:
  coverage-gate completion bash >> ~/.bashrc
  coverage-gate completion zsh >> ~/.zshrc
  coverage-gate completion fish > ~/.config/fish/completions/coverage-gate.fish
"""

_SHELLS: Mapping[str, type[ShellComplete]] = MappingProxyType(
    {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
)
_NAME, _VARIABLE = "coverage-gate", "_COVERAGE_GATE_COMPLETE"


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(*, shell: str) -> int:
    """Print the lines that teach a shell to complete coverage-gate's commands and options."""
    click.echo(_SHELLS[shell](click.Command(_NAME), {}, _NAME, _VARIABLE).source())
    return 0
