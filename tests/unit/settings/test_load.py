from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import coverage_gate.settings
from coverage_gate.core.kinds import ACTIONS
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.targets import Target
from coverage_gate.ports import RunLimits
from coverage_gate.settings import (
    Origin,
    Settings,
    SettingsError,
    all_settings,
    load_settings,
)
from coverage_gate.settings.catalogue import CATALOGUE, EVERY
from coverage_gate.settings.names import branch_paths_text, kinds_text, targets_text
from coverage_gate.settings.values import read_targets

_HOME = {"HOME": "/h"}
_NAMES = [setting.env for setting in all_settings()]


def _load(env: dict[str, str] | None = None, file: str = "", **flags: object) -> Settings:
    table = f"[tool.coverage-gate]\n{file}".encode()
    return load_settings(env=_HOME | (env or {}), flags=flags, base_pyproject=table)


def _problems(env: dict[str, str] | None = None, file: str = "", **flags: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        _load(env, file, **flags)
    return list(caught.value.problems)


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load_settings(env=_HOME)
    assert settings.policy(judges_tests=True) == Policy()
    assert (settings.enabled, settings.run_timeout_s, settings.developer_retry_limit) == (
        True,
        900,
        3,
    )


def test_the_catalogue_describes_exactly_the_fields_of_the_settings() -> None:
    fields = set(Settings.model_fields) - {"origins", "environment"}
    assert fields == set(EVERY)


def test_the_described_defaults_are_the_real_ones() -> None:
    settings = load_settings(env=_HOME)
    shown = {
        field: setting.show(getattr(settings, field))
        for field, setting in CATALOGUE.items()
        if "state folder" not in setting.default
    }
    assert shown == {field: CATALOGUE[field].default for field in shown}


def test_a_setting_is_optional_when_it_has_no_default_to_be_set() -> None:
    optional = {setting.env for setting in all_settings() if setting.is_optional}
    without_text = {
        setting.env
        for setting in all_settings()
        if not setting.default or "state folder" in setting.default
    }
    assert optional == without_text


# Flag over environment over file over default.
@pytest.mark.parametrize(
    ("flags", "env", "file", "floor", "origin"),
    [
        ({"floor": "4"}, {"ORCH_COVERAGE_MIN_PERCENT": "3"}, "min_percent = 2", 4, "flag"),
        ({"floor": None}, {"ORCH_COVERAGE_MIN_PERCENT": "3"}, "min_percent = 2", 3, "environment"),
        ({}, {}, "min_percent = 2", 2, "file"),
        ({}, {}, "min-percent = 2", 2, "file"),
        ({}, {}, "", 0, "default"),
    ],
)
def test_the_strongest_origin_gives_the_value(
    flags: dict[str, object], env: dict[str, str], file: str, floor: int, origin: str
) -> None:
    settings = _load(env, file, **flags)
    assert settings.floor == Fraction(floor, 100)
    assert settings.origins["floor"] is Origin(origin)


# A weaker value that is overridden is not even looked at.
@pytest.mark.parametrize(
    ("flags", "env", "file"),
    [
        ({"floor": 5}, {"ORCH_COVERAGE_MIN_PERCENT": "x"}, "min_percent = 'y'"),
        ({}, {"ORCH_COVERAGE_MIN_PERCENT": "5"}, "min_percent = {}"),
    ],
)
def test_an_invalid_value_is_no_fault_below_a_stronger_one(
    flags: dict[str, object], env: dict[str, str], file: str
) -> None:
    assert _load(env, file, **flags).floor == Fraction(5, 100)


# What is invalid is named by where it stands.
@pytest.mark.parametrize(
    ("flags", "env", "file", "name"),
    [
        ({"floor": "x"}, {}, "", "--floor"),
        ({"patch_min": "x"}, {}, "", "--patch-min"),
        ({}, {"ORCH_COVERAGE_MIN_PERCENT": "x"}, "", "ORCH_COVERAGE_MIN_PERCENT"),
        ({}, {}, "min_percent = 'x'", "min_percent in [tool.coverage-gate]"),
    ],
)
def test_an_invalid_value_is_named_by_flag_variable_or_key(
    flags: dict[str, object], env: dict[str, str], file: str, name: str
) -> None:
    (problem,) = _problems(env, file, **flags)
    assert problem.startswith(name)
    assert "is no plain number: “x”. Allowed: a percentage from 0 to 100, such as" in problem


@pytest.mark.parametrize("name", _NAMES)
def test_every_variable_is_named_when_it_cannot_be_used(name: str) -> None:
    (problem,) = _problems({name: "a\nb\0'"})
    assert problem.startswith(f"{name} ")
    assert "Allowed: " in problem


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.env)
def test_an_empty_variable_is_unset_or_an_error_or_no_rules(
    setting: coverage_gate.settings.Setting,
) -> None:
    env = {setting.env: "  "}
    if setting.is_optional:
        assert set(_load(env).origins.values()) == {Origin.DEFAULT}
    elif setting.env == "ORCH_COVERAGE_RULES":
        assert _load(env).rules == frozenset()
    else:
        assert _problems(env)[0].startswith(f"{setting.env} is ")


