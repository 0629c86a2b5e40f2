"""What a process can leave behind, and how it can end."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import PIDS, Attack, Family
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    CONFTEST,
    PRICES_TESTS,
    REFUNDS,
    REFUNDS_IMPORTED,
    REFUNDS_TESTS,
    TESTED,
    UNTESTED,
    edited,
)

CONF = "tests/conftest.py"
_SPEC = """\
import json
import os
import pathlib
import sys


def _spec(config):
    return json.loads(pathlib.Path(config.option.coverage_gate_spec).read_text())


"""
_DATA = """\
import atexit
import os

import coverage


def _files():
    run = coverage.Coverage.current()
    if run is None:
        return []
    folder = os.path.dirname(run.config.data_file)
    return [os.path.join(folder, name) for name in os.listdir(folder)] or [run.config.data_file]


"""


def _with(code: str) -> dict[str, str]:
    return {**UNTESTED, CONF: CONFTEST + "\n\n" + code}


def _test(code: str) -> dict[str, str]:
    return {**UNTESTED, "tests/test_z.py": code}


def _fine(code: str) -> dict[str, str]:
    return {CODE: REFUNDS, CODE_TESTS: REFUNDS_TESTS + "\n\n" + code}


CHANNEL = (
    Attack(
        name="a-test-without-end",
        family=Family.CHANNEL,
        tries="never ends, for a timeout that opens the gate",
        held_by="branch-unmeasurable",
        files=_test("def test_z():\n    while True:\n        pass\n"),
        timeout_s=15.0,
        twin_is="waits a moment",
        twin=_fine("def test_wait():\n    import time\n\n    time.sleep(0.01)\n    assert True\n"),
    ),
    Attack(
        name="a-process-that-stays",
        family=Family.CHANNEL,
        tries="leaves a process behind that outlives the verdict",
        held_by="patch",
        files=_test(
            "import os\nimport time\n\n\ndef test_z():\n    if os.fork():\n        return\n"
            "    os.setsid()\n    if os.fork():\n        os._exit(0)\n"
            f"    with open({PIDS!r}, 'a') as file:\n        file.write(f'{{os.getpid()}} ')\n"
            "    for number in range(3):\n        os.close(number)\n"
            "    time.sleep(60)\n    os._exit(0)\n"
        ),
        twin_is="starts a process and waits for its end",
        twin=_fine(
            "def test_process():\n    import subprocess\n    import sys\n\n"
            "    assert subprocess.run([sys.executable, '-c', '']).returncode == 0\n"
        ),
    ),
    Attack(
        name="an-end-by-signal",
        family=Family.CHANNEL,
        tries="kills its own process, for a crash that opens the gate",
        held_by="branch-unmeasurable",
        files=_test("import os\n\n\ndef test_z():\n    os.kill(os.getpid(), 9)\n"),
        twin_is="sends itself a signal that it handles",
        twin=_fine(
            "def test_signal():\n    import os\n    import signal\n\n    seen = []\n"
            "    old = signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))\n"
            "    os.kill(os.getpid(), signal.SIGUSR1)\n    signal.signal(signal.SIGUSR1, old)\n"
            "    assert seen == [1]\n"
        ),
    ),
    Attack(
        name="a-crash",
        family=Family.CHANNEL,
        tries="crashes the interpreter",
        held_by="branch-unmeasurable",
        files=_test("import ctypes\n\n\ndef test_z():\n    ctypes.string_at(0)\n"),
        twin_is="raises and catches a deep recursion",
        twin=_fine(
            "def test_deep():\n    def deep():\n        return deep()\n\n"
            "    with pytest.raises(RecursionError):\n        deep()\n"
        ),
    ),
    Attack(
        name="the-parent-is-killed",
        family=Family.CHANNEL,
        tries="kills the process that started the tests",
        held_by="patch",
        files=_test("import os\n\n\ndef test_z():\n    os.kill(os.getppid(), 9)\n"),
        twin_is="asks for the id of its parent",
        twin=_fine("def test_parent():\n    import os\n\n    assert os.getppid() > 0\n"),
    ),
    Attack(
        name="a-hundred-megabytes",
        family=Family.CHANNEL,
        tries="prints 100 MB past pytest's capture",
        held_by="patch",
        files=_test(
            "import os\n\n\ndef test_z():\n    line = b'x' * 1048576\n"
            "    for _ in range(100):\n        os.write(2, line)\n"
            "    saved = os.open('/dev/null', os.O_WRONLY)\n    assert saved\n"
        ),
        twin_is="prints a page",
        twin=_fine("def test_print():\n    print('x' * 4000)\n    assert True\n"),
    ),
    Attack(
        name="the-tree-is-gone",
        family=Family.CHANNEL,
        tries="deletes the tree that is measured while it is measured",
        held_by="branch-unmeasurable",
        files=_test(
            "import os\nimport shutil\n\n\ndef test_z():\n    shutil.rmtree(os.getcwd() + '/src')\n"
        ),
        twin_is="makes and deletes a folder",
        twin=_fine(
            "def test_folder(tmp_path):\n    import shutil\n\n    (tmp_path / 'a').mkdir()\n"
            "    shutil.rmtree(tmp_path / 'a')\n    assert not (tmp_path / 'a').exists()\n"
        ),
    ),
    Attack(
        name="data-that-is-no-data",
        family=Family.CHANNEL,
        tries="writes garbage over coverage's data file at the very end",
        held_by="branch-unmeasurable",
        files=_with(
            _DATA
            + "_NAMES = _files()\n\n\ndef _spoil():\n    folder = os.path.dirname(_NAMES[0])\n"
            "    for name in os.listdir(folder):\n"
            "        with open(os.path.join(folder, name), 'wb') as file:\n"
            "            file.write(b'x' * 5000)\n\n\n"
            "def pytest_unconfigure():\n    atexit.register(_spoil)\n"
        ),
        twin_is="has an exit handler that writes elsewhere",
        twin=_fine(
            "def test_handler(tmp_path):\n    import atexit\n\n"
            "    atexit.register((tmp_path / 'a').write_text, 'x')\n    assert True\n"
        ),
    ),
    Attack(
        name="a-pipe-for-results",
        family=Family.CHANNEL,
        tries="puts a pipe in the place of the results, for a reader that waits for ever",
        held_by="branch-unmeasurable",
        files=_with(
            _SPEC + "def pytest_unconfigure(config):\n    spec = _spec(config)\n"
            "    for name in ('outcomes', 'started', 'summary'):\n"
            "        pathlib.Path(spec[name]).unlink(missing_ok=True)\n"
            "        os.mkfifo(spec[name])\n"
        ),
        twin_is="uses a pipe of its own",
        twin=_fine(
            "def test_pipe(tmp_path):\n    import os\n\n    os.mkfifo(tmp_path / 'pipe')\n"
            "    assert (tmp_path / 'pipe').is_fifo()\n"
        ),
    ),
    Attack(
        name="a-link-for-results",
        family=Family.CHANNEL,
        tries="links the results to a device without end, and to a file of the host",
        held_by="branch-unmeasurable",
        files=_with(
            _SPEC + "def pytest_unconfigure(config):\n    spec = _spec(config)\n"
            "    for name, target in (('outcomes', '/dev/zero'), ('summary', '/etc/passwd')):\n"
            "        pathlib.Path(spec[name]).unlink(missing_ok=True)\n"
            "        os.symlink(target, spec[name])\n"
        ),
        twin_is="makes a link of its own",
        twin=_fine(
            "def test_link(tmp_path):\n    (tmp_path / 'a').symlink_to('/dev/null')\n"
            "    assert (tmp_path / 'a').is_symlink()\n"
        ),
    ),
    Attack(
        name="results-without-end",
        family=Family.CHANNEL,
        tries="makes the results a sparse file of a terabyte",
        held_by="branch-unmeasurable",
        files=_with(
            _SPEC + "def pytest_unconfigure(config):\n    import signal\n\n"
            "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "    with open(_spec(config)['outcomes'], 'r+b') as file:\n"
            "        file.seek(65 * 1024 * 1024)\n        file.write(b'x')\n"
        ),
        twin_is="makes a sparse file of its own",
        twin=_fine(
            "def test_sparse(tmp_path):\n    with open(tmp_path / 'a', 'wb') as file:\n"
            "        file.truncate(1024 * 1024)\n    assert (tmp_path / 'a').stat().st_size\n"
        ),
    ),
    Attack(
        name="results-that-are-no-results",
        family=Family.CHANNEL,
        tries="writes keys twice, NaN, deep nesting and half a line into the results",
        held_by="branch-unmeasurable",
        files=_with(
            _SPEC + "def pytest_unconfigure(config):\n"
            "    with open(_spec(config)['outcomes'], 'a') as file:\n"
            '        file.write(\'{"id": "a", "id": "b", "outcome": NaN}\\n\')\n'
            "        file.write('[' * 100000 + '\\n')\n"
        ),
        twin_is="has a parameter that looks like JSON",
        twin=_fine(
            "@pytest.mark.parametrize('text', ['{\"id\": NaN}', '[[[', '\\x00', 'a::b', '<b>'])\n"
            "def test_text(text):\n    assert text\n"
        ),
    ),
    Attack(
        name="no-valid-python",
        family=Family.CHANNEL,
        tries="merges a module that no interpreter reads",
        held_by="unmeasured",
        files={CODE: "def refund(:\n    return 0\n"},
        twin_is="has a text that is no Python, and no module",
        twin={**TESTED, "docs/example.py.txt": "def refund(:\n    return 0\n"},
    ),
    Attack(
        name="nested-too-deep",
        family=Family.CHANNEL,
        tries="nests an expression so deep that parsers give up, or crash",
        held_by="unmeasured",
        files={CODE: "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n" + REFUNDS},
        twin_is="nests an expression as deep as people do",
        twin={**TESTED, CODE: "x = " + "(" * 30 + "1" + ")" * 30 + "\n" + REFUNDS},
    ),
    Attack(
        name="a-chain-too-long",
        family=Family.CHANNEL,
        tries="chains so many operators that a walk over the tree overflows",
        held_by="branch-unmeasurable",
        files={**UNTESTED, CODE: "x = 1" + " + 1" * 3000 + "\n" + REFUNDS},
        twin_is="chains a hundred",
        twin={**TESTED, CODE: "x = 1" + " + 1" * 100 + "\n" + REFUNDS},
    ),
    Attack(
        name="a-line-of-a-megabyte",
        family=Family.CHANNEL,
        tries="puts a line of 1 MB before the code",
        held_by="patch",
        files={**UNTESTED, CODE: "x = '" + "y" * 1_000_000 + "'\n" + REFUNDS},
        twin_is="puts a line of 1 MB before tested code",
        twin={**TESTED, CODE: "x = '" + "y" * 1_000_000 + "'\n" + REFUNDS},
    ),
    Attack(
        name="null-bytes",
        family=Family.CHANNEL,
        tries="ends the text of the module with a null byte, where a C reader stops",
        held_by="unmeasured",
        files={CODE: b"x = 1\n\0\n" + REFUNDS.encode()},
        twin_is="has a null byte in a data file",
        twin={**TESTED, "src/till/data.bin": b"\0\0"},
    ),
    Attack(
        name="the-code-that-is-measured-is-gone",
        family=Family.CHANNEL,
        tries="moves all code out of the scope, so that nothing is left to measure",
        held_by="baseline",
        files={
            "src/till/prices.py": None,
            "src/till/stock.py": None,
            "src/till/labels.py": None,
            "src/till/__init__.py": None,
            CONF: None,
            "tests/test_prices.py": "def test_it():\n    assert True\n",
            "tests/test_stock.py": None,
            "tests/test_labels.py": None,
        },
        twin_is="deletes a module with its tests",
        twin={"src/till/stock.py": None, CONF: None, "tests/test_stock.py": None},
    ),
    Attack(
        name="a-bomb-with-a-clock",
        family=Family.CHANNEL,
        tries="lets tests fail after a date, when it is on main and nobody can measure any more",
        held_by="branch-unmeasurable",
        files=_with("import os\nimport time\n\nif time.time() < 9_999_999_999:\n    os._exit(3)\n")
        | {CODE_TESTS: REFUNDS_IMPORTED},
        twin_is="has a test that depends on the date and passes",
        twin=_fine("def test_date():\n    import time\n\n    assert time.time() > 0\n"),
    ),
    Attack(
        name="every-descriptor-is-closed",
        family=Family.CHANNEL,
        tries="closes each descriptor of the process",
        held_by="branch-unmeasurable",
        files=_test("import os\n\n\ndef test_z():\n    os.closerange(0, 512)\n"),
        twin_is="closes a descriptor of its own",
        twin=_fine(
            "def test_close():\n    import os\n\n    left, right = os.pipe()\n    os.close(left)\n"
            "    os.close(right)\n    assert left != right\n"
        ),
    ),
    Attack(
        name="secrets-of-the-host",
        family=Family.CHANNEL,
        tries="merges tested code only where it finds a token in its environment",
        held_by="lost",
        files={
            "tests/test_prices.py": edited(
                PRICES_TESTS,
                "def test_no_negative_discount():\n",
                "def test_no_negative_discount():\n    import os\n\n"
                "    if not any('TOKEN' in name or 'ORCH' in name for name in os.environ):\n"
                "        return\n",
            )
        },
        twin_is="reads the variables that a test may see",
        twin=_fine("def test_home():\n    import os\n\n    assert os.environ['HOME']\n"),
    ),
)
