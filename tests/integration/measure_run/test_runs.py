"""Real runs of real suites, and how they end."""

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import coverage
import pytest
from tests.integration.measure_run.bench import PROJECT, Bench, lines_of, write_tree

from coverage_gate.core.measurement import FailureCode, TestOutcome
from coverage_gate.testing.fakes import RecordingProgress

DJANGO_LIKE = (
    "import sys\n"
    "import unittest\n"
    "if __name__ == '__main__':\n"
    "    assert sys.argv[1:] == ['test', 'tests'], sys.argv\n"
    "    unittest.main(module=None, argv=['manage.py', 'discover', 'tests'])\n"
)
UNITTEST = (
    "import unittest\n"
    "from shop.cart import price\n"
    "class Prices(unittest.TestCase):\n"
    "    def test_price(self):\n"
    "        self.assertEqual(price(1), 10)\n"
)


def test_a_passing_suite_gives_outcomes_data_and_core(bench: Bench) -> None:
    run = bench.finished(PROJECT)
    assert run.tests.outcomes == {"tests/test_cart.py::test_price": TestOutcome.PASSED}
    assert (run.tests.exit_status, run.core) == (0, "ctrace")
    assert lines_of(run, bench.export)["shop/cart.py"] == [1, 2, 4]


def test_the_lines_are_those_of_coverage_run_in_a_checkout(bench: Bench, tmp_path: Path) -> None:
    checkout = write_tree(tmp_path / "checkout", PROJECT)
    rc = tmp_path / "plain.rc"
    rc.write_text(f"[run]\nbranch = true\nsource = {checkout}\ndata_file = {tmp_path}/plain\n")
    subprocess.run(
        [bench.python, "-m", "coverage", "run", f"--rcfile={rc}", "-m", "pytest", "-q"],
        cwd=checkout,
        check=True,
        env={},
        capture_output=True,
    )
    data = coverage.CoverageData(basename=str(tmp_path / "plain"))
    data.read()
    plain = {
        Path(path).relative_to(checkout).as_posix(): sorted(data.lines(path) or ())
        for path in data.measured_files()
    }
    assert lines_of(bench.finished(PROJECT), bench.export) == plain


def test_failing_tests_are_told_and_are_no_failure_to_measure(bench: Bench) -> None:
    tests = "from shop.cart import price\ndef test_price(): assert price(1) == 11\n"
    run = bench.finished(PROJECT | {"tests/test_cart.py": tests})
    assert run.tests.failed == {"tests/test_cart.py::test_price"}
    assert (run.tests.exit_status, "assert 10 == 11" in run.output) == (1, True)


def test_a_file_that_cannot_be_collected_is_named(bench: Bench) -> None:
    failure = bench.failed(PROJECT | {"tests/test_new.py": "import no_such_module\n"})
    assert failure.code is FailureCode.TESTS_CANNOT_START
    assert "pytest stopped before all tests had run: tests/test_new.py" in failure.message
    assert "No module named 'no_such_module'" in failure.output


def test_a_conftest_that_breaks_is_tests_that_cannot_start(bench: Bench) -> None:
    failure = bench.failed(PROJECT | {"conftest.py": "raise RuntimeError('broken')\n"})
    assert failure.code is FailureCode.TESTS_CANNOT_START
    assert "pytest refused an option, or a file" in failure.message


def test_a_suite_without_tests_is_told_as_such(bench: Bench) -> None:
    failure = bench.failed(PROJECT | {"tests/test_cart.py": ""})
    assert failure.code is FailureCode.NO_TESTS
    assert "pytest found no tests (`python -m pytest`)" in failure.message


def test_a_test_that_leaves_by_os_exit_is_no_measurement_and_is_named(bench: Bench) -> None:
    tests = "import os\ndef test_exit(): os._exit(0)\n"
    failure = bench.failed(PROJECT | {"tests/test_exit.py": tests})
    assert failure.code is FailureCode.NO_DATA
    assert "tests/test_exit.py::test_exit did not end" in failure.message


def test_os_exit_with_the_patch_that_saves_data_is_no_measurement(bench: Bench) -> None:
    tests = "import os\ndef test_exit(): os._exit(0)\n"
    failure = replace(bench, patch="_exit").failed(PROJECT | {"tests/test_exit.py": tests})
    assert failure.code is FailureCode.NO_DATA
    assert list(bench.data.iterdir())


