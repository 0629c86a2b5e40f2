"""The one place that starts git: bounded, deaf to every configuration that it can be deaf to."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

from coverage_gate.adapters.git.faults import (
    fault_of,
    git_missing,
    output_too_large,
    timed_out,
)

MIB = 1024 * 1024
_CHUNK = 64 * 1024
_ERROR_BYTES = 4096

#: Configuration of the command scope, which outranks what the repository configures: programs that
#: git would start are switched off. A repository of another owner is read all the same, since its
#: git folder is always named and nothing in it is executed.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # The empty graft file below would be commented on in every fault.
        "advice.graftFileDeprecated": "false",
        "core.fsmonitor": "false",
        "core.hooksPath": os.devnull,
        "core.alternateRefsCommand": "",
        "protocol.allow": "never",
        "submodule.recurse": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
        # For the reflog of a worktree; without them git looks up user and host.
        "user.name": "coverage-gate",
        "user.email": "coverage-gate@localhost",
    }
)

#: Without a transport a partial clone cannot fetch what it lacks, which would start programs that
#: its configuration names. GIT_ALLOW_PROTOCOL outranks a `protocol.<name>.allow` of the repository;
#: GIT_NO_LAZY_FETCH is known to newer versions only.
_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAnswer:
    """How git ended.

    Attributes:
        status: Exit status; negative for a signal.
        output: All of standard output.
    """

    status: int
    output: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCall:
    """One start of git.

    Attributes:
        args: Subcommand and arguments.
        git_dir: The git folder to work on. It is always named, so that git searches nowhere.
        work_tree: Overrides `core.worktree`, which may name a folder that is not there.
        feed: Standard input.
        timeout_s: Seconds of wall time until git and what it started are killed.
        ok: Exit statuses that are answers; every other one is a fault.
        settings: Further configuration of the command scope.
        output_limit: Bytes of standard output that `git` accepts.
        search_path: Where git is looked for, as PATH; None: where this process would find it.
        index: The index to read; None: the work tree's own.
        folder: Where git runs, since some of its answers are about what is below; None: the root.
    """

    args: Sequence[str]
    git_dir: Path
    work_tree: Path | None = None
    feed: bytes = b""
    timeout_s: float = 120.0
    ok: tuple[int, ...] = (0,)
    settings: Mapping[str, str] = field(default_factory=dict)
    output_limit: int = 64 * MIB
    search_path: str | None = None
    index: Path | None = None
    folder: Path | None = None


def git(call: GitCall) -> GitAnswer:
    """Run git to its end.

    Raises:
        RepositoryError: If git is missing, too slow, writes too much or ends with a status that
            is not in `call.ok`.
    """
    output = bytearray()
    with running(call) as process:
        for chunk in process.chunks():
            output += chunk
            if len(output) > call.output_limit:
                raise output_too_large(call.args, call.output_limit)
        return GitAnswer(status=process.finish(), output=bytes(output))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningGit:
    """A git that was started and is read while it runs."""

    call: GitCall
    process: subprocess.Popen[bytes]
    deadline: float
    errors: bytearray = field(default_factory=bytearray)

    def chunks(self) -> Iterator[bytes]:
        """Standard output as it comes.

        Raises:
            RepositoryError: At the time limit.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(
                cast("IO[bytes]", self.process.stdout), selectors.EVENT_READ, data="out"
            )
            selector.register(
                cast("IO[bytes]", self.process.stderr), selectors.EVENT_READ, data="error"
            )
            while selector.get_map():
                yield from self._ready(selector)

    def _ready(self, selector: selectors.BaseSelector) -> Iterator[bytes]:
        remaining = self.deadline - time.monotonic()
        ready = selector.select(remaining) if remaining > 0 else []
        if not ready:
            raise timed_out(self.call.args, self.call.timeout_s)
        for key, _ in ready:
            data = os.read(key.fd, _CHUNK)
            if not data:
                selector.unregister(key.fileobj)
            elif key.data == "out":
                yield data
            else:
                self.errors[:] = (self.errors + data)[-_ERROR_BYTES:]

    def finish(self) -> int:
        """Wait for the end, after all of the output was read.

        Returns:
            The exit status, one of `GitCall.ok`.

        Raises:
            RepositoryError: If it is another one, or at the time limit.
        """
        try:
            status = self.process.wait(max(0.0, self.deadline - time.monotonic()) + 0.1)
        except subprocess.TimeoutExpired as error:
            raise timed_out(self.call.args, self.call.timeout_s) from error
        if status not in self.call.ok:
            raise fault_of(self.call.args, status, bytes(self.errors))
        return status


@contextmanager
def running(call: GitCall) -> Iterator[RunningGit]:
    """Start git; whatever it started is gone at the end of the block.

    Raises:
        RepositoryError: If git is missing or cannot be started.
    """
    process = _start(call)
    with process:
        try:
            yield RunningGit(call=call, process=process, deadline=time.monotonic() + call.timeout_s)
        finally:
            # Not yet waited for, so that the number of the group is still its own.
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _start(call: GitCall) -> subprocess.Popen[bytes]:
    where = [f"--git-dir={call.git_dir}"]
    where += [] if call.work_tree is None else [f"--work-tree={call.work_tree}"]
    argv = [_executable(call.search_path), "--no-pager", *where, *call.args]
    try:
        # A file, not a pipe: git may write while it still reads, and nobody has to do both.
        with tempfile.TemporaryFile() as feed:
            feed.write(call.feed)
            feed.seek(0)
            return subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                argv,
                cwd=call.folder or "/",
                env=_environment(call),
                stdin=feed,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A group of its own, so that what git starts can be killed with it.
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        raise fault_of(call.args, None, str(error).encode()) from error


def _executable(search_path: str | None) -> str:
    found = shutil.which("git", path=search_path)
    if found is None:
        raise git_missing()
    return found


def _environment(call: GitCall) -> dict[str, str]:
    settings = {**SETTINGS, **call.settings}
    environment = {**_ENVIRONMENT, "PATH": call.search_path or os.defpath}
    if call.index is not None:
        environment["GIT_INDEX_FILE"] = str(call.index)
    # Numbered pairs instead of `-c name=value`, which a name with an equals sign would break.
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings.items()):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment
