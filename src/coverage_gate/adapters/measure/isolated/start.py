"""Runs a script of this folder by its name, in an interpreter that knows nothing of ours.

    python -I start.py NAME ARGUMENT... < request > answer

Isolated (`-I`), Python looks for no module beside the script that it runs. So this folder is made
known as the package that it is, with nothing in the packages above it: what one script has of
another is found, and nothing else, be it that the tree is one that has modules of these names.
"""

from __future__ import annotations

import importlib
import sys
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import IO

PACKAGE = "coverage_gate.adapters.measure.isolated"


def main(argv: list[str], request: IO[str], answer: IO[str]) -> int:
    """Have a script answer one request.

    Args:
        argv: The name of the script, and its own arguments.
        request: What it is asked.
        answer: Where its answer goes.

    Returns:
        Exit status: 0 when the answer is whole.
    """
    name, *rest = argv
    _make_known()
    script = importlib.import_module(f"{PACKAGE}.{name}")
    status: int = script.main(rest, request, answer)
    return status


def _make_known() -> None:
    for name in accumulate(PACKAGE.split("."), "{}.{}".format):
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = getattr(package, "__path__", [])
    sys.modules[PACKAGE].__path__ = [str(Path(__file__).parent)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin, sys.stdout))
