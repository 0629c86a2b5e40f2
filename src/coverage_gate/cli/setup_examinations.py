"""What the doctor finds out about what `init` writes: hooks, workflow files, limits."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coverage_gate.adapters.git.location import locate
from coverage_gate.adapters.measure.base_config import CONFIG_FILES
from coverage_gate.cli.base_file import read_base_files
from coverage_gate.cli.findings import Finding, Health, Patient, fail, ok, warn
from coverage_gate.core.history import branch_of
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import percent_text
from coverage_gate.core.written_calls import PROGRAM, calls_in
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Origin, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from coverage_gate.adapters.git.location import Location

_PRE_COMMIT, _AGENT = ".pre-commit-config.yaml", ".claude/settings.json"
_GITLAB, _GITLAB_PART = ".gitlab-ci.yml", ".gitlab/ci/coverage-gate.yml"
_WORKFLOWS = (
    *(".github/workflows/*.y*ml", ".gitea/workflows/*.y*ml"),
    *(_GITLAB, ".gitlab/ci/*.y*ml"),
)
_FAIL_CLOSED = "ORCH_COVERAGE_TOOL_FAIL_CLOSED"
_LONGEST = 1_000_000
_NO_REPOSITORY = "not looked at, since there is no repository"
_NO_CHECKOUT = "there is no checkout to look at"
_EVERYWHERE = frozenset({"--help", "--debug"})
_DEPTH = re.compile(r"""fetch-depth:\s*["']?0""")
_INSTALL_PYTHON = re.compile(r"^INSTALL_PYTHON=(.+)$", re.MULTILINE)
_FAIL_UNDER = re.compile(r"^\s*fail_under\s*[=:]\s*([0-9.]+)", re.MULTILINE)


# Hooks


def check_hooks(patient: Patient) -> Finding:
    """The hooks call commands that exist, can be run, and are switched on."""
    try:
        place = locate(patient.folder)
    except RepositoryError:
        return warn(_NO_REPOSITORY)
    if place.top is None:
        return ok(_NO_CHECKOUT)
    texts = _read(place.top, (_PRE_COMMIT, _AGENT))
    if not texts:
        return ok("no hook calls the gate: coverage-gate init shows one")
    found = [
        *_of_pre_commit(texts.get(_PRE_COMMIT, ""), place, patient),
        *_of_agent(texts.get(_AGENT, ""), patient),
    ]
    return _worst(found, f"the gate is called by {', '.join(sorted(texts))}")


def _of_pre_commit(text: str, place: Location, patient: Patient) -> Iterator[Finding]:
    if not text:
        return
    import yaml

    try:
        hooks = list(_hooks(yaml.safe_load(text)))
    except yaml.YAMLError as error:
        yield _broken(_PRE_COMMIT, "YAML", error)
        return
    for hook in hooks:
        yield from _objections(_PRE_COMMIT, str(hook.get("entry", "")))
        if hook.get("language") == "system":
            yield from _runnable(_PRE_COMMIT, patient)
        if "files" in hook and hook.get("always_run") is not True:
            yield warn(
                f"{_PRE_COMMIT}: a hook with `files` is handed no deletion, so a commit that only"
                " deletes tests passes",
                "always_run: true in place of files, and diff --staged --only-code as its entry",
            )
    yield from _switched_on(place, patient)


def _hooks(document: object) -> Iterator[Mapping[str, Any]]:
    """Those of the gate, whoever offers them."""
    repos = document.get("repos") if isinstance(document, dict) else None
    for repo in repos if isinstance(repos, list) else ():
        hooks = repo.get("hooks") if isinstance(repo, dict) else None
        for hook in hooks if isinstance(hooks, list) else ():
            if isinstance(hook, dict) and PROGRAM in f"{hook.get('id')} {hook.get('entry')}":
                yield hook


def _switched_on(place: Location, patient: Patient) -> Iterator[Finding]:
    """Whether git runs pre-commit; where hooks lie elsewhere, that is not looked at."""
    if "hookspath" in _text(place.common_dir / "config").lower():
        return
    hook = place.common_dir / "hooks" / "pre-commit"
    mend = "pre-commit install --hook-type pre-commit --hook-type pre-push"
    if not hook.is_file():
        yield warn(f"{_PRE_COMMIT} is there, but git runs no pre-commit hook", mend)
        return
    if not os.access(hook, os.X_OK):
        yield warn(f"{hook} is not executable: git leaves it out", f"chmod +x {hook}")
    python = _INSTALL_PYTHON.search(_text(hook))
    if python is None or Path(python[1].strip("'\"")).exists():
        return
    if shutil.which("pre-commit", path=patient.environment.get("PATH")) is None:
        yield warn(f"{hook} was made by a Python that is gone: {python[1]}", mend)


