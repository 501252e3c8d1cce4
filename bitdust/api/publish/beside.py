"""
What the OpenAPI document says of the places that are no methods: the events, the probes, the document itself.
"""

from __future__ import annotations

from typing import Any

#: places that are at the root of the site, and not below `/api/v1`
_ROOT = [{"url": "/"}]


def places_beside(
    asking: list[dict[str, Any]], events: dict[str, Any], problem: dict[str, Any]
) -> dict[str, Any]:
    """
    Path -> what can be asked there.

    @param asking: the arguments of `events_list` in a query; `events`: the schema of its answer.
    @param problem: the answer that tells of an error.
    """
    return {
        "/events": {
            "get": {
                "operationId": "events",
                "summary": "Hear what happens, as a stream or in one answer that waits.",
                "description": (
                    "Server-Sent Events: `id` rises by one, `data` is one event as `events_list` has it. "
                    "With `since` or `timeout`, and unless the stream is asked for by `Accept`, it is the "
                    "answer of `events_list`, which waits."
                ),
                "parameters": [
                    *asking,
                    {
                        "name": "Last-Event-ID",
                        "in": "header",
                        "description": "the last event that was heard: the stream goes on behind it.",
                        "required": False,
                        "schema": {"type": "string"},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The stream, or the answer.",
                        "content": {
                            "text/event-stream": {"schema": {"type": "string"}},
                            "application/json": {"schema": events},
                        },
                    },
                    "default": problem,
                },
            }
        },
        "/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "Show this document.",
                "responses": {
                    "200": {
                        "description": "The document.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "default": problem,
                },
            }
        },
        "/health": {
            "servers": _ROOT,
            "get": {
                "operationId": "health",
                "summary": "Tell whether the node lives.  Open to everyone on this machine.",
                "security": [],
                "responses": {
                    "200": _status("It does.", "ok"),
                    "503": _status("It cannot say how it is.", "not ok"),
                    "default": problem,
                },
            },
        },
        "/metrics": {
            "servers": _ROOT,
            "get": {
                "operationId": "metrics",
                "summary": "Show what was measured, for Prometheus.",
                "responses": {
                    "200": {
                        "description": "The figures.",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    },
                    "default": problem,
                },
            },
        },
    }


def _status(description: str, word: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "const": word}},
        "additionalProperties": False,
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}
