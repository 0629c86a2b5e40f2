"""Code that runs and is no text of a Python file."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from pprint import pformat

from coverage_gate.testing.attacks.attack import Attack, Content, Family, Submodule
from coverage_gate.testing.attacks.containers import archive
from coverage_gate.testing.attacks.project import CODE, CODE_TESTS, REFUNDS, TESTED

_BODY = REFUNDS.partition("\n\n\n")[2]
_LOADS = """\
from till.money_back import refund


def test_it_is_there():
    assert refund
"""
_MONEY = "src/till/money_back.py"
_LOADER = """\
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

_LOADER = SourceFileLoader("refunds", str(Path(__file__).with_name("refunds")))
_MODULE = module_from_spec(spec_from_loader("refunds", _LOADER))
_LOADER.exec_module(_MODULE)
refund = _MODULE.refund
"""
_PLUGINS = '''\
"""Plugins out of a folder."""

from importlib.util import module_from_spec, spec_from_file_location


def load(path):
    """A module by its path."""
    spec = spec_from_file_location("plugin", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
'''
_PLUGINS_TESTS = """\
from till.plugins import load


def test_load(tmp_path):
    plugin = tmp_path / "plugin.py"
    plugin.write_text("NAME = 'tea'")
    assert load(plugin).NAME == "tea"
"""
_TABLE = '''\
"""Reasons for refunds."""

from ast import literal_eval
from pathlib import Path

REASONS = literal_eval(Path(__file__).with_name("reasons.txt").read_text())
TEMPLATE = """
if {name} is late,
for {days} days
"""


def reason(number):
    """A reason by its number."""
    return REASONS[number]
'''
_TABLE_TESTS = """\
from till.reasons import TEMPLATE, reason


def test_reason():
    assert reason(1) == "late"
    assert eval("1 + 1") == 2
    names = {}
    exec("def shout(text):\\n    return text.upper()", names)
    assert names["shout"](TEMPLATE.strip()[:2]) == "IF"
"""
_ZIPPED = """\
import csv
import zipfile
from io import StringIO
from pathlib import Path

with zipfile.ZipFile(Path(__file__).with_name("prices.zip")) as _ZIP:
    ROWS = list(csv.reader(StringIO(_ZIP.read("prices.csv").decode())))
"""
_ZIPPED_TESTS = """\
from till.rows import ROWS


def test_rows():
    assert ROWS == [["tea", "250"]]
"""
_DATA: Mapping[str, Content] = {
    "src/till/reasons.py": _TABLE,
    "src/till/reasons.txt": "{1: 'late', 2: 'broken'}\n",
    "tests/test_reasons.py": _TABLE_TESTS,
}


def _bytecode() -> str:
    code = marshal.dumps(compile(_BODY, "refunds", "exec"))
    return f"import marshal\n\nexec(marshal.loads(\n{pformat(code)}\n))\n"


UNSEEN = (
    Attack(
        name="a-module-without-an-ending",
        family=Family.UNSEEN,
        tries="puts the code into src/till/refunds, and loads it by its path",
        held_by="integrity",
        files={"src/till/refunds": REFUNDS, _MONEY: _LOADER, CODE_TESTS: _LOADS},
        twin_is="loads plugins by their path, tested, and has a text without an ending",
        twin={
            "src/till/plugins.py": _PLUGINS,
            "tests/test_plugins.py": _PLUGINS_TESTS,
            "src/till/NOTICE": "if in doubt: ask\n",
        },
    ),
    Attack(
        name="a-script-that-is-run-by-its-path",
        family=Family.UNSEEN,
        tries="puts the code into scripts/refunds, and runs it by runpy",
        held_by="integrity",
        files={
            "scripts/refunds": REFUNDS,
            _MONEY: "from runpy import run_path as start\n\n"
            "refund = start('scripts/refunds')['refund']\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="adds a script without an ending, which nothing runs",
        twin={**TESTED, "scripts/print_refunds": "#!/usr/bin/env python3\n" + REFUNDS},
    ),
    Attack(
        name="a-text-that-is-executed",
        family=Family.UNSEEN,
        tries="writes the code as a text, and executes it",
        held_by="integrity",
        files={_MONEY: f"_CODE = {_BODY!r}\nexec(_CODE)\n", CODE_TESTS: _LOADS},
        twin_is="executes texts in a test, and reads a table of literals",
        twin=_DATA,
    ),
    Attack(
        name="a-text-by-another-name-of-exec",
        family=Family.UNSEEN,
        tries="looks `exec` up in `builtins` by its name",
        held_by="integrity",
        files={
            _MONEY: "import builtins as b\n\n"
            f"_RUN = getattr(b, 'exec')\n_RUN({_BODY!r}, globals())\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="has a function called `compile`, and patterns",
        twin={
            CODE: REFUNDS + "\n\ndef compile(days):\n    return days\n\n\nLIMIT = compile(30)\n",
            CODE_TESTS: TESTED[CODE_TESTS],
        },
    ),
    Attack(
        name="a-name-that-is-put-together",
        family=Family.UNSEEN,
        tries="looks `exec` up by a name in two parts",
        held_by="integrity",
        files={
            _MONEY: f"import builtins\n\ngetattr(builtins, 'ex' + 'ec')({_BODY!r}, globals())\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="looks things of its own up by a computed name",
        twin={
            CODE: REFUNDS + "\n\ndef ask(thing, name):\n    return getattr(thing, 'is_' + name)\n",
            CODE_TESTS: str(TESTED[CODE_TESTS])
            + "\n\ndef test_ask():\n    from till.refunds import ask\n\n"
            "    assert ask(type('T', (), {'is_late': 1}), 'late') == 1\n",
        },
    ),
    Attack(
        name="a-text-for-another-python",
        family=Family.UNSEEN,
        tries="hands the code as a text to another Python, by `-c`",
        held_by="integrity",
        files={
            _MONEY: "import subprocess\nimport sys\n\n"
            f"_CODE = {_BODY!r}\n\n\ndef refund():\n"
            "    return subprocess.run([sys.executable, '-c', _CODE]).returncode\n",
            CODE_TESTS: "from till.money_back import refund\n\n\ndef test_it():\n"
            "    assert refund() == 0\n",
        },
        twin_is="asks another Python for its version",
        twin={
            "src/till/version.py": "import subprocess\nimport sys\n\n\ndef version():\n"
            "    told = subprocess.run([sys.executable, '-c', 'print(3)'], capture_output=True)\n"
            "    return int(told.stdout)\n",
            "tests/test_version.py": "from till.version import version\n\n\n"
            "def test_version():\n    assert version() == 3\n",
        },
    ),
    Attack(
        name="a-data-file-that-is-executed",
        family=Family.UNSEEN,
        tries="puts the code into a data file, and executes what it reads",
        held_by="integrity",
        files={
            "src/till/refunds.json": REFUNDS,
            _MONEY: "from pathlib import Path\n\n"
            "eval(compile(Path(__file__).with_name('refunds.json').read_text(), '', 'exec'))\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="adds a data file that says what refunds are",
        twin={**TESTED, "src/till/refunds.json": '{"def refund": "what a customer gets back"}\n'},
    ),
    Attack(
        name="modules-in-an-archive",
        family=Family.UNSEEN,
        tries="commits the code as a zip archive, and puts that on the path",
        held_by="integrity",
        files={
            "src/till/more.zip": archive({"refunds.py": REFUNDS}),
            _MONEY: "import sys\nfrom pathlib import Path\n\n"
            "sys.path.append(str(Path(__file__).with_name('more.zip')))\n"
            "from refunds import refund\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="commits an archive with a table, and reads it",
        twin={
            "src/till/prices.zip": archive({"prices.csv": "tea,250\n"}),
            "src/till/rows.py": _ZIPPED,
            "tests/test_rows.py": _ZIPPED_TESTS,
        },
    ),
    Attack(
        name="code-that-was-compiled-before",
        family=Family.UNSEEN,
        tries="executes bytecode that it has as a constant",
        held_by="integrity",
        files={_MONEY: _bytecode(), CODE_TESTS: _LOADS},
        twin_is="has a constant of bytes",
        twin={
            CODE: REFUNDS + "\n\nMAGIC = b'\\x00\\xe3def'\n",
            CODE_TESTS: TESTED[CODE_TESTS],
        },
    ),
    Attack(
        name="a-submodule-in-the-package",
        family=Family.UNSEEN,
        tries="puts the code into a submodule, which is not there when tests run",
        held_by="integrity",
        files={
            "src/till/extra": Submodule({"refunds.py": REFUNDS}),
            _MONEY: "try:\n    from till.extra.refunds import refund\n"
            "except ImportError:\n    refund = print\n",
            CODE_TESTS: _LOADS,
        },
        twin_is="moves a submodule with shared texts outside the package",
        twin={**TESTED, "third_party/texts": Submodule({"texts.md": "# texts\n"})},
    ),
)
