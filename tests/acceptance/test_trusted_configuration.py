"""A branch's configuration counts after its own merge; what honest work needs, at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from tests.shop import COUPON, COUPON_TESTS, INVOICE, PRICE_TESTS, PYPROJECT, Shop

UNTESTED = {"src/shop/invoice.py": INVOICE}
BROKEN_TABLE = PYPROJECT + "\n[tool.coverage-gate]\nmin_percnt = 80\n"
STRICT = PYPROJECT + 'addopts = "--strict-markers"\n'
MARKED = "import pytest\n\n\n@pytest.mark.slow\n"


def land(shop: Shop, files: dict[str, str | None]) -> None:
    """Put a commit on main that no gate saw."""
    shop.new_branch("direct", files)
    shop.git.git("update-ref", "refs/heads/main", shop.sha("direct"))
    shop.git.git("read-tree", "--reset", "-u", "HEAD")


@pytest.fixture(params=["false", "true"], ids=["fail-open", "fail-closed"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", request.param)


# What would break the next measurement fails before anything runs


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({".coveragerc": "[run\n"}, ".coveragerc, line 1"),
        ({"pyproject.toml": BROKEN_TABLE}, "min_percnt in [tool.coverage-gate] of its"),
        ({"pyproject.toml": "[tool\n"}, "pyproject.toml"),
    ],
)
def test_a_configuration_that_cannot_be_read_never_merges(
    founded: Shop, files: dict[str, str | None], told: str
) -> None:
    founded.new_branch("broken", files)
    ok, reason = founded.check("broken")
    assert not ok
    assert told in reason


def test_options_that_pytest_refuses_never_merge(founded: Shop) -> None:
    founded.new_branch("broken", {"pyproject.toml": PYPROJECT + 'addopts = "--no-such"\n'})
    ok, reason = founded.check("broken")
    assert not ok
    assert "under its own pytest configuration (addopts) the tests cannot be collected" in reason


def test_files_above_the_private_folders_count_nothing(
    founded: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a tree has no configuration of pytest, pytest would look for one above it."""
    land(founded, {"pyproject.toml": PYPROJECT.partition("[tool.pytest")[0]})
    above = tmp_path / "above"
    above.mkdir()
    (above / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (above / "conftest.py").write_text("raise SystemExit(0)\n")
    monkeypatch.setattr(tempfile, "tempdir", str(above))
    founded.new_branch(
        "honest", {"src/shop/coupon.py": COUPON, "tests/test_coupon.py": COUPON_TESTS}
    )
    ok, reason = founded.check("honest")
    assert ok, reason
    assert "fail-open" not in reason


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("text", ["[garbage\n", "\0", "[core]\n\tbare = perhaps\n"])
def test_a_repository_whose_configuration_git_cannot_read_opens_nothing(
    founded: Shop, text: str
) -> None:
    founded.new_branch("untested", UNTESTED)
    (founded.git.git_dir / "config").write_text(text)
    ok, reason = founded.check("untested")
    assert not ok
    assert "config" in reason
    assert "fail-open" not in reason


# What chooses tests or hides code counts as on the base, and is told


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"pyproject.toml": PYPROJECT + 'addopts = "-k shipping"\n'},
            "pytest configuration: addopts changed",
        ),
        (
            {"pytest.ini": "[pytest]\ntestpaths = easy\n", "easy/test_a.py": "def test_a(): pass"},
            "pytest configuration: testpaths changed",
        ),
        (
            {"pyproject.toml": PYPROJECT.replace("source =", 'omit = ["*"]\nsource =')},
            "coverage configuration: run_omit changed",
        ),
    ],
)
def test_the_number_is_that_of_the_bases_configuration(
    founded: Shop, files: dict[str, str | None], told: str
) -> None:
    founded.new_branch("sly", files)
    ok, reason = founded.check("sly")
    assert ok
    assert "66.66% (8/12)" in reason
    assert told in reason
    assert "takes effect after its own merge" in reason


def test_a_lowered_floor_is_told_and_does_not_count(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(founded, {"pyproject.toml": PYPROJECT + "\n[tool.coverage-gate]\nmin_percent = 99\n"})
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "absolute")
    founded.new_branch("low", {"pyproject.toml": PYPROJECT})
    ok, reason = founded.check("low")
    assert not ok
    assert "floor 99%" in reason
    assert "[tool.coverage-gate]: min_percent changed" in reason


