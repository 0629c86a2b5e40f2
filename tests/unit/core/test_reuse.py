from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.reuse import decides, digest_of_code

FILE, RUN, LINK, MODULE = "100644", "100755", "120000", "160000"
SRC = ("src",)


@pytest.mark.parametrize(
    "path",
    [
        "src/shop/price.py",
        "src/shop/table.json",
        "tests/test_price.py",
        "tests/data/prices.csv",
        "lib/testing/prices.csv",
        "tools/run.py",
        "docs/conf.py",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        ".coveragerc",
        "uv.lock",
        "Pipfile",
        "requirements.txt",
        "requirements-dev.txt",
        "Makefile",
        ".env",
        "helper.pyc",
        "wheels/helper.whl",
        "shop.egg-info/entry_points.txt",
    ],
)
def test_code_tests_their_data_and_configuration_decide(path: str) -> None:
    assert decides(path, FILE, SRC)


@pytest.mark.parametrize(
    "path", ["README.md", "docs/index.rst", ".github/workflows/ci.yml", "srcs/a.txt"]
)
def test_documents_do_not(path: str) -> None:
    assert not decides(path, FILE, SRC)
    assert not decides(path, RUN, SRC)


@pytest.mark.parametrize("path", ["bin/shop", "LICENSE"])
def test_without_an_ending_only_a_program_does(path: str) -> None:
    assert decides(path, RUN, SRC)
    assert not decides(path, FILE, SRC)


@pytest.mark.parametrize("mode", [LINK, MODULE])
def test_what_is_no_file_decides_whatever_its_name(mode: str) -> None:
    assert decides("docs/index.rst", mode, SRC)


def test_where_all_is_measured_all_decides() -> None:
    assert decides("README.md", FILE, (".",))


PATHS = st.sampled_from(
    ["src/a.py", "src/a.txt", "tests/x.csv", "README.md", "docs/a.rst", "a.toml"]
)
TREES = st.dictionaries(PATHS, st.sampled_from("abc"), max_size=6)


@given(TREES, TREES)
def test_two_trees_share_a_digest_if_and_only_if_what_decides_is_the_same(
    one: dict[str, str], other: dict[str, str]
) -> None:
    entries = [[(path, FILE, blob) for path, blob in sorted(tree.items())] for tree in (one, other)]
    first, second = (digest_of_code(each, SRC) for each in entries)
    kept = [[entry for entry in each if decides(entry[0], FILE, SRC)] for each in entries]
    assert (first == second) is (kept[0] == kept[1])
