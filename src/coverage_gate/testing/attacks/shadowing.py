"""Modules of the branch that take the place of pytest, coverage.py or the library."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.configuration import BROKEN_STOCK
from coverage_gate.testing.attacks.project import TESTED, UNTESTED

#: A module that ends whoever imports it, as if all had gone well.
_ENDS = "raise SystemExit(0)\n"

SHADOWING = (
    Attack(
        name="a-plugin-by-its-metadata",
        family=Family.HOOKS,
        tries="commits metadata of a distribution, so that pytest loads the branch's plugin",
        held_by="lost",
        files={
            **BROKEN_STOCK,
            "src/evil-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1\n",
            "src/evil-1.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n",
            "src/evil.py": "def pytest_collection_modifyitems(items):\n"
            "    items[:] = [item for item in items if 'take' not in item.name]\n",
        },
        twin_is="tells its own version by metadata in the tree",
        twin={
            **TESTED,
            "src/till-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: till\nVersion: 1\n",
        },
    ),
    Attack(
        name="a-pytest-of-its-own",
        family=Family.HOOKS,
        tries="puts a pytest.py into the root that ends with status 0",
        held_by="branch-unmeasurable",
        files={**UNTESTED, **dict.fromkeys(("pytest.py", "src/pytest.py"), _ENDS)},
        twin_is="has a module with the name of a package that it does not use",
        twin={**TESTED, "src/till/attrs.py": "KEY = 1\n"},
    ),
    Attack(
        name="a-coverage-of-its-own",
        family=Family.HOOKS,
        tries="puts a package `coverage` into the tree",
        held_by="branch-unmeasurable",
        files={**UNTESTED, **dict.fromkeys(("coverage/__init__.py", "src/coverage.py"), _ENDS)},
        twin_is="has a module of that name inside its package",
        twin={**TESTED, "src/till/coverage.py": "KEY = 1\n"},
    ),
    Attack(
        name="a-sitecustomize",
        family=Family.HOOKS,
        tries="ends each Python process at its start by sitecustomize.py, usercustomize.py, a .pth",
        held_by="patch",
        files={
            **UNTESTED,
            "sitecustomize.py": "import os\nos._exit(0)\n",
            "src/sitecustomize.py": "import os\nos._exit(0)\n",
            "src/usercustomize.py": "import os\nos._exit(0)\n",
            "src/evil.pth": "import os; os._exit(0)\n",
        },
        twin_is="has modules with harmless names beside the package",
        twin={**TESTED, "src/till/site.py": "KEY = 1\n", "src/till.pth": "src\n"},
    ),
    Attack(
        name="a-module-of-the-library",
        family=Family.HOOKS,
        tries="puts modules of the standard library into the tree that coverage.py imports late",
        held_by="patch",
        files={
            **UNTESTED,
            "src/sqlite3/__init__.py": "raise SystemExit(0)\n",
            "src/json.py": "raise SystemExit(0)\n",
            "src/unittest.py": "raise SystemExit(0)\n",
        },
        twin_is="has modules of such names inside its package",
        twin={
            **TESTED,
            "src/till/json.py": "KEY = 1\n",
            "tests/test_json.py": "from till import json\n\n\ndef test_key():\n"
            "    assert json.KEY == 1\n",
        },
    ),
)