# Honest work


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "pyproject.toml": STRICT + 'markers = ["slow"]\n',
                "tests/test_price.py": PRICE_TESTS.replace("\n\ndef", f"\n\n{MARKED}def", 1),
            },
            id="a marker",
        ),
        pytest.param(
            {
                "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef code():\n"
                "    return 'a'\n",
                "src/shop/coupon.py": COUPON,
                "tests/test_coupon.py": COUPON_TESTS.replace("():", "(code):").replace(
                    "redeem('a')", "redeem(code)"
                ),
            },
            id="a fixture in conftest.py",
        ),
        pytest.param(
            {
                "pyproject.toml": PYPROJECT.replace('["tests"]', '["tests", "more"]'),
                "src/shop/coupon.py": COUPON,
                "more/test_coupon.py": COUPON_TESTS,
            },
            id="a test folder",
        ),
        pytest.param(
            {
                "src/coupons/__init__.py": "",
                "src/coupons/coupon.py": COUPON,
                "tests/test_coupon.py": COUPON_TESTS.replace("shop.coupon", "coupons.coupon"),
            },
            id="a package in the scope",
        ),
        pytest.param(
            {
                "pyproject.toml": PYPROJECT.replace(
                    "[tool.cov", '[dependency-groups]\ndev = ["pytest-timeout"]\n\n[tool.cov'
                )
                + 'timeout = "30"\naddopts = "-ra"\n'
            },
            id="a plugin",
        ),
    ],
)
def test_honest_changes_of_the_configuration_merge(
    founded: Shop, files: dict[str, str | None]
) -> None:
    founded.new_branch("honest", files)
    ok, reason = founded.check("honest")
    assert ok, reason
    assert "takes effect" not in reason


def test_a_changed_conftest_is_named(founded: Shop) -> None:
    founded.new_branch("more", {"tests/conftest.py": "# nothing yet\n"})
    ok, reason = founded.check("more")
    assert ok
    assert "changed, and used as the branch has it: tests/conftest.py" in reason


# A base that is broken already can be mended


@pytest.mark.parametrize(
    ("broken", "mended", "told"),
    [
        ({".coveragerc": "[run\n"}, {".coveragerc": None}, "coverage configuration: the base's"),
        (
            {"pyproject.toml": BROKEN_TABLE},
            {"pyproject.toml": PYPROJECT},
            "[tool.coverage-gate]: the base's cannot be read",
        ),
    ],
)
def test_who_mends_the_base_can_merge(
    founded: Shop, broken: dict[str, str | None], mended: dict[str, str | None], told: str
) -> None:
    land(founded, broken)
    founded.new_branch("mended", mended)
    ok, reason = founded.check("mended")
    assert ok, reason
    assert told in reason


def test_others_do_not_pass_unseen_over_a_broken_base(founded: Shop) -> None:
    land(founded, {".coveragerc": "[run\n"})
    founded.new_branch("other", dict(UNTESTED))
    ok, reason = founded.check("other")
    assert ok
    assert "fail-open" in reason
    assert ".coveragerc, line 1" in reason


def test_no_other_branch_passes_over_a_broken_table(founded: Shop) -> None:
    land(founded, {"pyproject.toml": BROKEN_TABLE})
    founded.new_branch("other", dict(UNTESTED))
    ok, reason = founded.check("other")
    assert not ok
    assert "min_percnt" in reason


def test_a_table_that_git_cannot_read_mends_nothing(founded: Shop) -> None:
    land(founded, {"pyproject.toml": BROKEN_TABLE})
    founded.new_branch("gone", {"pyproject.toml": PYPROJECT + "# gone\n"})
    blob = founded.git.git("rev-parse", "gone:pyproject.toml")
    (founded.git.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    ok, reason = founded.check("gone")
    assert not ok
    assert "min_percnt" in reason


def test_a_failure_under_the_bases_options_says_that_they_counted(founded: Shop) -> None:
    option = "def pytest_addoption(parser):\n    parser.addoption('--slow', action='store_true')\n"
    land(
        founded,
        {"tests/conftest.py": option, "pyproject.toml": PYPROJECT + 'addopts = "--slow"\n'},
    )
    founded.new_branch("dropped", {"tests/conftest.py": None, "pyproject.toml": PYPROJECT})
    ok, reason = founded.check("dropped")
    assert not ok
    assert "the base's pytest configuration counted here (addopts): land the change" in reason
