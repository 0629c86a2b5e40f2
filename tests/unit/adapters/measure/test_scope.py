import pytest

from coverage_gate.adapters.measure.base_config import BaseConfig
from coverage_gate.adapters.measure.scope import Scope, resolve_scope
from coverage_gate.core.scope import TOOLING_PATTERNS

TREE = [
    "src/attr/__init__.py",
    "src/attr/deep/mod.py",
    "lib/tool/__init__.py",
    "app/models/__init__.py",
    "six.py",
    "tests/test_x.py",
    "setup.py",
    "docs/index.rst",
]
FILE = "pyproject.toml"


def scope(**options: object) -> Scope:
    config = BaseConfig(origin=FILE, **options)  # type: ignore[arg-type]  # whatever is tried
    return resolve_scope(config, TREE)


@pytest.mark.parametrize(
    ("tree", "folder"),
    [
        (TREE, "src"),
        (["src/data.json", "app.py"], "."),
        (["mysrc/a.py"], "."),
        (["tests/src/a.py"], "."),
        ([], "."),
    ],
)
def test_without_a_configured_scope_it_is_src_with_code_or_the_root(
    tree: list[str], folder: str
) -> None:
    derived = resolve_scope(BaseConfig(), tree)
    assert (derived.folders, derived.text) == ((folder,), f"{folder} (derived)")
    assert derived.tooling == TOOLING_PATTERNS


def test_the_derived_scope_keeps_what_the_base_omits() -> None:
    derived = scope(run_omit=("src/gen*",), report_omit=("src/x*",))
    assert derived.is_derived
    assert (derived.omit, derived.report_omit) == (("src/gen*",), ("src/x*",))


@pytest.mark.parametrize(
    ("options", "folders", "packages"),
    [
        ({"source": ("src",)}, ("src",), ()),
        ({"source": ("src/", "./lib", ".")}, ("src", "lib", "."), ()),
        ({"source": ("attr",)}, ("src/attr",), ()),
        ({"source": ("attr.deep", "tool")}, ("src/attr/deep", "lib/tool"), ()),
        ({"source": ("app.models", "app")}, ("app/models", "app"), ()),
        ({"source": ("six",)}, (), ("six",)),
        ({"source": ("gone", "/elsewhere", "..")}, (), ("gone", "/elsewhere", "..")),
        ({"source_pkgs": ("attr", "six", "attr")}, ("src/attr",), ("six",)),
        ({"source_pkgs": ("src/attr", "")}, ("src/attr",), ("",)),
        ({"source_dirs": ("src", "gone")}, ("src",), ("gone",)),
        ({"source_dirs": ("attr",)}, (), ("attr",)),
        ({"report_include": ("src/*",)}, (".",), ()),
        ({"run_include": ("src/*",), "report_include": ("src/*",)}, (), ()),
    ],
)
def test_what_the_base_names_becomes_folders_of_the_tree_or_stays_a_name(
    options: dict[str, tuple[str, ...]], folders: tuple[str, ...], packages: tuple[str, ...]
) -> None:
    found = scope(**options)
    assert (found.folders, found.packages) == (folders, packages)
    assert not found.is_derived


def test_include_patterns_only_limit_where_no_source_is_named() -> None:
    assert scope(run_include=("src/*",)).include == ("src/*",)
    assert scope(run_include=("src/*",), source=("src",)).include == ()


@pytest.mark.parametrize(
    ("options", "holders"),
    [
        ({"source": ("src", "attr")}, ("src", "src/attr")),
        ({"source": ("src", "six")}, (".",)),
        ({"run_include": ("src/*",)}, (".",)),
    ],
)
def test_what_is_measured_lies_in_its_folders_or_anywhere(
    options: dict[str, tuple[str, ...]], holders: tuple[str, ...]
) -> None:
    assert scope(**options).holders == holders


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"source": ("attr",)}, "attr (from pyproject.toml)"),
        ({"source": ("a", "b"), "source_pkgs": ("c",)}, "a, b, c (from pyproject.toml)"),
        ({"source": ("a", "b", "c", "d", "e")}, "a, b, c and 2 more (from pyproject.toml)"),
        ({"run_include": ("src/*",)}, "include src/* (from pyproject.toml)"),
        ({"report_include": ("lib/*",)}, "include lib/* (from pyproject.toml)"),
    ],
)
def test_a_configured_scope_is_told_in_the_words_of_the_base(
    options: dict[str, tuple[str, ...]], text: str
) -> None:
    assert scope(**options).text == text


def test_the_digest_is_of_the_configuration_and_not_of_the_tree() -> None:
    config = BaseConfig(source=("attr",))
    assert resolve_scope(config, TREE).digest == resolve_scope(config, []).digest
    assert resolve_scope(BaseConfig(), TREE).digest == resolve_scope(BaseConfig(), []).digest


@pytest.mark.parametrize(
    "options",
    [
        {"source": ("src",)},
        {"run_omit": ("a*",)},
        {"report_omit": ("a*",)},
        {"exclude_also": ("x",)},
        {"exclude_lines": ()},
        {"partial_also": ("x",)},
        {"include_namespace_packages": True},
    ],
)
def test_whatever_changes_what_is_counted_changes_the_digest(options: dict[str, object]) -> None:
    assert scope(**options).digest != scope().digest


def test_what_decides_only_how_lines_are_traced_does_not_change_the_digest() -> None:
    assert scope(concurrency=("thread",), patch=("subprocess",)).digest == scope().digest
