"""
The list of methods as documents that programs read: OpenRPC and OpenAPI.
"""

from __future__ import annotations

from typing import Any

from bitdust import __doc__ as caption
from bitdust.api.filemanager import MODES
from bitdust.api.publish.beside import places_beside
from bitdust.api.registry import Method, Param, Registry
from bitdust.api.shapes import result_schema

#: the method whose request is the whole body
FILEMANAGER = "filemanager"

_FILE_REQUEST = {
    "type": "object",
    "required": ["params"],
    "properties": {
        "params": {
            "type": "object",
            "required": ["mode"],
            "properties": {"mode": {"type": "string", "enum": list(MODES)}},
        }
    },
}
_PROBLEM = {
    "description": "It could not be done.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def open_rpc(registry: Registry) -> dict[str, Any]:
    """The description of the JSON-RPC door."""
    return {
        "openrpc": "1.2.6",
        "info": _info(),
        "methods": [
            {
                "name": method.name,
                "summary": method.sentence,
                "description": method.doc,
                "paramStructure": "either",
                "params": [
                    {
                        "name": param.name,
                        "description": param.sentence,
                        "required": param.required,
                        "schema": param.schema,
                    }
                    for param in method.params
                ],
                "result": {"name": "result", "schema": result_schema(method.name)},
            }
            for method in registry.values()
        ],
    }


def open_api(registry: Registry) -> dict[str, Any]:
    """The description of the REST door, and of the places beside it."""
    events = "events_list"
    beside = places_beside(_query_of(registry[events]), result_schema(events), _PROBLEM)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}, {"key": []}, {"basic": []}],
        "paths": {
            f"/{method.name}": {"post" if method.changes else "get": _operation(method)}
            for method in registry.values()
        }
        | beside,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "error", "hint", "code"],
                    "properties": {
                        **{name: {"type": "string"} for name in ("type", "title", "detail", "error", "hint")},
                        **{name: {"type": "integer"} for name in ("status", "code")},
                        "retryable": {"type": "boolean"},
                    },
                }
            },
        },
    }


def _operation(method: Method) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": method.name,
        "summary": method.sentence,
        "description": method.doc,
        "responses": {
            "200": {
                "description": "What the method answers.",
                "content": {"application/json": {"schema": result_schema(method.name)}},
            },
            "default": _PROBLEM,
        },
    }
    if not method.changes:
        operation["parameters"] = _query_of(method)
    elif method.name == FILEMANAGER:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _FILE_REQUEST}},
        }
    elif method.params:
        operation["requestBody"] = {
            "required": bool(method.required),
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {param.name: _property(param) for param in method.params},
                        "required": [param.name for param in method.params if param.required],
                    }
                }
            },
        }
    return operation


def _query_of(method: Method) -> list[dict[str, Any]]:
    return [
        {
            "name": param.name,
            "in": "query",
            "description": param.sentence,
            "required": param.required,
            "schema": _in_a_query(param),
        }
        for param in method.params
    ]


def _in_a_query(param: Param) -> dict[str, Any]:
    """A query cannot say null: what is absent there is null."""
    schema = dict(param.schema)
    if isinstance(schema["type"], list):
        words = [word for word in schema["type"] if word != "null"]
        schema["type"] = words[0] if len(words) == 1 else words
    return schema


def _property(param: Param) -> dict[str, Any]:
    return {"description": param.sentence, **param.schema}


def _info() -> dict[str, str]:
    return {"title": "BitDust", "version": "1", "description": (caption or "").strip()}
