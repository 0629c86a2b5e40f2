"""A level that a site brings itself: its own command around the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.ports import Launch, ProcessResult

#: Stands for what is run, as words of its own.
COMMAND = "{command}"
_CWD = "{cwd}"
_FOLDER = "{folder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSandbox:
    """Runs the site's command. See `ports.Sandbox`.

    Attributes:
        words: `{command}` stands for what is run, `{cwd}` for the tree, `{folder}` for the private
            folder that holds the tree and all that the run writes.
    """

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of this level."""
        return "template"

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit; what it started and is no child of it, is the site's affair.

        Raises:
            SandboxError: If the command cannot be started.
        """
        return PlainSandbox().run(replace(launch, argv=list(self._filled(launch))))

    def _filled(self, launch: Launch) -> Iterator[str]:
        cwd = launch.cwd
        for word in self.words:
            if word == COMMAND:
                yield from launch.argv
            else:
                yield word.replace(_CWD, str(cwd)).replace(_FOLDER, str(cwd.parent))
