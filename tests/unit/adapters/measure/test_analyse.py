import ast
import importlib.machinery
import io
import json
import os
import resource
import sys
import tokenize
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage_gate.adapters.measure.base_config import BaseConfig
from coverage_gate.adapters.measure.isolated import analyse, withheld
from coverage_gate.adapters.measure.isolated.answer import Facts
from coverage_gate.adapters.measure.isolated.arcs import branch_facts
from coverage_gate.adapters.measure.isolated.facts import _runs
from coverage_gate.adapters.measure.isolated.failures import line_of
from coverage_gate.adapters.measure.isolated.parsing import multiline_map, tree_of
from coverage_gate.adapters.measure.rc_file import coverage_rc
from coverage_gate.adapters.measure.scope import resolve_scope

Answer = list[dict[str, object]]


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """The script lowers the limits of its process, which is ours here."""
    kinds = (resource.RLIMIT_CORE, resource.RLIMIT_AS, resource.RLIMIT_CPU)
    before = {kind: resource.getrlimit(kind) for kind in kinds}
    yield
    for kind, limit in before.items():
        resource.setrlimit(kind, limit)


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def rc_of(root: Path, config: BaseConfig) -> Path:
    scope = resolve_scope(config, [str(path.relative_to(root)) for path in root.rglob("*.py")])
    rc = root.parent / "rc"
    rc.write_text(coverage_rc(config, scope, root=root, data_file=root / "data", core="ctrace"))
    return rc


def answer_of(
    root: Path, paths: list[str], config: BaseConfig | None = None, *, skip: int = 0
) -> Answer:
    rc = rc_of(root, config or BaseConfig(branch=True))
    out = io.StringIO()
    request = io.StringIO(json.dumps({"paths": paths, "skip": skip}))
    analyse.main([str(rc), str(root), "0", "0"], request, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "root"
    folder.mkdir()
    return folder


def facts_of(
    root: Path, source: str | bytes, config: BaseConfig | None = None
) -> dict[str, object]:
    write(root, {"a.py": source})
    return answer_of(root, ["a.py"], config)[1]


def error_of(root: Path, source: str | bytes) -> object:
    return facts_of(root, source)["error"]


def test_the_answer_is_a_header_a_line_for_each_file_and_an_end(root: Path) -> None:
    write(root, {"a.py": "x = 1\n", "b/c.py": "y = 1\n"})
    header, *files, end = answer_of(root, ["b/c.py", "a.py"])
    assert header["schema"] == 1
    assert (header["listed"], header["eligible"]) == (["a.py"], ["b/c.py"])
    assert ([file["path"] for file in files], end) == (["a.py", "b/c.py"], {"end": 2})


def test_of_files_that_are_never_counted_little_is_told(root: Path) -> None:
    write(root, {"a.py": "", "setup.py": "import a\nx = 1\n", "bad.py": "x = ("})
    config = BaseConfig(source_pkgs=("a",))
    header, *files, end = answer_of(root, ["a.py", "bad.py", "setup.py"], config)
    assert (header["eligible"], header["aside"]) == (["a.py"], ["bad.py", "setup.py"])
    assert files[1]["error"] == {"line": 1, "message": "SyntaxError: '(' was never closed"}
    told = {"path": "setup.py", "statements": [1, 2], "spans": [], "imports": ["a"]}
    assert (files[2], end) == (told, {"end": 3})


def test_the_beginning_that_was_answered_before_is_left_out(root: Path) -> None:
    write(root, {"a.py": "", "b.py": ""})
    _, *files, end = answer_of(root, ["a.py", "b.py"], skip=1)
    assert ([file["path"] for file in files], end) == (["b.py"], {"end": 1})


def test_all_facts_of_a_file_are_told(root: Path) -> None:
    source = """\
@deco
def f(a):
    with a:
        if a:  # pragma: no branch
            b = [
                1,
            ]
    return a
class C:
    async def g(self):
        try:
            x = 1
        except ValueError:
            class D:
                y = 1
if 0:  # pragma: no cover
    x = 2
"""
    assert facts_of(root, source) == {
        "path": "a.py",
        "statements": [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15],
        "excluded": [16, 17],
        "runs": [[6, 7, 5]],
        "spans": [
            ["f", "function", 1, 8, 2],
            ["C", "class", 9, 15, 9],
            ["C.g", "function", 10, 15, 10],
            ["C.g.D", "class", 14, 15, 14],
        ],
        "trivial": [],
        "silent": [],
        "branches": [[4, 5], [4, 8]],
        "unbranched": [4],
        "jumps": [[[3, 8], None, [[3, 8]]], [[4, 3], [4, 8], [[4, 3]]], [[5, 3], [5, 8], [[5, 3]]]],
        "jumps_drop_last": False,
        "loops": [],
        "imports": [],
        "packed": [],
        "lambdas": [],
        "idle": [],
        "idle_exits": [],
        "withheld": [16],
        "harmless": [],
        "commented": [16],
        "withheld_branches": [],
        "excused": [4],
    }


def test_what_a_pattern_excludes_is_told_from_what_a_comment_does(root: Path) -> None:
    source = """\
import typing
if typing.TYPE_CHECKING:
    import a
def f(x):
    if x:
        pass  # pragma: no cover
while True:
    x = "# pragma: no branch"
"""
    facts = facts_of(root, source)
    names = ("statements", "withheld", "harmless", "commented", "withheld_branches", "excused")
    assert {name: facts[name] for name in names} == {
        "statements": [1, 4, 5, 7, 8],
        "withheld": [2, 3, 6],
        "harmless": [2, 3],
        "commented": [6],
        "withheld_branches": [[2, 3], [2, 4], [5, -4], [5, 6]],
        "excused": [],
    }


def test_without_branches_only_lines_are_withheld(root: Path) -> None:
    facts = facts_of(root, "x = 1  # pragma: no cover\n", BaseConfig())
    assert (facts["withheld"], facts["commented"]) == ([1], [1])
    assert "excused" not in facts


def test_where_comments_cannot_be_told_all_is_excluded_by_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withheld, "without_comments", lambda source: f"{source}(")
    facts = facts_of(root, "import typing\nif typing.TYPE_CHECKING:\n    import a\n")
    assert (facts["commented"], facts["harmless"]) == ([2, 3], [])


