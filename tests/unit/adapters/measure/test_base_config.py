import os
from pathlib import Path

import pytest
from coverage.config import CoverageConfig, read_coverage_config
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.base_config import (
    CONFIG_FILES,
    BadConfigError,
    BaseConfig,
    config_digest,
    read_base_config,
)

INI = """\
[coverage:run]
branch = yes
source =
    src/app
    lib,tools
omit = */migrations/*, setup.py
include = src/*
source_pkgs = one
source_dirs = two
concurrency = multiprocessing,thread
patch = subprocess
sigterm = on
core = sysmon
plugins = covdefaults

[coverage:report]
exclude_lines =
    pragma: no cover

    if self\\.debug:
exclude_also = raise NotImplementedError
partial_branches = one way
partial_branches_always = while (True|1):
partial_also = also one way
include_namespace_packages = 1
include = src/*
omit = src/gen*

[coverage:paths]
source =
    src
    */site-packages
"""

TOML = """\
[tool.coverage.run]
branch = true
source = ["src/app", "lib", "tools"]
omit = ["*/migrations/*", "setup.py"]
include = ["src/*"]
source_pkgs = ["one"]
source_dirs = ["two"]
concurrency = ["multiprocessing", "thread"]
patch = ["subprocess"]
sigterm = "true"
core = "sysmon"
plugins = ["covdefaults"]

[tool.coverage.report]
exclude_lines = ["pragma: no cover", " ", "if self\\\\.debug:"]
exclude_also = ["raise NotImplementedError"]
partial_branches = ["one way"]
partial_branches_always = ["while (True|1):"]
partial_also = ["also one way"]
include_namespace_packages = true
include = ["src/*"]
omit = ["src/gen*"]

[tool.coverage.paths]
source = ["src", "*/site-packages"]
"""

FULL = BaseConfig(
    origin="x",
    branch=True,
    source=("src/app", "lib", "tools"),
    source_pkgs=("one",),
    source_dirs=("two",),
    run_include=("src/*",),
    run_omit=("*/migrations/*", "setup.py"),
    report_include=("src/*",),
    report_omit=("src/gen*",),
    exclude_lines=("pragma: no cover", "if self\\.debug:"),
    exclude_also=("raise NotImplementedError",),
    partial_branches=("one way",),
    partial_always=("while (True|1):",),
    partial_also=("also one way",),
    include_namespace_packages=True,
    concurrency=("multiprocessing", "thread"),
    patch=("subprocess",),
    sigterm=True,
    paths=(("source", ("src", "*/site-packages")),),
    ignored=("run.core", "run.plugins"),
)


def with_origin(config: BaseConfig, origin: str) -> BaseConfig:
    return BaseConfig(
        **{
            name: getattr(config, name)
            for name in BaseConfig.__dataclass_fields__
            if name != "origin"
        },
        origin=origin,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", INI),
        (".coveragerc", INI.replace("coverage:", "")),
        (".coveragerc.toml", TOML),
        (".coveragerc.toml", TOML.replace("tool.coverage.", "")),
        ("setup.cfg", INI),
        ("tox.ini", INI),
        ("pyproject.toml", TOML),
    ],
)
def test_every_file_gives_the_same_configuration(name: str, text: str) -> None:
    assert read_base_config({name: text.encode()}) == with_origin(FULL, name)


