"""Writes the golden vectors of the wire.  Run once for a new packet; a vector that exists never changes."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from bitdust.wire.codec import encode
from tests.wire.samples import FRAMES, PACKETS

HERE = Path(__file__).parent


def fields(value: object) -> object:
    """Readable: bytes as hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: fields(one) for key, one in value.items()}
    return [fields(one) for one in value] if isinstance(value, list | tuple) else value


def packets() -> list[dict[str, object]]:
    """Every sample packet with its bytes."""
    return [
        {
            "packet": type(packet).__name__,
            "fields": fields(msgspec.to_builtins(packet, builtin_types=(bytes,))),
            "hex": encode(packet).hex(),
        }
        for packet in PACKETS
    ]


if __name__ == "__main__":
    (HERE / "packets.json").write_text(json.dumps(packets(), indent=1) + "\n")
    (HERE / "frames.json").write_text(json.dumps({n: f.hex() for n, f in FRAMES.items()}, indent=1) + "\n")
