"""
The parts of the node, and the switches of some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node
    from bitdust.node.services import ServiceView


@method()
def services_list(node: Node) -> list[Any]:
    """List the parts of the node: `state` is ON or OFF, `config_path` the switch, if there is one."""
    return [_service(service) for service in node.services.all()]


@method()
def service_info(node: Node, name: str) -> dict[str, Any]:
    """
    Show one part of the node.

    @param name: like `supplier` or `service_supplier`.
    """
    return _service(node.services.find(name))


@method(changes=True)
async def service_start(node: Node, name: str) -> dict[str, Any]:
    """
    Switch a part of the node on, now and for later starts.

    @param name: like `supplier` or `service_supplier`.
    """
    service = await node.services.switch(name, True)
    return {"result": f"service {service.name} was started", **_service(service)}


@method(changes=True)
async def service_stop(node: Node, name: str) -> dict[str, Any]:
    """
    Switch a part of the node off, now and for later starts.

    @param name: like `supplier` or `service_supplier`.
    """
    service = await node.services.switch(name, False)
    return {"result": f"service {service.name} was stopped", **_service(service)}


def _service(service: ServiceView) -> dict[str, Any]:
    return {
        "index": service.index,
        "name": "service_" + service.name.replace("-", "_"),
        "state": service.state,
        "enabled": service.enabled,
        "installed": service.installed,
        "config_path": service.config_path,
        "depends": ["service_" + name.replace("-", "_") for name in service.depends],
    }
