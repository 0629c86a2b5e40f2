"""What a branch can say about how it wants to be tested and measured."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    PYPROJECT,
    REFUNDS,
    REFUNDS_TESTS,
    STOCK,
    TESTED,
    UNTESTED,
    edited,
)

_SOURCE = 'source = ["src"]\n'
_ADDOPTS = 'addopts = ["--strict-markers"]'
_TESTPATHS = 'testpaths = ["tests"]'
#: One edit of main that tests notice: what is left is told wrong.
BROKEN_STOCK = {"src/till/stock.py": edited(STOCK, "return left\n", "return left + 1\n")}
_SLOW = "import pytest\nfrom till.refunds import refund\n\n\n@pytest.mark.slow\n" + "".join(
    REFUNDS_TESTS.partition("def test_refund():")[1:]
)

CONFIGURATION = (
    Attack(
        name="omit-in-pyproject",
        family=Family.CONFIGURATION,
        tries="adds the file to coverage's `omit`",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(PYPROJECT, _SOURCE, _SOURCE + 'omit = ["*/refunds.py"]\n'),
        },
        twin_is="omits a folder that holds generated code, and adds none",
        twin={
            **TESTED,
            "pyproject.toml": edited(PYPROJECT, _SOURCE, _SOURCE + 'omit = ["*/generated/*"]\n'),
        },
    ),
    Attack(
        name="a-new-coveragerc",
        family=Family.CONFIGURATION,
        tries="adds a .coveragerc, which goes before pyproject.toml, that omits the file",
        held_by="patch",
        files={**UNTESTED, ".coveragerc": "[run]\nbranch = True\nomit = */refunds.py\n"},
        twin_is="adds a .coveragerc that says what pyproject.toml says",
        twin={**TESTED, ".coveragerc": "[run]\nbranch = True\nsource = src\n"},
    ),
    Attack(
        name="exclude-every-line",
        family=Family.CONFIGURATION,
        tries="excludes every line by a pattern",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(PYPROJECT, '"if TYPE_CHECKING:"', '".*"'),
        },
        twin_is="excludes protocol stubs by a pattern, and has a tested change",
        twin={
            **TESTED,
            "pyproject.toml": edited(
                PYPROJECT, '"if TYPE_CHECKING:"', '"if TYPE_CHECKING:", "@overload"'
            ),
        },
    ),
    Attack(
        name="a-smaller-source",
        family=Family.CONFIGURATION,
        tries="measures one old package only",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(PYPROJECT, _SOURCE, 'source_pkgs = ["till.prices"]\n'),
        },
        twin_is="names a second folder in the scope, and has a tested package there",
        twin={
            **TESTED,
            "pyproject.toml": edited(PYPROJECT, _SOURCE, 'source = ["src", "plugins"]\n'),
        },
    ),
    Attack(
        name="limits-of-the-branch",
        family=Family.CONFIGURATION,
        tries="switches the rules off in the gate's own table and lowers `fail_under`",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(PYPROJECT, "exclude_also", "fail_under = 0\nexclude_also")
            + '\n[tool.coverage-gate]\nrules = []\npatch_min_percent = 0\npolicy = "absolute"\n',
        },
        twin_is="raises the floor in the gate's own table",
        twin={
            **TESTED,
            "pyproject.toml": PYPROJECT + "\n[tool.coverage-gate]\nmin_percent = 50\n",
        },
    ),
    Attack(
        name="a-coverage-plugin",
        family=Family.CONFIGURATION,
        tries="names a coverage plugin of its own, which would report all as run",
        held_by="patch",
        files={
            **UNTESTED,
            ".coveragerc": "[run]\nbranch = True\nplugins = till.forge\n",
            "src/till/forge.py": "def coverage_init(reg, options):\n    raise SystemExit(0)\n",
        },
        twin_is="sets how reports look",
        twin={
            **TESTED,
            "pyproject.toml": edited(
                PYPROJECT, "exclude_also", "show_missing = true\nexclude_also"
            ),
        },
    ),
    Attack(
        name="a-coveragerc-that-nobody-can-read",
        family=Family.CONFIGURATION,
        tries="breaks .coveragerc, for a tool error that opens the gate",
        held_by="branch-unmeasurable",
        files={**UNTESTED, ".coveragerc": "[run\nbranch = perhaps\n"},
        twin_is="has a .coveragerc with an option for its own tools",
        twin={
            **TESTED,
            ".coveragerc": "[run]\nbranch = True\nsource = src\n[html]\ntitle = till\n",
        },
    ),
    Attack(
        name="a-broken-file-for-everybody-after",
        family=Family.CONFIGURATION,
        tries="merges a broken .coveragerc with tested code: every later branch is unmeasurable",
        held_by="branch-unmeasurable",
        files={**TESTED, ".coveragerc": "[run\nbranch = perhaps\n"},
        twin_is="merges a sound .coveragerc",
        twin={**TESTED, ".coveragerc": "[run]\nbranch = True\nsource = src\n"},
    ),
    Attack(
        name="a-gate-table-that-nobody-can-read",
        family=Family.CONFIGURATION,
        tries="merges an invalid [tool.coverage-gate] with tested code",
        held_by="branch-unmeasurable",
        files={
            **TESTED,
            "pyproject.toml": PYPROJECT + '\n[tool.coverage-gate]\nmin_percent = "much"\n',
        },
        twin_is="merges a valid one",
        twin={**TESTED, "pyproject.toml": PYPROJECT + "\n[tool.coverage-gate]\nepsilon = 0.1\n"},
    ),
    Attack(
        name="a-pytest-ini-that-goes-first",
        family=Family.CONFIGURATION,
        tries="breaks old code and deselects its test in a new pytest.ini",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "pytest.ini": "[pytest]\ntestpaths = tests\npythonpath = src\n"
            "addopts = --deselect tests/test_stock.py::test_take\nmarkers =\n    slow: x\n",
        },
        twin_is="moves the settings of pytest to a new pytest.ini, and adds a marker",
        twin={
            **TESTED,
            CODE_TESTS: _SLOW.replace("mark.slow", "mark.money"),
            "pytest.ini": "[pytest]\ntestpaths = tests\npythonpath = src\n"
            "addopts = --strict-markers\nmarkers =\n    slow: x\n    money: y\n",
        },
    ),
    Attack(
        name="addopts-by-keyword",
        family=Family.CONFIGURATION,
        tries="breaks old code and leaves its test out by `-k`",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "pyproject.toml": edited(
                PYPROJECT, _ADDOPTS, 'addopts = ["--strict-markers", "-k", "not test_take"]'
            ),
        },
        twin_is="asks for a longer summary in addopts",
        twin={
            **TESTED,
            "pyproject.toml": edited(PYPROJECT, _ADDOPTS, 'addopts = ["--strict-markers", "-ra"]'),
        },
    ),
    Attack(
        name="addopts-that-only-collect",
        family=Family.CONFIGURATION,
        tries="adds --collect-only: nothing runs and the status is 0",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(PYPROJECT, _ADDOPTS, 'addopts = ["--collect-only"]'),
        },
        twin_is="shows the slowest tests",
        twin={
            **TESTED,
            "pyproject.toml": edited(
                PYPROJECT, _ADDOPTS, 'addopts = ["--strict-markers", "--durations=3"]'
            ),
        },
    ),
    Attack(
        name="addopts-for-coverage",
        family=Family.CONFIGURATION,
        tries="turns coverage off, or elsewhere, by options in addopts",
        held_by="patch",
        files={
            **UNTESTED,
            "pyproject.toml": edited(
                PYPROJECT, _ADDOPTS, 'addopts = ["-p", "no:coverage_gate_recorder", "-p", "no:cov"]'
            ),
        },
        twin_is="switches a plugin off that it does not use",
        twin={
            **TESTED,
            "pyproject.toml": edited(
                PYPROJECT, _ADDOPTS, 'addopts = ["--strict-markers", "-p", "no:doctest"]'
            ),
        },
    ),
    Attack(
        name="a-plugin-by-addopts",
        family=Family.CONFIGURATION,
        tries="loads a plugin of its own by `-p`, which drops the test of broken code",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "src/evil.py": "def pytest_collection_modifyitems(items):\n"
            "    items[:] = [item for item in items if item.name != 'test_take']\n",
            "pyproject.toml": edited(PYPROJECT, _ADDOPTS, 'addopts = ["-p", "evil"]'),
        },
        twin_is="brings a plugin of its own that adds a fixture",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_days(days):\n    assert days == 3\n",
            "tests/conftest.py": 'pytest_plugins = ["refund_fixtures"]\n'
            "import pytest\nfrom till.stock import Stock\n\n\n"
            "@pytest.fixture\ndef stock():\n    shelf = Stock()\n    shelf.put('tea', 3)\n"
            "    return shelf\n",
            "tests/refund_fixtures.py": "import pytest\n\n\n@pytest.fixture\ndef days():\n"
            "    return 3\n",
        },
    ),
    Attack(
        name="fewer-test-folders",
        family=Family.CONFIGURATION,
        tries="narrows testpaths to a folder without the test of broken code",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "tests/new/test_refunds.py": "def test_new():\n    assert True\n",
            "pyproject.toml": edited(
                PYPROJECT, _TESTPATHS, 'testpaths = ["tests/new", "tests/test_prices.py"]'
            ),
        },
        twin_is="adds a second test folder to testpaths",
        twin={
            CODE: REFUNDS,
            "checks/test_refunds.py": REFUNDS_TESTS,
            "pyproject.toml": edited(PYPROJECT, _TESTPATHS, 'testpaths = ["tests", "checks"]'),
        },
    ),
    Attack(
        name="other-names-for-tests",
        family=Family.CONFIGURATION,
        tries="changes python_functions, so that the test of broken code is none",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "tox.ini": "[pytest]\npythonpath = src\npython_functions = test_[a-s]*\n",
            "pyproject.toml": PYPROJECT.partition("[tool.pytest")[0],
        },
        twin_is="adds a tox.ini for tox",
        twin={**TESTED, "tox.ini": "[tox]\nenvlist = py311\n[testenv]\ncommands = pytest\n"},
    ),
    Attack(
        name="test-files-that-are-ignored",
        family=Family.CONFIGURATION,
        tries="ignores the test file of broken code by addopts in setup.cfg and --ignore",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            "pyproject.toml": edited(
                PYPROJECT, _ADDOPTS, 'addopts = ["--ignore-glob=*stock*", "--strict-markers"]'
            ),
        },
        twin_is="adds a setup.cfg for a linter",
        twin={**TESTED, "setup.cfg": "[flake8]\nmax-line-length = 100\n"},
    ),
)