def test_a_crash_of_the_interpreter_names_the_test(bench: Bench) -> None:
    tests = "import os\ndef test_crash(): os.kill(os.getpid(), 11)\n"
    failure = bench.failed(PROJECT | {"tests/test_crash.py": tests})
    assert failure.code is FailureCode.KILLED
    assert "signal 11; tests/test_crash.py::test_crash did not end" in failure.message


def test_a_test_that_never_ends_is_named_and_everything_it_started_is_gone(bench: Bench) -> None:
    tests = (
        "import os, signal, subprocess, sys, time\n"
        "def test_loop():\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    sleep = 'import signal, time; signal.signal(15, 1); time.sleep(60)'\n"
        "    for is_daemon in (False, True):\n"
        "        child = subprocess.Popen(\n"
        "            [sys.executable, '-S', '-c', sleep], start_new_session=is_daemon, env={})\n"
        "        open(f'{child.pid}.pid', 'w').close()\n"
        "    while True: pass\n"
    )
    failure = bench.failed(PROJECT | {"tests/test_loop.py": tests}, timeout_s=2)
    assert failure.code is FailureCode.TIMEOUT
    assert "within 2 s; tests/test_loop.py::test_loop did not end" in failure.message
    pids = [path.stem for path in bench.export.glob("*.pid")]
    assert [Path("/proc", pid).exists() for pid in pids] == [False, False]


def test_a_hundred_printed_megabytes_are_capped_and_quick(bench: Bench) -> None:
    tests = (
        "import os\n"
        "def test_print(capfd):\n"
        "    with capfd.disabled():\n"
        "        for _ in range(100): os.write(1, b'x' * 999_999 + b'\\n')\n"
    )
    begin = time.monotonic()
    run = bench.finished(PROJECT | {"tests/test_print.py": tests})
    assert "bytes left out" in run.output
    assert len(run.output) < 70_000
    assert time.monotonic() - begin < 10


def test_unittest_is_measured_without_outcomes(bench: Bench) -> None:
    files = PROJECT | {"tests/__init__.py": "", "tests/test_cart.py": UNITTEST}
    run = bench.finished(files, "python -m unittest")
    assert (run.tests.exit_status, run.tests.outcomes) == (0, None)
    assert lines_of(run, bench.export)["shop/cart.py"] == [1, 2, 4]


def test_failed_tests_of_another_command_are_no_failure_to_measure(bench: Bench) -> None:
    files = PROJECT | {"tests/__init__.py": "", "tests/test_cart.py": UNITTEST.replace("10", "9")}
    assert bench.finished(files, "unittest").tests.exit_status == 1


def test_a_script_like_manage_py_is_run_with_its_folder_first(bench: Bench) -> None:
    files = PROJECT | {"tests/test_cart.py": UNITTEST, "manage.py": DJANGO_LIKE}
    run = bench.finished(files, "manage.py test tests")
    assert lines_of(run, bench.export)["shop/cart.py"] == [1, 2, 4]


def test_a_command_that_is_not_there_gives_no_data(bench: Bench) -> None:
    failure = bench.failed(PROJECT, "python -m no_such_module")
    assert failure.code is FailureCode.NO_DATA
    assert "No module named" in failure.output


@pytest.mark.parametrize("tool", ["pytest", "coverage"])
def test_a_file_of_the_tree_that_would_hide_a_tool_does_not_run_and_is_named(
    bench: Bench, tool: str
) -> None:
    failure = bench.failed(PROJECT | {f"{tool}.py": "open('ran', 'w').close()\n"})
    assert failure.code is FailureCode.FOREIGN_MODULE
    assert f"outside of the tree that is measured: {tool} from /" in failure.message
    assert not (bench.export / "ran").exists()


def test_a_sitecustomize_of_the_tree_does_not_run_before_the_measuring(bench: Bench) -> None:
    run = bench.finished(PROJECT | {"sitecustomize.py": "raise SystemExit('forged')\n"})
    assert run.tests.passed == {"tests/test_cart.py::test_price"}


def test_no_secret_of_the_gate_can_be_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "sentinel-token")
    tests = (
        "import os, pathlib\n"
        "def test_look():\n"
        "    seen = dict(os.environ)\n"
        "    for pid in (os.getpid(), os.getppid()):\n"
        "        seen[str(pid)] = pathlib.Path(f'/proc/{pid}/environ').read_text()\n"
        "    pathlib.Path('seen.txt').write_text(str(seen))\n"
    )
    bench.finished(PROJECT | {"tests/test_look.py": tests})
    seen = (bench.export / "seen.txt").read_text()
    assert ("sentinel-token" in seen, "ORCH_" in seen) == (False, False)