def test_where_the_base_excludes_nothing_only_choices_are_excused(root: Path) -> None:
    config = BaseConfig(branch=True, exclude_lines=())
    facts = facts_of(root, "def f(x):\n    if x:  # pragma: no branch\n        a()\n", config)
    assert (facts["withheld"], facts["harmless"], facts["excused"]) == ([], [], [2])


def test_branches_are_left_out_where_only_lines_are_measured(root: Path) -> None:
    facts = facts_of(root, "if x:\n    y = 1\n", BaseConfig())
    assert sorted(facts) == [
        "excluded",
        "idle",
        "idle_exits",
        "imports",
        "lambdas",
        "packed",
        "path",
        "runs",
        "silent",
        "spans",
        "statements",
        "trivial",
    ]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1\ny = (\n", 2, "SyntaxError: '(' was never closed"),
        ("if x:\n  y\n z\n", 3, "IndentationError: "),
        ("x = '''\n", 1, "SyntaxError: unterminated"),
        (b"x = 1\0\n", None, ": source code "),
        ("return 1\n", 1, "SyntaxError: 'return' outside function"),
        ("# coding: nonsense\n", None, "unknown encoding"),
        (b"x = '\xff'\n", None, "SyntaxError: "),
        ("x = 1\n".encode("utf-16"), None, "SyntaxError: "),
        ("(" * 100_000, None, "SyntaxError: too many nested parentheses"),
        ("-" * 200_000 + "1\n", None, "Error: "),
        ("x = " + "9" * 10_000 + "\n", 1, "SyntaxError: "),
        ("".join(" " * depth + "if 1:\n" for depth in range(150)), 101, "IndentationError: "),
        ("\n" * 1_000_001, None, "has more than 1000000 lines"),
    ],
)
def test_a_file_that_cannot_be_counted_is_told_with_line_and_message(
    root: Path, source: str | bytes, line: int | None, message: str
) -> None:
    error = error_of(root, source)
    assert isinstance(error, dict)
    assert message in error["message"]
    assert line is None or error["line"] == line


def test_the_line_of_an_error_of_the_tokenizer_is_told() -> None:
    assert line_of(tokenize.TokenError("EOF in multi-line statement", (3, 0))) == 3


def test_a_message_is_plain_ascii_and_holds_no_place_of_this_machine(root: Path) -> None:
    write(root, {"a.py/b.py": ""})
    (root / "c.py").symlink_to("a.py/b.py")
    os.mkfifo(root / "d.py")
    told = answer_of(root, ["a.py", "c.py", "d.py", "gone.py"])[1:-1]
    assert [file["path"] for file in told] == ["d.py", "a.py", "c.py", "gone.py"]
    assert not any(str(root) in str(file["error"]) for file in told)
    assert error_of(root / "a.py", "é = (\x1b[\n")["message"].isascii()  # type: ignore[index]


