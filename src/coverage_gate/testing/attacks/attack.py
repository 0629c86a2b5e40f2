"""What an attack is: a branch built by a few lines, with the honest branch that it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: In the text of a file: the repository's work tree, as one who works in it knows its path.
REPOSITORY = "@REPOSITORY@"
#: In the text of a file: a path outside. Whoever makes a file there got further than he may.
WITNESS = "@WITNESS@"
#: In the text of a file: a file for the ids of processes, none of which may be alive afterwards.
PIDS = "@PIDS@"

#: In what is planted: the ids of the attack's commit and of main's.
HEAD = "@HEAD@"
MAIN = "@MAIN@"


class Family(StrEnum):
    """What an attack reaches for."""

    HIDING = "code that is not counted"
    UNSEEN = "code that is no text of a Python file"
    CONFIGURATION = "configuration"
    HOOKS = "conftest.py and plugins"
    TESTS = "tests that vanish"
    DILUTION = "dilution and disguise"
    CHANNEL = "the channel and the process"
    GIT = "git and names"


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in the tree, to this target."""

    target: str


@dataclass(frozen=True, slots=True)
class Submodule:
    """A repository inside the repository, with these files in its one commit."""

    files: Mapping[str, str]


#: What a path becomes on a branch; None deletes it.
Content = str | bytes | Link | Submodule | None
Files = Mapping[str, Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        name: Of it and, unless `branch` says otherwise, of its branch.
        family: What it reaches for.
        tries: For people: how it would get untested code in, or something out.
        held_by: The rule or the reason code that must be among those which hold it.
        files: What the branch changes on `project.BASE`.
        twin_is: For people: the honest branch that looks like it.
        twin: What that branch changes; it must merge.
        branch: Name of the branch, where the name is part of the attack.
        planted: Files put into the repository's git folder, as one with a worktree can.
        timeout_s: Time limit of a run.
    """

    name: str
    family: Family
    tries: str
    held_by: str
    files: Files
    twin_is: str
    twin: Files
    branch: str = ""
    planted: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 120.0
