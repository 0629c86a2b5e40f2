"""What judging needs from the outside, as protocols; adapters and the public fakes fit them."""

from coverage_gate.ports.measuring import Configurations, Measurer, Mutator, TreeSource
from coverage_gate.ports.receivers import DeliveryError, Receiver
from coverage_gate.ports.repository import (
    BAD_GIT_CONFIG,
    ChangeReader,
    Repository,
    RepositoryError,
    TreeReader,
)
from coverage_gate.ports.sandbox import (
    Launch,
    Premises,
    ProcessResult,
    RunLimits,
    Sandbox,
    SandboxError,
    WeakSandboxError,
)
from coverage_gate.ports.store import Store, StoreError
from coverage_gate.ports.surroundings import Clock, NoProgress, Progress

__all__ = [
    "BAD_GIT_CONFIG",
    "ChangeReader",
    "Clock",
    "Configurations",
    "DeliveryError",
    "Launch",
    "Measurer",
    "Mutator",
    "NoProgress",
    "Premises",
    "ProcessResult",
    "Progress",
    "Receiver",
    "Repository",
    "RepositoryError",
    "RunLimits",
    "Sandbox",
    "SandboxError",
    "Store",
    "StoreError",
    "TreeReader",
    "TreeSource",
    "WeakSandboxError",
]
