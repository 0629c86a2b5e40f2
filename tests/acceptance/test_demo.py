"""The demo with other names: nothing in it can be canned."""

import random
import re
import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from coverage_gate import gate
from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine import demo, tasks
from stage_engine.cli.main import run
from stage_engine.demo_receivers import receiving
from stage_engine.engine import Engine, open_engine
from stage_engine.values import Task

RENAMED = ("shop", "postage", "coupon", "price")


def names() -> dict[str, str]:
    """Each word of the demo's code → a word that nobody can know beforehand."""
    letters = random.SystemRandom()
    return {word: "z" + "".join(letters.choices(string.ascii_lowercase, k=9)) for word in RENAMED}


def renamed(text: str, words: Mapping[str, str]) -> str:
    for word, other in words.items():
        text = re.sub(rf"(?<![a-z]){word}(?![a-z])", other, text)
    return text


def change(words: Mapping[str, str], files: Mapping[str, str]) -> demo.Story:
    """The untested feature under other names."""
    story = demo.STORIES[1]
    other = {renamed(path, words): renamed(text, words) for path, text in files.items()}
    return replace(story, change=lambda repo: demo.write(repo, other))


def deleted(words: Mapping[str, str]) -> demo.Story:
    path = renamed("tests/test_price.py", words).replace("test_price", "test_" + words["price"])

    def delete(repo: RepositoryBuilder) -> None:
        repo.delete(path)

    return replace(demo.STORIES[2], change=delete)


def moved(path: str, words: Mapping[str, str]) -> str:
    """A path of the package with each of its parts renamed."""
    return re.sub(r"[a-z]+", lambda part: words.get(part[0], part[0]), path)


@pytest.fixture(scope="module")
def end(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, dict[str, Task], Path]:
    folder, words = tmp_path_factory.mktemp("demo"), names()
    package = {moved(path, words): renamed(text, words) for path, text in demo.PACKAGE.items()}
    stories = (
        change(words, {f"src/{words['shop']}/{words['postage']}.py": demo.POSTAGE}),
        deleted(words),
        demo.STORIES[3],
    )
    with pytest.MonkeyPatch.context() as patch:
        with receiving({}) as receivers:
            names_of_receivers = receivers.variables()
        for name, value in (demo.variables(folder) | names_of_receivers).items():
            patch.setenv(name, value)  # the demo sets them itself: this takes them away again
        patch.setattr(demo, "PACKAGE", package)
        patch.setattr(demo, "STORIES", stories)
        patch.chdir(folder.parent)
        patch.setattr(demo, "FOLDER", Path(folder.name))
        assert run(["demo"]) == 0
        engine = open_engine()
        with engine.store.reading() as rows:
            found = {task.work_item: task for task in tasks.listed(rows)}
        orders = gate.report_path(demo.REPO, "SHOP-2").with_name("19-work-order.md")
        assert words["postage"] in orders.read_text()
    return engine, found, folder


def test_the_untested_feature_came_again_with_tests_and_merged(
    end: tuple[Engine, dict[str, Task], Path],
) -> None:
    task = end[1]["SHOP-2"]
    assert (task.stage, task.developer_retries) == ("done", 1)


def test_the_deleted_test_was_brought_back_and_merged(
    end: tuple[Engine, dict[str, Task], Path],
) -> None:
    task = end[1]["SHOP-3"]
    assert (task.stage, task.developer_retries) == ("done", 1)


def test_docs_only_merges_and_stamps_the_baseline(
    end: tuple[Engine, dict[str, Task], Path],
) -> None:
    assert end[1]["SHOP-4"].stage == "done"


def test_the_baseline_only_rose_and_no_lease_is_left(
    end: tuple[Engine, dict[str, Task], Path],
) -> None:
    store = end[0].store.shared
    ranks = [step.new_rank for step in reversed(store.ratchet_log(demo.REPO, limit=99))]
    lease = store.lease(demo.REPO)
    assert len(ranks) >= 2
    assert ranks == sorted(ranks)
    assert lease is not None
    assert lease.holder is None
