"""What Prometheus is told at a scrape: read from the store then, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from coverage_gate import __version__, gate
from coverage_gate.web.access import Doorkeeper


def metrics_text(doorkeeper: Doorkeeper) -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Figures(doorkeeper=doorkeeper))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Figures(Collector):
    """Reads all figures anew whenever somebody asks."""

    doorkeeper: Doorkeeper

    def collect(self) -> Iterator[Metric]:
        """The figures, as they are now."""
        block = gate.snapshot()
        info = GaugeMetricFamily("coverage_gate_info", "Always 1.", labels=["version", "policy"])
        info.add_metric([__version__, str(block.get("policy"))], 1)
        yield info
        yield GaugeMetricFamily(
            "coverage_gate_enabled", "Whether the switch is on.", int(bool(block.get("enabled")))
        )
        yield GaugeMetricFamily(
            "coverage_gate_settings_readable",
            "0 where a setting is invalid: the gate then answers with an error.",
            int("error" not in block),
        )
        yield from _baselines(block.get("baselines", {}))
        yield CounterMetricFamily(
            "coverage_gate_refused_requests",
            "Requests without the right API token.",
            self.doorkeeper.refused,
        )


def _baselines(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    percent = GaugeMetricFamily(
        "coverage_gate_baseline_percent", "The stored value of main.", labels=["repo"]
    )
    since = GaugeMetricFamily(
        "coverage_gate_baseline_updated_timestamp_seconds",
        "When it was last raised or stamped anew.",
        labels=["repo"],
    )
    for repo, row in rows.items():
        percent.add_metric([repo], row["coverage"])
        since.add_metric([repo], datetime.fromisoformat(row["updated_at"]).timestamp())
    yield percent
    yield since
