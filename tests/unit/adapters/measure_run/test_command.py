"""The test command as a person writes it."""

import pytest

from coverage_gate.adapters.measure.command import BadCommandError, parse_test_command


@pytest.mark.parametrize(
    ("text", "name", "is_module", "args"),
    [
        # pytest, in all its spellings
        ("", "pytest", True, ()),
        ("pytest", "pytest", True, ()),
        ("py.test -x", "pytest", True, ("-x",)),
        ("python -m pytest -q tests", "pytest", True, ("-q", "tests")),
        ("python3.12 -m pytest", "pytest", True, ()),
        ("-m pytest", "pytest", True, ()),
        # quotes and what only looks like a shell's
        ("pytest -k 'a and (b | c)'", "pytest", True, ("-k", "a and (b | c)")),
        ("pytest t.py::x[1-2]", "pytest", True, ("t.py::x[1-2]",)),
        ("pytest '#1' #2", "pytest", True, ("#1", "#2")),
        ("pytest -k a$", "pytest", True, ("-k", "a$")),
        # other modules and scripts
        ("unittest discover", "unittest", True, ("discover",)),
        ("-m unittest discover -s t", "unittest", True, ("discover", "-s", "t")),
        ("python -m a.b", "a.b", True, ()),
        ("manage.py test", "manage.py", False, ("test",)),
        ("python manage.py test app", "manage.py", False, ("test", "app")),
        ("./tools/run.py", "./tools/run.py", False, ()),
    ],
)  # fmt: skip
def test_a_python_command_is_understood(
    text: str, name: str, is_module: bool, args: tuple[str, ...]
) -> None:
    command = parse_test_command(text)
    assert (command.name, command.is_module, command.args) == (name, is_module, args)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pytest; rm -rf /", "no shell reads"),
        ("pytest | tee log", "no shell reads"),
        ("pytest && true", "no shell reads"),
        ("pytest > log", "no shell reads"),
        ("pytest (a)", "no shell reads"),
        ("pytest `id`", "no shell reads"),
        ("pytest $(id)", "no shell reads"),
        ("pytest $HOME", "no shell reads"),
        ("pytest ${HOME}", "no shell reads"),
        ("pytest 'a", "is cut off: No closing quotation"),
        ("pytest a\0b", "no shell reads"),
        ("tox -e py", "'tox' is no Python command"),
        ("coverage run -m pytest", "'coverage' is no Python command"),
        ("CI=1 pytest", "cannot set variables (CI=1)"),
        ("python", "after `python`"),
        ("python -c 1", "after `python`"),
        ("python -W error -m pytest", "after `python`"),
        ("python -m", "-m in the test command needs"),
        ("-m ../x", "-m in the test command needs"),
        ("/usr/lib/x.py", "is not below the root"),
        ("python ~/x.py", "is not below the root"),
        ("tools/../../x.py", "is not below the root"),
        ("-x.py", "is not below the root"),
    ],
)
def test_another_command_is_refused_with_what_to_write_instead(text: str, reason: str) -> None:
    with pytest.raises(BadCommandError) as caught:
        parse_test_command(text)
    assert reason in str(caught.value)
    assert "cut off" in reason or "`python -m unittest`" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_pytest"),
    [("pytest", True), ("python -m pytest", True), ("unittest", False), ("pytest.py", False)],
)
def test_only_the_module_pytest_is_pytest(text: str, is_pytest: bool) -> None:
    assert parse_test_command(text).is_pytest is is_pytest


def test_a_command_prints_as_it_can_be_repeated() -> None:
    commands = [parse_test_command("pytest -k 'a b'"), parse_test_command("manage.py test")]
    assert [str(command) for command in commands] == [
        "python -m pytest -k 'a b'",
        "python manage.py test",
    ]
