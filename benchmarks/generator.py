"""A project of any size, the same on every machine: nothing in it is random.

Its code is neither idle nor a tight loop: what a function does is about half Python lines, which
a tracer sees, and half work inside the standard library, which it does not.
"""

from __future__ import annotations

from textwrap import dedent, indent

#: Functions in a module.
FUNCTIONS = 6
_MODULES_IN_A_PACKAGE = 10
_PRIMES = (3, 5, 7, 11, 13)

PYPROJECT = """\
[project]
name = "generated"
version = "1.0"

[tool.coverage.run]
branch = true
source = ["src"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
"""


def generate(files: int, *, rounds: int = 200) -> dict[str, str]:
    """The text of a project.

    Args:
        files: How many modules and files of tests, half of each; at least 2. Packages add their
            `__init__.py`.
        rounds: How often a test calls what it tests; the time of the suite grows with it.

    Returns:
        Path → text.

    Raises:
        ValueError: For less than two files.
    """
    if files < 2:  # noqa: PLR2004 - one of each kind
        raise ValueError("a project needs a module and a file of tests: at least 2 files")
    tree = {"pyproject.toml": PYPROJECT, "src/generated/__init__.py": '"""Generated."""\n'}
    for number in range(files // 2):
        package = package_of(number)
        tree[f"src/generated/{package}/__init__.py"] = f'"""Package {package}."""\n'
        tree |= part(number, package, rounds=rounds)
    return tree


def part(number: int, package: str, *, rounds: int = 200) -> dict[str, str]:
    """A module and its tests: path → text. One more of them is what an honest branch adds."""
    return {
        f"src/generated/{package}/part_{number:04d}.py": module_text(number),
        f"tests/test_part_{number:04d}.py": tests_text(number, package, rounds),
    }


def hot(rounds: int) -> dict[str, str]:
    """A project whose only test runs a loop of short lines, `rounds` times a hundred thousand."""
    module = """\
        def collatz(number):
            steps = 0
            while number > 1:
                if number % 2:
                    number = 3 * number + 1
                else:
                    number = number // 2
                steps += 1
            return steps
        """
    tests = f"""\
        from generated.group_000.hot import collatz


        def test_collatz():
            for _ in range({rounds}):
                assert max(collatz(number) for number in range(1, 1000)) == 178
        """
    return {
        "pyproject.toml": PYPROJECT,
        "src/generated/__init__.py": "",
        "src/generated/group_000/__init__.py": "",
        "src/generated/group_000/hot.py": dedent(module),
        "tests/test_hot.py": dedent(tests),
    }


def package_of(number: int) -> str:
    """The package that a module lies in."""
    return f"group_{number // _MODULES_IN_A_PACKAGE:03d}"


def module_text(number: int) -> str:
    """A module of `FUNCTIONS` functions, each with four branches and a loop."""
    functions = "\n\n\n".join(_function(number, index) for index in range(FUNCTIONS))
    return f'"""Part {number}."""\n\nimport json\n\n\n{functions}\n'


def _function(number: int, index: int) -> str:
    prime = _PRIMES[(number + index) % len(_PRIMES)]
    return dedent(
        f'''\
        def sorts_{index}(value, limit={prime * 10}):
            """What kind of number it is, and a sum."""
            if value < 0:
                raise ValueError(value)
            if value % {prime} == 0:
                kind = "multiple"
            elif value > limit:
                kind = "large"
            else:
                kind = "small"
            total = {index}
            for step in range(value % 9):
                if step % 2:
                    total += step
                else:
                    total -= 1
            record = json.loads(json.dumps({{"kind": kind, "total": total, "of": [value] * 40}}))
            return record["kind"], record["total"]'''
    )


def tests_text(number: int, package: str, rounds: int) -> str:
    """Tests of a module; every third function never sees a large number, so it has a gap."""
    tests = "\n\n\n".join(_test(number, index, rounds) for index in range(FUNCTIONS))
    return f"import pytest\n\nfrom generated.{package}.part_{number:04d} import *\n\n\n{tests}\n"


def _test(number: int, index: int, rounds: int) -> str:
    prime = _PRIMES[(number + index) % len(_PRIMES)]
    cases = [(prime * 2, "multiple"), (prime * 2 + 1, "small")]
    if (number + index) % 3:
        cases.append((prime * 10 + 1, "large"))
    head = f'@pytest.mark.parametrize(("value", "kind"), {cases!r})\n'
    body = f"""\
        for _ in range({rounds}):
            found, total = sorts_{index}(value)
            assert found == kind
            assert isinstance(total, int)
        with pytest.raises(ValueError):
            sorts_{index}(-value)"""
    return f"{head}def test_sorts_{index}(value, kind):\n{indent(dedent(body), '    ')}"
