"""Each command of each workflow file, step by step in a clean clone, with forges on loopback.

Not run here are the steps that install: they need a package index. What they install is what these
tests run with, and has the name and the extras of this project.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree
from packaging.requirements import Requirement
from tests.shop import BRANCHES, COUPON_TESTS, NAME, Shop, Told

from coverage_gate.cli.init import TEMPLATES
from coverage_gate.testing.servers import forges
from coverage_gate.testing.servers.forges import BRANCH, OWNER, FakeGitea, FakeGitHub, FakeGitLab

Tell = Callable[..., Told]
#: What a runner's actions do, by their names without versions.
ACTIONS = {"actions/checkout", "actions/setup-python", "actions/upload-artifact"} | {
    "actions/download-artifact"
}
OUT = "coverage-gate-out"
INSTALLS = {
    "python -m venv .venv",
    ".venv/bin/python -m pip install --editable . coverage pytest",
    "python -m pip install coverage-gate",
    'python -m pip install "coverage-gate[notify]"',
}

INSTALLED = [word for line in INSTALLS for word in shlex.split(line.partition(" install ")[2])]


@dataclass(slots=True, kw_only=True)
class Runner:
    """Does what a runner does with the steps of a job."""

    shop: Shop
    top: Path
    values: Mapping[str, str]
    status: int = 0
    logs: list[str] = field(default_factory=list)

    def clone(self, branch: str) -> Path:
        """A clean clone, as the action for it makes one."""
        place = self.top / f"clone-{self.shop.sha(branch)}"
        git = ("git", "clone", "-q", "--branch", branch, str(self.shop.path), str(place))
        subprocess.run(git, check=True, capture_output=True)
        return place

    def shell(self, script: str, folder: Path, env: Mapping[str, str]) -> None:
        """Run a script as `bash -e` does, but for what installs."""
        kept = []
        for line in script.splitlines():
            if line in INSTALLS:
                if "venv" in line and not (folder / ".venv").exists():
                    (folder / ".venv").symlink_to(self.shop.python.parent.parent)
            else:
                assert "install" not in line, line
                kept.append(line)
        own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.top)}
        own |= {"ORCH_DB_PATH": str(self.shop.db), "ORCH_REPORTS_DIR": str(self.shop.reports)}
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(kept)],
            cwd=folder,
            env={**own, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        self.logs.append(done.stdout + done.stderr)
        self.status = self.status or done.returncode

    def value(self, text: str) -> str:
        """A text with its expressions, each of which is known here."""
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self.values[found[1]], text)

    def steps(self, job: Mapping[str, Any], folder: Path) -> None:
        """The steps of a job of GitHub or Gitea."""
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].partition("@")[0] in ACTIONS
                for text in step.get("with", {}).values():
                    self.value(str(text))
            elif self.status == 0:
                env = {name: self.value(text) for name, text in step.get("env", {}).items()}
                self.shell(step["run"], folder, env)

    def judge_of_gitlab(
        self, job: Mapping[str, Any], folder: Path, told: Mapping[str, str]
    ) -> None:
        """The script of GitLab's job, in its variables."""
        self.shell("\n".join(job["script"]), folder, {**told, **job["variables"]})


