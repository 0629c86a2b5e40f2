"""What people named and kept."""

import json
from collections.abc import Iterator

import pytest
from tests.engine_world import World

from stage_engine import catalogue
from stage_engine.catalogue import Kind
from stage_engine.engine import Engine, open_engine
from stage_engine.errors import InputError
from stage_engine.samples import DEFINITIONS, TEMPLATES
from stage_engine.store import Rows


@pytest.fixture
def engine(world: World) -> Engine:
    del world
    return open_engine()


@pytest.fixture
def rows(engine: Engine) -> Iterator[Rows]:
    with engine.store.writing() as rows:
        yield rows


def names(rows: Rows, kind: Kind) -> list[str]:
    return [entry.name for entry in catalogue.entries(rows, kind)]


def test_before_anything_was_kept_there_is_what_is_built_in(rows: Rows) -> None:
    assert [names(rows, kind) for kind in Kind] == [["default"], [], []]


def test_what_was_kept_is_listed_by_name(rows: Rows) -> None:
    for name in ("b", "a"):
        catalogue.keep(rows, Kind.DEFINITION, name, "{}")
    assert names(rows, Kind.DEFINITION) == ["default", "a", "b"]


def test_the_same_again_changes_nothing(rows: Rows) -> None:
    kept = [catalogue.keep(rows, Kind.HOST, "h1", body) for body in ("{}", "{}", '{"x": 1}')]
    assert kept == [True, False, True]
    assert catalogue.find(rows, Kind.HOST, "h1").body == '{"x": 1}'


def test_kinds_have_names_of_their_own(rows: Rows) -> None:
    catalogue.keep(rows, Kind.HOST, "a", "{}")
    catalogue.keep(rows, Kind.TEMPLATE, "a", "{}")
    catalogue.remove(rows, Kind.HOST, "a")
    assert (names(rows, Kind.HOST), names(rows, Kind.TEMPLATE)) == ([], ["a"])


def test_an_unknown_name_is_answered_with_the_nearest(rows: Rows) -> None:
    catalogue.keep(rows, Kind.HOST, "build-2", "{}")
    with pytest.raises(InputError) as caught:
        catalogue.check_host(rows, "biuld-2")
    assert str(caught.value) == (
        "there is no host 'biuld-2' (did you mean build-2?); `stage-engine hosts list` names them"
    )


@pytest.mark.parametrize("name", ["", "a b", "../a", "\x1b[2J", "-x", "a" * 64, "ä"])
def test_a_name_that_is_none_is_refused(rows: Rows, name: str) -> None:
    with pytest.raises(InputError, match="cannot be a name"):
        catalogue.keep(rows, Kind.HOST, name, "{}")


def test_what_is_built_in_can_be_neither_replaced_nor_removed(rows: Rows) -> None:
    with pytest.raises(InputError, match="'default' is built in: choose another name"):
        catalogue.keep(rows, Kind.DEFINITION, "default", "{}")
    with pytest.raises(InputError, match="'default' is built in and stays"):
        catalogue.remove(rows, Kind.DEFINITION, "default")


def test_any_host_needs_no_entry(rows: Rows) -> None:
    catalogue.check_host(rows, "")
    assert names(rows, Kind.HOST) == []


def test_definitions_and_templates_are_read_back(rows: Rows) -> None:
    catalogue.keep(rows, Kind.DEFINITION, "checks", json.dumps(DEFINITIONS["checks"]))
    catalogue.keep(rows, Kind.TEMPLATE, "noop", json.dumps(TEMPLATES["noop"]))
    assert [node.id for node in catalogue.definition(rows, "checks").order()] == [
        "mergeable",
        "ci",
        "tell",
    ]
    assert catalogue.template(rows, "noop").kind == "noop"


def test_a_definition_that_became_invalid_is_told(rows: Rows) -> None:
    body = {**DEFINITIONS["checks"], "version": 9}
    catalogue.keep(rows, Kind.DEFINITION, "old", json.dumps(body))
    with pytest.raises(InputError, match="old: version: Input should be 1"):
        catalogue.definition(rows, "old")


def test_the_catalogue_can_be_read_without_being_written(engine: Engine) -> None:
    with engine.store.reading() as rows:
        assert names(rows, Kind.DEFINITION) == ["default"]
