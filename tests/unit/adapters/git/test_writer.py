"""Links and where they may lead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.git.trees import check_paths
from coverage_gate.adapters.git.writer import stays_inside
from coverage_gate.ports import RepositoryError


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("l", b"a"),
        ("l", b"a/b"),
        ("l", b"./a//b/"),
        ("l", b"."),
        ("d/l", b".."),
        ("d/e/l", b"../../a"),
        ("d/l", b"./../a"),
        ("l", b"..a"),
        ("l", b"\xff"),
    ],
)
def test_a_target_within_the_tree_stays_inside(path: str, target: bytes) -> None:
    assert stays_inside(path, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("l", b""),
        ("l", b"/"),
        ("l", b"/etc/passwd"),
        ("l", b".."),
        ("d/l", b"../.."),
        ("d/l", b"a/../b"),
        ("d/e/l", b"../a/.."),
        ("l", b"a\0b"),
        ("l", b"a" * 4001),
    ],
)
def test_any_other_target_may_lead_out(path: str, target: bytes) -> None:
    assert not stays_inside(path, target)


_PARTS = st.sampled_from(["a", "b", "..", "."])
_PATHS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map("/".join)
_LINKS = st.dictionaries(_PATHS, st.lists(_PARTS, min_size=1, max_size=4).map("/".join), max_size=5)


def _is_possible(paths: list[str]) -> bool:
    try:
        check_paths(paths)
    except RepositoryError:
        return False
    return True


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
@given(links=_LINKS)
@example(links={"a/b": "..", "c": "a/b/.."})
def test_no_set_of_accepted_links_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, links: dict[str, str]
) -> None:
    if not _is_possible(list(links)):
        return
    root = tmp_path_factory.mktemp("links").resolve()
    kept = {path for path, target in links.items() if stays_inside(path, target.encode())}
    for path in kept:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(links[path])
    ends = [Path(os.path.realpath(root / path)) for path in kept]
    assert all(end.is_relative_to(root) for end in ends)