def _of_agent(text: str, patient: Patient) -> Iterator[Finding]:
    if not text:
        return
    try:
        document = json.loads(text)
    except ValueError as error:
        yield _broken(_AGENT, "JSON", error)
        return
    for command in _commands(document):
        yield from _objections(_AGENT, command)
        yield from _runnable(_AGENT, patient)


def _commands(document: object) -> Iterator[str]:
    """What hooks of the document run of ours, however deep they stand."""
    todo = [document]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            todo += each.values()
            command = each.get("command")
            if isinstance(command, str) and PROGRAM in command:
                yield command
        elif isinstance(each, list):
            todo += each


def _runnable(path: str, patient: Patient) -> Iterator[Finding]:
    if shutil.which(PROGRAM, path=patient.environment.get("PATH")) is None:
        yield warn(
            f"{path} calls {PROGRAM}, which is not on the PATH",
            "install it into the environment in which commits are made, or name it by its path",
        )


# Workflow files


def check_workflows(patient: Patient, settings: Settings) -> Finding:
    """The workflow files call commands that exist, with all the history that the gate needs."""
    try:
        top = locate(patient.folder).top
    except RepositoryError:
        return warn(_NO_REPOSITORY)
    if top is None:
        return ok(_NO_CHECKOUT)
    paths = sorted(path for pattern in _WORKFLOWS for path in top.glob(pattern))
    texts = _read(top, [path.relative_to(top).as_posix() for path in paths])
    if not texts:
        return ok("no workflow calls the gate: coverage-gate init --ci shows one")
    found = [
        *(each for path, text in texts.items() for each in _of_workflow(path, text, settings)),
        *_unincluded(top, texts),
    ]
    return _worst(found, f"the gate is called by {', '.join(texts)}")


def _of_workflow(path: str, text: str, settings: Settings) -> Iterator[Finding]:
    import yaml

    try:
        scalars = list(_scalars(text))
    except yaml.YAMLError as error:
        yield _broken(path, "YAML", error)
        return
    scripts = [value for _, value in scalars]
    yield from (each for script in scripts for each in _objections(path, script))
    if any(call[0] in {"check", "diff"} for each in scripts for call in calls_in(each)):
        yield from _without_history(path, text)
        pushed = [each for key, each in scalars if key == "branches"]
        yield from _for_other_branches(path, pushed, branch_of(settings.base))
        if not settings.fail_closed:
            yield from _opening(path, text)


def _opening(path: str, text: str) -> Iterator[Finding]:
    """Nobody watches a job: what `init` writes is red where nothing was measured. See ADR 0049."""
    if _FAIL_CLOSED not in text:
        yield warn(
            f"{path}: a job that could measure nothing is green",
            f'{_FAIL_CLOSED}: "true" in the environment of that step',
        )


def _without_history(path: str, text: str) -> Iterator[Finding]:
    if "actions/checkout" in text and _DEPTH.search(text) is None:
        yield warn(f"{path}: the checkout has no history to compare with", "fetch-depth: 0")
    if path.startswith(".gitlab") and "GIT_DEPTH" not in text:
        yield warn(f"{path}: the clone has no history to compare with", 'GIT_DEPTH: "0"')


def _for_other_branches(path: str, pushed: Sequence[str], base: str) -> Iterator[Finding]:
    if pushed and not any(each == base or "*" in each for each in pushed):
        yield warn(
            f"{path} names the branch {', '.join(pushed)}; the base is {base}",
            f"branches: [{base}], or set ORCH_COVERAGE_BASE",
        )


def _unincluded(top: Path, texts: Mapping[str, str]) -> Iterator[Finding]:
    if _GITLAB_PART in texts and _GITLAB_PART not in _text(top / _GITLAB):
        yield warn(
            f"{_GITLAB} does not include {_GITLAB_PART}: it never runs",
            f"include: [{{local: {_GITLAB_PART}}}]",
        )


def _scalars(text: str) -> Iterator[tuple[str, str]]:
    """Each text with the key above it, whatever tags a forge knows. Raises YAMLError."""
    import yaml

    seen: set[int] = set()
    todo: list[tuple[str, Any]] = [("", each) for each in yaml.compose_all(text, yaml.SafeLoader)]
    while todo:
        key, node = todo.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield key, node.value
        elif isinstance(node, yaml.SequenceNode):
            todo += [(key, each) for each in node.value]
        else:
            todo += [(str(name.value), each) for name, each in node.value]


