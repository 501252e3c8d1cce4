"""
All methods of the API, noun by noun.
"""

from __future__ import annotations

from bitdust.api import (
    backups,
    config,
    customers,
    drills,
    events,
    excludes,
    filemanager,
    gui,
    identity,
    looking,
    messages,
    network,
    policies,
    process,
    relays,
    restores,
    schedules,
    services,
    space,
    streams,
    suppliers,
)
from bitdust.api.registry import Registry, collect


def all_methods() -> Registry:
    """Everything a node can be asked."""
    return collect(
        process,
        config,
        events,
        filemanager,
        gui,
        backups,
        streams,
        excludes,
        schedules,
        policies,
        restores,
        looking,
        drills,
        suppliers,
        customers,
        services,
        space,
        identity,
        messages,
        network,
        relays,
    )
