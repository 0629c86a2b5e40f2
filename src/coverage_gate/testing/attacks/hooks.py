"""What conftest.py and plugins can do to the run."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import Attack, Family
from coverage_gate.testing.attacks.configuration import BROKEN_STOCK
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    CONFTEST,
    PRICES_TESTS,
    REFUNDS,
    REFUNDS_TESTS,
    TESTED,
    UNTESTED,
)
from coverage_gate.testing.attacks.shadowing import SHADOWING

CONF = "tests/conftest.py"
_FIXTURE = CONFTEST + "\n\n@pytest.fixture\ndef days():\n    return 3\n"
_WITH_FIXTURE = {
    CODE: REFUNDS,
    CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_days(days):\n    assert refund([], days) == 0\n",
    CONF: _FIXTURE,
}


def _conftest(code: str) -> str:
    return CONFTEST + "\n\n" + code


HOOKS = (
    Attack(
        name="collect-ignore",
        family=Family.HOOKS,
        tries="breaks old code and names its test file in collect_ignore",
        held_by="lost",
        files={**BROKEN_STOCK, CONF: _conftest('collect_ignore = ["test_stock.py"]\n')},
        twin_is="ignores a folder with data",
        twin={
            **_WITH_FIXTURE,
            CONF: _FIXTURE + '\n\ncollect_ignore = ["data"]\n',
            "tests/data/test_sample.py": "raise ValueError('data')\n",
        },
    ),
    Attack(
        name="tests-dropped-by-a-hook",
        family=Family.HOOKS,
        tries="breaks old code and drops the test that sees it while collecting",
        held_by="lost",
        files={
            **BROKEN_STOCK,
            CONF: _conftest(
                "def pytest_collection_modifyitems(items):\n"
                "    items[:] = [item for item in items if 'take' not in item.name]\n"
            ),
        },
        twin_is="puts the tests in another order by the same hook",
        twin={
            **TESTED,
            CONF: _conftest("def pytest_collection_modifyitems(items):\n    items.reverse()\n"),
        },
    ),
    Attack(
        name="outcomes-forged-by-a-hook",
        family=Family.HOOKS,
        tries="breaks old code and reports its failing test as passed",
        held_by="patch",
        files={
            **UNTESTED,
            **BROKEN_STOCK,
            CONF: _conftest(
                "@pytest.hookimpl(hookwrapper=True)\n"
                "def pytest_runtest_makereport(item, call):\n"
                "    report = (yield).get_result()\n"
                "    report.outcome = 'passed'\n"
                "    report.longrepr = None\n"
            ),
        },
        twin_is="adds a section to the reports by the same hook",
        twin={
            **TESTED,
            CONF: _conftest(
                "@pytest.hookimpl(hookwrapper=True)\n"
                "def pytest_runtest_makereport(item, call):\n"
                "    report = (yield).get_result()\n"
                "    report.sections.append(('till', item.name))\n"
            ),
        },
    ),
    Attack(
        name="an-exit-status-by-a-hook",
        family=Family.HOOKS,
        tries="breaks old code and sets the exit status to 0",
        held_by="patch",
        files={
            **UNTESTED,
            **BROKEN_STOCK,
            CONF: _conftest(
                "@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
                "def pytest_sessionfinish(session):\n"
                "    yield\n"
                "    session.exitstatus = 0\n"
            ),
        },
        twin_is="cleans up in the same hook",
        twin={
            **TESTED,
            CONF: _conftest("def pytest_sessionfinish(session):\n    session.till = None\n"),
        },
    ),
    Attack(
        name="an-end-in-the-middle",
        family=Family.HOOKS,
        tries="ends the process with status 0 before anything is written",
        held_by="branch-unmeasurable",
        files={
            **UNTESTED,
            CONF: _conftest("import os\n\n\ndef pytest_sessionfinish():\n    os._exit(0)\n"),
        },
        twin_is="tests code that ends a child process with status 0",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_child():\n    import os\n\n"
            "    child = os.fork()\n    if not child:\n        os._exit(0)\n"
            "    assert os.waitpid(child, 0)[1] == 0\n",
        },
    ),
    Attack(
        name="an-exit-handler",
        family=Family.HOOKS,
        tries="ends the process with status 0 in an exit handler, whatever failed",
        held_by="patch",
        files={
            **UNTESTED,
            CONF: _conftest("import atexit\nimport os\n\natexit.register(os._exit, 0)\n"),
        },
        twin_is="has an exit handler that does no harm",
        twin={**TESTED, CONF: _conftest("import atexit\n\natexit.register(print, 'bye')\n")},
    ),
    Attack(
        name="everything-may-fail",
        family=Family.HOOKS,
        tries="breaks old code and marks each test as one that may fail",
        held_by="integrity",
        files={
            **BROKEN_STOCK,
            CONF: _conftest(
                "def pytest_collection_modifyitems(items):\n"
                "    for item in items:\n        item.add_marker(pytest.mark.xfail)\n"
            ),
        },
        twin_is="marks each test as slow",
        twin={
            **TESTED,
            CONF: _conftest(
                "def pytest_collection_modifyitems(items):\n"
                "    for item in items:\n        item.add_marker(pytest.mark.slow)\n"
            ),
        },
    ),
    Attack(
        name="everything-is-skipped-somewhere",
        family=Family.HOOKS,
        tries="breaks old code and skips its tests where an environment variable is missing",
        held_by="lost",
        files={
            **BROKEN_STOCK,
            CONF: _conftest(
                "import os\n\n\n@pytest.fixture(autouse=True)\ndef _only_here(request):\n"
                "    if 'stock' in request.path.name and 'AT_HOME' not in os.environ:\n"
                "        pytest.skip('not here')\n"
            ),
        },
        twin_is="skips a new test on another platform",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\n@pytest.mark.skipif(True, reason='Windows')\n"
            "def test_windows():\n    assert refund([], 1) == 0\n",
        },
    ),
    Attack(
        name="code-replaced-by-a-fixture",
        family=Family.HOOKS,
        tries="replaces the code under test by stubs, so that tests of it need none",
        held_by="lost",
        files={
            **UNTESTED,
            CONF: _conftest(
                "@pytest.fixture(autouse=True)\ndef _stubs(monkeypatch):\n"
                "    monkeypatch.setattr('till.prices.shipping', lambda total: 0)\n"
                "    monkeypatch.setattr('till.prices.discounted', lambda p, q: 900)\n"
            ),
            "tests/test_prices.py": PRICES_TESTS.replace(
                "from till.prices import", "import till.prices\nfrom till.prices import"
            )
            .replace("discounted(", "till.prices.discounted(")
            .replace("shipping(amount)", "till.prices.shipping(amount)"),
        },
        twin_is="replaces one function in one new test",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_total(monkeypatch):\n"
            "    monkeypatch.setattr('till.prices.shipping', lambda total: 0)\n"
            "    from till.prices import total\n\n    assert total([1]) == 1\n",
        },
    ),
    Attack(
        name="the-tree-is-written-anew",
        family=Family.HOOKS,
        tries="writes an empty module over the untested one before it is imported",
        held_by="branch-unmeasurable",
        files={
            **UNTESTED,
            CONF: "import pathlib\n\n"
            "pathlib.Path('src/till/refunds.py').write_text('x = 1\\n' * 14)\n" + CONFTEST,
        },
        twin_is="writes a temporary file into the tree",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_file():\n    import pathlib\n\n"
            "    made = pathlib.Path('tests/made.txt')\n    made.write_text('x')\n"
            "    assert made.read_text() == 'x'\n",
        },
    ),
    Attack(
        name="the-tree-is-written-and-restored",
        family=Family.HOOKS,
        tries="as before, and puts the right bytes back at the end",
        held_by="baseline",
        files={
            **UNTESTED,
            CONF: "import atexit\nimport pathlib\n\n"
            "_FILE = pathlib.Path('src/till/refunds.py').resolve()\n"
            "_OLD = _FILE.read_text()\n_FILE.write_text('x = 1\\n' * 14)\n"
            "atexit.register(_FILE.write_text, _OLD)\n" + CONFTEST,
        },
        twin_is="writes a file and takes it away",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_file():\n    import pathlib\n\n"
            "    made = pathlib.Path('made.txt')\n    made.write_text('x')\n    made.unlink()\n"
            "    assert not made.exists()\n",
        },
    ),
    Attack(
        name="every-line-was-run",
        family=Family.HOOKS,
        tries="tells coverage.py itself that each line of each file ran",
        held_by="branch-unmeasurable",
        files={
            **UNTESTED,
            CONF: _conftest(
                "import coverage\n\n\ndef pytest_sessionfinish():\n"
                "    run = coverage.Coverage.current()\n"
                "    run.stop()\n"
                "    data = run.get_data()\n"
                "    arcs = [(a, b) for a in range(1, 60) for b in range(1, 60)]\n"
                "    data.add_arcs({name: arcs for name in data.measured_files()})\n"
                "    run.start()\n"
            ),
        },
        twin_is="asks coverage.py whether it runs",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_coverage():\n    import coverage\n\n"
            "    assert coverage.version_info\n",
        },
    ),
    Attack(
        name="lines-run-under-a-borrowed-name",
        family=Family.HOOKS,
        tries="compiles a text of `pass` lines under the module's name and runs it",
        held_by="baseline",
        files={
            **UNTESTED,
            CODE_TESTS: "from till import refunds\n\n\ndef test_it():\n"
            "    exec(compile('pass\\n' * 40, refunds.__file__, 'exec'))\n",
        },
        twin_is="compiles a text under a name of its own",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_text():\n"
            "    exec(compile('pass\\n' * 40, '<text>', 'exec'))\n",
        },
    ),
    Attack(
        name="no-tracer",
        family=Family.HOOKS,
        tries="switches the tracing off, for a run that tells nothing about the branch",
        held_by="patch",
        files={
            **UNTESTED,
            CONF: "import sys\n\nsys.settrace(None)\n"
            "if hasattr(sys, 'monitoring'):\n"
            "    for tool in range(6):\n"
            "        if sys.monitoring.get_tool(tool):\n"
            "            sys.monitoring.free_tool_id(tool)\n" + CONFTEST,
        },
        twin_is="keeps the tracing and looks at it",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_trace():\n    import sys\n\n"
            "    sys.gettrace()\n    assert refund([], 1) == 0\n",
        },
    ),
    *SHADOWING,
    Attack(
        name="a-run-that-a-hook-replaces",
        family=Family.HOOKS,
        tries="answers pytest's main hook itself, with status 0 and no test",
        held_by="branch-unmeasurable",
        files={**UNTESTED, "conftest.py": "def pytest_cmdline_main(config):\n    return 0\n"},
        twin_is="looks at the configuration in that hook",
        twin={**TESTED, "conftest.py": "def pytest_cmdline_main(config):\n    config.till = 1\n"},
    ),
    Attack(
        name="an-end-while-configuring",
        family=Family.HOOKS,
        tries="stops pytest with status 0 before it collects",
        held_by="lost",
        files={
            **UNTESTED,
            "conftest.py": "import pytest\n\n\ndef pytest_configure():\n"
            "    pytest.exit('done', returncode=0)\n",
        },
        twin_is="registers a marker in that hook",
        twin={
            **TESTED,
            "conftest.py": "def pytest_configure(config):\n"
            "    config.addinivalue_line('markers', 'money: x')\n",
        },
    ),
    Attack(
        name="a-call-that-a-hook-replaces",
        family=Family.HOOKS,
        tries="breaks old code, and lets a hook stand for the call of its tests",
        held_by="lost",
        files={
            **BROKEN_STOCK,
            CONF: _conftest(
                "def pytest_pyfunc_call(pyfuncitem):\n"
                "    return True if pyfuncitem.name == 'test_take' else None\n"
            ),
        },
        twin_is="counts calls in that hook",
        twin={
            **TESTED,
            CONF: _conftest(
                "CALLED = []\n\n\ndef pytest_pyfunc_call(pyfuncitem):\n"
                "    CALLED.append(pyfuncitem.name)\n"
            ),
        },
    ),
)
