"""What the audit of changed tests names, and what honest tests do without being named."""

from dataclasses import replace

import pytest

from coverage_gate.core.audit import MAX_FINDINGS, Finding, audit_sources, audit_tests
from coverage_gate.core.changes import ChangeKind, Changes, FileChange
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.policy import AuditMode, Policy, RuleName
from coverage_gate.core.replaced import Sources
from coverage_gate.core.verdict import Outcome, RuleResult
from coverage_gate.testing.values import changes, covered, landing, measurement, tree_id

PATH = "tests/test_a.py"
PRODUCT = "src/a.py"
NOTHING = "no assertion"
MEASURES = "touches coverage, tracing, monitoring, gc or ctypes"
EXECUTES = "compiles or executes code"
WRITES = "writes a file of the project"
READS = "reads the source of the package"


def found(text: str | bytes, before: str = "", *, path: str = PATH) -> list[Finding]:
    after = text if isinstance(text, bytes) else text.encode()
    sources = Sources(base={path: before.encode()} if before else {}, head={path: after})
    return list(audit_tests(changes(path), sources, [PRODUCT]).findings)


def words(text: str, before: str = "") -> list[str]:
    return [finding.finding for finding in found(text, before)]


def code(body: str, *, head: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import a\n{head}\n\ndef test_it(tmp_path):\n{lines}    assert a\n"


# No assertion


def idle(body: str) -> str:
    return f"import a\n\ndef test_it():\n    {body}\n"


def test_a_test_that_only_runs_code_is_named() -> None:
    assert found(idle("a.run()")) == [
        Finding(path=PATH, line=3, test=f"{PATH}::test_it", finding=NOTHING)
    ]


@pytest.mark.parametrize(
    "body",
    [
        "assert a.run()",
        "with pytest.raises(ValueError): a.run()",
        "with pytest.warns(): a.run()",
        "self.assertEqual(a.run(), 1)",
        "mock.assert_called_once()",
        "numpy.testing.assert_allclose(1, 1)",
        "check_all(a.run())",
        "_verify(a.run())",
        "helper(a.run())",
        "expect(a.run()).to_be(1)",
        "pytest.fail('no')",
        "if a.run(): raise AssertionError",
    ],
)
def test_ways_to_check_something(body: str) -> None:
    helper = "\ndef helper(value):\n    assert value\n"
    assert words(idle(body) + helper) == []


@pytest.mark.parametrize(
    "text",
    [
        "def helper():\n    run()\n",
        "class Runner:\n    def test_bench(self):\n        run()\n",
        "class TestA:\n    def setup_method(self):\n        run()\n",
    ],
)
def test_only_tests_are_asked_for_an_assertion(text: str) -> None:
    assert words(text) == []


def test_a_test_of_a_class_may_use_its_helper() -> None:
    test = "    def test_a(self):\n        self.sure()\n"
    text = f"class TestA:\n{test}\n    def sure(self):\n        assert 1\n"
    assert words(text) == []
    assert words(text.replace("assert 1", "run()")) == [NOTHING]


# What measures


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("coverage.Coverage.current().stop()", "import coverage"),
        ("import coverage", ""),
        ("from coverage import Coverage", ""),
        ("import ctypes.util", ""),
        ("gc.get_objects()", "import gc"),
        ("sys.settrace(None)", "import sys"),
        ("sys.monitoring.free_tool_id(1)", "import sys"),
        ("s.setprofile(None)", "import sys as s"),
        ("threading.settrace(None)", "import threading"),
        ("from sys import settrace", ""),
        ("from threading import setprofile", ""),
        ("settrace(None)", "from sys import settrace"),
        ("getattr(sys, 'settrace')(None)", "import sys"),
        ("__import__('ctypes')", ""),
        ("importlib.import_module('coverage')", "import importlib"),
    ],
)
def test_a_test_that_reaches_for_what_measures_it_is_named(body: str, head: str) -> None:
    assert MEASURES in words(code(body, head=head))


@pytest.mark.parametrize(
    "body",
    ["sys.path.append('.')", "coverage = 1", "from sys import path", "getattr(a, name)", "gc(1)"],
)
def test_other_uses_of_the_same_words(body: str) -> None:
    assert words(code(body, head="import sys")) == []


# Code that is made


@pytest.mark.parametrize("body", ["exec('a')", "eval('1')", "compile('', '', 'exec')"])
def test_code_that_is_compiled_is_named(body: str) -> None:
    assert words(code(body)) == [EXECUTES]
    assert words(code(f"builtins.{body}", head="import builtins")) == [EXECUTES]


def test_a_method_called_compile_is_none() -> None:
    assert words(code("re.compile('x')", head="import re")) == []


# Files of the project


@pytest.mark.parametrize(
    "body",
    [
        "open(a.__file__, 'w').write('')",
        "open('src/a.py', mode='a').write('')",
        "Path(a.__file__).write_text('')",
        "place = Path('src/a.py')\nplace.unlink()",
        "place = a.__file__\nother = Path(place)\nwith other.open('w') as file:\n    pass",
        "shutil.copy(tmp_path / 'x.py', a.__file__)",
        "os.replace('x', 'src/a.py')",
    ],
)
def test_a_test_that_rewrites_the_project_is_named(body: str) -> None:
    head = "import os, shutil\nfrom pathlib import Path"
    assert words(code(body, head=head)) == [WRITES]


