"""The quality gates: a plain dict, name → `(repo, work_item, branch) -> (ok, reason)`.

`ok` is True, False, or None: "cannot tell yet". False sends a task back where the check judges the
branch; None makes it wait and blames nobody. Both block.

A check of another system asks what is configured for it, and says N/A where nothing is:
`ORCH_QG_<NAME>_FILE=<file>:<key>` reads PASS or FAIL under that key in the front matter of that
file beside the coverage report; `ORCH_QG_<NAME>_COMMAND` runs in the branch's worktree, and its
exit status answers: 0 yes, 75 not yet, any other no. Where both are set, both must hold.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from coverage_gate import gate, procedure
from coverage_gate.adapters.git.view import open_view
from coverage_gate.adapters.render.front_matter import FrontMatterError, parse_front_matter
from coverage_gate.adapters.report_files import ReportError, read_report_file
from coverage_gate.boundary import visible
from coverage_gate.core.placement import Entry, Plan
from coverage_gate.ports import SandboxError
from coverage_gate.splice import CHECK_NAME, mount
from stage_engine.commands import NOT_YET, run_command, subject_variables
from stage_engine.repository import open_origin
from stage_engine.settings import EngineSettings, StatusFile, load_engine_settings

Answer = tuple[bool | None, str]
Check = Callable[[str, str, str], Answer]

MERGE_GATE = "check_branch_mergeable"
IMAGE_GATE = "check_staging_image_fresh"


def check_ci_green(repo: str, work_item: str, branch: str) -> Answer:
    """Whether the CI of another system is green for the branch."""
    return _outside("ci_green", repo, work_item, branch)


def check_tests_passed(repo: str, work_item: str, branch: str) -> Answer:
    """Whether the test stage says that the branch's tests passed."""
    return _outside("tests_passed", repo, work_item, branch)


def check_security_gate(repo: str, work_item: str, branch: str) -> Answer:
    """Whether the security review of another system passed."""
    return _outside("security_gate", repo, work_item, branch)


def check_staging_status(repo: str, work_item: str, branch: str) -> Answer:
    """Whether staging is fit to take a deployment."""
    return _outside("staging_status", repo, work_item, branch)


def check_staging_image_fresh(repo: str, work_item: str, branch: str) -> Answer:
    """Whether the image on staging is that of the branch."""
    return _outside("staging_image_fresh", repo, work_item, branch)


def check_branch_mergeable(repo: str, work_item: str, branch: str) -> Answer:
    """Whether the branch merges with main without a conflict; changes nothing, needs no lease.

    It opens the merge gate; lease, catch-up and re-test are the engine's steps behind it.
    """
    del work_item
    settings = load_engine_settings().gate
    origin = open_origin(settings, repo)
    with tempfile.TemporaryDirectory(prefix="stage-engine-") as scratch:
        view = open_view(origin.location.common_dir, scratch=Path(scratch))
        landing = view.landing(view.resolve(origin.main), view.resolve(branch))
    if landing.tree is None:
        return False, conflict_text(branch, origin.main, landing.conflicts)
    return True, f"{visible(branch)} merges with {origin.main}"


def check_coverage_gate(repo: str, work_item: str, branch: str) -> Answer:
    """The coverage gate's own check, looked up when it is called.

    Without a command for the merge gate's re-test, its measurement is the one run of the tests.
    """
    retested = None if load_engine_settings().test_command else False
    return gate.check_coverage_gate(repo, work_item, branch, retested=retested)


QG_CHECKS: dict[str, Check] = {
    "check_ci_green": check_ci_green,
    "check_tests_passed": check_tests_passed,
    "check_security_gate": check_security_gate,
    "check_staging_status": check_staging_status,
    "check_staging_image_fresh": check_staging_image_fresh,
    "check_branch_mergeable": check_branch_mergeable,
    "check_coverage_gate": check_coverage_gate,
}

#: A failure of these is no fault of the branch: the task waits and is not sent back.
BLAMELESS = frozenset({"check_staging_status", "check_staging_image_fresh"})

#: What runs on the edge deploy-staging → deploy, in order: the merge gate, ours, the image.
SUB_GATES: Plan = mount(
    Plan(entries=(Entry(name=MERGE_GATE), Entry(name=IMAGE_GATE, after=(MERGE_GATE,)))),
    name=CHECK_NAME,
    requires=(MERGE_GATE,),
).target


def conflict_text(branch: str, main: str, conflicts: tuple[str, ...]) -> str:
    """Why a branch does not merge, and what to do."""
    paths = ", ".join(visible(path) for path in conflicts)
    return (
        f"{visible(branch)} conflicts with {main} in {paths}. "
        f"Merge {main} into the branch and solve the conflicts."
    )


def _outside(name: str, repo: str, work_item: str, branch: str) -> Answer:
    settings = load_engine_settings()
    file, command = settings.files.get(name), settings.commands.get(name)
    if file is None and command is None:
        names = f"ORCH_QG_{name.upper()}_FILE and ORCH_QG_{name.upper()}_COMMAND"
        return True, f"{name}: N/A ({names} are not set)"
    answers: list[Answer] = []
    if file is not None:
        answers.append(_of_file(file, repo, work_item))
    if command is not None and all(ok for ok, _ in answers):
        answers.append(_of_command(settings, name, command, (repo, work_item, branch)))
    return answers[-1][0], f"{name}: {'; '.join(reason for _, reason in answers)}"


def _of_file(file: StatusFile, repo: str, work_item: str) -> Answer:
    path = gate.report_path(repo, work_item).with_name(file.name)
    if not path.exists():
        return None, f"{path} is not there yet"
    try:
        status = parse_front_matter(read_report_file(path)).get(file.key, "")
    except (FrontMatterError, ReportError) as error:
        return False, f"{path.name} has no readable {file.key}: {error}"
    if status not in ("PASS", "FAIL"):
        return False, f"{path.name}: {file.key} is neither PASS nor FAIL: {visible(status)!r}"
    return status == "PASS", f"{path.name}: {file.key} is {status}"


def _of_command(
    settings: EngineSettings, name: str, command: tuple[str, ...], subject: tuple[str, str, str]
) -> Answer:
    repo, _, branch = subject
    try:
        result = run_command(
            settings,
            command,
            cwd=procedure.make_worktree(settings.gate, repo, branch),
            own={**subject_variables(*subject), "ORCH_CHECK": name},
            timeout_s=settings.command_timeout_s,
        )
    except SandboxError as error:
        return None, f"its command cannot run: {error}"
    if result.status in (None, NOT_YET):
        return None, f"{command[0]} {result.ended()}"
    return result.status == 0, f"{command[0]} {result.ended()}"
