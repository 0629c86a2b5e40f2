"""Settings of the test run, and of what is closed around it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from coverage_gate.core.cage import Level, Need
from coverage_gate.core.reuse import Reuse
from coverage_gate.settings import scope
from coverage_gate.settings.names import Setting, interpreters_text

#: How tests are run, for how long, and what they may reach.
RUN: Mapping[str, Setting] = {
    "run_timeout_s": Setting(
        env="ORCH_COVERAGE_RUN_TIMEOUT_S",
        about="How many seconds one test run may take before it is killed.",
        allowed="seconds from 0.001 to 86400",
        default="900",
        file="run_timeout_s",
        flag="--timeout",
    ),
    "self_check_percent": Setting(
        env="ORCH_COVERAGE_SELF_CHECK_PERCENT",
        about=(
            "How many percent of the source files that were analysed before are analysed again in"
            " each run and compared. A difference is told, audited, and nothing is reused."
        ),
        allowed="a whole number from 0 to 100",
        default="2",
    ),
    "reuse": Setting(
        env="ORCH_COVERAGE_REUSE",
        about=(
            "Whose measurement a tree may take over: the same tree's, or that of a tree with the"
            " same code. `code` assumes that no test reads other files; see docs/configuration.md."
        ),
        allowed=", ".join(Reuse),
        default="tree",
    ),
    "run_output_kb": Setting(
        env="ORCH_COVERAGE_RUN_OUTPUT_KB",
        about="How many kilobytes of a test run's output are kept: its beginning and its end.",
        allowed="a whole number from 1 to 65536",
        default="64",
    ),
    "python": Setting(
        env="ORCH_COVERAGE_PYTHON",
        about="The interpreter that runs the tests: one path, or one for each repository.",
        allowed="a path, or repo=path pairs separated by commas",
        is_optional=True,
        flag="--python",
        show=interpreters_text,
    ),
    "test_command": Setting(
        env="ORCH_COVERAGE_TEST_COMMAND",
        about="What runs the tests: pytest, or any Python command such as `manage.py test`.",
        allowed="words as a shell splits them; no shell is involved",
        default="pytest",
        file="test_command",
        flag="--test-command",
        show=shlex.join,
    ),
    "sandbox": Setting(
        env="ORCH_SANDBOX",
        about="How test runs are held. `auto`: by the best level that works on this host.",
        allowed=", ".join(Level),
        default="auto",
    ),
    "require_sandbox": Setting(
        env="ORCH_REQUIRE_SANDBOX",
        about="The least that must be closed around tests; with less nothing is measured.",
        allowed=", ".join(Need),
        default="none",
    ),
    "sandbox_template": Setting(
        env="ORCH_SANDBOX_TEMPLATE",
        about="The site's own command around a test run, for the level `template`.",
        allowed="a command with the word {command}; {cwd} and {folder} are filled in",
        is_optional=True,
        show=shlex.join,
    ),
    "sandbox_network": Setting(
        env="ORCH_SANDBOX_NETWORK",
        about="Whether tests reach the network of the host. Their own loopback works either way.",
        allowed=scope.SWITCH,
        default="false",
    ),
    "sandbox_frozen": Setting(
        env="ORCH_SANDBOX_FROZEN",
        about="Whether the private copy of the tree is read-only for the tests.",
        allowed=scope.SWITCH,
        default="false",
    ),
    "sandbox_readable": Setting(
        env="ORCH_SANDBOX_READABLE",
        about="Further files and folders that tests may read, for those that need more.",
        allowed="paths separated by commas",
        is_optional=True,
        show=lambda paths: ",".join(map(str, paths)),
    ),
    "sandbox_processes": Setting(
        env="ORCH_SANDBOX_PROCESSES",
        about="How many processes and threads a test run may have at once.",
        allowed="a whole number from 16 to 1000000",
        default="1024",
    ),
    "sandbox_memory_mb": Setting(
        env="ORCH_SANDBOX_MEMORY_MB",
        about="How many megabytes each process of a test run may ask for to write to.",
        allowed="a whole number from 64 to 16777216",
        default="8192",
    ),
    "sandbox_disk_mb": Setting(
        env="ORCH_SANDBOX_DISK_MB",
        about="How many megabytes a test run may leave on disk, and in each folder in memory.",
        allowed="a whole number from 16 to 16777216",
        default="2048",
    ),
    "env_allow": Setting(
        env="ORCH_COVERAGE_ENV_ALLOW",
        about="Further variables that tests may see. What looks like a secret is refused.",
        allowed="names of variables separated by commas; no ORCH_*, no COVERAGE_*, no secrets",
        is_optional=True,
        show=",".join,
    ),
}
