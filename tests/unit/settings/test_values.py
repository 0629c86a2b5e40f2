from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.core.policy import RuleName
from coverage_gate.settings import values
from coverage_gate.settings.values import BranchMode, Interpreters

_HOME = Path("/home/me")
_READERS: list[Callable[[object], object]] = [
    values.read_text,
    values.read_bool,
    values.read_number,
    values.read_percent,
    values.read_epsilon,
    values.read_branch_mode,
    values.read_names,
    values.read_rules,
    values.read_variables,
    lambda value: values.read_path(value, home=_HOME),
    lambda value: values.read_interpreters(value, home=_HOME),
    values.read_command,
    values.read_url,
    values.read_secret,
    values.read_database_url,
    lambda value: values.read_count(value, low=0, high=9),
]
_TOML = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text()
    | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def _phrase(reader: Callable[[object], object], value: object) -> str:
    """What the reader says against the value; empty for a value that it takes."""
    try:
        reader(value)
    except ValueError as error:
        return str(error)
    return ""


@settings(deadline=None)
@given(st.sampled_from(_READERS), _TOML | st.text(max_size=60))
def test_a_reader_answers_or_refuses_with_a_short_phrase_on_one_line(
    reader: Callable[[object], object], value: object
) -> None:
    phrase = _phrase(reader, value)
    assert phrase.isprintable()
    assert len(phrase) < 5000


@pytest.mark.parametrize("text", ["true", "TRUE", " on ", "yes", "1", True])
def test_what_means_yes_is_true(text: object) -> None:
    assert values.read_bool(text) is True


@pytest.mark.parametrize("text", ["false", "False", "off", "no", "0", False])
def test_what_means_no_is_false(text: object) -> None:
    assert values.read_bool(text) is False


@pytest.mark.parametrize("text", ["", " ", "tru", "2", "disabled", 1, None, 0.0])
def test_what_is_no_switch_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is "):
        values.read_bool(text)


# Percentages are exact, whatever they are written as.
@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("0", Fraction(0)),
        ("100", Fraction(1)),
        ("80", Fraction(8, 10)),
        (" 80.10 ", Fraction(801, 1000)),
        (".5", Fraction(5, 1000)),
        ("+5.", Fraction(5, 100)),
        (0.1, Fraction(1, 1000)),
        (Decimal("57.3"), Fraction(573, 1000)),
        (97, Fraction(97, 100)),
        ("33.3333333333333333", Fraction(333333333333333333, 10**18)),
    ],
)
def test_a_percentage_is_read_exactly(value: object, share: Fraction) -> None:
    assert values.read_percent(value) == share


@pytest.mark.parametrize(
    "value",
    [
        *("", "abc", "nan", "inf", "-0.01", "100.0001", "1e1", "1_0", "٨٠", "80%", "0x10", "8 0"),
        *(float("nan"), float("inf"), Decimal("NaN"), Decimal("1E+999999999"), True, None, -1, 101),
        *("1" * 21, 10**30, [80]),
    ],
)
def test_what_is_no_percentage_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is "):
        values.read_percent(value)


@pytest.mark.parametrize("value", ["-1", -0.5, "0", "-0"])
def test_a_negative_epsilon_counts_as_zero(value: object) -> None:
    assert values.read_epsilon(value) == 0


@pytest.mark.parametrize("value", ["9", 9, "9.0", Decimal(9)])
def test_a_whole_number_may_be_written_as_any_number(value: object) -> None:
    assert values.read_count(value, low=0, high=9) == 9


@pytest.mark.parametrize("value", ["10", "-1", "1.5", "x", 10])
def test_a_number_that_is_not_whole_or_out_of_range_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is "):
        values.read_count(value, low=0, high=9)


@pytest.mark.parametrize(
    ("value", "mode"),
    [("AUTO", "auto"), ("on", "on"), ("off", "off"), (True, "on"), (False, "off")],
)
def test_a_branch_mode_is_a_word_or_a_toml_boolean(value: object, mode: str) -> None:
    assert values.read_branch_mode(value) is BranchMode(mode)


