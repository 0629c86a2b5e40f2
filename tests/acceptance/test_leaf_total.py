"""None of the leaf's functions raises, whatever it is given, and none leaves anything behind."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import use_only
from tests.shop import NAME, Shop

from coverage_gate import baselines, gate
from coverage_gate.adapters.render.report import read_report

ROOT = Path(__file__).parents[2]


class Hostile:
    """An object whose every method raises."""

    def _raise(self, *_: object) -> NoReturn:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = _raise
    __float__ = __int__ = __index__ = __fspath__ = __getitem__ = __contains__ = _raise
    __lt__ = __le__ = __gt__ = __ge__ = __sub__ = __mul__ = __truediv__ = _raise


class HostileText(str):
    """A text whose methods raise."""

    __slots__ = ()

    def _raise(self, *_: object, **__: object) -> NoReturn:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __eq__ = __hash__ = encode = split = startswith = strip = _raise


class HostileNumber(float):
    """A number whose methods raise."""

    __slots__ = ()

    def _raise(self, *_: object) -> NoReturn:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __float__ = __eq__ = __hash__ = __le__ = _raise


HOSTILE = [Hostile(), HostileText("shop"), HostileNumber(50.0)]
GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=3),
    # By their places: Hypothesis would ask the objects for their hashes.
    st.sampled_from(range(len(HOSTILE))).map(HOSTILE.__getitem__),
    st.sampled_from([10**5000, Decimal("1e999999999"), Fraction(10**9, 7), Path("/")]),
    st.sampled_from([NAME, "main", "docs", "ET-1", "both", "absolute", "", "..", "-x", "a\0b"]),
)


def _is_verdict(answer: object) -> bool:
    return (
        isinstance(answer, tuple)
        and [type(part) for part in answer] == [bool, str]
        and bool(answer[1])
    )


#: Function → how many arguments, and what it may answer with.
CALLS: dict[str, tuple[int, Callable[[Any], bool]]] = {
    "check_coverage_gate": (3, _is_verdict),
    "coverage_gate_applies": (1, lambda answer: isinstance(answer, bool)),
    "ensure_worktree": (2, lambda answer: answer is None or isinstance(answer, Path)),
    "measure_coverage": (2, lambda answer: answer is None or isinstance(answer, float)),
    "compute_coverage_verdict": (5, _is_verdict),
    "compute_delta": (3, lambda answer: isinstance(answer, float)),
    "parse_coverage_percent": (1, lambda answer: answer is None or 0 <= answer <= 100),
    "report_path": (2, lambda answer: isinstance(answer, Path)),
    "render_coverage_report": (2, lambda answer: answer.startswith("---\ncoverage_status: ")),
    "parse_coverage_status": (1, _is_verdict),
    "read_measured_coverage": (1, lambda answer: answer is None or 0 <= answer <= 100),
    "ratchet_baseline_on_merge": (4, lambda answer: answer is False),
}


@contextmanager
def host_without_repositories() -> Iterator[None]:
    """The gate is on for the shop, whose repository is missing: quick to answer."""
    with tempfile.TemporaryDirectory() as top, pytest.MonkeyPatch.context() as patch:
        use_only(patch, Shop(top=Path(top), python=Path(sys.executable)).variables())
        yield


@pytest.mark.parametrize("name", CALLS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_no_function_raises_whatever_it_is_given(name: str, data: st.DataObject) -> None:
    count, fits = CALLS[name]
    arguments = [data.draw(GARBAGE) for _ in range(count)]
    with host_without_repositories():
        assert fits(getattr(gate, name)(*arguments))


@pytest.mark.parametrize("hostile", HOSTILE, ids=["object", "text", "number"])
@pytest.mark.parametrize("name", CALLS)
def test_no_function_raises_for_objects_that_raise(name: str, hostile: object) -> None:
    count, fits = CALLS[name]
    with host_without_repositories():
        assert fits(getattr(gate, name)(*[hostile] * count))


@pytest.mark.usefixtures("founded")
@pytest.mark.parametrize("place", ["work item", "branch"])
@pytest.mark.parametrize("garbage", [None, 7, "-x", "a\0b", "\udcff", "", HOSTILE[0], "a" * 9000])
def test_a_check_in_a_real_repository_answers_for_garbage(place: str, garbage: object) -> None:
    names: tuple[Any, Any] = ("ET-1", garbage) if place == "branch" else (garbage, "docs")
    ok, reason = gate.check_coverage_gate(NAME, *names)
    assert reason
    assert ok is (place == "work item")


@settings(deadline=None, max_examples=25)
@given(repo=GARBAGE, percent=GARBAGE, sha=GARBAGE)
def test_no_function_of_the_baselines_raises(repo: str, percent: float, sha: str) -> None:
    with host_without_repositories():
        assert isinstance(baselines.ratchet_coverage_baseline(repo, percent, sha), bool)
        known = baselines.get_coverage_baseline(repo)
        assert known is None or 0 <= known <= 100
        assert isinstance(baselines.all_coverage_baselines(), dict)


@settings(deadline=None)
@given(fields=st.dictionaries(st.text(max_size=20), GARBAGE, max_size=5), status=GARBAGE)
def test_any_fields_make_a_report_that_can_be_read(
    fields: dict[str, object], status: object
) -> None:
    text = gate.render_coverage_report("ET-1", fields | {"coverage_status": status})
    ok, told = gate.parse_coverage_status(text)
    assert not ok
    assert "FAIL" in told


# Settings, store and folders that are broken

BROKEN = {
    "ORCH_COVERAGE_POLICY": "nonsense",
    "ORCH_COVERAGE_MIN_PERCENT": "80 %",
    "ORCH_COVERAGE_EPSILON": "nan",
    "ORCH_COVERAGE_RULES": "patch,nothing",
    "ORCH_COVERAGE_TOOL_FAIL_CLOSED": "perhaps",
    "ORCH_COVERAGE_RUN_TIMEOUT_S": "-1",
    "ORCH_COVERAGE_GATE_ENABLED": "maybe",
    "ORCH_COVERAGE_TEST_COMMAND": "pytest && true",
    "ORCH_COVERAGE_ENV_ALLOW": "ORCH_API_TOKEN",
    "ORCH_REPOS_DIR": "https://host/repos",
}


@pytest.mark.parametrize("variable", BROKEN)
def test_an_invalid_variable_is_named_and_does_not_open_the_gate(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, BROKEN[variable])
    ok, reason = shop.check("docs")
    assert not ok
    assert variable in reason


def test_a_database_that_is_not_supported_does_not_open_the_gate_and_shows_no_password(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCH_DB_PATH")
    monkeypatch.setenv("ORCH_DB_URL", "postgresql://me:hunter2@host/db")
    ok, reason = shop.check("docs")
    assert not ok
    assert "only SQLite is supported" in reason
    assert "hunter2" not in reason


@pytest.mark.parametrize(
    "table", ["floor = 5", "min_percent = 'much'", "[[broken", "enabled = false"]
)
def test_an_invalid_table_on_the_base_does_not_open_the_gate(shop: Shop, table: str) -> None:
    shop.new_branch("next", {"pyproject.toml": f"[tool.coverage-gate]\n{table}\n"})
    shop.git.git("update-ref", "refs/heads/main", shop.sha("next"))
    ok, reason = shop.check("docs")
    assert not ok
    assert "the base's pyproject.toml" in reason
    assert read_report(shop.report()).reason == "bad-settings"


def test_a_branch_that_is_not_there_mends_no_table(shop: Shop) -> None:
    shop.new_branch("next", {"pyproject.toml": "[tool.coverage-gate]\nfloor = 5\n"})
    shop.git.git("update-ref", "refs/heads/main", shop.sha("next"))
    ok, reason = shop.check("nowhere")
    assert not ok
    assert "the base's pyproject.toml" in reason


@pytest.mark.parametrize("variable", BROKEN)
def test_with_an_invalid_variable_every_other_function_still_answers(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, BROKEN[variable])
    for name, (count, fits) in CALLS.items():
        assert fits(getattr(gate, name)(*["docs"] * count)), name
    assert isinstance(gate.snapshot(), dict)
    assert shop.db.is_file()


def test_a_gate_whose_switch_cannot_be_read_applies(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "maybe")
    assert gate.coverage_gate_applies(NAME) is True
    assert shop.check("docs")[0] is False


def test_settings_that_cannot_be_read_leave_no_place_for_a_report(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_REPORTS_DIR", "https://host/reports")
    assert gate.report_path(NAME, "ET-1") == gate.NO_REPORT
    assert not gate.NO_REPORT.exists()
    assert not shop.reports.exists()


@pytest.mark.parametrize(("closed", "ok"), [("false", True), ("true", False)])
def test_a_missing_repository_is_a_fault_of_the_tool_that_is_told_and_reported(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, ok: bool
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setenv("ORCH_REPOS_DIR", str(shop.top / "missing"))
    answer, reason = shop.check("docs")
    assert answer is ok
    assert "is no folder" in reason
    assert read_report(shop.report()).verdict == "UNMEASURABLE"


def test_a_store_that_cannot_be_read_is_a_fault_of_the_tool(shop: Shop) -> None:
    content = b"no database at all, but long enough to be looked at" * 100
    shop.db.write_bytes(content)
    ok, reason = shop.check("docs")
    assert ok
    assert "fail-open" in reason
    assert shop.db.read_bytes() == content


def test_no_secret_is_told_when_something_breaks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: str) -> float:
        raise RuntimeError("Authorization: hunter2")

    monkeypatch.setenv("ORCH_GITEA_TOKEN", "hunter2")
    monkeypatch.setattr(gate, "measure_coverage", broken)
    _, reason = shop.check("docs")
    assert "Authorization: ***" in reason
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


# Nothing is left behind


def files_of(folder: Path) -> dict[str, str]:
    """Each file's digest. Git keeps account of worktrees; that is no change of the repository."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git/worktrees" not in str(path)
    }


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


