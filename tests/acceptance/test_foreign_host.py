"""An orchestrator that is not ours mounts the gate and is really blocked by it."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import reload
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest
from tests.acceptance import foreign_host

from coverage_gate import gate
from coverage_gate.baselines import get_coverage_baseline
from coverage_gate.testing.repositories import RepositoryBuilder

FAIL = (False, "79% < floor 80%")
PASS = (True, "81% ≥ floor 80%")
NOTICES = (
    "notify_stage_change",
    "plane_notify_stage",
    "set_issue_in_progress",
    "notify_qg_failure",
    "plane_add_comment",
)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The orchestrator, with nothing in it but one task, and the gate mounted."""
    monkeypatch.setenv("ORCH_REPORTS_DIR", str(tmp_path / "reports"))
    fresh: ModuleType = reload(foreign_host)
    fresh.TASKS[7] = fresh.Task(7, "shop", "ET-7", "feature/x")
    fresh.mount_coverage_gate()
    return fresh


def answering(host: ModuleType, answer: tuple[bool, str]) -> None:
    host.QG_CHECKS["check_coverage_gate"] = lambda *_: answer


def test_mounting_takes_fewer_than_twenty_lines() -> None:
    assert len(inspect.getsource(foreign_host.mount_coverage_gate).splitlines()) < 20


def test_no_engine_of_ours_is_loaded_by_the_host() -> None:
    code = "import sys, tests.acceptance.foreign_host; sys.exit('stage_engine' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
    assert "stage_engine" not in Path(inspect.getfile(foreign_host)).read_text()


def test_the_gate_runs_after_the_merge_gate_and_before_the_image(host: ModuleType) -> None:
    assert list(host.QG_CHECKS) == [
        "check_ci_green",
        "check_branch_mergeable",
        "check_coverage_gate",
        "check_staging_image_fresh",
    ]


def test_a_fail_sends_the_task_back_with_one_job_and_one_release(host: ModuleType) -> None:
    answering(host, FAIL)
    result = host.advance_stage(7)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert (host.TASKS[7].stage, host.LEASES, host.IMAGES_BUILT) == ("development", {}, [])
    assert (len(host.JOBS), host.RELEASES) == (1, ["shop"])


def test_the_job_says_why_and_where_the_report_is(host: ModuleType, tmp_path: Path) -> None:
    answering(host, FAIL)
    host.advance_stage(7)
    assert FAIL[1] in host.JOBS[0]["text"]
    assert str(tmp_path / "reports/shop/ET-7/18-coverage-report.md") in host.JOBS[0]["text"]


def test_a_fail_is_told_to_people(host: ModuleType) -> None:
    answering(host, FAIL)
    host.advance_stage(7)
    assert host.TOLD[:4] == [
        "task 7: deploy-staging to development",
        "ET-7 is in development",
        "ET-7 is in progress",
        "task 7 failed: 79% < floor 80%",
    ]


def test_a_pass_enqueues_nothing_releases_nothing_and_goes_on(host: ModuleType) -> None:
    answering(host, PASS)
    result = host.advance_stage(7)
    assert (result.advanced_to, result.rolled_back_to, result.enqueued_agent) == (
        "deploy",
        None,
        None,
    )
    assert (host.JOBS, host.RELEASES, host.TOLD, host.LEASES) == ([], [], [], {"shop": 7})
    assert host.IMAGES_BUILT == ["shop/ET-7/feature/x"]


def test_past_the_limit_the_task_is_parked_and_the_next_one_goes_on(host: ModuleType) -> None:
    answering(host, FAIL)
    agents = []
    for _ in range(4):
        host.TASKS[7].stage = "deploy-staging"
        agents.append(host.advance_stage(7).enqueued_agent)
    assert agents == ["developer", "developer", "developer", None]
    assert (len(host.JOBS), len(host.RELEASES)) == (3, 4)
    host.TASKS[8] = host.Task(8, "shop", "ET-8", "feature/y")
    answering(host, PASS)
    assert host.advance_stage(8).advanced_to == "deploy"


