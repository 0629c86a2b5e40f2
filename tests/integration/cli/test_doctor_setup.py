"""What the doctor tells about hooks, workflow files and limits."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from tests.integration.cli.conftest import Ask

from coverage_gate.cli.findings import Health
from coverage_gate.cli.init import TEMPLATES
from coverage_gate.cli.main import run
from coverage_gate.core.setup_plan import WORKFLOWS
from coverage_gate.testing.repositories import RepositoryBuilder

_HOOK = {"id": "coverage-gate-staged", "entry": "coverage-gate diff --staged", "language": "python"}
_GATE = "[tool.coverage-gate]\n"


def hooks_file(**changed: object) -> str:
    return yaml.safe_dump(
        {"repos": [{"repo": "local", "hooks": [{"id": "ruff"}, {**_HOOK, **changed}]}]}
    )


def install(builder: RepositoryBuilder, text: str = "#!/bin/sh\n", mode: int = 0o755) -> None:
    hook = builder.git_dir / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(text)
    hook.chmod(mode)


@pytest.mark.parametrize("name", ["hooks", "workflows", "limits"])
def test_without_a_repository_there_is_nothing_to_look_at(
    ask: Ask, tmp_path: Path, name: str
) -> None:
    assert ask(name, folder=tmp_path).detail.startswith("not looked at")


@pytest.mark.parametrize("name", ["hooks", "workflows"])
def test_a_bare_repository_and_an_empty_one_are_well(
    builder: RepositoryBuilder, ask: Ask, name: str, tmp_path: Path
) -> None:
    builder.commit(files={"a.py": ""})
    assert (ask(name).health, "shows one" in ask(name).detail) == (Health.OK, True)
    bare = RepositoryBuilder.create(tmp_path / "bare.git", bare=True)
    assert ask(name, folder=bare.path).detail == "there is no checkout to look at"


@pytest.mark.parametrize("forge", list(WORKFLOWS))
def test_what_init_writes_is_well(builder: RepositoryBuilder, ask: Ask, forge: str) -> None:
    builder.commit(files={"src/shop/__init__.py": ""})
    flags = ("--repo", str(builder.path), "--ci", forge, "--agent", "--yes")
    assert run(["init", *flags]) == 0
    builder.git("add", "-A")
    builder.commit()
    install(builder)
    place = Path(sys.executable).parent
    found = {name: ask(name, PATH=str(place)) for name in ("hooks", "workflows", "limits")}
    assert {name: finding.health for name, finding in found.items()} == {
        "hooks": Health.OK,
        "workflows": Health.OK,
        # It sets neither a floor nor the policy aside.
        "limits": Health.OK,
    }, found
    assert ".claude/settings.json, .pre-commit-config.yaml" in found["hooks"].detail


@pytest.mark.parametrize(
    ("changed", "health", "told"),
    [
        ({"entry": "coverage-gate dif --staged"}, Health.FAIL, "there is no command 'dif'"),
        ({"entry": "coverage-gate diff --stage"}, Health.FAIL, "`diff` has no option --stage"),
        ({"entry": "coverage-gate history check --max=2"}, Health.FAIL, "`history check` has no"),
        ({"entry": "coverage-gate history check --max-drop=2"}, Health.OK, "is called by"),
        ({"entry": "coverage-gate --help"}, Health.OK, "is called by"),
        ({"language": "system"}, Health.WARN, "which is not on the PATH"),
        ({"files": ".py$"}, Health.WARN, "is handed no deletion"),
        ({"files": ".py$", "always_run": True}, Health.OK, "is called by"),
    ],
)
def test_a_hook_that_cannot_work_is_told(
    builder: RepositoryBuilder, ask: Ask, changed: dict[str, object], health: Health, told: str
) -> None:
    builder.commit(files={".pre-commit-config.yaml": hooks_file(**changed)})
    install(builder)
    finding = ask("hooks", PATH="/nowhere")
    assert (finding.health, told in finding.detail) == (health, True), finding
    assert bool(finding.mend) is (health is not Health.OK)


def test_all_that_is_wrong_is_told_the_worst_first(builder: RepositoryBuilder, ask: Ask) -> None:
    broken = hooks_file(entry="coverage-gate dif", files="x")
    builder.commit(
        files={".pre-commit-config.yaml": broken, ".claude/settings.json": "coverage-gate"}
    )
    finding = ask("hooks")
    told = finding.detail.split("; ")
    assert (finding.health, len(told)) == (Health.FAIL, 4)
    assert "there is no command" in told[0]
    assert ".claude/settings.json is no JSON" in told[1]


@pytest.mark.parametrize(
    "text",
    ["coverage-gate: [", "- coverage-gate", "repos: coverage-gate", "repos: [coverage-gate]"],
)
def test_what_is_no_configuration_of_pre_commit_breaks_nothing(
    builder: RepositoryBuilder, ask: Ask, text: str
) -> None:
    builder.commit(files={".pre-commit-config.yaml": text})
    assert ask("hooks").health is (Health.FAIL if text[-1] == "[" else Health.WARN)


def test_a_hook_that_git_does_not_run_is_told(
    builder: RepositoryBuilder, ask: Ask, tmp_path: Path
) -> None:
    builder.commit(files={".pre-commit-config.yaml": hooks_file()})
    assert "git runs no pre-commit hook" in ask("hooks").detail
    install(builder, mode=0o644)
    assert "is not executable" in ask("hooks").detail
    install(builder, f"#!/bin/sh\nINSTALL_PYTHON='{tmp_path / 'gone'}'\n")
    assert "made by a Python that is gone" in ask("hooks", PATH="/nowhere").detail
    (tmp_path / "pre-commit").write_text("#!/bin/sh\n")
    (tmp_path / "pre-commit").chmod(0o755)
    assert ask("hooks", PATH=str(tmp_path)).health is Health.OK
    install(builder, f"#!/bin/sh\nINSTALL_PYTHON={os.devnull}\n")
    assert ask("hooks", PATH="/nowhere").health is Health.OK
    install(builder, mode=0o644)
    builder.git("config", "core.hooksPath", "elsewhere")
    assert ask("hooks").health is Health.OK


def test_the_hook_of_an_agent_is_looked_at(builder: RepositoryBuilder, ask: Ask) -> None:
    def settings(command: str) -> str:
        event = {"hooks": [{"type": "command", "command": command, "timeout": 9}]}
        return json.dumps({"hooks": {"Stop": [event]}, "other": ["coverage-gate"]})

    builder.commit(files={".claude/settings.json": settings("coverage-gate agent-hok")})
    finding = ask("hooks")
    assert (finding.health, "no command 'agent-hok'" in finding.detail) == (Health.FAIL, True)
    builder.commit(files={".claude/settings.json": settings("coverage-gate agent-hook")})
    finding = ask("hooks", PATH="/nowhere")
    assert (finding.health, "not on the PATH" in finding.detail) == (Health.WARN, True)


def workflow(forge: str, name: str = "coverage-gate.yml") -> str:
    return (TEMPLATES / forge / name).read_text()


@pytest.mark.parametrize(
    ("file", "health", "told"),
    [
        (
            (
                ".github/workflows/a.yml",
                workflow("github").replace("coverage-gate check", "coverage-gate chek"),
            ),
            Health.FAIL,
            "there is no command 'chek'",
        ),
        (
            (
                ".github/workflows/a.yml",
                workflow("github").replace("--output badge=", "--out badge="),
            ),
            Health.FAIL,
            "`check` has no option --out",
        ),
        (
            (
                ".github/workflows/a.yml",
                workflow("github").replace("fetch-depth: 0", "fetch-depth: 1"),
            ),
            Health.WARN,
            "the checkout has no history",
        ),
        (
            (".gitea/workflows/a.yaml", workflow("gitea").replace("[main]", "[master]")),
            Health.WARN,
            "names the branch master; the base is main",
        ),
        (
            (".gitea/workflows/a.yaml", workflow("gitea").replace("FAIL_CLOSED", "FAIL_OPEN")),
            Health.WARN,
            "could measure nothing is green",
        ),
        (
            (".gitea/workflows/a.yaml", workflow("gitea").replace("[main]", "['m*']")),
            Health.OK,
            "is called by",
        ),
        ((".gitlab/ci/coverage-gate.yml", workflow("gitlab")), Health.WARN, "does not include"),
        (
            (".gitlab-ci.yml", workflow("gitlab").replace("GIT_DEPTH", "DEPTH")),
            Health.WARN,
            "the clone has no history",
        ),
        (
            (
                ".gitlab-ci.yml",
                "x: &x\n  script: [!reference [a, script], coverage-gate trend]\ny: *x\n",
            ),
            Health.OK,
            "is called by",
        ),
        ((".gitlab-ci.yml", "coverage-gate: ["), Health.FAIL, "is no YAML"),
        ((".github/workflows/a.yml", "run: pytest\n"), Health.OK, "no workflow calls the gate"),
    ],
)
def test_a_workflow_that_cannot_work_is_told(
    builder: RepositoryBuilder, ask: Ask, file: tuple[str, str], health: Health, told: str
) -> None:
    builder.commit(files=dict([file]))
    finding = ask("workflows")
    assert (finding.health, told in finding.detail) == (health, True), finding


def test_a_job_need_not_close_what_is_closed_already(builder: RepositoryBuilder, ask: Ask) -> None:
    text = workflow("gitea").replace("FAIL_CLOSED", "FAIL_OPEN")
    builder.commit(files={".gitea/workflows/a.yaml": text})
    assert ask("workflows", ORCH_COVERAGE_TOOL_FAIL_CLOSED="true").health is Health.OK


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"pyproject.toml": _GATE + "policy = 'baseline'\nmin_percent = 80\n"}, "80% is ignored"),
        ({"pyproject.toml": _GATE + "policy = 'absolute'\n"}, "any total passes"),
        (
            {"pyproject.toml": _GATE + "rules = ['lost']\npatch_min_percent = 95\n"},
            "patch_min is set, but patch is none of the rules",
        ),
        (
            {"pyproject.toml": _GATE + "rules = ['lost']\ntargets = {'**' = 80}\n"},
            "targets is set, but targets is none",
        ),
        ({".coveragerc": "[report]\nfail_under = 90\n"}, ".coveragerc has fail_under = 90"),
        (
            {"pyproject.toml": "[tool.coverage.report]\nfail_under = 90\n"},
            "the floor of the gate is 0%",
        ),
        (
            {".coveragerc": "", "pyproject.toml": "[tool.coverage.run]\nbranch = true\n"},
            "only the first counts",
        ),
    ],
)
def test_limits_that_contradict_each_other_are_told(
    builder: RepositoryBuilder, ask: Ask, files: dict[str, str], told: str
) -> None:
    builder.commit(files=files)
    finding = ask("limits")
    assert (finding.health, told in finding.detail) == (Health.WARN, True), finding


def test_limits_that_agree_are_well(builder: RepositoryBuilder, ask: Ask) -> None:
    table = "[tool.coverage.report]\nfail_under = 80\n" + _GATE + "min_percent = 80\n"
    builder.commit(files={"pyproject.toml": table})
    assert ask("limits").detail == "policy both, floor 80%: no limit contradicts another"


def test_limits_of_a_broken_table_are_not_looked_at(builder: RepositoryBuilder, ask: Ask) -> None:
    builder.commit(files={"pyproject.toml": _GATE + "min_percent = 'many'\n"})
    assert ask("limits").detail.startswith("not looked at")
