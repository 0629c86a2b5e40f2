import re
from dataclasses import replace
from pathlib import Path

import pytest
from coverage.config import CoverageConfig
from coverage.files import GlobMatcher, prep_patterns
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.base_config import BadConfigError, BaseConfig
from coverage_gate.adapters.measure.rc_file import choose_core, coverage_rc
from coverage_gate.adapters.measure.scope import resolve_scope

ROOT = Path("/exports/tests/root$1")
DATA = Path("/data/$x/file")
TREE = ["src/a.py", "app/__init__.py", "tests/test_a.py"]


def loaded(config: BaseConfig, folder: Path, *, root: Path = ROOT) -> CoverageConfig:
    """What coverage.py reads out of the file, where no option may be unknown to it."""
    scope = resolve_scope(config, TREE)
    text = coverage_rc(config, scope, root=root, data_file=DATA, core="ctrace")
    file = folder / "rc"
    file.write_text(text, "utf-8")
    told = CoverageConfig()
    unknown: list[str] = []
    told.from_file(str(file), unknown.append, our_file=True)
    assert unknown == []
    return told


def test_coverage_py_reads_back_what_the_base_configures(tmp_path: Path) -> None:
    config = BaseConfig(
        branch=True,
        source=("app", "six"),
        run_omit=("app/gen.py",),
        report_include=("app/*",),
        report_omit=("*/x.py",),
        exclude_lines=("one", "# two, three;$", ";four"),
        exclude_also=("five",),
        partial_branches=("six",),
        partial_always=("seven",),
        partial_also=("eight",),
        include_namespace_packages=True,
        concurrency=("multiprocessing", "thread"),
        patch=("subprocess", "_exit"),
        sigterm=True,
    )
    told = loaded(config, tmp_path)
    assert (told.branch, told.parallel, told.sigterm, told.core) == (True, True, True, "ctrace")
    assert (told.source, told.source_pkgs, told.data_file) == (
        [f"{ROOT}/app"],
        ["six"],
        str(DATA),
    )
    assert told.exclude_list + told.exclude_also + told.partial_list + told.partial_also == [
        *("one", r"\# two, three;$", r"\;four"),
        *("five", "six", "eight"),
    ]
    assert (told.partial_always_list, told.patch) == (["seven"], ["subprocess", "_exit"])
    assert (told.concurrency, told.include_namespace_packages) == (
        ["multiprocessing", "thread"],
        True,
    )


def test_what_the_base_leaves_open_stays_at_the_defaults_of_coverage_py(tmp_path: Path) -> None:
    told = loaded(BaseConfig(), tmp_path)
    default = CoverageConfig()
    assert (told.exclude_list, told.partial_list) == (default.exclude_list, default.partial_list)
    assert (told.branch, told.concurrency, told.patch, told.relative_files) == (
        False,
        [],
        [],
        False,
    )


def test_an_empty_list_of_exclusions_excludes_nothing(tmp_path: Path) -> None:
    told = loaded(BaseConfig(exclude_lines=(), partial_branches=(), partial_always=()), tmp_path)
    assert told.exclude_list + told.partial_list + told.partial_always_list == []


def is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return bool(text)


REGEXES = st.text(st.sampled_from("ab#;[]\\ \n\r\x0b\x85\u2028$,%=:x(|)é"), max_size=12)


