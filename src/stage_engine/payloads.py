"""What a pipeline is run for: one branch of one repository, for one work item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stage_engine.documents import checked, read_object


def _printable(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be words on one line")
    return value


def _printable_if_any(value: str) -> str:
    return _printable(value) if value else value


_Name = Annotated[str, Field(max_length=500), AfterValidator(_printable)]


class Payload(BaseModel):
    """A task as somebody asks for it.

    Attributes:
        repo: Name of the repository in ORCH_REPOS_DIR.
        work_item: Its name in the tracker.
        branch: Where its commits are, or will be.
        title: For people, and for the developer.
        trace_id: The run's name in the logs of other systems.
        host: The host that has to do it; empty: any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    repo: _Name
    work_item: _Name
    branch: _Name
    title: str = Field(default="", max_length=4000)
    trace_id: Annotated[str, Field(max_length=200), AfterValidator(_printable_if_any)] = ""
    host: str = ""


def payload_of(values: Mapping[str, object], *, name: str) -> Payload:
    """A payload out of its values. Raises InputError, as `read_payload`."""
    return checked(Payload, dict(values), name=name)


def read_payload(content: bytes, *, name: str) -> Payload:
    """A payload out of its JSON.

    Args:
        content: The JSON.
        name: What to call it in errors.

    Raises:
        InputError: If it is none; every problem is named.
    """
    return checked(Payload, read_object(content, name=name), name=name)
