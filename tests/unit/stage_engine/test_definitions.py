"""Definitions of pipelines: what is refused, and in which order nodes run."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stage_engine.definitions import (
    Definition,
    Node,
    StageNode,
    default_definition,
    read_definition,
)
from stage_engine.errors import InputError
from stage_engine.stages import STAGE_TRANSITIONS


def check(name: str, *following: str, **changes: object) -> dict[str, Any]:
    config = {"check": "check_ci_green"}
    return {"id": name, "type": "check", "config": config, "next": list(following), **changes}


def read(*nodes: dict[str, Any], **changes: object) -> Definition:
    content = json.dumps({"version": 1, "nodes": list(nodes), **changes})
    return read_definition(content.encode(), name="d.json")


def refused(*nodes: dict[str, Any], **changes: object) -> str:
    with pytest.raises(InputError) as caught:
        read(*nodes, **changes)
    return str(caught.value)


def ids(definition: Definition) -> list[str]:
    return [node.id for node in definition.order()]


def test_the_built_in_definition_leaves_every_stage_once() -> None:
    nodes = default_definition().order()
    stages = [node.config.stage for node in nodes if isinstance(node, StageNode)]
    assert stages == [name for name, edge in STAGE_TRANSITIONS.items() if edge["next"]]


def test_the_built_in_definition_can_be_written_and_read() -> None:
    content = default_definition().model_dump_json().encode()
    assert read_definition(content, name="d") == default_definition()


def test_nodes_run_behind_those_that_lead_to_them_and_else_as_written() -> None:
    assert ids(read(check("c"), check("b", "c"), check("a", "b"), check("d"))) == [
        "a",
        "b",
        "c",
        "d",
    ]


@pytest.mark.parametrize("following", ["b", ["b"]])
def test_one_following_node_needs_no_list(following: object) -> None:
    assert ids(read(check("a", next=following), check("b", next=None))) == ["a", "b"]


def test_the_nodes_before_a_node_are_told() -> None:
    definition = read(check("a", "c"), check("b", "c"), check("c"))
    assert definition.before(definition.nodes[2]) == ("a", "b")


def test_every_type_of_node_can_be_written() -> None:
    configs: dict[str, object] = {
        "stage": {"stage": "review"},
        "check": {"check": "check_ci_green"},
        "command": {"argv": ["true"], "timeout_s": 5},
        "notify": {"channels": ["plane", "plane"], "message": "well"},
    }
    nodes = [{"id": kind, "type": kind, "config": config} for kind, config in configs.items()]
    assert {type(node) for node in read(*nodes).nodes} == set(get_args(Node))


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ([], "nodes: List should have at least 1 item"),
        ([check("a"), check("a")], "nodes: the id a is there twice; rename one"),
        ([check("a", "b")], "nodes.a.next: 'b' is not known (there is: a)"),
        ([check("one", "tow"), check("two")], "'tow' is not known (did you mean two?)"),
        ([check("a", "a")], "nodes run in a circle: a → a; take one `next` away"),
        ([check("a", "b"), check("b", "c"), check("c", "a")], "nodes run in a circle: "),
        ([check("a", type="chekc")], "'chekc' used using 'type'"),
        ([check("a b")], "nodes.0.check.id: String should match pattern"),
        ([check("a", extra=1)], "nodes.0.check.extra is not known; remove it"),
        ([check("a", next=[1])], "nodes.0.check.next.0: Input should be a valid string"),
        ([check("a", config={})], "nodes.0.check.config.check is missing"),
        ([check("a", config={"check": "check_ci"})], "(did you mean check_ci_green?)"),
        ([check("a", type="stage", config={"stage": "done"})], "'done' is not known"),
        ([check("a", type="command", config={"argv": []})], "config.argv: List should have"),
        (
            [check("a", type="notify", config={"channels": ["mail"], "message": "x"})],
            "'mail' is not known (there is: telegram, plane)",
        ),
    ],
)
def test_what_is_no_pipeline_is_refused_with_its_place(
    nodes: list[dict[str, Any]], problem: str
) -> None:
    assert problem.replace("used using", "found using") in refused(*nodes)


@pytest.mark.parametrize("version", [2, "1", None])
def test_another_version_of_the_form_is_refused(version: object) -> None:
    assert "d.json: version: Input should be 1" in refused(check("a"), version=version)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 8).flatmap(
        lambda count: st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=12
        ).map(lambda edges: (count, edges))
    )
)
def test_every_graph_without_a_circle_has_an_order_that_obeys_it(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, edges = graph
    # Edges upwards alone make no circle.
    upward = sorted({(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]})
    nodes = [check(f"n{i}", *(f"n{b}" for a, b in upward if a == i)) for i in range(count)]
    order = ids(read(*reversed(nodes)))
    assert all(order.index(f"n{a}") < order.index(f"n{b}") for a, b in upward)
