"""What of a branch's pytest configuration counts before it is merged."""

import pytest

from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.pytest_config import PytestConfig
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest, trusted_pytest

FOLDERS = ("src", "src/shop", "tests", "tests/unit")


def trusted(base: dict[str, str], head: dict[str, str]) -> TrustedPytest:
    return trusted_pytest(
        PytestConfig(origin="pytest.ini", values=base),
        PytestConfig(origin="pyproject.toml", values=head),
        folders=lambda: FOLDERS,
    )


def overrides(base: dict[str, str], head: dict[str, str]) -> tuple[str, ...]:
    found = trusted(base, head).arguments
    assert set(found[::2]) <= {"-o"}
    return found[1::2]


# Honest changes are daily work: the branch's own counts


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ({}, {"markers": "slow: takes long"}),
        ({"filterwarnings": "error"}, {"filterwarnings": "error\nignore::UserWarning"}),
        ({}, {"pythonpath": "src"}),
        ({}, {"asyncio_mode": "auto", "timeout": "30", "log_cli": "true"}),
        ({}, {"usefixtures": "database"}),
        ({"testpaths": "tests"}, {"testpaths": "tests integration"}),
        ({"testpaths": "tests"}, {}),
        ({}, {"python_files": "test_*.py *_test.py check_*.py"}),
        ({"python_functions": "test"}, {"python_functions": "test should"}),
        ({"norecursedirs": "build tests/old"}, {"norecursedirs": "build"}),
        ({}, {"norecursedirs": ".* fixtures_of_this_branch"}),
        ({}, {"xfail_strict": "true"}),
        ({"strict": "true"}, {"xfail_strict": "true"}),
        ({"addopts": "-ra"}, {"addopts": "-q --tb=short --strict-markers"}),
        ({}, {"addopts": "-vv -n auto -W error --timeout 30 --cov --cov-report xml --cov=src"}),
        ({}, {"addopts": "--doctest-modules"}),
        ({"addopts": "-m 'not slow'"}, {"addopts": "-m 'not slow' --durations 5"}),
        ({"addopts": "-p xdist"}, {"addopts": "--color=yes -p xdist"}),
        ({"required_plugins": "a"}, {"required_plugins": "a"}),
    ],
)
def test_what_tests_need_is_taken_from_the_branch(
    base: dict[str, str], head: dict[str, str]
) -> None:
    assert trusted(base, head) == TrustedPytest()


# What chooses tests counts as on the base


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ({}, {"addopts": "-k fast"}, "addopts="),
        ({}, {"addopts": "--deselect=tests/a.py::b -q"}, "addopts=-q"),
        ({}, {"addopts": "-p evil"}, "addopts="),
        ({}, {"addopts": "--ignore tests/hard tests"}, "addopts="),
        ({}, {"addopts": "tests/easy"}, "addopts="),
        ({}, {"addopts": "--benchmark-only"}, "addopts="),
        ({}, {"addopts": "-o python_files=none"}, "addopts="),
        ({"addopts": "-m 'not slow'"}, {}, "addopts=-m 'not slow'"),
        ({"addopts": "-m a -ra"}, {"addopts": "-m b -q"}, "addopts=-q -m a"),
        ({"addopts": "--doctest-modules"}, {"addopts": "-q"}, "addopts=-q --doctest-modules"),
        ({}, {"testpaths": "tests/easy"}, "testpaths="),
        ({"testpaths": "tests"}, {"testpaths": "test"}, "testpaths=tests test"),
        ({}, {"python_files": "test_easy.py"}, "python_files=test_*.py *_test.py test_easy.py"),
        ({"python_classes": "Test Check"}, {}, "python_classes=Test Check"),
        ({}, {"norecursedirs": "unit"}, "norecursedirs="),
        ({}, {"norecursedirs": "new tests/unit"}, "norecursedirs=new"),
        ({"xfail_strict": "true"}, {}, "xfail_strict=true"),
        ({"strict": "true"}, {"strict": "true", "xfail_strict": "no"}, "xfail_strict=true"),
        ({}, {"collect_imported_tests": "false"}, "collect_imported_tests=true"),
        ({"required_plugins": "a"}, {}, "required_plugins=a"),
    ],
)
def test_what_chooses_tests_counts_as_on_the_base(
    base: dict[str, str], head: dict[str, str], expected: str
) -> None:
    key = expected.partition("=")[0]
    assert overrides(base, head) == (
        expected.replace("test_*.py", "'test_*.py'").replace("*_test.py", "'*_test.py'"),
    )
    assert trusted(base, head).kept == (key,)


def test_a_list_of_items_counts_as_well() -> None:
    base = PytestConfig(values={"required_plugins": ("a", "b"), "testpaths": ("tests",)})
    assert trusted_pytest(base, PytestConfig(), folders=lambda: ()).arguments == (
        "-o",
        "required_plugins=a\nb",
    )


def test_a_file_at_another_place_does_not_rename_all_tests() -> None:
    found = trusted_pytest(
        PytestConfig(), PytestConfig(origin="tests/pytest.ini"), folders=lambda: ()
    )
    assert found == TrustedPytest(arguments=("--rootdir", "."), kept=("rootdir",))


def test_words_that_cannot_be_read_are_told() -> None:
    with pytest.raises(BadConfigError):
        trusted({}, {"addopts": "-m 'slow"})


def test_a_tree_without_a_configuration_takes_none_from_above() -> None:
    bare, some = PytestConfig(), PytestConfig(origin="pytest.ini")
    fence = trusted_pytest(bare, bare, folders=lambda: ()).fence
    assert fence == ("-c", "/dev/null", "--rootdir", ".", "--confcutdir", ".")
    assert trusted_pytest(some, bare, folders=lambda: ()).fence == fence
    assert trusted_pytest(bare, some, folders=lambda: ()).fence == ()