def test_an_unknown_choice_is_shown_with_its_nearest_neighbour() -> None:
    with pytest.raises(ValueError, match=r"is unknown: “atuo” \(did you mean auto\?\)"):
        values.read_branch_mode("atuo")


def test_an_unknown_choice_like_no_other_is_shown_alone() -> None:
    with pytest.raises(ValueError, match=r"is unknown: “zzz”$"):
        values.read_branch_mode("zzz")


def test_names_are_trimmed_kept_in_order_and_not_repeated() -> None:
    assert values.read_names(" b, a ,,b,") == ("b", "a")
    assert values.read_names(["b ", "", "a"]) == ("b", "a")


@pytest.mark.parametrize("value", [None, 5, [1], "a\nb", {"a": 1}])
def test_what_is_no_list_of_names_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is "):
        values.read_names(value)


@pytest.mark.parametrize("value", ["", " , ", []])
def test_no_rules_is_a_list_of_rules(value: object) -> None:
    assert values.read_rules(value) == frozenset()


def test_rules_are_read_by_name() -> None:
    assert values.read_rules("lost, targets") == {RuleName.LOST, RuleName.TARGETS}


@pytest.mark.parametrize("name", ["floor", "baseline", "ptach", "PATCH"])
def test_a_rule_that_has_no_switch_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"names unknown rules: “{name}”"):
        values.read_rules(f"patch,{name}")


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "client_secret", "PGPASSWORD", "MYSQL_PWD", "AWS_ACCESS_KEY_ID"),
        *("AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "SSH_AUTH_SOCK", "DATABASE_URL", "SENTRY_DSN"),
        *("GH_PAT", "PGPASSFILE", "ORCH_SELF_REPO", "COVERAGE_RCFILE", "COV_CORE_SOURCE"),
        *("SLACK_WEBHOOK", "ORCH_DB_URL", "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_tests_may_not_be_given_what_looks_like_a_secret(name: str) -> None:
    with pytest.raises(ValueError, match=f"names what tests must not see: “{name}”"):
        values.read_variables(f"LANG,{name}")


def test_tests_may_be_given_ordinary_variables() -> None:
    names = "LANG,TZ,GIT_AUTHOR_NAME,DJANGO_SETTINGS_MODULE,MONKEY,PATH_X"
    assert values.read_variables(names) == tuple(names.split(","))


@pytest.mark.parametrize("name", ["A B", "A=hunter2", "1A", "Ä", "$X"])
def test_what_is_no_name_of_a_variable_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(ValueError, match=r"holds an entry that is no name of a variable$"):
        values.read_variables(name)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b", "/a/b"),
        (" /a b ", "/a b"),
        ("~/x", "/home/me/x"),
        ("~", "/home/me"),
        (Path("/a"), "/a"),
        ("/a\udcff", "/a\udcff"),
        ("rel", str(Path("rel").absolute())),
    ],
)
def test_a_path_becomes_absolute(text: object, path: str) -> None:
    assert str(values.read_path(text, home=_HOME)) == path


@pytest.mark.parametrize("value", ["", " ", "a\0b", "a\nb", None, 5])
def test_what_is_no_path_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no path"):
        values.read_path(value, home=_HOME)


@pytest.mark.parametrize("value", ["postgresql://me:hunter2@h/n", "sqlite:/hunter2", "ab:hunter2"])
def test_an_address_is_no_path_and_is_not_shown(value: str) -> None:
    with pytest.raises(ValueError, match="is an address; if it is meant as a path") as caught:
        values.read_path(value, home=_HOME)
    assert "hunter2" not in str(caught.value)


def test_a_path_below_a_home_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no home folder"):
        values.read_path("~/x", home=None)