LITTER = """
import os, pathlib, subprocess, sys, tempfile

def test_that_leaves_things_behind():
    here = pathlib.Path(__file__).parents[1]
    for folder in (here, here / "src", pathlib.Path.home(), pathlib.Path(tempfile.gettempdir())):
        (folder / "litter.txt").write_text("left behind")
    subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", {marker!r}],
        start_new_session=True,
    )
"""


def test_a_measurement_leaves_no_file_and_no_process(shop: Shop, scratch: Path) -> None:
    marker = f"left-behind-{os.getpid()}-{scratch}"
    shop.new_branch("litter", {"tests/test_litter.py": LITTER.replace("{marker!r}", repr(marker))})
    before = files_of(shop.repos)
    assert gate.measure_coverage(NAME, "litter") == 66.6666
    assert list(scratch.iterdir()) == []
    assert files_of(shop.repos) == before
    assert not any(marker in line for line in command_lines())


def command_lines() -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_text("utf-8", "replace")
        except OSError:
            continue


@pytest.mark.parametrize("branch", ["docs", "no-such-branch", "no-python"])
def test_a_check_leaves_nothing_but_worktree_report_and_store(
    shop: Shop, scratch: Path, branch: str
) -> None:
    before = files_of(shop.repos)
    shop.check(branch)
    assert list(scratch.iterdir()) == []
    assert files_of(shop.repos) == before
    kept = {path.name for path in shop.top.iterdir()}
    assert kept - {"store.db-wal", "store.db-shm", "worktrees"} == {"repos", "reports", "store.db"}