def load(forge: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((TEMPLATES / forge / name).read_text())
    return loaded


@pytest.fixture
def pushed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Pushes the branch: first without tests, then with them. Returns the commit."""
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    pushes: Iterator[Mapping[str, str | None]] = iter(
        [
            {"src/shop/coupon.py": BRANCHES["feature/tested"]["src/shop/coupon.py"]},
            {"tests/test_coupon.py": COUPON_TESTS},
        ]
    )

    def push() -> str:
        if BRANCH not in shop.git.git("branch", "--list", BRANCH):
            return shop.new_branch(BRANCH, next(pushes))
        shop.git.switch(BRANCH)
        shop.git.write({path: text for path, text in next(pushes).items() if text})
        sha = shop.git.commit("more")
        shop.git.switch("main")
        return sha

    yield push
    assert next(pushes, None) is None


def outputs(folder: Path) -> None:
    """What the untrusted job leaves, each file read once."""
    kept = {path.name: path for path in (folder / OUT).iterdir()}
    assert json.loads(kept["verdict.json"].read_text())["schema_version"] == 1
    assert etree.fromstring(kept["cobertura.xml"].read_bytes()).tag == "coverage"
    assert etree.fromstring(kept["badge.svg"].read_bytes()).tag.endswith("svg")


def moved(source: Path, target: Path) -> Path:
    """An artefact from one job to another, which has nothing else."""
    target.mkdir()
    shutil.copytree(source / OUT, target / OUT)
    return target


def test_what_is_installed_is_what_we_offer() -> None:
    """Each line runs by itself in an empty environment; here: that what it names is there."""
    project = tomllib.loads((TEMPLATES.parents[3] / "pyproject.toml").read_text())["project"]
    named = [Requirement(each) for each in INSTALLED if each.startswith("coverage-gate")]
    assert named
    for each in named:
        assert (each.name, each.extras <= set(project["optional-dependencies"])) == (
            project["name"],
            True,
        )


@pytest.mark.parametrize("forge", ["github", "gitea"])
def test_github_and_gitea(
    shop: Shop, pushed: Callable[[], str], tmp_path: Path, forge: str
) -> None:
    with FakeGitHub() if forge == "github" else FakeGitea() as server:
        server.desk.commits = None
        first = load(forge, "coverage-gate.yml")["jobs"]
        comment = (
            first.get("comment") or load(forge, f"{'coverage-gate-comment'}.yml")["jobs"]["comment"]
        )
        ended = {}
        for number, word in enumerate(("failure", "success")):
            sha = pushed()
            values = known(server.url, sha, word)
            runner = Runner(shop=shop, top=tmp_path, values=values)
            folder = runner.clone(BRANCH)
            runner.steps(first["coverage-gate"], folder)
            assert runner.status == int(word == "failure"), runner.logs
            outputs(folder)
            assert (folder / OUT / "comment.md").read_text().startswith("<!-- coverage-gate -->")
            assert "::" in runner.logs[-1]
            poster = Runner(shop=shop, top=tmp_path, values=values)
            poster.steps(comment, moved(folder, tmp_path / f"post-{number}"))
            assert poster.status == 0, poster.logs
            ended[sha] = word
        (kept,) = server.desk.comments
        assert "# Coverage gate: PASS" in kept.body
        assert {one.commit: one.state for one in server.desk.statuses} == ended


def known(url: str, sha: str, word: str) -> dict[str, str]:
    """The expressions of the workflow files, and what they are here."""
    return {
        "github.event.pull_request.head.sha || github.sha": sha,
        "github.event.pull_request.head.sha": sha,
        "github.event.workflow_run.head_sha": sha,
        "github.base_ref || github.ref_name": "main",
        "github.event.workflow_run.id": "1",
        "github.token": forges.TOKEN,
        "secrets.COVERAGE_GATE_TOKEN": forges.TOKEN,
        "github.repository_owner": OWNER,
        "github.api_url": url,
        "github.server_url": url,
        "github.event.repository.name": NAME,
        "github.event.workflow_run.head_repository.owner.login": "a-fork",
        "github.event.workflow_run.head_branch": BRANCH,
        "github.head_ref": BRANCH,
        "github.event.workflow_run.conclusion": word,
        "needs.coverage-gate.result": word,
    }


def test_gitlab(shop: Shop, pushed: Callable[[], str], tmp_path: Path) -> None:
    jobs = load("gitlab", "coverage-gate.yml")
    with FakeGitLab() as server:
        server.desk.commits = None
        ended = {}
        for number, word in enumerate(("failed", "success")):
            sha = pushed()
            told = {
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": BRANCH,
                "CI_PROJECT_NAME": NAME,
                "CI_PROJECT_NAMESPACE": OWNER,
                "CI_SERVER_URL": server.url,
                "CI_COMMIT_SHA": sha,
            }
            runner = Runner(shop=shop, top=tmp_path, values={})
            folder = runner.clone(BRANCH)
            runner.judge_of_gitlab(jobs["coverage-gate"], folder, told)
            assert runner.status == int(word == "failed"), runner.logs
            outputs(folder)
            pattern = jobs["coverage-gate"]["coverage"].strip("/")
            assert re.search(pattern, runner.logs[-1], re.MULTILINE)
            reports = jobs["coverage-gate"]["artifacts"]["reports"]
            for place in (reports["codequality"], reports["junit"]):
                assert (folder / place).stat().st_size
            poster = Runner(shop=shop, top=tmp_path, values={})
            job = jobs["coverage-gate-comment"]
            own = {name: expanded(text, told) for name, text in job["variables"].items()}
            own["ORCH_GITLAB_TOKEN"] = forges.TOKEN
            alone = moved(folder, tmp_path / f"post-{number}")
            poster.shell("\n".join(job["script"]), alone, {**told, **own})
            assert poster.status == 0, poster.logs
            ended[sha] = word
        (kept,) = server.desk.comments
        assert "# Coverage gate: PASS" in kept.body
        assert {one.commit: one.state for one in server.desk.statuses} == ended


@pytest.mark.parametrize("forge", ["github", "gitea", "gitlab"])
@pytest.mark.parametrize(("is_kept", "status", "word"), [(True, 3, "closed"), (False, 0, "open")])
def test_a_job_without_pytest_is_red_by_one_line_of_the_file(
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    forge: str,
    is_kept: bool,
    status: int,
    word: str,
) -> None:
    """An environment in which nothing can be measured, as after a change of what is installed."""
    monkeypatch.delenv("ORCH_COVERAGE_PYTHON")
    job = load(forge, "coverage-gate.yml")["jobs" if forge != "gitlab" else "coverage-gate"]
    job = job.get("coverage-gate", job)
    settings = job["variables"] if forge == "gitlab" else judging(job)["env"]
    assert settings["ORCH_COVERAGE_TOOL_FAIL_CLOSED"] == "true"
    if not is_kept:
        del settings["ORCH_COVERAGE_TOOL_FAIL_CLOSED"]
    runner = Runner(shop=shop, top=tmp_path, values=known("", shop.sha("docs"), ""))
    folder = runner.clone("docs")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    if forge == "gitlab":
        runner.judge_of_gitlab(job, folder, {"CI_DEFAULT_BRANCH": "main"})
    else:
        runner.steps(job, folder)
    assert runner.status == status, runner.logs
    assert f"fail-{word}" in runner.logs[-1]
    assert "UNMEASURABLE" in (folder / OUT / "verdict.json").read_text()


def judging(job: Mapping[str, Any]) -> dict[str, Any]:
    """The step that judges."""
    found: dict[str, Any] = next(step for step in job["steps"] if step.get("name") == "Judge")
    return found


def expanded(text: str, told: Mapping[str, str]) -> str:
    return told[text[1:]] if text.startswith("$") else text


@pytest.mark.parametrize(
    ("forge", "schema"),
    [("github", "github-workflows"), ("gitea", "github-workflows"), ("gitlab", "gitlab-ci")],
)
def test_each_file_is_sound_by_the_schema_of_its_forge(forge: str, schema: str) -> None:
    files = sorted(map(str, (TEMPLATES / forge).iterdir()))
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*argv, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_may_write_checks_nothing_out() -> None:
    trusted = load("github", "coverage-gate-comment.yml")
    untrusted = load("github", "coverage-gate.yml")
    # YAML 1.1 takes the word "on" for true.
    (event,) = (told for name, told in trusted.items() if str(name) == "True")
    assert event["workflow_run"]["workflows"] == [untrusted["name"]]
    assert untrusted["permissions"] == {"contents": "read"}
    for job in (trusted["jobs"]["comment"], load("gitea", "coverage-gate.yml")["jobs"]["comment"]):
        used = [str(step.get("uses")) for step in job["steps"]]
        assert not [each for each in used if "checkout" in each]
    assert (
        load("gitlab", "coverage-gate.yml")["coverage-gate-comment"]["variables"]["GIT_STRATEGY"]
        == "none"
    )


# post by itself


@pytest.fixture
def verdict(tmp_path: Path) -> Path:
    return tmp_path / "verdict.json"


def post(tell: Tell, verdict: Path, *more: str) -> Told:
    names = ("--name", NAME, "--branch", BRANCH, "--commit", forges.COMMIT)
    return tell("post", str(verdict), "--forge", "github", *names, *more)


def test_a_forged_or_failed_verdict_is_no_success(
    tell: Tell, verdict: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeGitHub() as server:
        monkeypatch.setenv("ORCH_GITHUB_API_URL", server.url)
        monkeypatch.setenv("ORCH_GITHUB_TOKEN", forges.TOKEN)
        monkeypatch.setenv("ORCH_GITHUB_OWNER", OWNER)
        gap = {"path": "a`b.py", "symbol": "f", "lines": [[1, 2], [4, 4], "x"]}
        told = {
            "verdict": "FAIL",
            "merge_allowed": True,
            "reason": "@all <script>",
            "rules": [{"rule": "patch", "outcome": "|", "detail": "![x](http://x)"}, 3],
            "repair": {"gaps": [gap, {"path": "b.py"}, *[gap] * 20]},
        }
        verdict.write_text(json.dumps(told))
        assert post(tell, verdict).out == "FAIL is shown at github\n"
        verdict.write_text("log\n" + json.dumps({"verdict": "PASS", "merge_allowed": True}))
        post(tell, verdict, "--conclusion", "failure")
        assert [one.state for one in server.desk.statuses] == ["failure", "failure"]
        (kept,) = server.desk.comments
        assert "# Coverage gate: PASS" in kept.body
        monkeypatch.setenv("ORCH_GITHUB_TOKEN", "other")
        refused = post(tell, verdict)
        assert (refused.status, "401" in refused.err) == (4, True)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"verdict": "GOOD"}', "[" * 100_000])
def test_what_is_no_verdict_is_not_shown(
    tell: Tell, verdict: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    verdict.write_text(content)
    told = post(tell, verdict)
    assert (told.status, "ORCH_GITHUB_TOKEN, ORCH_GITHUB_OWNER" in told.err) == (2, True)
    monkeypatch.setenv("ORCH_GITHUB_TOKEN", "t")
    monkeypatch.setenv("ORCH_GITHUB_OWNER", OWNER)
    told = post(tell, verdict)
    assert (told.status, "it is no verdict" in told.err) == (2, True)