def test_source_is_read_as_coverage_py_reads_it(root: Path) -> None:
    assert facts_of(root, b"\xef\xbb\xbfx = 1\r\ny = 2\rz = 3")["statements"] == [1, 2, 3]


TREE: dict[str, str | bytes] = {
    "pkg/__init__.py": "",
    "pkg/a.py": "",
    "pkg/sub/b.py": "",
    "pkg/sub/deep/__init__.py": "",
    "pkg/od~d.py": "",
    "pkg/gen/__init__.py": "",
    "six.py": "",
    "other/pkg/c.py": "",
    "other/six/__init__.py": "",
}


@pytest.mark.parametrize(
    ("config", "listed", "eligible"),
    [
        (
            BaseConfig(source=("pkg",)),
            ["pkg/__init__.py", "pkg/a.py", "pkg/gen/__init__.py"],
            ["pkg/od~d.py", "pkg/sub/b.py", "pkg/sub/deep/__init__.py"],
        ),
        (
            BaseConfig(source=("pkg",), include_namespace_packages=True, run_omit=("pkg/gen/*",)),
            ["pkg/__init__.py", "pkg/a.py", "pkg/sub/b.py", "pkg/sub/deep/__init__.py"],
            ["pkg/od~d.py"],
        ),
        (BaseConfig(source=("six",)), [], ["other/six/__init__.py", "six.py"]),
        (
            BaseConfig(source=("six", "pkg/sub/deep")),
            ["pkg/sub/deep/__init__.py"],
            ["other/six/__init__.py", "six.py"],
        ),
        (BaseConfig(run_include=("pkg/a*", "six.py")), [], ["pkg/a.py", "six.py"]),
        (
            BaseConfig(report_include=("pkg/*",), report_omit=("*/sub/*", "pkg/gen/*")),
            ["pkg/__init__.py", "pkg/a.py"],
            ["pkg/od~d.py"],
        ),
        (
            BaseConfig(run_omit=("*",), source=("pkg",)),
            [],
            [],
        ),
    ],
)
def test_the_scope_is_the_one_of_coverage_py(
    root: Path, config: BaseConfig, listed: list[str], eligible: list[str]
) -> None:
    write(root, TREE)
    header = answer_of(root, sorted(TREE), config)[0]
    assert (header["listed"], header["eligible"]) == (listed, eligible)


def test_a_file_without_a_configured_source_is_in_scope(root: Path) -> None:
    write(root, {"a.py": ""})
    rc = root.parent / "empty"
    rc.write_text("[run]\nbranch = true\n")
    out = io.StringIO()
    request = io.StringIO('{"paths": ["a.py"], "skip": 0}')
    assert analyse.main([str(rc), str(root), "0", "0"], request, out) == 0
    assert json.loads(out.getvalue().splitlines()[0])["eligible"] == ["a.py"]


def test_a_linked_file_is_listed_where_it_really_lies(root: Path) -> None:
    write(root, {"pkg/__init__.py": "", "lib/real.py": ""})
    (root / "pkg/link.py").symlink_to("../lib/real.py")
    header = answer_of(root, ["lib/real.py", "pkg/__init__.py"], BaseConfig(source=("pkg",)))[0]
    assert header["listed"] == ["lib/real.py", "pkg/__init__.py"]


def test_a_name_that_coverage_py_cannot_store_is_not_in_scope(root: Path) -> None:
    name = os.fsdecode(b"\xff.py")
    write(root, {name: ""})
    assert answer_of(root, [name])[0] | {"python": ""} == answer_of(root, [])[0] | {"python": ""}


@pytest.mark.parametrize("name", ["a b.py", "a\nb.py", 'q"uote.py', "\u202eodd.py", "-a.py"])
def test_a_file_with_a_hostile_name_is_counted(root: Path, name: str) -> None:
    write(root, {name: "x = 1\n"})
    assert answer_of(root, [name])[1]["statements"] == [1]


def failure_of(argv: list[str], request: str = '{"paths": [], "skip": 0}') -> str:
    out = io.StringIO()
    assert analyse.main(argv, io.StringIO(request), out) == 1
    return str(json.loads(out.getvalue())["failure"])


def test_a_configuration_that_coverage_py_refuses_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("[run\n")
    assert "ConfigError" in failure_of([str(tmp_path / "rc"), str(tmp_path), "0", "0"])