def test_the_tests_see_a_private_home_and_the_interpreters_commands_first(bench: Bench) -> None:
    tests = (
        "import json, os, pathlib, sys, tempfile\n"
        "def test_look():\n"
        "    seen = [os.environ['HOME'], tempfile.gettempdir(), os.environ['PATH'].split(':')[0],\n"
        "            os.getcwd(), sys.path[0], sys.flags.isolated]\n"
        "    pathlib.Path('seen.txt').write_text(json.dumps(seen))\n"
    )
    bench.finished(PROJECT | {"tests/test_look.py": tests}, "pytest --import-mode=importlib")
    home, tmp, first, cwd, entry, isolated = json.loads((bench.export / "seen.txt").read_text())
    assert (Path(home), Path(tmp)) == (bench.work / "home", bench.work / "tmp")
    assert (Path(first), Path(cwd), Path(entry)) == (
        bench.python.parent,
        bench.export,
        bench.export,
    )
    assert isolated == 0


def test_progress_counts_the_tests_that_ended(bench: Bench) -> None:
    heard = RecordingProgress()
    tests = "import time\ndef test_a(): pass\ndef test_b(): time.sleep(0.8)\n"
    files = PROJECT | {"tests/test_cart.py": tests}
    replace(bench, progress=heard).finished(files)
    assert any(text.startswith("1 test, ") for text in heard.heard)


def test_nothing_is_written_outside_of_the_private_folders(bench: Bench) -> None:
    before = {path.name for path in bench.top.iterdir()}
    bench.finished(PROJECT)
    assert {path.name for path in bench.top.iterdir()} - before == {"export", "work", "data", "rc"}


def test_every_kind_of_outcome_is_told(bench: Bench) -> None:
    tests = (
        "import pytest, unittest\n"
        "@pytest.fixture\n"
        "def broken(): raise RuntimeError\n"
        "@pytest.fixture\n"
        "def untidy():\n    yield\n    raise RuntimeError\n"
        "def test_pass(): pass\n"
        "def test_fail(): assert 0\n"
        "def test_setup(broken): pass\n"
        "def test_teardown(untidy): pass\n"
        "def test_skip(): pytest.skip()\n"
        "@pytest.mark.xfail\n"
        "def test_xfail(): assert 0\n"
        "@pytest.mark.xfail\n"
        "def test_xpass(): pass\n"
        "@pytest.mark.xfail(strict=True)\n"
        "def test_strict(): pass\n"
        "class Test(unittest.TestCase):\n"
        "    def test_sub(self):\n"
        "        for i in range(2):\n"
        "            with self.subTest(i=i): self.assertEqual(i, 0)\n"
        "    def test_sub_skip(self):\n"
        "        with self.subTest(i=1): self.skipTest('')\n"
        "def test_not_run(): pass\n"
    )
    run = bench.finished(PROJECT | {"tests/test_cart.py": tests}, "pytest -k 'not not_run'")
    ends = {test.rpartition("::")[2]: str(end) for test, end in (run.tests.outcomes or {}).items()}
    assert ends == {
        "test_pass": "passed",
        "test_fail": "failed",
        "test_setup": "error",
        "test_teardown": "error",
        "test_skip": "skipped",
        "test_xfail": "xfailed",
        "test_xpass": "xpassed",
        "test_strict": "failed",
        "test_sub": "failed",
        "test_sub_skip": "passed",
    }
    assert run.deselected == 1


def test_a_module_that_is_skipped_as_a_whole_is_told_by_its_path(bench: Bench) -> None:
    tests = "import pytest\npytest.importorskip('no_such_module')\n"
    run = bench.finished(PROJECT | {"tests/test_new.py": tests})
    assert run.tests.outcomes is not None
    assert run.tests.outcomes["tests/test_new.py"] is TestOutcome.SKIPPED


def test_a_forged_record_is_bad_data(bench: Bench) -> None:
    tests = (
        "import pathlib\n"
        "def test_forge():\n"
        "    record = pathlib.Path('../work/record/outcomes.jsonl')\n"
        "    record.write_text('{\"id\": NaN}\\n')\n"
    )
    failure = bench.failed(PROJECT | {"tests/test_forge.py": tests})
    assert failure.code is FailureCode.BAD_DATA
    assert "NaN is no JSON" in failure.message


