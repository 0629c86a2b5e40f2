"""Tries each attack on the host at each level, as root and as a plain user: `make redteam-all`.

Writes the table into docs/redteam.md. As root the same is done once more by a process of another
user, with a Python that everybody can read and a copy of the source.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from coverage_gate.adapters.sandbox.levels import Wish, candidates
from coverage_gate.ports import SandboxError
from coverage_gate.testing.attacks.host import HOST_ATTACKS
from coverage_gate.testing.attacks.world import BOUNDS, attempt

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "redteam.md"
_START, _END = "<!-- made by `make redteam-all` -->\n\n", "\n<!-- end of the matrix -->\n"
_LEVELS = ("bubblewrap", "landlock", "landlock alone", "unshare", "plain")
_USER = "1234"
#: Not our own: it may lie where only root gets.
_PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")

Column = dict[str, str]


def column_of(number: int) -> Column:
    """Attack → what became of it at one level."""
    sandbox = candidates(Wish(bounds=BOUNDS))[number]
    found: Column = {}
    for attack in HOST_ATTACKS:
        try:
            outcome = attempt(attack, sandbox)
        except SandboxError:
            found[attack.name] = "?"
            continue
        mark = "held" if outcome.is_held else "**leaks**"
        found[attack.name] = mark if outcome.twin_works else f"{mark}, twin fails"
        sys.stderr.write(f"{_LEVELS[number]}: {attack.name}: {found[attack.name]}\n")
    return found


def columns() -> dict[str, Column]:
    """All levels, for the user of this process."""
    return {name: column_of(number) for number, name in enumerate(_LEVELS)}


def columns_of_a_user() -> dict[str, Column]:
    """The same in a process of a plain user."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shutil.copytree(_ROOT / "src", f"{folder}/src")
        package = Path(folder, "src", "tests", "redteam")
        package.mkdir(parents=True)
        shutil.copy(__file__, package)
        become = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
        env = {"PATH": os.defpath, "PYTHONPATH": f"{folder}/src", "HOME": "/nowhere"}
        for python in _PYTHONS:
            trial = [*become, python, "-m", "tests.redteam.matrix", "--json"]
            done = subprocess.run(trial, env=env, cwd="/", stdout=subprocess.PIPE, check=False)
            if done.returncode == 0:
                answer: dict[str, Column] = json.loads(done.stdout)
                return answer
    raise SystemExit("no Python that another user can run")


def table(found: dict[str, dict[str, Column]]) -> str:
    """Rows are attacks, columns are users and levels."""
    heads = [(user, level) for user in found for level in found[user]]
    lines = [
        "| attack | what it tries | "
        + " | ".join(f"{user}: {level}" for user, level in heads)
        + " |",
        "|---" * (2 + len(heads)) + "|",
    ]
    for attack in HOST_ATTACKS:
        cells = [found[user][level][attack.name] for user, level in heads]
        lines.append(f"| `{attack.name}` | {attack.tries} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try all, and write the table, or print it for another process."""
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(columns()))
        return
    own = "root" if os.getuid() == 0 else "user"
    found = {own: columns()}
    if own == "root":
        found["user"] = columns_of_a_user()
    page = _PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_START)
    after = rest.partition(_END)[2]
    _PAGE.write_text(before + _START + table(found) + _END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
