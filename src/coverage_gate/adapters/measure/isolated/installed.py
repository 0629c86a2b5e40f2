"""Modules of the repository's environment, and never those of its tree."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from coverage_gate.adapters.measure.isolated.failures import CannotAnalyseError

_INSTALLED_IN = ("site-packages", "dist-packages")


def check_installed(package: str, called: str) -> None:
    """Make sure that it is the installed one: an editable install must not lead to the branch.

    Args:
        package: The name by which it is imported.
        called: Its name in messages.

    Raises:
        CannotAnalyseError: If it is not there, or lies elsewhere.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotAnalyseError(f"{called} is not installed for {sys.executable}")
    if Path(spec.origin).parent.parent.name not in _INSTALLED_IN:
        raise CannotAnalyseError(f"{spec.origin} is not an installed {called}")