# One interpreter for all, or one each.
@pytest.mark.parametrize(
    ("text", "default", "by_repo"),
    [
        ("/usr/bin/python3", "/usr/bin/python3", {}),
        ("~/venv/bin/python", "/home/me/venv/bin/python", {}),
        ("/opt/a=b,c/python", "/opt/a=b,c/python", {}),
        ("a=/x/python, b = ~/y ,", None, {"a": "/x/python", "b": "/home/me/y"}),
        ("a=/x=1/python", None, {"a": "/x=1/python"}),
    ],
)
def test_interpreters_are_a_path_or_pairs(
    text: str, default: str | None, by_repo: dict[str, str]
) -> None:
    wanted = Interpreters(
        default=None if default is None else Path(default),
        by_repo={repo: Path(path) for repo, path in by_repo.items()},
    )
    assert values.read_interpreters(text, home=_HOME) == wanted


@pytest.mark.parametrize(
    "text", ["python3", "a=python3", "=/x", "a=/x,b", "a=/x,a=/y", "a=", "", "a=/x,/y"]
)
def test_interpreters_that_are_neither_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"needs the path|names no repository|is set but empty"):
        values.read_interpreters(text, home=_HOME)


def test_a_repository_without_an_interpreter_of_its_own_has_the_default() -> None:
    interpreters = Interpreters(default=Path("/d"), by_repo={"a": Path("/a")})
    assert interpreters.of("a") == Path("/a")
    assert interpreters.of("b") == Path("/d")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("pytest", ("pytest",)),
        ("manage.py test 'a b' test", ("manage.py", "test", "a b", "test")),
        ("pytest -k 'a;b #1' # x", ("pytest", "-k", "a;b #1", "#", "x")),
        ("pytest --x=a=b tests/x.py::y[1-2]", ("pytest", "--x=a=b", "tests/x.py::y[1-2]")),
        (["pytest", "-k", "a b", "-k"], ("pytest", "-k", "a b", "-k")),
    ],
)
def test_a_command_is_text_or_words(value: object, words: tuple[str, ...]) -> None:
    assert values.read_command(value) == words


@pytest.mark.parametrize("text", ["pytest && rm x", "pytest;x", "pytest>log", "(pytest)", "a|b"])
def test_a_command_that_needs_a_shell_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no command: it needs a shell"):
        values.read_command(text)


@pytest.mark.parametrize("value", ["", " ", "a 'b", [], None, 5, ["a", 1], ["a\nb"], "a\0b"])
def test_what_is_no_command_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"is no command|holds words"):
        values.read_command(value)


def test_a_template_holds_the_place_of_the_command() -> None:
    assert values.read_template("cage -- {command}") == ("cage", "--", "{command}")
    with pytest.raises(ValueError, match=r"lacks the word \{command\}"):
        values.read_template("cage --")


@pytest.mark.parametrize("text", ["https://api.telegram.org", "http://localhost:8081/api"])
def test_an_address_loses_its_final_slash(text: str) -> None:
    assert values.read_url(f" {text}/ ") == text


@pytest.mark.parametrize(
    "text", ["", "x", "ftp://a", "http://", "https://a b", "http://[", "http://a:99999", "//a", 5]
)
def test_what_is_no_http_address_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"is no http address|is set but empty|is no text"):
        values.read_url(text)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="holds a user or password") as caught:
        values.read_url("https://me:hunter2@host")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("reader", [values.read_secret, values.read_database_url])
@pytest.mark.parametrize("value", ["hunter2\n://x", "hunter2\x1b", " ", 5, "hunter2" * 1000])
def test_a_refused_secret_is_not_shown(reader: Callable[[object], str], value: object) -> None:
    with pytest.raises(ValueError, match="is empty or holds") as caught:
        reader(value)
    assert "hunter2" not in str(caught.value)


def test_a_database_address_needs_a_scheme() -> None:
    with pytest.raises(ValueError, match=r"is no database address$"):
        values.read_database_url("hunter2")
    assert values.read_database_url("postgresql://h/n") == "postgresql://h/n"