@settings(deadline=None, max_examples=300)
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of odd but valid regexes
@given(regex=REGEXES.map(str.strip).filter(is_regex))
def test_a_regex_means_the_same_after_it_went_through_the_file(
    regex: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    read = loaded(BaseConfig(exclude_lines=(regex,)), tmp_path_factory.getbasetemp())
    samples = [regex, *regex, f"a{regex}b", "# a", ";", "a\nb", "\r", "\u2028", "$", "\\"]
    (again,) = read.exclude_list
    assert [re.findall(regex, sample) for sample in samples] == [
        re.findall(again, sample) for sample in samples
    ]


def test_a_verbose_regex_on_several_lines_is_refused_and_on_one_line_kept(tmp_path: Path) -> None:
    with pytest.raises(BadConfigError, match="must stand on one line"):
        loaded(BaseConfig(exclude_also=("(?x) a # x\n b",)), tmp_path)
    assert loaded(BaseConfig(exclude_also=("(?x) a",)), tmp_path).exclude_also == ["(?x) a"]


@pytest.mark.parametrize(
    ("config", "root"),
    [
        (BaseConfig(source=("app",)), Path("/a,b")),
        (BaseConfig(source=("app",)), Path("/a\nb")),
        (BaseConfig(source=("app",)), Path("/a\udc80b")),
        (BaseConfig(source_pkgs=("a,b",)), ROOT),
        (BaseConfig(source_pkgs=("",)), ROOT),
        (BaseConfig(run_omit=(" a",)), ROOT),
    ],
)
def test_what_cannot_be_written_into_the_file_is_refused(
    config: BaseConfig, root: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadConfigError, match="cannot be written"):
        loaded(config, tmp_path, root=root)


#: Pattern → (paths in the tree that it matches, paths that it does not).
PATTERNS = {
    "tests/*": (["tests/a.py", "tests/b/c.py"], ["src/a.py", "src/tests/a.py"]),
    "./tests/*": (["tests/a.py"], ["src/tests/a.py"]),
    "*/tests/*": (["tests/a.py", "src/tests/a.py"], ["src/a.py"]),
    "**/tests/*": (["tests/a.py", "src/tests/a.py"], ["src/a.py"]),
    "*/**/tests/*": (["tests/a.py", "a/b/tests/a.py"], ["src/a.py"]),
    "*/*/a.py": (["x/a.py", "x/y/a.py"], ["a.py"]),
    "*\\tests\\*": (["src/tests/a.py"], ["src/a.py"]),
    "conftest.py": (["conftest.py", "src/conftest.py"], ["src/aconftest.py"]),
    "*_pb2.py": (["src/x_pb2.py"], ["src/x.py", "src/x_pb2.py/y.py"]),
    "?.py": (["a.py", "src/a.py"], ["ab.py"]),
    "src/[ab].py": (["src/a.py"], ["src/c.py"]),
    "src/**/a.py": (["src/a.py", "src/x/y/a.py"], ["a.py"]),
    "*": (["a.py", "src/a.py"], []),
    "/exports/tests/root$1/src/*": (["src/a.py"], ["a.py"]),
    "/elsewhere/*": ([], ["a.py", "src/a.py"]),
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("root", [ROOT, Path("/tests/odd[1]*/?")])
def test_a_pattern_matches_within_the_root_wherever_the_root_lies(
    pattern: str, root: Path, tmp_path: Path
) -> None:
    yes, no = PATTERNS[pattern]
    if pattern.startswith("/exports"):
        root = ROOT
    told = loaded(BaseConfig(run_omit=(pattern,), source=("app",)), tmp_path, root=root)
    matcher = GlobMatcher(prep_patterns(told.run_omit))
    assert [path for path in yes + no if matcher.match(f"{root}/{path}")] == yes


def test_the_patterns_of_the_fixed_rule_hold_from_the_root_on(tmp_path: Path) -> None:
    matcher = GlobMatcher(prep_patterns(loaded(BaseConfig(), tmp_path).run_omit))
    product = ["src/app/setup.py", "src/a.py", "docs.py", "examples/a.py", "src/app/build/a.py"]
    tooling = ["tests/a.py", "a/test_x.py", "test_x.py", "setup.py", "docs/conf.py", ".tox/x/y.py"]
    found = [path for path in product + tooling if matcher.match(f"{ROOT}/{path}")]
    assert found == tooling


@pytest.mark.parametrize(
    ("python", "branch", "concurrency", "core"),
    [
        ((3, 11), False, (), "ctrace"),
        ((3, 12), False, ("thread", "multiprocessing"), "sysmon"),
        ((3, 12), True, (), "ctrace"),
        ((3, 13), True, (), "ctrace"),
        ((3, 14), True, (), "sysmon"),
        ((3, 14), True, ("gevent",), "ctrace"),
        ((3, 12), False, ("greenlet",), "ctrace"),
    ],
)
def test_the_fast_core_is_chosen_where_it_is_exact(
    python: tuple[int, int],
    branch: bool,
    concurrency: tuple[str, ...],
    core: str,
) -> None:
    assert choose_core(python, branch=branch, concurrency=concurrency) == core


def test_a_report_pattern_is_anchored_like_a_run_pattern(tmp_path: Path) -> None:
    config = BaseConfig(run_include=("src/*",), report_include=("*/a/*",), report_omit=("b/*",))
    told = loaded(config, tmp_path)
    assert told.run_include == [f"{ROOT}/src/*"]
    assert (told.report_include, told.report_omit) == ([f"{ROOT}/**/a/*"], [f"{ROOT}/b/*"])


def test_only_absolute_sources_are_written(tmp_path: Path) -> None:
    config = replace(BaseConfig(), source=(".", "app"))
    assert loaded(config, tmp_path).source == [str(ROOT), f"{ROOT}/app"]


@pytest.mark.parametrize(
    ("config", "source"),
    [
        (BaseConfig(source=("app",)), [f"{ROOT}/app", "/canary"]),
        (BaseConfig(source_pkgs=("six",)), ["/canary"]),
        (BaseConfig(run_include=("app/*",)), None),
    ],
)
def test_the_canary_is_measured_where_sources_are_named(
    config: BaseConfig, source: list[str] | None, tmp_path: Path
) -> None:
    scope = resolve_scope(config, TREE)
    place = Path("/canary")
    text = coverage_rc(config, scope, root=ROOT, data_file=DATA, core="ctrace", canary=place)
    (tmp_path / "rc").write_text(text, "utf-8")
    told = CoverageConfig()
    told.from_file(str(tmp_path / "rc"), lambda _: None, our_file=True)
    assert told.source == source


def test_coverage_py_finds_the_running_test_by_itself_where_nobody_tells_it(tmp_path: Path) -> None:
    scope = resolve_scope(BaseConfig(), TREE)
    file = tmp_path / "rc"
    for contexts, told in ((True, "test_function"), (False, None)):
        file.write_text(
            coverage_rc(
                BaseConfig(), scope, root=ROOT, data_file=DATA, core="ctrace", contexts=contexts
            )
        )
        config = CoverageConfig()
        config.from_file(str(file), print, our_file=True)
        assert config.dynamic_context == told
