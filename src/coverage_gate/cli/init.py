"""`coverage-gate init`: show what a repository needs, then write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import repo_option

if TYPE_CHECKING:
    from coverage_gate.core.setup_plan import Step

EXAMPLES = """\b
Examples:
  coverage-gate init
  coverage-gate init --ci github --yes
  coverage-gate init --agent --no-hooks --yes
"""

TEMPLATES = Path(__file__).parent / "templates"
FORGES = ("github", "gitlab", "gitea")
# What YAML takes for a text by itself.
_PLAIN = re.compile(r"[A-Za-z][\w./-]*")


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--ci", type=click.Choice(FORGES), help="Whose workflow files.  [default: origin's]")
@click.option("--hooks/--no-hooks", default=True, help="Set up pre-commit.")
@click.option("--agent", is_flag=True, help="Set up the hook of a coding agent.")
@click.option("--yes", is_flag=True, help="Write what is shown.")
def init(*, repo: Path, ci: str | None, hooks: bool, agent: bool, yes: bool) -> int:
    """Show what this repository needs: configuration, hooks, workflow files; --yes writes it.

    No file of yours is replaced: tables are added to the end of pyproject.toml, other files are
    only made, and what would have to go into one that is there is shown for you to put in.
    """
    from coverage_gate.adapters.measure.loop import read_tree
    from coverage_gate.cli.run import top_of
    from coverage_gate.core.setup_plan import WORKFLOWS, Wishes, steps_of, wanted_files

    top = top_of(repo)
    forge = ci or _forge_of(top)
    files = WORKFLOWS[forge].items() if forge else ()
    wishes = Wishes(
        workflows={path: _template(str(forge), name, top) for name, path in files},
        hooks=hooks,
        agent=agent,
    )
    there = [path for path in wanted_files(wishes) if (top / path).is_file()]
    texts = {path: (top / path).read_text("utf-8", "replace") for path in there}
    try:
        steps = steps_of(texts, read_tree(top).paths, wishes)
    except ValueError as error:
        raise click.UsageError(f"pyproject.toml cannot be read: {error}") from None
    click.echo("\n".join(_told(steps)))
    click.echo(_done(top, steps) if yes else _to_do(steps))
    return 0


_HEADS = {
    "new": "{path} (new)",
    "add": "{path} (added to its end)",
    "there": "{path}: nothing to do",
    "by hand": "{path} is yours; put this into it:",
}


def _told(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        yield _HEADS[step.deed].format(path=step.path)
        if step.deed != "there":
            yield from (f"    {line}".rstrip() for line in step.text.strip("\n").split("\n"))
            yield ""


def _to_do(steps: list[Step]) -> str:
    if not any(step.is_written for step in steps):
        return "nothing to write"
    return "nothing is written yet: coverage-gate init --yes writes it"


def _done(top: Path, steps: list[Step]) -> str:
    written = [step for step in steps if step.is_written]
    for step in written:
        place = top / step.path
        place.parent.mkdir(parents=True, exist_ok=True)
        # A file that came meanwhile is not replaced.
        with place.open("a" if step.deed == "add" else "x", encoding="utf-8") as stream:
            stream.write(step.text)
    if not written:
        return "nothing to write"
    names = ", ".join(step.path for step in written)
    return f"written: {names}; commit it, then: coverage-gate doctor"


def _template(forge: str, name: str, top: Path) -> str:
    """A workflow file, for the branch that others start from here."""
    from coverage_gate.adapters.git.location import locate
    from coverage_gate.adapters.git.refs import default_branch

    branch = default_branch(locate(top)) or "main"
    written = branch if _PLAIN.fullmatch(branch) else json.dumps(branch)
    text = (TEMPLATES / forge / name).read_text()
    return text.replace("branches: [main]", f"branches: [{written}]")


def _forge_of(top: Path) -> str | None:
    """Whose folder is there, else whose name is in the address of a remote."""
    places = {"github": ".github", "gitlab": ".gitlab-ci.yml", "gitea": ".gitea"}
    found = [forge for forge, place in places.items() if (top / place).exists()]
    try:
        config = (top / ".git" / "config").read_text()
    except OSError:
        config = ""
    urls = "\n".join(line for line in config.splitlines() if "url =" in line)
    named = [forge for forge in FORGES if forge in urls]
    return next(iter((*found, *named)), None)
