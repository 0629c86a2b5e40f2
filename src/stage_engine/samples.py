"""The sample repository: a small package whose branches meet the gate in four ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from types import MappingProxyType

REPO = "sample"

_SETTINGS = """\
    [project]
    name = "sample"
    version = "1.0"

    [tool.coverage.run]
    branch = true
    source = ["src"]

    [tool.pytest.ini_options]
    testpaths = ["tests"]
    """
_WORDS = """\
    def shortened(text, limit):
        if limit < 1:
            raise ValueError("limit")
        if len(text) <= limit:
            return text
        return text[: limit - 1] + "…"


    def initials(name):
        return "".join(word[0].upper() for word in name.split())
    """
_WORDS_TESTS = """\
    import pytest

    from sample.words import initials, shortened


    @pytest.mark.parametrize(("limit", "short"), [(5, "hello"), (3, "he…")])
    def test_shortened(limit, short):
        assert shortened("hello", limit) == short


    def test_limit_must_be_positive():
        with pytest.raises(ValueError):
            shortened("hello", 0)


    def test_initials():
        assert initials("ada lovelace") == "AL"
    """
_INITIALS_TESTS = """\
    from sample.words import initials


    def test_initials():
        assert initials("ada lovelace") == "AL"
    """
_COUNTS = """\
    def counted(words):
        counts = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        return counts


    def most_common(words):
        counts = counted(words)
        if not counts:
            return None
        return max(counts, key=counts.get)
    """
_COUNTS_TESTS = """\
    from sample.counts import most_common


    def test_most_common():
        assert most_common(["a", "b", "a"]) == "a"


    def test_nothing_is_most_common_in_nothing():
        assert most_common([]) is None
    """

MAIN: Mapping[str, str] = MappingProxyType(
    {
        "pyproject.toml": dedent(_SETTINGS),
        "src/sample/__init__.py": '"""A sample."""\n',
        "src/sample/words.py": dedent(_WORDS),
        "tests/test_words.py": dedent(_WORDS_TESTS),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One branch of the sample repository, and its task.

    Attributes:
        work_item: The task's name.
        branch: Its branch.
        title: What it is about.
        files: What the branch writes.
    """

    work_item: str
    branch: str
    title: str
    files: Mapping[str, str] = field(default_factory=dict)


SAMPLES = (
    Sample(
        work_item="SAMPLE-1",
        branch="feature/counts",
        title="count words, with tests",
        files={
            "src/sample/counts.py": dedent(_COUNTS),
            "tests/test_counts.py": dedent(_COUNTS_TESTS),
        },
    ),
    Sample(
        work_item="SAMPLE-2",
        branch="feature/counts-untested",
        title="count words, without tests",
        files={"src/sample/tally.py": dedent(_COUNTS)},
    ),
    Sample(
        work_item="SAMPLE-3",
        branch="chore/fewer-tests",
        title="take tests away",
        files={"tests/test_words.py": dedent(_INITIALS_TESTS)},
    ),
    Sample(
        work_item="SAMPLE-4",
        branch="docs/readme",
        title="documents only",
        files={"README.md": "# Sample\n\nWords, shortened.\n"},
    ),
)

_TELL = {"channels": ["telegram", "plane"], "message": "the checks failed", "when": "failure"}
#: Definitions by name, as people would write them.
DEFINITIONS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "checks": {
            "version": 1,
            "description": "Ask checks without moving anything; tell people when one fails.",
            "nodes": [
                {
                    "id": "mergeable",
                    "type": "check",
                    "config": {"check": "check_branch_mergeable"},
                    "next": ["ci"],
                },
                {
                    "id": "ci",
                    "type": "check",
                    "config": {"check": "check_ci_green"},
                    "next": ["tell"],
                },
                {"id": "tell", "type": "notify", "config": _TELL, "next": []},
            ],
        }
    }
)
#: Templates by name.
TEMPLATES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "noop": {"version": 1, "kind": "noop", "description": "Nothing: is a worker there?"},
        "git-version": {
            "version": 1,
            "kind": "command",
            "description": "Which git the worker has.",
            "payload": {"argv": ["git", "--version"], "timeout_s": 60},
        },
        "pipeline": {
            "version": 1,
            "kind": "pipeline",
            "description": "A task through all stages.",
            "payload": {"definition": "default"},
        },
    }
)
