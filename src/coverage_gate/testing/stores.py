"""A store in memory, for tests. It passes the same contract suite as the one on a database."""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.testing.memory.baselines import Baselines
from coverage_gate.testing.memory.history import History
from coverage_gate.testing.memory.leases import Leases
from coverage_gate.testing.memory.lessons import Lessons
from coverage_gate.testing.memory.measurements import Measurements
from coverage_gate.testing.memory.messages import Messages
from coverage_gate.testing.memory.waivers import Waivers


@dataclass(slots=True, kw_only=True)
class MemoryStore(Baselines, Measurements, History, Lessons, Leases, Waivers, Messages):
    """Fits `ports.Store`: all its parts in memory."""
