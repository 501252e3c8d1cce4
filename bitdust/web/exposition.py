"""
What `/metrics` tells, as Prometheus wants it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from bitdust.node.views import Health

#: the media type of what `expose` answers
FORM = CONTENT_TYPE_LATEST


def expose(health: Health, donated: dict[str, int]) -> bytes:
    """The figures as text.  @param donated: bytes of space for others, by what they are."""
    registry = CollectorRegistry()
    registry.register(_Measured(health, donated))
    return generate_latest(registry)


class _Measured(Collector):
    def __init__(self, health: Health, donated: dict[str, int]) -> None:
        self._health = health
        self._donated = donated

    def collect(self) -> Iterable[Metric]:
        health = self._health
        yield _gauge("suppliers_online", "Suppliers connected now.", health.suppliers_online)
        yield _gauge("suppliers_hired", "Suppliers under contract.", health.suppliers_hired)
        yield _gauge("suppliers_wanted", "Suppliers that are wanted.", health.suppliers_wanted)
        yield _gauge("versions", "Versions that can be restored.", health.versions)
        yield _gauge("pieces_missing", "Pieces that no supplier holds now.", health.pieces_missing)
        if health.survives is not None:
            yield _gauge(
                "file_redundancy_min", "How many more suppliers the worst version may lose.", health.survives
            )
        for name in ("donated", "consumed", "used", "real", "free"):
            if name in self._donated:
                yield _gauge(
                    f"customers_{name}_bytes", f"Space for others, {name}, in bytes.", self._donated[name]
                )


def _gauge(name: str, sentence: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"bitdust_{name}", sentence, value=value)
