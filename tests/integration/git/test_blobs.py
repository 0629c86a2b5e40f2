"""Blobs in bulk, checked against their ids."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.blobs import blob_id, check_sizes, read_blobs
from coverage_gate.adapters.git.view import GitView
from coverage_gate.ports import RepositoryError
from coverage_gate.testing.repositories import RepositoryBuilder

Look = Callable[[Path], GitView]


def test_each_blob_comes_once_in_the_order_of_asking(repo: RepositoryBuilder, look: Look) -> None:
    contents = [b"", b"\n", b"x" * 200_000, b"a\nb"]
    blobs = [repo.write_object("blob", content) for content in contents]
    read = list(read_blobs(look(repo.path).objects, [*blobs, *blobs]))
    assert read == list(zip(blobs, contents, strict=True))


def test_no_blobs_need_no_git(repo: RepositoryBuilder, look: Look) -> None:
    view = look(repo.path)
    shutil.rmtree(view.objects.git_dir)
    assert list(read_blobs(view.objects, [])) == []


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x00\xff" * 1000])
def test_the_id_of_a_blob_is_the_one_that_git_gives(
    repo: RepositoryBuilder, content: bytes
) -> None:
    assert blob_id(content) == repo.write_object("blob", content)


def test_reading_may_end_early(repo: RepositoryBuilder, look: Look) -> None:
    blobs = [repo.write_object("blob", os.urandom(300_000)) for _ in range(3)]
    reading = read_blobs(look(repo.path).objects, blobs)
    assert next(reading)[0] == blobs[0]
    reading.close()


def test_a_tree_is_no_blob(repo: RepositoryBuilder, look: Look) -> None:
    tree = repo.git("rev-parse", "HEAD^{tree}")
    with pytest.raises(RepositoryError) as caught:
        list(read_blobs(look(repo.path).objects, [tree]))
    assert caught.value.code == "object-missing"


def test_a_blob_that_breaks_off_is_corrupt(repo: RepositoryBuilder, look: Look) -> None:
    blob = repo.write_object("blob", os.urandom(100_000))
    place = repo.git_dir / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    os.truncate(place, 50_000)
    with pytest.raises(RepositoryError) as caught:
        list(read_blobs(look(repo.path).objects, [blob]))
    assert (caught.value.code, caught.value.branch_fault) == ("object-corrupt", True)


def test_a_git_that_cannot_work_is_no_fault_of_the_branch(
    repo: RepositoryBuilder, look: Look
) -> None:
    view = look(repo.path)
    shutil.rmtree(view.objects.git_dir)
    with pytest.raises(RepositoryError) as caught:
        list(read_blobs(view.objects, [blob_id(b"")]))
    assert (caught.value.code, caught.value.branch_fault) == ("not-a-repository", False)


@pytest.mark.parametrize("limits", [{"max_blob": 4}, {"max_total": 9}])
def test_sizes_are_checked_without_reading(
    repo: RepositoryBuilder, look: Look, limits: dict[str, int]
) -> None:
    objects = look(repo.path).objects
    blobs = [repo.write_object("blob", content) for content in (b"12345", b"67890")]
    check_sizes(objects, blobs, max_blob=5, max_total=10)
    with pytest.raises(RepositoryError) as caught:
        check_sizes(objects, blobs, **limits)
    assert caught.value.code == "tree-too-large"