def test_an_empty_flag_of_rules_switches_the_further_rules_off() -> None:
    assert _load({"ORCH_COVERAGE_RULES": "lost"}, rules="").rules == frozenset()


def test_all_problems_are_named_at_once() -> None:
    problems = _problems({"ORCH_COVERAGE_POLICY": "bth", "ORCH_GITEA_URL": "x"}, "rules = 5")
    names = ["ORCH_COVERAGE_POLICY", "rules", "ORCH_GITEA_URL"]
    assert [problem.split()[0] for problem in problems] == names


def test_the_text_of_the_error_is_all_problems_on_one_line() -> None:
    with pytest.raises(SettingsError) as caught:
        _load({"ORCH_COVERAGE_POLICY": "bth", "ORCH_GITEA_URL": "x"})
    assert str(caught.value) == "; ".join(caught.value.problems)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", [item.env for item in all_settings() if item.is_secret])
def test_no_error_shows_an_invalid_secret(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load({name: "hunter2\nhunter2"})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_settings_show_no_secret() -> None:
    env = {"ORCH_API_TOKEN": "hunter2", "ORCH_DB_URL": "postgresql://me:hunter2@host/db"}
    settings = _load(env)
    assert "hunter2" not in repr(settings) + str(settings)


def test_the_settings_are_frozen() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        _load().base = "other"


def test_a_flag_that_no_setting_has_is_a_fault_of_the_command() -> None:
    with pytest.raises(KeyError, match="flor"):
        _load(flor="5")


@hypothesis_settings(deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), st.text(max_size=30)), st.binary(max_size=80))
def test_any_environment_and_any_file_give_settings_or_a_settings_error(
    env: dict[str, str], file: bytes
) -> None:
    table = b"[tool.coverage-gate]\n" + file
    try:
        settings = load_settings(env=_HOME | env, base_pyproject=table)
    except SettingsError as error:
        problems = error.problems
    else:
        problems = ()
        assert settings.origins.keys() == EVERY.keys()
    assert all(problem.isprintable() for problem in problems)


def test_the_settings_are_read_anew_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "develop")
    assert load_settings().base == "develop"
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "trunk")
    assert load_settings().base == "trunk"


def test_policy_values_reach_the_core_exactly() -> None:
    policy = _load(
        {
            "ORCH_COVERAGE_MIN_PERCENT": "57.3",
            "ORCH_COVERAGE_EPSILON": "0.1",
            "ORCH_COVERAGE_POLICY": "absolute",
            "ORCH_COVERAGE_RULES": "patch",
            "ORCH_COVERAGE_PATCH_MIN_PERCENT": "100",
            "ORCH_COVERAGE_TOOL_FAIL_CLOSED": "true",
        }
    ).policy(judges_tests=False)
    assert policy == Policy(
        name=PolicyName.ABSOLUTE,
        floor=Fraction(573, 1000),
        epsilon=Fraction(1, 1000),
        rules=frozenset({RuleName.PATCH}),
        patch_min=Fraction(1),
        fail_closed=True,
        judges_tests=False,
    )