def test_regexes_that_cannot_be_joined_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("[report]\nexclude_also = (?s)x\n")
    told = failure_of([str(tmp_path / "rc"), str(tmp_path), "0", "0"])
    assert "cannot be used together" in told


@pytest.mark.parametrize("request_text", ["", "{}", "[]"])
def test_a_request_that_is_none_is_a_failure(root: Path, request_text: str) -> None:
    rc = rc_of(root, BaseConfig())
    assert failure_of([str(rc), str(root), "0", "0"], request_text)


def test_without_coverage_py_there_is_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rc = rc_of(root, BaseConfig())
    monkeypatch.setitem(sys.modules, "coverage", None)
    assert "not installed" in failure_of([str(rc), str(root), "0", "0"])


def test_a_coverage_py_that_is_not_installed_but_lies_on_the_path_is_not_loaded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rc = rc_of(root, BaseConfig())
    found = types.ModuleType("coverage")
    found.__spec__ = importlib.machinery.ModuleSpec(
        "coverage", None, origin="/checkout/coverage/__init__.py"
    )
    monkeypatch.setitem(sys.modules, "coverage", found)
    monkeypatch.delitem(sys.modules, "coverage.exceptions")
    assert "is not an installed coverage.py" in failure_of([str(rc), str(root), "0", "0"])


class OldParser:
    """What coverage.py before 7.13 has: another name, and pairs of arcs as fixers."""

    def __init__(self) -> None:
        self._multiline = {1: 1, 2: 1, 3: 1, 5: 4, 7: 1}
        self._with_jump_fixers = {
            (9, 2): ((2, 1), (9, 1)),
            (2, 1): ((1, 12), (2, 12)),
        }
        self.excluded: set[int] = set()

    def arcs(self) -> set[tuple[int, int]]:
        return {(9, 2), (4, 5), (4, 6), (12, -1)}

    def exit_counts(self) -> dict[int, int]:
        return {9: 1, 4: 2, 12: 1}

    def lines_matching(self, regex: str) -> set[int]:
        assert regex == "(?:a)|(?:b)"
        return {4, 9}


def test_the_facts_of_an_older_coverage_py_are_told_in_the_same_form() -> None:
    lines = multiline_map(OldParser())
    assert _runs(lines) == [[2, 3, 1], [5, 5, 4], [7, 7, 1]]
    config = types.SimpleNamespace(partial_list=["a"], partial_always_list=["b"])
    assert branch_facts(config, OldParser()) == {
        "branches": [(4, 5), (4, 6)],
        "unbranched": [4],
        "jumps": [
            [(2, 1), (2, 12), [(1, 12), (2, 1)]],
            [(9, 2), (9, 12), [(1, 12), (2, 1), (2, 12), (9, 2)]],
        ],
        "jumps_drop_last": True,
        "loops": [(9, 2)],
    }


def test_the_limits_are_lowered_to_what_is_asked_for(root: Path) -> None:
    write(root, {"a.py": ""})
    rc = rc_of(root, BaseConfig())
    request = io.StringIO('{"paths": ["a.py"], "skip": 0}')
    assert analyse.main([str(rc), str(root), str(2**40), "100000"], request, io.StringIO()) == 0
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == 2**40
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] >= 100_000


@pytest.mark.parametrize("parser", [{}, {"_ast_root": None}, {"_ast_root": ast.parse("x = 1")}])
def test_a_tree_that_the_parser_does_not_keep_is_parsed(parser: dict[str, object]) -> None:
    tree = tree_of(types.SimpleNamespace(text="x = 1", **parser))
    assert ast.unparse(tree) == "x = 1"
    assert tree is parser.get("_ast_root", tree) or parser["_ast_root"] is None


@pytest.mark.parametrize("fault", [NameError("x"), TypeError("x"), ImportError("x"), None])
def test_a_fault_of_the_script_itself_is_no_file_s(
    fault: Exception | None, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Facts:
        if fault is not None:
            raise fault
        return {}

    write(root, {"a.py": "x = 1\n"})
    monkeypatch.setattr(analyse, "facts_of", broken)
    (told,) = answer_of(root, ["a.py"])
    assert told["own"] is True
    assert str(told["failure"]).startswith(
        "nothing is told of " if fault is None else f"{type(fault).__name__}: x"
    )


def test_a_configuration_that_excludes_everything_is_no_fault(root: Path) -> None:
    write(root, {"a.py": "x = 1\n"})
    _, told, _ = answer_of(root, ["a.py"], BaseConfig(branch=True, exclude_lines=(".*",)))
    assert told["statements"] == []
