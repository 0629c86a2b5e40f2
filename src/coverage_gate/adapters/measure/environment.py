"""The environment of the process that runs tests: empty, plus what was allowed by name.

`CI` is not set: many suites skip or shorten tests where they see it, and the number would be
another one than on a developer's machine. Who wants it allows it by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

#: Names of what must not reach the tests: secrets, the gate's own settings, and what would change
#: which code Python or coverage.py runs.
_REFUSED = re.compile(
    r"(?i).*(TOKEN|SECRET|PASSW|KEY|CREDENTIAL).*"
    r"|(ORCH_|COVERAGE_|COV_CORE_|PYTHON|LD_|DYLD_).*"
)


class RefusedVariableError(ValueError):
    """A variable that must not reach the tests was allowed. The message names it, not its value."""


def refused_names(names: Mapping[str, str]) -> list[str]:
    """Those names that `environment_for_tests` refuses, sorted."""
    return sorted(name for name in names if _REFUSED.fullmatch(name) or not name.isidentifier())


def environment_for_tests(*, allowed: Mapping[str, str], home: Path, tmp: Path) -> dict[str, str]:
    """All that the tests see of an environment.

    Output is buffered as Python does it by default: tests that read a child's output may depend
    on that. Bytecode is not written, because site-packages are not the run's own.

    Args:
        allowed: Names and values to take over.
        home: Private, becomes HOME.
        tmp: Private, becomes TMPDIR.

    Raises:
        RefusedVariableError: If a name looks like a secret or would steer the measuring.
    """
    refused = refused_names(allowed)
    if refused:
        raise RefusedVariableError(
            f"{', '.join(refused)} must not reach the tests (a secret by its name, or it steers"
            " the measuring): take it out of the variables that are passed on"
        )
    # Without a locale, Python would choose one and put LC_CTYPE into the environment itself.
    return {"PATH": os.defpath, "LANG": "C.UTF-8"} | {
        **allowed,
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
