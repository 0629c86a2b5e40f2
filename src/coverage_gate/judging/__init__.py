"""One branch from its name to its verdict: read, read, read, decide; adapters only by ports."""

from coverage_gate.judging.case import Ports, Request
from coverage_gate.judging.gate import BrokenGateError, run_gate, run_guarded

__all__ = ["BrokenGateError", "Ports", "Request", "run_gate", "run_guarded"]
