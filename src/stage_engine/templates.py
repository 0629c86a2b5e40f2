"""Templates of jobs: what a job of each kind needs, checked when it is kept and when it is used.

{"version": 1, "kind": "command", "payload": {"argv": ["make", "images"], "timeout_s": 600}}
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from coverage_gate.boundary import visible
from stage_engine.definitions import DEFAULT_NAME
from stage_engine.documents import checked, read_object
from stage_engine.errors import InputError
from stage_engine.payloads import Payload

NOOP = "noop"
COMMAND = "command"
PIPELINE = "pipeline"

_DAY_S = 86_400
_Argument = Annotated[str, Field(min_length=1, max_length=4000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoopJob(_Part):
    """Nothing: it shows that a worker of the host takes jobs."""


class CommandJob(_Part):
    """A command.

    Attributes:
        argv: The command, without a shell.
        timeout_s: Its limit.
        repo: Where `branch` is; empty: the command runs in an empty folder that goes away.
        branch: In whose worktree it runs.
        work_item: Told to the command.
    """

    argv: list[_Argument] = Field(min_length=1)
    timeout_s: float = Field(default=900.0, gt=0, le=_DAY_S, strict=False)
    repo: str = ""
    branch: str = ""
    work_item: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> CommandJob:
        if bool(self.repo) != bool(self.branch):
            raise ValueError("repo and branch go together: give both, or none")
        return self


class PipelineJob(Payload):
    """A task through a definition.

    Attributes:
        definition: Its name.
    """

    definition: str = DEFAULT_NAME


JobPayload = NoopJob | CommandJob | PipelineJob
MODELS: Mapping[str, type[JobPayload]] = MappingProxyType(
    {NOOP: NoopJob, COMMAND: CommandJob, PIPELINE: PipelineJob}
)
#: What a template fixes: who creates a job cannot change it.
_FIXED = frozenset({"argv", "timeout_s", "definition"})
#: What a template may leave to who creates a job.
_LEFT_OPEN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {PIPELINE: dict.fromkeys(("repo", "work_item", "branch"), "any")}
)


class Template(_Part):
    """A kind of job that can be asked for by name.

    Attributes:
        version: Of the form.
        description: For people.
        kind: What its jobs do.
        payload: What they need; what is missing is given with each job.
    """

    version: Literal[1]
    description: str = ""
    kind: Literal["noop", "command", "pipeline"]
    payload: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Template:
        try:
            checked(
                MODELS[self.kind], {**_LEFT_OPEN.get(self.kind, {}), **self.payload}, name="payload"
            )
        except InputError as error:
            raise ValueError("; ".join(error.problems)) from None
        return self

    def fill(self, given: Mapping[str, Any], *, name: str) -> JobPayload:
        """The payload of one job.

        Args:
            given: What is given with this job.
            name: What to call it in errors.

        Raises:
            InputError: If something is missing, unknown, or fixed by the template.
        """
        fixed = sorted(_FIXED & set(given))
        if fixed:
            raise InputError(
                f"{visible(name)}: {key} is the template's; make another template for another one"
                for key in fixed
            )
        return checked(MODELS[self.kind], {**self.payload, **given}, name=name)


def read_template(content: bytes, *, name: str) -> Template:
    """A template out of its JSON.

    Args:
        content: The JSON.
        name: What to call it in errors.

    Raises:
        InputError: If it is none; every problem is named.
    """
    return checked(Template, read_object(content, name=name), name=name)
