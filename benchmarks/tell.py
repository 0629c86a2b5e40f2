"""What was timed, as a table for people and as JSON for later comparisons."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.figures import Figures, Round, figures
from benchmarks.peers import PEERS, REFERENCE, Counts
from coverage_gate import __version__
from coverage_gate.clock import SystemClock

SCHEMA = 1
_ROW = "{:<34} {:>7} {:>7} {:>5}  {:<18} {:<18}"
#: Whose packages decide what is timed.
_VERSIONS = ("python", "coverage", "pytest", "pytest-cov")
_CPU_INFO, _MEMORY_INFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One subject, timed.

    Attributes:
        title: For people.
        versions: What is installed for its tests.
        rounds: All that were timed.
        counts: Peer → covered and total, where it tells them.
    """

    title: str
    versions: Mapping[str, str]
    rounds: Sequence[Round]
    counts: Mapping[str, Counts | None]


def table(told: Told) -> str:
    """Medians, and ratios to the reference as median (lowest-highest), at 100 columns."""
    versions = ", ".join(f"{name} {told.versions.get(name, '?')}" for name in _VERSIONS)
    rows = [
        f"{told.title}; {versions}; {len(told.rounds)} rounds",
        _ROW.format("", "cpu s", "wall s", "MiB", f"cpu / {REFERENCE}", f"wall / {REFERENCE}"),
        *(_row(peer.title, figures(told.rounds, peer.name, REFERENCE)) for peer in PEERS),
        numbers(told.counts),
    ]
    return "\n".join(row.rstrip() for row in rows)


def _row(title: str, found: Figures) -> str:
    return _ROW.format(
        title,
        f"{found.cpu_s:.2f}",
        f"{found.wall_s:.2f}",
        f"{found.rss_mib:.0f}",
        str(found.cpu_ratio),
        str(found.wall_ratio),
    )


def numbers(counts: Mapping[str, Counts | None]) -> str:
    """Whether all peers that count counted the same."""
    told = {name: each for name, each in counts.items() if each is not None}
    shown = {f"{covered}/{total}" for covered, total in told.values()}
    if len(shown) == 1:
        return f"all counted the same: {shown.pop()}"
    return "counted: " + ", ".join(f"{name} {each[0]}/{each[1]}" for name, each in told.items())


def write(told: Sequence[Told], folder: Path) -> Path:
    """Write one JSON file with everything, named by the date. Raises OSError."""
    now = SystemClock().now_iso()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now.replace(':', '').replace('-', '')}.json"
    found = {
        "schema_version": SCHEMA,
        "when": now,
        "machine": machine(),
        "gate": __version__,
        "reference": REFERENCE,
        "subjects": [_subject(each) for each in told],
    }
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return path


def _subject(told: Told) -> dict[str, object]:
    return {
        "title": told.title,
        "versions": told.versions,
        "counts": told.counts,
        "figures": {
            peer.name: asdict(figures(told.rounds, peer.name, REFERENCE)) for peer in PEERS
        },
        "rounds": [{name: asdict(cost) for name, cost in each.items()} for each in told.rounds],
    }


def machine() -> dict[str, object]:
    """What kind of machine this is; nothing that names it."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "processor": _field(_CPU_INFO, "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _field(_MEMORY_INFO, "MemTotal"),
        "load": os.getloadavg()[0],
    }


def _field(file: Path, name: str) -> str | None:
    """The first value of a name in a file of `name: value` lines."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError:
        return None
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in pairs if key.strip() == name), None)
