"""Which file of a tree configures pytest, and what it says."""

from collections.abc import Mapping

import pytest

from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.pytest_config import PytestConfig, read_pytest_config

OPTIONS = '[tool.pytest.ini_options]\naddopts = "-q"\n'


def read(files: Mapping[str, str], *arguments: str) -> PytestConfig:
    def content(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    return read_pytest_config(content, arguments)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.toml", '[pytest]\naddopts = "-q"\n'),
        (".pytest.toml", '[pytest]\naddopts = "-q"\n'),
        ("pytest.ini", "[pytest]\naddopts = -q\n"),
        (".pytest.ini", "[pytest]\naddopts = -q\n"),
        ("pyproject.toml", OPTIONS),
        ("pyproject.toml", '[tool.pytest]\naddopts = "-q"\n'),
        ("tox.ini", "[pytest]\naddopts = -q\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = -q\n"),
    ],
)
def test_each_file_that_pytest_reads_is_read(name: str, text: str) -> None:
    assert read({name: text}) == PytestConfig(origin=name, values={"addopts": "-q"})


def test_a_tree_without_a_file_has_defaults() -> None:
    config = read({"pyproject.toml": "[project]\n", "tox.ini": "[tox]\n", "setup.cfg": "[a]\n"})
    assert config == PytestConfig()
    assert config.folder == ""


@pytest.mark.parametrize("name", ["pytest.ini", "pytest.toml"])
def test_an_empty_file_of_its_own_shadows_the_others(name: str) -> None:
    assert read({name: "", "pyproject.toml": OPTIONS}) == PytestConfig(origin=name)


@pytest.mark.parametrize("tool", ["tool = 1\n", "[tool.pytest]\n", "[tool]\npytest = 1\n"])
def test_a_file_of_others_without_a_table_is_none(tool: str) -> None:
    assert read({"pyproject.toml": tool}).origin is None


def test_what_stands_first_wins() -> None:
    files = {"pytest.ini": "[pytest]\naddopts = -v\n", "pyproject.toml": OPTIONS}
    assert read(files).values == {"addopts": "-v"}


def test_a_path_of_the_command_decides_where_it_begins() -> None:
    files = {"pyproject.toml": OPTIONS, "tests/pytest.ini": "[pytest]\naddopts = -v\n"}
    assert read(files).folder == ""
    assert read(files, "tests/unit", "-q").folder == "tests"
    assert read(files, "tests/test_a.py::test_b", "./tests/unit").folder == "tests"
    assert read(files, "tests/unit", "more").folder == ""


@pytest.mark.parametrize("arguments", [("-c", "own.ini"), ("--config-file=own.ini",)])
def test_a_file_that_the_command_names_is_the_only_one(arguments: tuple[str, ...]) -> None:
    files = {"own.ini": "[pytest]\naddopts = -v\n", "pytest.ini": ""}
    assert read(files, *arguments).values == {"addopts": "-v"}
    assert read({}, *arguments) == PytestConfig(origin="own.ini")
    assert read({"own.ini": "[other]\n"}, *arguments) == PytestConfig(origin="own.ini")


def test_a_toml_file_that_the_command_names_may_have_either_table() -> None:
    assert read({"a.toml": '[pytest]\naddopts = "-v"\n'}, "-c", "a.toml").words("addopts") == (
        "-v",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest\n"),
        ("pytest.ini", "no section\n"),
        ("pytest.toml", "[pytest\n"),
        ("pytest.ini", "[pytest]\na = 1\na = 2\n"),
    ],
)
def test_a_broken_file_is_told(name: str, text: str) -> None:
    with pytest.raises(BadConfigError, match=name):
        read({name: text})


def test_a_list_is_read_as_pytest_does() -> None:
    config = PytestConfig(values={"addopts": "-m 'not slow'", "testpaths": ("a b", "c")})
    assert config.words("addopts") == ("-m", "not slow")
    assert config.words("testpaths") == ("a b", "c")
    assert config.words("python_files") is None


def test_a_quote_that_is_not_closed_is_told() -> None:
    with pytest.raises(BadConfigError, match="addopts"):
        PytestConfig(origin="pytest.ini", values={"addopts": "-m 'slow"}).words("addopts")


def test_values_keep_their_type_as_texts_and_items() -> None:
    text = '[tool.pytest]\nxfail_strict = true\ntestpaths = ["a", "b"]\nverbosity_x = 1\n'
    config = read({"pyproject.toml": text})
    assert config.values == {
        "xfail_strict": "True",
        "testpaths": ("a", "b"),
        "verbosity_x": "1",
    }
    assert config.is_true("xfail_strict")
    assert not config.is_true("testpaths")
    assert not config.is_true("unknown")
