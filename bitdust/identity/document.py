"""The signed public description of a user."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """Placeholder until identity is written."""

    fingerprint: str