def theirs(files: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> CoverageConfig:
    for name in list(os.environ):
        if name.startswith("COVERAGE"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    for name, text in files.items():
        (folder / name).write_text(text)
    return read_coverage_config(config_file=True, warn=lambda _message: None)


def as_theirs(config: BaseConfig) -> dict[str, object]:
    """The fields that coverage.py has too, in its own form."""
    default = CoverageConfig()
    partial = config.partial_branches
    exclude = config.exclude_lines
    return {
        "branch": config.branch,
        "source": list(config.source),
        "source_pkgs": list(config.source_pkgs),
        "source_dirs": list(config.source_dirs),
        "run_include": list(config.run_include),
        "run_omit": list(config.run_omit),
        "report_include": list(config.report_include),
        "report_omit": list(config.report_omit),
        "exclude_list": [
            *(default.exclude_list if exclude is None else exclude),
            *config.exclude_also,
        ],
        "partial_list": [
            *(default.partial_list if partial is None else partial),
            *config.partial_also,
        ],
        "partial_always_list": list(
            default.partial_always_list if config.partial_always is None else config.partial_always
        ),
        "include_namespace_packages": config.include_namespace_packages,
        "concurrency": list(config.concurrency),
        "patch": list(config.patch),
        "sigterm": config.sigterm,
    }


EMPTY = "[other]\nx = 1\n"
CASES: list[dict[str, str]] = [
    {},
    {".coveragerc": INI.replace("coverage:", "")},
    {"setup.cfg": INI},
    {"pyproject.toml": TOML},
    {".coveragerc": "", "pyproject.toml": TOML},
    {".coveragerc": EMPTY, "setup.cfg": INI},
    {".coveragerc.toml": "", "pyproject.toml": TOML},
    {"setup.cfg": EMPTY, "tox.ini": INI, "pyproject.toml": TOML},
    {"setup.cfg": "[coverage:html]\ndirectory = x\n", "pyproject.toml": TOML},
    {"setup.cfg": "[coverage:nonsense]\nx = 1\n", "pyproject.toml": TOML},
    {"tox.ini": "[coverage:paths]\na = b\n", "pyproject.toml": TOML},
    {"tox.ini": "[coverage:paths]\n", "pyproject.toml": TOML},
    {"tox.ini": "[run]\nbranch = true\n"},
    {"setup.cfg": "[coverage:run]\nunknown = 1\n", "tox.ini": INI},
    {".coveragerc": "[run]\nsource = a\n[coverage:run]\nbranch = 1\n"},
    {".coveragerc": "[DEFAULT]\nbranch = 1\n[run]\nsource = a\n"},
    {".coveragerc.toml": "[run]\nsource = ['a']\n[tool.coverage.run]\nbranch = true\n"},
    {"pyproject.toml": "[tool]\nx = 1\n"},
    {"pyproject.toml": "[tool.coverage]\nrun = {branch = true}\n"},
    {".coveragerc": "[run]\nomit = $HOME_OF_NOBODY/x, ${NOT_SET-y}/z, ${NOT_SET}w, a$$b\n"},
    {".coveragerc": "[report]\nexclude_lines =\n    end\\$$\n    # a comment\n    ;x\n    a,b\n"},
    {".coveragerc": "[report]\nexclude_lines =\n"},
    {".coveragerc": "[run]\r\nomit =\r\n    a\r\n    b\r\nbranch = off\r\n"},
    {"pyproject.toml": "[tool.coverage.report]\nexclude_also = ['''a\nb''', '$$', ' # x ']\n"},
    {"pyproject.toml": "[tool.coverage.run]\nbranch = 'false'\nsource = []\n"},
    {".coveragerc": "[run]\nbranch : TRUE\n"},
]


@pytest.mark.parametrize("files", CASES)
def test_a_configuration_is_read_as_coverage_py_reads_it(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = theirs(files, tmp_path, monkeypatch)
    ours = read_base_config({name: (tmp_path / name).read_bytes() for name in files})
    told = {name: getattr(expected, name) or [] for name in as_theirs(ours)}
    assert {name: value or [] for name, value in as_theirs(ours).items()} == told
    assert ours.origin == (expected.config_file and os.path.basename(expected.config_file))  # noqa: PTH119 - a text


BROKEN = [
    (".coveragerc", b"[run\nbranch = 1\n", 1),
    (".coveragerc", b"[run]\nbranch = 1\nbranch = 0\n", 3),
    (".coveragerc", b"branch = 1\n", 1),
    (".coveragerc", b"[report]\n[run]\nsource = a\nbranch = maybe\n", 4),
    ("setup.cfg", b"[x]\n\xff\n", 2),
    ("setup.cfg", b"[coverage:run]\nsource = a\nconcurrency = magic\n", 3),
    ("setup.cfg", b"[coverage:run]\nconcurrency = gevent,eventlet\n", 2),
    ("tox.ini", b"[coverage:report]\nexclude_lines =\n    (\n", 2),
    ("tox.ini", b"[coverage:run]\nomit = a/**b\n", 2),
    ("tox.ini", b"[coverage:run]\nomit = a[b\n", 2),
    ("tox.ini", b"[coverage:run]\nomit = ${HOME?}/b\n", 2),
    ("pyproject.toml", b"[tool.coverage.run]\nbranch = tru\n", 2),
    ("pyproject.toml", b"[tool.coverage.run]\nsource = 'src'\n", 2),
    ("pyproject.toml", b"[tool.coverage.run]\n\nsource = ['src', 1]\n", 3),
    ("pyproject.toml", b"[tool.coverage.run]\nbranch = 1\n", 2),
    ("pyproject.toml", b"[tool.coverage.run]\nbranch = 'yes'\n", 2),
    ("pyproject.toml", b"[tool.coverage.run]\ncore = 1\n", 2),
    ("pyproject.toml", b"[tool.coverage]\nrun.branch = 1\n", 2),
    ("pyproject.toml", b"tool.coverage = 1\n", None),
    ("pyproject.toml", b"x = " + b"[" * 5000, None),
]


@pytest.mark.parametrize(("name", "data", "line"), BROKEN)
def test_a_broken_file_is_told_with_its_name_and_line(
    name: str, data: bytes, line: int | None
) -> None:
    with pytest.raises(BadConfigError) as caught:
        read_base_config({name: data})
    assert (caught.value.file, caught.value.line) == (name, line)
    assert str(caught.value).startswith(f"{name}, line {line}: " if line else f"{name}: ")


def test_a_broken_file_behind_the_one_that_decides_is_not_read() -> None:
    config = read_base_config({".coveragerc": b"[run]\nbranch = 1\n", "tox.ini": b"\xff"})
    assert config == BaseConfig(origin=".coveragerc", branch=True)


def test_an_option_that_is_switched_off_is_not_told_as_ignored() -> None:
    text = b"[run]\ntimid = false\ndynamic_context =\n[report]\nignore_errors = true\n"
    assert read_base_config({".coveragerc": text}).ignored == ("report.ignore_errors",)


def test_the_digest_is_of_what_decides_numbers() -> None:
    one = read_base_config({"tox.ini": INI.encode()})
    other = read_base_config({"pyproject.toml": TOML.encode()})
    assert config_digest(one) == config_digest(other)
    assert config_digest(one) != config_digest(BaseConfig(branch=True))


def test_a_tool_table_that_is_none_holds_no_configuration() -> None:
    assert read_base_config({"pyproject.toml": b"tool = 1\n"}) == BaseConfig()


PIECES = [
    *("[run]", "[tool.coverage.run]", "[coverage:report]", "=", "omit", "branch", "source"),
    *(
        "exclude_also",
        "[",
        "]",
        "'",
        '"',
        "${A?}",
        "$",
        "(",
        "*",
        ",",
        "true",
        "1",
        "#",
        "\n",
        "\r",
    ),
]


def outcome(name: str, data: bytes) -> str | None:
    """The file that decided, or that is broken."""
    try:
        return read_base_config({name: data}).origin
    except BadConfigError as error:
        return error.file


@settings(deadline=None, max_examples=300)
@given(
    name=st.sampled_from(CONFIG_FILES),
    data=st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(PIECES), max_size=12).map(lambda pieces: "".join(pieces).encode()),
    ),
)
def test_no_bytes_raise_anything_but_the_error_for_a_bad_configuration(
    name: str, data: bytes
) -> None:
    assert outcome(name, data) in (name, None)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "9" * 5000,
        "[tool.coverage.run]\nbranch = 0x" + "f" * 5000,
        "[tool]\ncoverage = 0x" + "f" * 5000,
    ],
    ids=["decimal", "hexadecimal", "no table"],
)
def test_a_number_of_thousands_of_digits_is_told_and_not_shown(text: str) -> None:
    with pytest.raises(BadConfigError) as caught:
        read_base_config({"pyproject.toml": text.encode()})
    assert len(str(caught.value)) < 300