# What it is made of


def test_the_leaf_holds_no_word_of_deploying() -> None:
    text = Path(gate.__file__).read_text()
    words = ("docker", "compose", "--force", "--force-with-lease")
    assert [word for word in words if word in text] == []


AUDIT = """
import json, os, sys
started = []

def note(event, arguments):
    if event == "subprocess.Popen":
        started.append(os.path.basename(os.fsdecode(arguments[0])))
    elif event in ("os.system", "os.posix_spawn", "os.exec", "pty.spawn", "socket.connect"):
        started.append(event)

sys.addaudithook(note)
import coverage_gate
ok, reason = coverage_gate.check_coverage_gate("shop", "ET-1", "new")
print(json.dumps([ok, sorted(set(started))]))
"""


def test_a_check_starts_nothing_but_git_and_the_test_run(shop: Shop) -> None:
    shop.new_branch("new", {"README.md": "new\n"})
    done = subprocess.run(
        [sys.executable, "-c", AUDIT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ok, started = json.loads(done.stdout)
    assert ok
    assert [name for name in started if not name.startswith(("git", "python"))] == []


def test_the_leaf_needs_no_engine() -> None:
    code = (
        "import sys, json, coverage_gate.gate, coverage_gate.baselines;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert [name for name in loaded if name.startswith("stage_engine")] == []