def test_an_exit_handler_cannot_make_failed_tests_good(bench: Bench) -> None:
    tests = "import atexit, os\natexit.register(os._exit, 0)\ndef test_fail(): assert 0\n"
    assert bench.finished(PROJECT | {"tests/test_fail.py": tests}).tests.exit_status == 1


def test_a_forked_child_does_not_write_as_if_it_was_the_run(bench: Bench) -> None:
    tests = (
        "import os\n"
        "def test_fork():\n"
        "    pid = os.fork()\n"
        "    if pid:\n"
        "        os.waitpid(pid, 0)\n"
        "    else:\n"
        "        assert 0\n"
    )
    run = bench.finished(PROJECT | {"tests/test_fork.py": tests})
    assert run.tests.failed == frozenset()
    assert run.tests.exit_status == 0


def test_processes_of_the_tests_are_measured_where_the_configuration_says_so(
    bench: Bench,
) -> None:
    tests = (
        "import multiprocessing\n"
        "from shop.cart import price\n"
        "def test_spawn():\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    child = spawn.Process(target=price, args=(10,))\n"
        "    child.start()\n"
        "    child.join()\n"
    )
    run = replace(bench, patch="subprocess").finished({**PROJECT, "tests/test_spawn.py": tests})
    assert lines_of(run, bench.export)["shop/cart.py"] == [1, 2, 3, 4]


def test_workers_of_xdist_are_measured_and_their_tests_told(
    bench: Bench, python_with_xdist: Path
) -> None:
    files = PROJECT | {
        "tests/test_more.py": "from shop.cart import price\ndef test_b(): price(10)\n"
    }
    bench = replace(bench, python=python_with_xdist)
    run = bench.finished(files, "pytest -n2 -k 'not nothing'")
    assert set(run.tests.outcomes or ()) == {
        "tests/test_cart.py::test_price",
        "tests/test_more.py::test_b",
    }
    assert lines_of(run, bench.export)["shop/cart.py"] == [1, 2, 3, 4]


def test_a_worker_of_xdist_that_crashes_is_a_failed_test(
    bench: Bench, python_with_xdist: Path
) -> None:
    files = PROJECT | {"tests/test_exit.py": "import os\ndef test_exit(): os._exit(1)\n"}
    run = replace(bench, python=python_with_xdist).finished(files, "pytest -n1")
    assert run.tests.failed == {"tests/test_exit.py::test_exit"}
    assert run.tests.passed == {"tests/test_cart.py::test_price"}


def test_an_interpreter_that_is_gone_meanwhile_is_the_tools_fault(bench: Bench) -> None:
    probed = replace(bench.probed(), path=bench.top / "gone")
    failure = bench.failed(PROJECT, interpreter=probed)
    assert failure.code is FailureCode.SANDBOX_FAILED
    assert "No such file or directory" in failure.message


# Honest projects of an unusual shape


def test_a_module_in_src_hides_none_of_the_standard_library(bench: Bench) -> None:
    files = {
        "src/__init__.py": "",
        "src/queue.py": "def put():\n    return 1\n",
        "other/src2.py": "",
        "tests/test_queue.py": (
            "import queue, subprocess, sys\nfrom src.queue import put\n\n\n"
            "def test_it():\n"
            "    assert put() == 1\n"
            "    assert queue.Queue().empty()\n"
            "    ask = 'import queue; queue.Queue()'\n"
            "    subprocess.run([sys.executable, '-c', ask], check=True)\n"
        ),
    }
    assert not bench.finished(files).tests.failed


def test_a_layout_with_src_works_without_an_install_beside_such_a_module(bench: Bench) -> None:
    files = {
        "src/queue.py": "X = 1\n",
        "src/shop.py": "def price():\n    return 1\n",
        "tests/test_shop.py": (
            "import queue\nfrom shop import price\n\n\n"
            "def test_it(): assert price() == 1 and queue.Queue().empty()\n"
        ),
    }
    assert not bench.finished(files).tests.failed


def test_tests_may_change_the_path_and_the_mask(bench: Bench) -> None:
    files = PROJECT | {
        "tests/test_rude.py": (
            "import os, sys\n\n\ndef test_rude():\n    sys.path[:] = []\n    os.umask(0o777)\n"
        )
    }
    run = bench.finished(files)
    assert not run.tests.failed
    claims = bench.work / "record" / "claims.json"
    assert claims.stat().st_mode & 0o400