# Limits


def check_limits(patient: Patient, settings: Settings) -> Finding:
    """No limit is set that another setting takes away."""
    try:
        files = read_base_files(patient.folder, settings.base, CONFIG_FILES)
        table = files.get("pyproject.toml")
        settings = load_settings(env=patient.environment, base_pyproject=table)
    except (RepositoryError, SettingsError):
        return warn("not looked at, since the base's settings cannot be read")
    floor, policy = percent_text(settings.floor), settings.policy_name
    found = [*_idle(settings), *_other_floor(settings, files)]
    return _worst(found, f"policy {policy}, floor {floor}: no limit contradicts another")


def _idle(settings: Settings) -> Iterator[Finding]:
    """What is set and does nothing."""
    is_set = {name for name, origin in settings.origins.items() if origin is not Origin.DEFAULT}
    rules, policy = settings.policy(judges_tests=False).rules, settings.policy_name
    if policy is PolicyName.BASELINE and settings.floor and "floor" in is_set:
        yield warn(
            f"the floor of {percent_text(settings.floor)} is ignored: the policy is {policy}",
            "policy = both",
        )
    if policy is PolicyName.ABSOLUTE and not settings.floor:
        yield warn("the policy is absolute, the floor 0: any total passes", "set min_percent")
    for name, rule in (("patch_min", RuleName.PATCH), ("targets", RuleName.TARGETS)):
        if name in is_set and rule not in rules:
            yield warn(f"{name} is set, but {rule} is none of the rules", f"add {rule} to rules")


def _other_floor(settings: Settings, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """coverage.py's own limit, which people take for the gate's; and a second configuration."""
    for path, content in files.items():
        found = _FAIL_UNDER.search(content.decode("utf-8", "replace"))
        if found is not None and percent_text(settings.floor) != f"{found[1]}%":
            yield warn(
                f"{path} has fail_under = {found[1]}, which is coverage.py's own: the floor of the"
                f" gate is {percent_text(settings.floor)}",
                f"min_percent = {found[1]} in [tool.coverage-gate]",
            )
    own = [path for path in files if path.startswith(".coveragerc")]
    if own and b"[tool.coverage." in files.get("pyproject.toml", b""):
        yield warn(
            f"{own[0]} and [tool.coverage] of pyproject.toml are both there: only the first counts",
            "keep one of them",
        )


# Findings


def _objections(path: str, script: str) -> Iterator[Finding]:
    for words in calls_in(script):
        wrong = _objection(words)
        if wrong:
            yield fail(f"{path}: {wrong}", "coverage-gate --help lists what there is")


def _objection(words: Sequence[str]) -> str:
    """What of a call does not exist; empty where all of it does."""
    from coverage_gate.cli.main import TABLE

    first = words[0]
    if first.startswith(("-", "$")):
        return ""
    if first not in TABLE:
        return f"there is no command {first!r}"
    command, name = TABLE[first].load(), first
    for word in words[1:]:
        if isinstance(command, click.Group) and word in command.commands:
            command, name = command.commands[word], f"{name} {word}"
        option = word.partition("=")[0]
        if word.startswith("--") and len(word) > len("--") and option not in _options(command):
            return f"`{name}` has no option {option}"
    return ""


def _options(command: click.Command) -> frozenset[str]:
    named = (name for each in command.params for name in (*each.opts, *each.secondary_opts))
    return _EVERYWHERE.union(named)


def _broken(path: str, kind: str, error: Exception) -> Finding:
    return fail(f"{path} is no {kind}: {' '.join(str(error).split())}", "set it right")


def _worst(found: Iterable[Finding], well: str) -> Finding:
    """All that is wrong as one finding, the worst first."""
    each = sorted(dict.fromkeys(found), key=lambda one: one.health is not Health.FAIL)
    if not each:
        return ok(well)
    detail = "; ".join(one.detail for one in each)
    return Finding(
        health=each[0].health,
        detail=detail,
        mend="; ".join(dict.fromkeys(one.mend for one in each)),
    )


def _read(top: Path, paths: Iterable[str]) -> dict[str, str]:
    """The files among these that speak of the gate."""
    texts = {path: _text(top / path) for path in paths}
    return {path: text for path, text in texts.items() if PROGRAM in text}


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_LONGEST)
    except OSError:
        return ""
