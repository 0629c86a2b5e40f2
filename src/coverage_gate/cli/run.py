"""`coverage-gate run`: the tests that matter for what one is working on, as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import db_option, repo_option
from coverage_gate.core.similar import did_you_mean

if TYPE_CHECKING:
    from coverage_gate.adapters.measure.loop import Loop, Tree
    from coverage_gate.core.contexts import ContextMap
    from coverage_gate.settings import Settings

EXAMPLES = """\b
Examples:
  coverage-gate run
  coverage-gate run --file src/shop/cart.py
  coverage-gate run --package shop.checkout --html --open
  coverage-gate run --file src/shop/cart.py --watch
"""

LOOK_S = 0.5


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--package", metavar="NAME", help="A package or a folder, as in shop.checkout.")
@click.option("--file", metavar="PATH", help="One source file.")
@click.option("--html", is_flag=True, help="Write coverage.py's HTML report to htmlcov.")
@click.option("--open", "opens", is_flag=True, help="Open that report in the browser.")
@click.option("--watch", is_flag=True, help="Run again whenever a Python file is written.")
@click.option("--python", metavar="PATH", help="The interpreter that runs the tests.")
@click.option("--test-command", metavar="TEXT", help="pytest, or another command.")
@db_option
def run(
    *,
    repo: Path,
    package: str | None,
    file: str | None,
    html: bool,
    opens: bool,
    watch: bool,
    **flags: str | None,
) -> int:
    """Run the tests that matter, and show the lines that they leave out.

    It runs in the folder as it stands, in your own environment, and is no verdict. The tests are
    those that were recorded to run the code (`coverage-gate contexts record`), else those that are
    named for it or import it, else all. The exit status is 1 when tests fail.
    """
    from coverage_gate.adapters.measure.loop import read_tree
    from coverage_gate.scratch import private_folder

    if package and file:
        raise click.UsageError("--package and --file exclude each other")
    top = top_of(repo)
    settings = _settings(flags, top)
    target = target_of(package, file, top, read_tree(top))
    with private_folder() as data:
        loop = _loop(settings, top, data)
        once = Round(
            loop=loop, target=target, contexts=_contexts(settings, top), html=html, opens=opens
        )
        if not watch:
            return once(read_tree(top))
        return watched(once, lambda: read_tree(top), pause)


def _settings(flags: Mapping[str, str | None], top: Path) -> Settings:
    """The settings with the file as it stands, like everything here; errors call it so."""
    from coverage_gate.adapters.measure.loop import settings_file
    from coverage_gate.cli.flags import reader
    from coverage_gate.settings import SettingsError

    try:
        return reader(flags)(settings_file(top))
    except SettingsError as error:
        named = [
            each.replace("the base's pyproject.toml", "pyproject.toml") for each in error.problems
        ]
        raise SettingsError(named) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one is working on.

    Attributes:
        paths: Source files; none: the project.
        folders: What coverage.py measures for it.
    """

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run and what is shown of it."""

    loop: Loop
    target: Target
    contexts: ContextMap | None
    html: bool
    opens: bool

    def __call__(self, tree: Tree) -> int:
        """Run, show. Returns the exit status."""
        from coverage_gate.core.selection import select_tests

        chosen = select_tests(self.target.paths, self.contexts, tree.tests())
        names = ", ".join(chosen.paths)
        click.echo(f"tests: {chosen.why}" + (f": {names}" if names else ""), err=True)
        status = self.loop.run(tree, chosen.paths, self.target.folders)
        self._show(tree)
        return int(status != 0)

    def _show(self, tree: Tree) -> None:
        import sys

        from coverage_gate.adapters.render.canvas import Canvas
        from coverage_gate.adapters.render.uncovered import uncovered_text
        from coverage_gate.cli.style import terminal_of

        files = self.loop.files(self.target.paths)
        if not files:
            click.echo("nothing was measured", err=True)
            return
        shown = terminal_of(sys.stdout)
        canvas = Canvas(columns=shown.width, is_colored=shown.color, is_ascii=shown.ascii_only)
        click.echo(uncovered_text(files, tree.text, canvas), color=True)
        if self.html or self.opens:
            page = self.loop.html(self.target.paths)
            click.echo(f"report: {page}")
            if self.opens:
                click.launch(page.as_uri())


def watched(
    once: Callable[[Tree], int], look: Callable[[], Tree], pause: Callable[[], bool]
) -> int:
    """Run, and again after each change, while `pause` says to go on. Returns the last status."""
    tree = look()
    status = once(tree)
    while pause():
        now = look()
        if now.stamp() != tree.stamp():
            status = once(now)
        tree = now
    return status


def target_of(package: str | None, file: str | None, top: Path, tree: Tree) -> Target:
    """The source files that are meant.

    Raises:
        click.UsageError: If there are none.
    """
    if file:
        return _file_target(file, top, tree)
    if package:
        return _package_target(package, tree)
    return Target()


def _file_target(file: str, top: Path, tree: Tree) -> Target:
    named = Path(file).absolute()
    path = named.relative_to(top).as_posix() if named.is_relative_to(top) else ""
    path = path if path in tree.paths else Path(file).as_posix().removeprefix("./")
    if path not in tree.paths:
        raise click.UsageError(f"{file} is no Python file of {top}{did_you_mean(file, tree.paths)}")
    return Target(paths=(path,), folders=(path.rpartition("/")[0] or ".",))


def _package_target(package: str, tree: Tree) -> Target:
    inner = package.strip("/").replace(".", "/")
    names = {package.strip("/"), inner, f"src/{inner}", f"lib/{inner}"}
    for name in sorted(names):
        if f"{name}.py" in tree.paths:
            return Target(paths=(f"{name}.py",), folders=(name.rpartition("/")[0] or ".",))
        paths = tuple(path for path in tree.paths if path.startswith(f"{name}/"))
        if paths:
            return Target(paths=paths, folders=(name,))
    folders = {path.rpartition("/")[0].replace("/", ".") for path in tree.paths}
    raise click.UsageError(f"there is no package {package}{did_you_mean(package, folders)}")


def top_of(repo: Path) -> Path:
    """The root of the work tree; the folder itself where there is none."""
    from coverage_gate.adapters.git.location import locate
    from coverage_gate.ports import RepositoryError

    try:
        return locate(repo).top or repo.resolve()
    except RepositoryError:
        return repo.resolve()


def _contexts(settings: Settings, top: Path) -> ContextMap | None:
    from coverage_gate.ports import StoreError
    from coverage_gate.procedure import name_of
    from coverage_gate.wiring import store_of

    try:
        return store_of(settings).load_contexts(name_of(top))
    except StoreError:
        return None  # it would only choose fewer tests


def _loop(settings: Settings, top: Path, data: Path) -> Loop:
    import shlex
    import sys

    from coverage_gate.adapters.measure.command import BadCommandError, parse_test_command
    from coverage_gate.adapters.measure.interpreter import (
        InterpreterError,
        find_interpreter,
        probe_interpreter,
    )
    from coverage_gate.adapters.measure.loop import Loop
    from coverage_gate.adapters.sandbox.bare import BareSandbox
    from coverage_gate.procedure import name_of

    try:
        command = parse_test_command(shlex.join(settings.test_command))
        choice = find_interpreter(
            configured=settings.python_for(name_of(top)),
            candidates=[top],
            tracked=lambda _: False,  # whoever works here trusts what is here
            fallback=Path(sys.executable),
        )
        interpreter = probe_interpreter(
            choice,
            roots=[top],
            needs_pytest=command.is_pytest,
            sandbox=BareSandbox(),
            env=settings.variables(("PATH", "LANG")),
        )
    except (BadCommandError, InterpreterError) as error:
        raise click.UsageError(str(error)) from None
    return Loop(top=top, interpreter=interpreter, command=command, data=data)


def pause() -> bool:
    """Wait until the next look. Returns whether there is to be one."""
    from time import sleep

    sleep(LOOK_S)
    return True
