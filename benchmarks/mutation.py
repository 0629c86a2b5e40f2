"""`python -m benchmarks.mutation`: who asserts is told from who only executes, on real modules.

Of each source distribution all modules are the change. Its own tests are judged, and then a twin
that calls the same and looks at nothing: `assert x` becomes `x`, `self.assertX(a, b)` becomes
`(a, b)`, and who expected an error swallows it. The gate tries the same mutants on both.
"""

from __future__ import annotations

import ast
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from coverage_gate.testing.repositories import RepositoryBuilder

PROJECTS = ("inflection==0.5.1", "isodate==0.7.2", "semver==3.0.4")
_TESTS = ("tests/*.py", "test_*.py")
_LIMIT_S = 3600
#: The gate judges these as one change: floor and rules are not what is asked here.
_SETTINGS = {
    "ORCH_COVERAGE_RULES": "patch",
    "ORCH_COVERAGE_PATCH_MIN_PERCENT": "0",
    "ORCH_COVERAGE_POLICY": "absolute",
}
_PYTEST = "[tool.pytest.ini_options]\npythonpath = ['src', '.', 'tests']\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the mutants of one suite."""

    project: str
    suite: str
    covered: int
    total: int
    sites: int
    noticed: int
    survived: int
    untold: int
    cpu_s: float
    each_cpu_s: float


class Idle(ast.NodeTransformer):
    """Takes the assertions out of a test and leaves its calls."""

    def __init__(self) -> None:
        self._errors: set[str] = set()

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        """`assert x` becomes `x`, unless it looks at an error that nobody catches any more."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if names & self._errors:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Expr(node.test), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`self.assertX(a, b)` becomes `(a, b)`, unless it is given what to call."""
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if not name.startswith("assert") or "Raises" in name:
            return node
        return ast.copy_location(ast.Tuple(elts=list(node.args), ctx=ast.Load()), node)

    def visit_With(self, node: ast.With) -> ast.stmt:
        """`with raises(...)` swallows whatever comes, or nothing."""
        self.generic_visit(node)
        if "aises" not in ast.unparse(node.items[0].context_expr):
            return node
        caught = node.items[0].optional_vars
        if isinstance(caught, ast.Name):
            self._errors.add(caught.id)
        quiet = ast.parse("import contextlib\nwith contextlib.suppress(BaseException): pass")
        with_it = quiet.body[1]
        if isinstance(with_it, ast.With):
            with_it.body = node.body
        return ast.copy_location(ast.If(ast.Constant(value=True), quiet.body, []), node)


def idle(source: str) -> str:
    """A test module without its assertions."""
    tree = ast.fix_missing_locations(Idle().visit(ast.parse(source)))
    return ast.unparse(tree) + "\n"


def files_of(unpacked: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The modules of a project and its tests, by path."""
    tests = {path for pattern in _TESTS for path in unpacked.glob(pattern)}
    modules = {
        path
        for path in unpacked.rglob("*.py")
        if path not in tests and path.parent != unpacked and "docs" not in path.parts
    }
    read = [
        {path.relative_to(unpacked).as_posix(): path.read_text("utf-8") for path in found}
        for found in (modules - {path for path in modules if "tests" in path.parts}, tests)
    ]
    return read[0], read[1]


def unpacked_in(requirement: str, folder: Path) -> Path:
    """Download and unpack a source distribution."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "-d", str(folder), requirement], check=True, timeout=_LIMIT_S)  # noqa: S603
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def judged(requirement: str, suite: str, files: Mapping[str, str], samples: int) -> Judged:
    """Let the gate judge a branch that adds everything."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "project"
        builder = RepositoryBuilder.create(folder)
        nothing = {"tests/test_none.py": "def test_none(): pass\n"}
        builder.commit(files={"pyproject.toml": _PYTEST, **nothing})
        builder.branch("change", "main")
        builder.commit(files=files)
        plain = _check(folder, Path(top), 0)
        before = _cpu_of_children()
        told = _check(folder, Path(top), samples)
        took = _cpu_of_children() - before
        mutation = told["mutation"]
        if mutation is None:
            raise click.ClickException(f"{requirement}: {told['reason']}")
        tried = mutation["noticed"] + mutation["survived"] + mutation["unreached"]
        return Judged(
            project=requirement,
            suite=suite,
            covered=plain["covered"],
            total=plain["total"],
            sites=mutation["sites"],
            noticed=mutation["noticed"],
            survived=mutation["survived"],
            untold=mutation["unreached"] + mutation["untried"],
            cpu_s=round(took, 1),
            each_cpu_s=round(took / max(tried, 1), 2),
        )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check(folder: Path, top: Path, samples: int) -> dict[str, Any]:
    env = {
        **_SETTINGS,
        "PATH": "/usr/bin:/bin",
        "HOME": str(top),
        "ORCH_DB_PATH": str(top / "store.db"),
        "ORCH_REPORTS_DIR": str(top / "reports"),
        "ORCH_COVERAGE_PYTHON": sys.executable,
        "ORCH_MUTATION_SAMPLES": str(samples),
        "ORCH_MUTATION_SECONDS": str(_LIMIT_S),
    }
    command = [sys.executable, "-m", "coverage_gate", "check", "--format", "json"]
    asked = ["--repo", str(folder), "--branch", "change", "--base", "main"]
    done = subprocess.run(  # noqa: S603
        [*command, *asked], env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise click.ClickException(done.stderr) from None
    return answer


def suites(requirement: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A project with its own tests, and with their twins."""
    with tempfile.TemporaryDirectory() as top:
        modules, tests = files_of(unpacked_in(requirement, Path(top)))
        yield "asserts", modules | tests
        yield "executes", modules | {path: idle(text) for path, text in tests.items()}


@click.command(epilog="Example: python -m benchmarks.mutation --samples 12")
@click.option("--samples", default=12, show_default=True, help="Mutants for each suite.")
@click.option("--project", "projects", multiple=True, default=PROJECTS, help="name==version.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the figures there.")
def main(samples: int, projects: tuple[str, ...], target: Path | None) -> None:
    """Try mutants on suites that assert and on their twins that only execute."""
    click.echo("| project | tests | covered | noticed | survived | CPU seconds for each |")
    click.echo("|---|---|---|---|---|---|")
    found = []
    for requirement in projects:
        for suite, files in suites(requirement):
            one = judged(requirement, suite, files, samples)
            found.append(one)
            click.echo(
                f"| {one.project} | {one.suite} | {one.covered}/{one.total} | {one.noticed}"
                f" | {one.survived} | {one.each_cpu_s} |"
            )
            if target is not None:
                told = json.dumps([asdict(each) for each in found], indent=1)
                target.write_text(told + "\n", "utf-8")


if __name__ == "__main__":
    main()