@pytest.mark.parametrize(
    "body",
    [
        "inspect.getsource(a)",
        "Path(a.__file__).read_text()",
        "open('src/a.py').read()",
        "io.open('src/a.py', 'rb').read()",
        "linecache.getlines('src/a.py')",
    ],
)
def test_a_test_that_reads_the_source_is_named(body: str) -> None:
    head = "import inspect, io, linecache\nfrom pathlib import Path"
    assert words(code(body, head=head)) == [READS]


@pytest.mark.parametrize(
    "body",
    [
        "(tmp_path / 'src/a.py').write_text('')",
        "place = tmp_path / 'a.py'\nplace.write_text('')",
        "place = place\nopen(place)",
        "text = Path(__file__).with_name('data.json').read_text()",
        "open('data.csv').read()",
        "text.replace('src', 'lib')",
        "shutil.copytree('data', tmp_path)",
        "shutil.copy('src/a.py', tmp_path / 'a.py')",
        "shutil.copy()",
        "open()",
    ],
)
def test_honest_work_with_files(body: str) -> None:
    head = "import shutil\nfrom pathlib import Path"
    assert words(code(body, head=head)) == []


# What is looked at


OLD = idle("a.run()")


def test_old_tests_are_not_asked() -> None:
    new = OLD + "\ndef test_more():\n    a.more()\n"
    assert [finding.test for finding in found(new, OLD)] == [f"{PATH}::test_more"]


def test_moved_tests_are_not_asked() -> None:
    sources = Sources(
        base={PRODUCT: b"", "tests/test_b.py": OLD.encode()}, head={PATH: OLD.encode()}
    )
    assert audit_tests(changes(PATH), sources, []).findings == ()
    broken = replace(sources, base={"tests/test_b.py": b"("})
    assert len(audit_tests(changes(PATH), broken, []).findings) == 1


def test_code_outside_of_functions_is_looked_at() -> None:
    text = "import ctypes\n\nif True:\n    import gc\n\nclass TestA:\n    exec('1')\n"
    assert [(each.line, each.test, each.finding) for each in found(text)] == [
        (1, "", MEASURES),
        (4, "", MEASURES),
        (7, "", EXECUTES),
    ]
    assert found(text, text) == []


def test_code_in_the_body_of_a_class_is_looked_at() -> None:
    text = "class TestA:\n    exec('1')\n\n    def test_a(self):\n        assert 1\n"
    assert [(each.line, each.finding) for each in found(text)] == [(2, EXECUTES)]


def test_only_test_files_that_were_added_or_edited_are_read() -> None:
    mixed = changes(PATH, PRODUCT, "docs/conf.py", "setup.py", "README.md")
    assert audit_sources(mixed) == ((PATH,), (PATH,))
    assert audit_sources(changes(PRODUCT)) == ((), ())
    gone = changes("tests/test_b.py", kind=ChangeKind.DELETED, mode="")
    assert audit_sources(gone) == ((), ())
    renamed = FileChange(
        kind=ChangeKind.RENAMED,
        path="tests/test_b.py",
        old_path=PATH,
        old_blob=tree_id("same"),
        blob=tree_id("same"),
        mode="100644",
    )
    assert audit_sources(Changes(base_tree="a", tree="b", files=(renamed,))) == ((), ())


@pytest.mark.parametrize("text", [b"(", b"\0", b"\xff", b"x" * 2**20 + b"y", b"-" * 90000 + b"1"])
def test_a_file_that_cannot_be_read_is_named(text: bytes) -> None:
    (finding,) = found(text)
    assert (finding.path, finding.line, finding.test) == (PATH, 0, "")
    assert finding.finding.startswith("cannot be read: ")


def test_a_file_that_was_not_given_is_named() -> None:
    (finding,) = audit_tests(changes(PATH), Sources(), []).findings
    assert finding.finding == "cannot be read: it is too large, or there are too many files"


def test_no_more_is_told_than_somebody_reads() -> None:
    text = "".join(f"def test_{n}():\n    run()\n" for n in range(MAX_FINDINGS + 1))
    assert len(found(text)) == MAX_FINDINGS


# The rule


def judged(text: str, mode: AuditMode, *, rules: bool = True) -> RuleResult | None:
    policy = Policy(audit=mode) if rules else Policy(audit=mode, rules=frozenset())
    verdict = decide(
        Evidence(
            policy=policy,
            landing=landing(),
            changes=changes(PATH),
            head=measurement(covered(1, 1)),
            sources=Sources(head={PATH: text.encode()}),
        )
    )
    assert (verdict.audit is None) is (mode is AuditMode.OFF or not rules)
    return next((each for each in verdict.rules if each.rule is RuleName.AUDIT), None)


@pytest.mark.parametrize(
    ("mode", "outcome"), [(AuditMode.WARN, Outcome.WARN), (AuditMode.FAIL, Outcome.FAIL)]
)
def test_what_a_finding_means_is_for_the_policy(mode: AuditMode, outcome: Outcome) -> None:
    result = judged(OLD, mode)
    assert result is not None
    assert (result.outcome, result.findings) == (outcome, (f"{PATH}::test_it",))
    assert result.detail == f"changed tests to look at: {PATH}::test_it (no assertion)"
    clean = judged("def test_a():\n    assert 1\n", mode)
    assert clean is not None
    assert (clean.outcome, clean.detail) == (
        Outcome.PASS,
        "changed test files: 1, nothing to ask about",
    )


def test_the_audit_can_be_switched_off_and_goes_with_the_further_rules() -> None:
    assert judged(OLD, AuditMode.OFF) is None
    assert judged(OLD, AuditMode.FAIL, rules=False) is None
