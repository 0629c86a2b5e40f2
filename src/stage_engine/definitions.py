"""Definitions of pipelines: JSON that names nodes and what follows each, checked before it is kept.

{"version": 1, "nodes": [{"id": "look", "type": "check",
                          "config": {"check": "check_ci_green"}, "next": ["tell"]}, …]}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from coverage_gate.boundary import visible
from coverage_gate.core.placement import Entry, Plan, ordered
from coverage_gate.settings.values import nearest
from stage_engine.documents import checked, read_object
from stage_engine.notices import PLANE, TELEGRAM
from stage_engine.qg import QG_CHECKS
from stage_engine.stages import STAGE_TRANSITIONS

DEFAULT_NAME = "default"
#: Where messages can be left.
CHANNELS = (TELEGRAM, PLANE)

_DAY_S = 86_400
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
_Words = Annotated[str, Field(min_length=1, max_length=4000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StageConfig(_Part):
    """Advance the task across the edge out of a stage.

    Attributes:
        stage: The stage to leave.
    """

    stage: str

    @field_validator("stage")
    @classmethod
    def _is_left(cls, value: str) -> str:
        return _known(value, [name for name, edge in STAGE_TRANSITIONS.items() if edge["next"]])


class CheckConfig(_Part):
    """Ask a quality gate; nothing moves.

    Attributes:
        check: Its name in `QG_CHECKS`.
    """

    check: str

    @field_validator("check")
    @classmethod
    def _exists(cls, value: str) -> str:
        return _known(value, QG_CHECKS)


class CommandConfig(_Part):
    """Run a command in the branch's worktree. Status 0 passes, 75 waits, any other one fails.

    Attributes:
        argv: The command, without a shell.
        timeout_s: Its limit.
    """

    argv: list[_Words] = Field(min_length=1)
    timeout_s: float = Field(default=900.0, gt=0, le=_DAY_S, strict=False)


class NotifyConfig(_Part):
    """Leave a message for people.

    Attributes:
        channels: Where.
        message: What; the task's names are added.
        when: After what: only successes, a failure, or always.
    """

    channels: list[str] = Field(min_length=1)
    message: _Words
    when: Literal["success", "failure", "always"] = "success"

    @field_validator("channels")
    @classmethod
    def _exist(cls, value: list[str]) -> list[str]:
        return [_known(name, CHANNELS) for name in dict.fromkeys(value)]


class _Node(_Part):
    """What every node has.

    Attributes:
        id: Its name in the definition.
        next: What may follow it once it passed.
    """

    id: _Name
    next: list[str] = []

    @field_validator("next", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        if value is None:
            return []
        return [value] if isinstance(value, str) else value


class StageNode(_Node):
    """See `StageConfig`."""

    type: Literal["stage"]
    config: StageConfig


class CheckNode(_Node):
    """See `CheckConfig`."""

    type: Literal["check"]
    config: CheckConfig


class CommandNode(_Node):
    """See `CommandConfig`."""

    type: Literal["command"]
    config: CommandConfig


class NotifyNode(_Node):
    """See `NotifyConfig`."""

    type: Literal["notify"]
    config: NotifyConfig


Node = StageNode | CheckNode | CommandNode | NotifyNode


class Definition(_Part):
    """A pipeline.

    Attributes:
        version: Of the form.
        description: For people.
        nodes: As they were written; see `order`.
    """

    version: Literal[1]
    description: str = ""
    nodes: list[Annotated[Node, Field(discriminator="type")]] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _is_a_graph(self) -> Definition:
        ids = [node.id for node in self.nodes]
        doubles = sorted({name for name in ids if ids.count(name) > 1})
        if doubles:
            raise ValueError(f"nodes: the id {', '.join(doubles)} is there twice; rename one")
        for node in self.nodes:
            for name in node.next:
                _known(name, ids, place=f"nodes.{node.id}.next: ")
        _refuse_circles(self.nodes)
        return self

    def order(self) -> tuple[Node, ...]:
        """The nodes as they run: each behind those that lead to it, else as written."""
        entries = (Entry(name=node.id, before=tuple(node.next)) for node in self.nodes)
        by_id = {node.id: node for node in self.nodes}
        return tuple(by_id[name] for name in ordered(Plan(entries=tuple(entries))).names)

    def before(self, node: Node) -> tuple[str, ...]:
        """The nodes that lead to this one directly."""
        return tuple(other.id for other in self.nodes if node.id in other.next)


def read_definition(content: bytes, *, name: str) -> Definition:
    """A definition out of its JSON.

    Args:
        content: The JSON.
        name: What to call it in errors.

    Raises:
        InputError: If it is no definition; every problem is named.
    """
    return checked(Definition, read_object(content, name=name), name=name)


def default_definition() -> Definition:
    """Every stage of the engine, one after another."""
    nodes: list[Node] = [
        StageNode(
            id=name,
            type="stage",
            config=StageConfig(stage=name),
            next=[edge["next"]] if STAGE_TRANSITIONS[edge["next"]]["next"] else [],
        )
        for name, edge in STAGE_TRANSITIONS.items()
        if edge["next"]
    ]
    return Definition(version=1, description="The whole pipeline, stage by stage.", nodes=nodes)


def _known(value: str, known: Iterable[str], *, place: str = "") -> str:
    names = list(known)
    if value not in names:
        hint = nearest(value, names) or f" (there is: {', '.join(names)})"
        raise ValueError(f"{place}{visible(value)!r} is not known{hint}")
    return value


def _refuse_circles(nodes: Sequence[Node]) -> None:
    sorter = TopologicalSorter({node.id: node.next for node in nodes})
    try:
        sorter.prepare()
    except CycleError as error:
        path = " → ".join(reversed(error.args[1]))
        raise ValueError(f"nodes run in a circle: {path}; take one `next` away") from None
