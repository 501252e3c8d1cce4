"""
Figures for Prometheus, and the answer to the question whether the node lives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from twisted.logger import Logger
from twisted.web.http import Request

from bitdust.api.publish.page import Answer, Page, json_answer

if TYPE_CHECKING:
    from bitdust.node.node import Node
    from bitdust.node.views import Health


class HealthPage(Page):
    """`/health`: ok or not, and nothing else."""

    verbs = ("GET",)

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node

    async def reply(self, request: Request) -> Answer:
        try:
            await self._node.health()
        except Exception:
            Logger(namespace="bitdust.web").failure("the node could not say how it is")
            return json_answer({"status": "not ok"}, 503)
        return json_answer({"status": "ok"})


class MetricsPage(Page):
    """`/metrics`: what was measured, in the text form of Prometheus."""

    verbs = ("GET",)

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node

    async def reply(self, request: Request) -> Answer:
        registry = CollectorRegistry()
        registry.register(_Measured(await self._node.health(), await self._node.space_donated()))
        return Answer(generate_latest(registry), CONTENT_TYPE_LATEST)


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
