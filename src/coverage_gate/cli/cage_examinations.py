"""What the doctor tells about the cage that holds test runs."""

from __future__ import annotations

from collections.abc import Sequence

from coverage_gate.adapters.sandbox.levels import survey
from coverage_gate.adapters.sandbox.probing import Found
from coverage_gate.cli.findings import Finding, Patient, fail, ok, warn
from coverage_gate.core.cage import BEYOND, Level, lacking
from coverage_gate.settings import Settings
from coverage_gate.wiring import wish_of


def examine_cages(patient: Patient) -> list[tuple[str, Finding]]:
    """Each level as it was tried here, then what tests may miss inside, with its setting."""
    if patient.settings is None:
        return [("settings", fail(str(patient.error), "see `coverage-gate doctor`"))]
    settings = patient.settings
    wish = wish_of(settings)
    tried = survey(wish)
    levels = [(found.cage.level, _level(found)) for found in tried]
    return [*levels, ("required", _required(settings, tried)), *_needs(settings)]


def _level(found: Found) -> Finding:
    if not found.is_usable:
        return warn(f"does not work here: {found.remark}", "install it, or let it be")
    remark = f"; {found.remark}" if found.remark else ""
    if not found.cage.open:
        return ok(f"closes everything that was tried{remark}")
    ways = "; ".join(BEYOND[way] for way in found.cage.open)
    return warn(f"tests could {ways}{remark}", "use a level that closes it (ORCH_SANDBOX)")


def _required(settings: Settings, tried: Sequence[Found]) -> Finding:
    best = next((found for found in tried if found.is_usable), None)
    if best is None:
        return fail(f"ORCH_SANDBOX={settings.sandbox} does not work here", "set another level")
    gaps = lacking(best.cage, settings.require_sandbox)
    if gaps:
        return fail(
            f"ORCH_REQUIRE_SANDBOX={settings.require_sandbox}, and {best.cage.level} leaves open:"
            f" {', '.join(gaps)}",
            "install bubblewrap, or require less",
        )
    chosen = "chosen" if settings.sandbox is Level.AUTO else "set"
    return ok(f"{best.cage.level} is {chosen}; at least {settings.require_sandbox} is required")


def _needs(settings: Settings) -> list[tuple[str, Finding]]:
    network = "the host's" if settings.sandbox_network else "their own loopback only"
    tree = "read-only" if settings.sandbox_frozen else "a private copy, which they may write"
    shown = ", ".join(map(str, settings.sandbox_readable)) or "none"
    zone = settings.variables(("TZ",)).get("TZ", "the host's, /etc/localtime")
    return [
        ("network", ok(f"tests reach {network} (ORCH_SANDBOX_NETWORK)")),
        ("home", ok("an empty folder of the run; to show them more: ORCH_SANDBOX_READABLE")),
        ("files", ok(f"the system's, the interpreter's, and further: {shown}")),
        ("tree", ok(f"{tree} (ORCH_SANDBOX_FROZEN)")),
        ("git", ok("the tree has no .git; tests that need a repository make one")),
        ("time zone", ok(f"{zone}; another one: TZ")),
        ("variables", ok("PATH, LANG, LC_*, TZ and what ORCH_COVERAGE_ENV_ALLOW names")),
        (
            "bounds",
            ok(
                f"{settings.sandbox_processes} processes, {settings.sandbox_memory_mb} MB each,"
                f" {settings.sandbox_disk_mb} MB of disk (ORCH_SANDBOX_PROCESSES, _MEMORY_MB,"
                " _DISK_MB)"
            ),
        ),
    ]
