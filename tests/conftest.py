"""A shop to be judged, for whichever test asks for one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from tests.shop import Shop, Told, copy_of, measure_all, prepare

from coverage_gate.cli.main import run
from coverage_gate.recent import forget_all
from coverage_gate.testing.servers import forges, plane, telegram

# What is red by luck is believed by nobody: the same examples each time; the night draws others.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("night", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# What holds test runs here is found out once, and not by each process that a test starts.
os.environ["XDG_CACHE_HOME"] = str(Path(tempfile.gettempdir(), f"covgate-tests-{os.getuid()}"))

#: Secrets of the fakes: no test may print or log one.
SENTINELS = (telegram.TOKEN, plane.TOKEN, forges.TOKEN)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose output or log shows a secret."""
    report = yield
    shown = [name for name, text in report.sections if any(each in text for each in SENTINELS)]
    if shown and report.passed:
        report.outcome = "failed"
        report.longrepr = f"a secret is shown in {', '.join(shown)}"
    return report


@pytest.fixture(autouse=True)
def _as_in_a_new_process() -> None:
    """What one test found is nothing that the next one knows."""
    forget_all()


def use_only(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """These settings and no others, whatever the tests were started with."""
    for name in [name for name in os.environ if name.startswith("ORCH_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def prepared_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Built and measured once; not to be changed."""
    shop = prepare(tmp_path_factory.mktemp("shop"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_only(monkeypatch, shop.variables())
        measure_all(shop)
    return shop


@pytest.fixture
def shop(prepared_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A repository of one's own that never merged, and the environment of a host for it."""
    own = copy_of(prepared_shop, tmp_path / "host", founded=False)
    use_only(monkeypatch, own.variables())
    return own


@pytest.fixture
def founded(prepared_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The same after the first merge: main has a baseline, 8 of 12."""
    own = copy_of(prepared_shop, tmp_path / "host", founded=True)
    use_only(monkeypatch, own.variables())
    return own


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Runs a command line as `coverage-gate` does, in this process."""

    def run_it(*arguments: str) -> Told:
        status = run(list(arguments))
        captured = capsys.readouterr()
        return Told(status=status, out=captured.out, err=captured.err)

    return run_it