def state_of(host: ModuleType) -> tuple[object, ...]:
    return host.TASKS[7].stage, len(host.JOBS), host.RELEASES, host.LEASES


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notifier_that_raises_changes_nothing(host: ModuleType, notice: str) -> None:
    answering(host, FAIL)

    def broken(**_: object) -> None:
        raise ConnectionError("down")

    setattr(host, notice, broken)
    result = host.advance_stage(7)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert state_of(host) == ("development", 1, ["shop"], {})
    assert len(host.TOLD) == len(NOTICES) - 1


@pytest.fixture
def end() -> Iterator[Event]:
    """Lets hanging notices go at the end of the test."""
    event = Event()
    yield event
    event.set()


def test_a_notifier_that_hangs_finds_everything_done_and_changes_nothing(
    host: ModuleType, end: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(host, FAIL)
    seen: list[tuple[object, ...]] = []

    def hanging(**_: object) -> None:
        seen.append(state_of(host))
        end.wait()

    monkeypatch.setattr(host, "notify_stage_change", hanging)
    monkeypatch.setattr(host, "NOTIFY_SECONDS", 0.25)
    assert host.advance_stage(7).rolled_back_to == "development"
    assert seen == [("development", 1, ["shop"], {})]
    assert len(host.TOLD) == len(NOTICES) - 1


def test_after_the_merge_the_ratchet_runs_and_the_lease_goes(
    host: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(host, PASS)
    host.advance_stage(7)
    monkeypatch.setattr(gate, "ratchet_baseline_on_merge", lambda *_: True)
    assert host.finish_merge(7, "a" * 40) == [True]
    assert (host.RELEASES, host.LEASES) == (["shop"], {})


def test_the_mount_can_be_undone() -> None:
    host: ModuleType = reload(foreign_host)
    before = list(host.QG_CHECKS.items())
    host.mount_coverage_gate().undo()
    assert list(host.QG_CHECKS.items()) == before


SHOP = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    "src/shop/__init__.py": "",
    "src/shop/price.py": "def net(gross):\n    return gross / 2\n",
    "tests/test_price.py": "from shop.price import net\n\ndef test_it():\n    assert net(4) == 2\n",
}
DISCOUNT = "def off(price):\n    if price > 9:\n        return price - 1\n    return price\n"
DISCOUNT_TEST = (
    "from shop.discount import off\n\n\ndef test_off():\n    assert (off(10), off(3)) == (9, 3)\n"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    """A bare repository in the gate's scope, all of whose code is tested."""
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", "shop")
    monkeypatch.setenv("ORCH_REPOS_DIR", str(tmp_path / "repos"))
    monkeypatch.setenv("ORCH_WORKTREES_DIR", str(tmp_path / "worktrees"))
    monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "orch.db"))
    repository = RepositoryBuilder.create(tmp_path / "repos" / "shop", bare=True)
    repository.commit(files=SHOP)
    return repository


def merged(host: ModuleType, shop: RepositoryBuilder, number: int, branch: str) -> list[object]:
    """Merge as the host's deploy does, and let it verify."""
    shop.switch("main")
    answers: list[object] = host.finish_merge(number, shop.merge(branch))
    return answers


def test_an_untested_branch_goes_back_and_merges_when_its_tests_are_written(
    host: ModuleType, shop: RepositoryBuilder, tmp_path: Path
) -> None:
    host.TASKS[6] = host.Task(6, "shop", "ET-6", "docs/read-me")
    shop.branch("docs/read-me")
    shop.commit(files={"README.md": "The shop.\n"})
    host.advance_stage(6)
    founded = merged(host, shop, 6, "docs/read-me")
    assert (founded, get_coverage_baseline("shop"), host.LEASES) == ([True], 100.0, {})

    shop.branch("feature/x")
    shop.commit(files={"src/shop/discount.py": DISCOUNT})
    assert host.advance_stage(7).rolled_back_to == "development"
    assert state_of(host) == ("development", 1, ["shop", "shop"], {})
    report = tmp_path / "reports/shop/ET-7/18-coverage-report.md"
    refused = gate.parse_coverage_status(report.read_text())[0]
    assert (str(report) in host.JOBS[0]["text"], refused) == (True, False)

    shop.commit(files={"tests/test_discount.py": DISCOUNT_TEST})
    host.TASKS[7].stage = "deploy-staging"
    assert host.advance_stage(7).advanced_to == "deploy"
    assert merged(host, shop, 7, "feature/x") == [True]
