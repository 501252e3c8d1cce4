"""
Figures for Prometheus, and the answer to the question whether the node lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger
from twisted.web.http import Request

from bitdust.api.publish.page import Answer, Page, json_answer

if TYPE_CHECKING:
    from bitdust.node.node import Node


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
        # Most nodes are asked for it by nobody, and the library would lie in the memory of all.
        from bitdust.web.exposition import FORM, expose

        return Answer(expose(await self._node.health(), await self._node.space_donated()), FORM)
