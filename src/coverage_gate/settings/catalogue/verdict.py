"""Settings of what is judged, and how."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.core.limits import PolicyName
from coverage_gate.core.policy import SWITCHED_RULES, AuditMode, MutationMode
from coverage_gate.settings import scope
from coverage_gate.settings.names import (
    Setting,
    branch_paths_text,
    kinds_text,
    percent_text,
    rules_text,
    targets_text,
)
from coverage_gate.settings.values import BranchMode

#: The limits, the rules, and what else decides.
GATE: Mapping[str, Setting] = {
    "enabled": Setting(
        env=scope.ENABLED,
        about="The switch. Off: the gate is inert, as if it had never been added.",
        allowed=scope.SWITCH,
        default="true",
    ),
    "repos": Setting(
        env=scope.REPOS,
        about="The repositories that are judged. Empty: only the orchestrator's own.",
        allowed=scope.NAMES,
        is_optional=True,
        show=",".join,
    ),
    "self_repo": Setting(
        env=scope.SELF_REPO,
        about="The name of the orchestrator's own repository.",
        allowed=scope.NAME,
        default=scope.DEFAULT_SELF_REPO,
    ),
    "policy_name": Setting(
        env="ORCH_COVERAGE_POLICY",
        about="Which limits decide: the floor (`absolute`), the baseline, or both.",
        allowed=", ".join(PolicyName),
        default="both",
        file="policy",
        flag="--policy",
    ),
    "floor": Setting(
        env="ORCH_COVERAGE_MIN_PERCENT",
        about="The floor: the lowest coverage that the policies `absolute` and `both` allow.",
        allowed="a percentage from 0 to 100, such as 80 or 82.5",
        default="0",
        file="min_percent",
        flag="--floor",
        show=percent_text,
    ),
    "epsilon": Setting(
        env="ORCH_COVERAGE_EPSILON",
        about="How far below floor and baseline still passes. A negative value counts as 0.",
        allowed="percentage points up to 100, such as 0.5",
        default="0.5",
        file="epsilon",
        flag="--epsilon",
        show=percent_text,
    ),
    "rules": Setting(
        env="ORCH_COVERAGE_RULES",
        about="The further rules, which judge lines. Set but empty: none of them.",
        allowed=f"names separated by commas: {', '.join(SWITCHED_RULES)}; or nothing at all",
        default="patch,lost,unmeasured,integrity",
        file="rules",
        flag="--rules",
        show=rules_text,
    ),
    "patch_min": Setting(
        env="ORCH_COVERAGE_PATCH_MIN_PERCENT",
        about="How much of the new and modified statements the rule `patch` wants covered.",
        allowed="a percentage from 0 to 100, such as 90",
        default="90",
        file="patch_min_percent",
        flag="--patch-min",
        show=percent_text,
    ),
    "audit": Setting(
        env="ORCH_COVERAGE_AUDIT",
        about="What a finding in changed tests means: nothing, a warning, or FAIL.",
        allowed=", ".join(AuditMode),
        default="warn",
        file="audit",
    ),
    "mutation_samples": Setting(
        env="ORCH_MUTATION_SAMPLES",
        about="How many covered lines of the change are changed in memory, to see a test notice.",
        allowed="a whole number from 0 to 1000; 0 is off",
        default="0",
        file="mutation_samples",
    ),
    "mutation_seconds": Setting(
        env="ORCH_MUTATION_SECONDS",
        about="How many seconds all of these changes together may take.",
        allowed="seconds from 0.001 to 86400",
        default="300",
        file="mutation_seconds",
    ),
    "mutation_max_survivors": Setting(
        env="ORCH_MUTATION_MAX_SURVIVORS",
        about="How many of these changes may pass unnoticed.",
        allowed="a whole number from 0 to 1000",
        default="0",
        file="mutation_max_survivors",
    ),
    "mutation_mode": Setting(
        env="ORCH_MUTATION_POLICY",
        about="What more of them mean: a warning, or FAIL.",
        allowed=", ".join(MutationMode),
        default="warn",
        file="mutation_policy",
    ),
    "fail_closed": Setting(
        env="ORCH_COVERAGE_TOOL_FAIL_CLOSED",
        about="Whether a merge is blocked when the tool itself could not measure.",
        allowed=scope.SWITCH,
        default="false",
        file="tool_fail_closed",
    ),
    "retested": Setting(
        env="ORCH_COVERAGE_RETESTED",
        about=(
            "Whether a merge gate before this one ran the tests of the caught-up branch. `false`:"
            " the measurement is that run, and tests that fail newly fail the gate."
        ),
        default="true",
        allowed=scope.SWITCH,
    ),
    "base": Setting(
        env="ORCH_COVERAGE_BASE",
        about="The branch that a branch is judged against and lands in.",
        allowed="the name of a branch",
        default="main",
        file="base",
        flag="--base",
    ),
    "branch_mode": Setting(
        env="ORCH_COVERAGE_BRANCH",
        about="Whether branches are measured. `auto`: as the base's coverage configuration says.",
        allowed=", ".join(BranchMode),
        default="auto",
        file="branch",
    ),
    "flaky_days": Setting(
        env="ORCH_COVERAGE_FLAKY_DAYS",
        about="How many days a line that main was seen to run and not to run counts as flaky.",
        allowed="a whole number from 0 to 365",
        default="14",
        file="flaky_days",
    ),
    "alert_drop": Setting(
        env="ORCH_COVERAGE_ALERT_DROP",
        about="By how much coverage may fall between comparable measurements of a branch before"
        " people are told. It fails no merge.",
        allowed="percentage points from 0 to 100, such as 2 or 0.5",
        default="2",
        flag="--max-drop",
        show=percent_text,
    ),
    "history_days": Setting(
        env="ORCH_COVERAGE_HISTORY_DAYS",
        about="How many days points and measurements are kept; older ones go after a merge, or by"
        " `history prune`. 0: for ever.",
        allowed="a whole number from 0 to 36500",
        default="0",
        flag="--days",
    ),
}

#: Those that stand only in the file, since they are about paths of the repository.
PER_PATH: Mapping[str, Setting] = {
    "targets": Setting(
        env="",
        about="What each file that a pattern means must reach; judged by the rule `targets`.",
        allowed="a table of patterns, each with a percentage, or with text such as 100:branch",
        is_optional=True,
        file="targets",
        show=targets_text,
    ),
    "priorities": Setting(
        env="",
        about="Which files `analyze` looks at. Empty: all of them.",
        allowed="a list of patterns",
        is_optional=True,
        file="priorities",
        show=",".join,
    ),
    "kinds": Setting(
        env="",
        about="What kind of code files hold, before the kinds that `analyze` knows by itself.",
        allowed="a table of patterns, each with command, adapter, admin, core, or `name: action`",
        is_optional=True,
        file="kinds",
        show=kinds_text,
    ),
    "branch_paths": Setting(
        env="",
        about="Where *lost* and *patch* judge branches, too. The last pattern that fits decides.",
        allowed="a table of patterns, each with on or off",
        is_optional=True,
        file="branch_paths",
        show=branch_paths_text,
    ),
}
