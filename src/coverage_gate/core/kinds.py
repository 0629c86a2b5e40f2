"""What kind of code a file holds, told by its path, and how such code is best tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coverage_gate.core.globs import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of code.

    Attributes:
        pattern: Which files; see `globs`.
        name: What it is called.
        action: What to do, in a sentence.
    """

    pattern: str
    name: str
    action: str


ACTIONS = {
    "command": "Run it with arguments in the tests' own process; assert its output and its status.",
    "adapter": "Put a fake behind it; assert what is sent and what comes of answers and errors.",
    "admin": "Ask for its pages with a test client; assert what a user sees and may change.",
    "core": "Call its functions with plain values; assert what they answer.",
}
CORE = "core"

_PATTERNS = {
    "command": (
        *("*/management/commands/*.py", "*/commands/**", "*/cli/**", "cli.py", "*_cli.py"),
        *("__main__.py", "*_command.py", "commands.py"),
    ),
    "admin": ("admin.py", "*/admin/**", "*_admin.py"),
    "adapter": (
        *("*/adapters/**", "*/clients/**", "*/gateways/**", "*/integrations/**", "*_client.py"),
        *("*_adapter.py", "client.py", "*/backends/**", "*/drivers/**", "api.py", "*/api/**"),
    ),
}
USUAL = tuple(
    Kind(pattern=pattern, name=name, action=ACTIONS[name])
    for name, patterns in _PATTERNS.items()
    for pattern in patterns
)
_REST = Kind(pattern="**", name=CORE, action=ACTIONS[CORE])


def kind_of(path: str, own: Sequence[Kind]) -> Kind:
    """The first kind that means a file: the project's own before the usual ones."""
    return next((kind for kind in (*own, *USUAL) if matches(kind.pattern, path)), _REST)