def test_the_bounds_of_a_run_come_from_the_settings() -> None:
    env = {"ORCH_COVERAGE_RUN_TIMEOUT_S": "1.5", "ORCH_COVERAGE_RUN_OUTPUT_KB": "2"}
    assert _load(env).run_limits() == RunLimits(timeout_s=1.5, output_bytes=2048)


@pytest.mark.parametrize("text", ["0", "-1", "86401", "inf"])
def test_a_time_limit_that_is_none_is_refused(text: str) -> None:
    (problem,) = _problems(timeout=text)
    assert problem.startswith("--timeout is ")


def test_the_interpreter_of_a_repository_is_the_one_that_was_named_for_it() -> None:
    settings = _load({"ORCH_COVERAGE_PYTHON": "a=~/a/bin/python"})
    assert settings.python_for("a") == Path("/h/a/bin/python")
    assert settings.python_for("b") is None


def test_the_scope_is_that_of_the_settings() -> None:
    settings = _load({"ORCH_COVERAGE_GATE_REPOS": "a"})
    assert settings.applies("a")
    assert settings.applies("b", repo_named=True)
    assert not settings.applies("b")


# Where the store is.
@pytest.mark.parametrize(
    ("env", "flags", "target"),
    [
        ({}, {}, "/h/.local/state/coverage-gate/coverage-gate.db"),
        ({"XDG_STATE_HOME": "/s"}, {}, "/s/coverage-gate/coverage-gate.db"),
        ({"ORCH_DB_PATH": "~/x.db"}, {}, "/h/x.db"),
        ({"ORCH_DB_URL": "postgresql://h/n"}, {}, "postgresql://h/n"),
        ({"ORCH_DB_URL": "", "ORCH_DB_PATH": "/x.db"}, {}, "/x.db"),
        ({"ORCH_DB_URL": "postgresql://h/n"}, {"db": "/x.db"}, "/x.db"),
        ({"ORCH_DB_PATH": "/x.db"}, {"db": "postgresql://h/n"}, "postgresql://h/n"),
        ({"ORCH_DB_PATH": "/x.db", "ORCH_DB_URL": "a://b"}, {"db": "/y.db"}, "/y.db"),
        ({}, {"db": Path("/y.db")}, "/y.db"),
        ({}, {"db": "/a:b/y.db"}, "/a:b/y.db"),
    ],
)
def test_the_store_is_named_by_path_or_by_address(
    env: dict[str, str], flags: dict[str, object], target: str
) -> None:
    assert _load(env, "", **flags).store_target == target


def test_an_address_of_the_store_with_too_few_slashes_is_refused_without_its_password() -> None:
    (problem,) = _problems(db="postgresql:/me:hunter2@h/n")
    assert problem.startswith("--db is no database address.")
    assert "hunter2" not in problem


def test_a_store_that_is_named_twice_is_refused() -> None:
    (problem,) = _problems({"ORCH_DB_PATH": "/x.db", "ORCH_DB_URL": "postgresql://h/n"})
    assert problem.startswith("ORCH_DB_PATH and ORCH_DB_URL are both set")


def test_without_a_home_each_place_that_is_not_named_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    with pytest.raises(SettingsError) as caught:
        load_settings(env={"ORCH_REPOS_DIR": "/r", "ORCH_DB_PATH": "/d"})
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "ORCH_WORKTREES_DIR",
        "ORCH_REPORTS_DIR",
    ]


def test_the_secrets_of_flags_and_environment_are_known() -> None:
    settings = _load({"ORCH_GITEA_TOKEN": "t"}, db="postgresql://me:pw@h/n")
    assert settings.secrets() == ("postgresql://me:pw@h/n", "pw", "t")


