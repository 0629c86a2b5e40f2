"""Puts the coverage gate into a host's `advance_stage`: between merge gate and image freshness.

A host is known only as the functions of `StageHost`; docs/how-to/mount-into-your-orchestrator.md
shows one.
"""

from coverage_gate.core.placement import Entry, PlacementError, Plan
from coverage_gate.splice.host import Host, HostError, StageHost
from coverage_gate.splice.mounting import CHECK_NAME, Check, Mounted, mount
from coverage_gate.splice.rollback import DEVELOPER, DEVELOPMENT
from coverage_gate.splice.subgate import (
    NOTIFY_WITHIN_S,
    RETRY_LIMIT,
    handle_coverage_gate,
    verify_merge,
)

__all__ = [
    "CHECK_NAME",
    "DEVELOPER",
    "DEVELOPMENT",
    "NOTIFY_WITHIN_S",
    "RETRY_LIMIT",
    "Check",
    "Entry",
    "Host",
    "HostError",
    "Mounted",
    "PlacementError",
    "Plan",
    "StageHost",
    "handle_coverage_gate",
    "mount",
    "verify_merge",
]
