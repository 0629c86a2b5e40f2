"""What requests carry and answers hold, as the published schema shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1

#: One line that can be shown: nothing that moves a cursor, and something in it.
_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=_LINE)]
Sentence = Annotated[str, Field(min_length=1, max_length=2000, pattern=_LINE)]


class NewBaseline(BaseModel):
    """A value for main that a person sets: the one way down."""

    model_config = ConfigDict(extra="forbid", strict=True)

    repo: Name
    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    actor: Name
    reason: Sentence


class BaselineSet(BaseModel):
    """The value that holds from now on."""

    schema_version: int = SCHEMA_VERSION
    repo: str
    percent: float
    epoch: int


class Queue(BaseModel):
    """What is under way; an engine adds its own blocks."""

    model_config = ConfigDict(extra="allow")

    schema_version: int = SCHEMA_VERSION
    coverage: dict[str, Any]


class Health(BaseModel):
    """Whether the gate could work."""

    schema_version: int = SCHEMA_VERSION
    status: str
    store: str


class Problem(BaseModel):
    """What went wrong, and what to do next."""

    detail: str