def test_a_path_to_the_store_is_no_secret() -> None:
    assert _load({"ORCH_DB_PATH": "/x.db"}).secrets() == ()


def test_a_process_is_given_the_named_variables_and_no_secret() -> None:
    settings = _load({"LANG": "C", "GITHUB_TOKEN": "t", "TZ": "UTC"})
    assert settings.variables(["LANG", "GITHUB_TOKEN", "MISSING"]) == {"LANG": "C"}


def test_tests_are_given_the_variables_that_are_allowed() -> None:
    env = {"ORCH_COVERAGE_ENV_ALLOW": "TZ,MISSING", "TZ": "UTC", "LANG": "C"}
    assert _load(env).variables_for_tests() == {"TZ": "UTC"}


# The table of the file.
@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("flor = 5", "flor in [tool.coverage-gate] of the base's pyproject.toml is unknown"),
        ("min_percnt = 5", "(did you mean min_percent?)"),
        ("gate_enabled = false", "set ORCH_COVERAGE_GATE_ENABLED in the environment"),
        ("orch_api_token = 'x'", "set ORCH_API_TOKEN in the environment"),
        ("db_path = 'x'", "set ORCH_DB_PATH in the environment"),
        ("min_percent = 5\nmin-percent = 6", "is there twice"),
        ("min_percent = ", "the base's pyproject.toml is no valid TOML: "),
        ("x = " + "[" * 5000, "is no valid TOML"),
        ("x = 1e" + "9" * 30, "is no valid TOML"),
        ("x = " + "9" * 5000, "is no valid TOML"),
        ("min_percent = nan", "is no plain number: “NaN”"),
        ("[tool.coverage-gate.min_percent]", "is no text"),
        ('"a\\nb" = 1', r"a\nb in [tool.coverage-gate]"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(file: str, problem: str) -> None:
    assert problem in "".join(_problems({}, file))


@pytest.mark.parametrize("content", [b"\xff", b"tool = 5", b"[tool]\ncoverage-gate = 5"])
def test_a_file_without_a_proper_table_is_refused(content: bytes) -> None:
    with pytest.raises(SettingsError, match=r"pyproject\.toml is no"):
        load_settings(env=_HOME, base_pyproject=content)


@pytest.mark.parametrize("content", [None, b"", b"[project]\nname = 'x'", b"[tool.other]\na = 1"])
def test_a_file_without_our_table_sets_nothing(content: bytes | None) -> None:
    origins = load_settings(env=_HOME, base_pyproject=content).origins
    assert set(origins.values()) == {Origin.DEFAULT}


def test_the_file_may_set_every_value_of_the_policy() -> None:
    settings = _load(
        file="""
        min_percent = 80.5
        policy = "absolute"
        epsilon = 0
        rules = ["patch", "targets"]
        patch-min-percent = 95
        tool_fail_closed = true
        run_timeout_s = 60
        test_command = ["manage.py", "test"]
        base = "develop"
        branch = true
        targets = {"*/commands/*.py" = "100:branch", "src/a.py" = 79.5, "src/b.py" = "80:line"}
        flaky_days = 7
        audit = "fail"
        mutation_samples = 12
        mutation_seconds = 60
        mutation_max_survivors = 2
        mutation_policy = "fail"
        priorities = ["src/"]
        kinds = {"src/jobs/" = "command"}
        branch_paths = {"src/" = true, "src/old.py" = "off"}
        """
    )
    from_file = {field for field, origin in settings.origins.items() if origin is Origin.FILE}
    assert from_file == {field for field, setting in EVERY.items() if setting.file}
    assert settings.floor == Fraction(805, 1000)


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Setings'"):
        coverage_gate.settings.Setings  # noqa: B018 - must not be there


def _policy_of(file: str, **env: str) -> Policy:
    return _load(env, file).policy(judges_tests=False)


def test_targets_keep_their_patterns_and_exact_shares() -> None:
    policy = _policy_of(
        'targets = {"*/commands/*.py" = "100:branch", "src/a.py" = 79.5, "b.py" = "80:line"}'
    )
    assert policy.targets == (
        Target(pattern="*/commands/*.py", least=Fraction(1), branches=True),
        Target(pattern="src/a.py", least=Fraction(795, 1000)),
        Target(pattern="b.py", least=Fraction(8, 10)),
    )
    assert targets_text(policy.targets) == "*/commands/*.py=100:branch,src/a.py=79.5,b.py=80"
    assert read_targets(targets_text(policy.targets)) == policy.targets


def test_priorities_and_kinds_are_read_from_the_table() -> None:
    table = (
        '[tool.coverage-gate]\npriorities = ["src/**", "a.py"]\n'
        'kinds = {"*/jobs/*.py" = "command", "b.py" = "view: Look: at it."}\n'
    )
    read = load_settings(env={"HOME": "/home/me"}, base_pyproject=table.encode())
    assert read.priorities == ("src/**", "a.py")
    assert kinds_text(read.kinds) == (
        f"*/jobs/*.py=command: {ACTIONS['command']},b.py=view: Look: at it."
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('priorities = ["!a"]', "no pattern"),
        ("priorities = 3", "no list"),
        ('kinds = ["a"]', "is no table"),
        ('kinds = {"!a" = "command"}', "no pattern"),
        ('kinds = {"a.py" = "comand"}', "did you mean command"),
        ('kinds = {"a.py" = ": do"}', "unknown kind"),
        ('kinds = {"a.py" = 3}', "is no text"),
    ],
)
def test_odd_priorities_and_kinds_are_refused(line: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings(
            env={"HOME": "/home/me"}, base_pyproject=f"[tool.coverage-gate]\n{line}\n".encode()
        )


def test_who_sets_targets_has_them_judged() -> None:
    file = 'targets = {"a.py" = 80}'
    assert RuleName.TARGETS in _policy_of(file).rules
    assert RuleName.TARGETS not in _policy_of("").rules


def test_who_chose_the_rules_has_those_judged() -> None:
    file = 'targets = {"a.py" = 80}'
    assert _policy_of(f'{file}\nrules = ["lost"]').rules == {RuleName.LOST}
    assert _policy_of(file, ORCH_COVERAGE_RULES="").rules == frozenset()
    assert _policy_of(file, ORCH_COVERAGE_RULES="targets").rules == {RuleName.TARGETS}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ('targets = {"!a.py" = 80}', "no pattern"),
        ('targets = {"a.py" = 101}', "outside its range"),
        ('targets = {"a.py" = "80:arc"}', "neither line nor branch"),
        ('targets = {"a.py" = "much"}', "no plain number"),
        ('targets = {"a.py" = true}', "is no text"),
        ("targets = 80", "no list of texts"),
        ('targets = ["80"]', "no pattern"),
        ('branch_paths = {"./a.py" = true}', "no pattern"),
        ('branch_paths = {"a.py" = "maybe"}', "no switch"),
    ],
)
def test_a_bad_value_by_path_is_named(file: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        _load(file=file)
    assert "[tool.coverage-gate]" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "measured"),
    [
        ("", None),
        ("branch = true", True),
        ("branch = false", False),
        ('targets = {"a.py" = 80}', None),
        ('targets = {"a.py" = "80:branch"}', True),
        ('branch_paths = {"a.py" = "off"}', None),
        ('branch_paths = {"**" = "off", "a.py" = "on"}', True),
        ('branch = false\ntargets = {"a.py" = "80:branch"}', False),
    ],
)
def test_who_asks_for_branches_somewhere_has_them_measured(
    file: str,
    measured: bool | None,
) -> None:
    assert _load(file=file).measures_branches is measured


def test_branch_paths_keep_their_order() -> None:
    policy = _policy_of('branch_paths = {"**" = "off", "src/" = "on"}')
    assert branch_paths_text(policy.branch_paths) == "**=off,src/=on"
    assert [policy.judges_branches(path) for path in ("a.py", "src/a.py")] == [False, True]
