"""A node that is none: a unix socket that answers JSON-RPC calls with what the test put there."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from bitdust.api.publish.door import code_of, data_of
from bitdust.errors import BitDustError, UnknownMethod

Answer = Any | Callable[..., Any]


class StubNode:
    """Answers each method with a value, or with what a function of its arguments answers or raises."""

    def __init__(self, home: Path, answers: dict[str, Answer]) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.calls: list[tuple[Any, ...]] = []
        self.answers = answers
        self._server = _Server(str(home / "api.sock"), _Handler)
        self._server.node = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        self.calls.append((name, *arguments))
        if name not in self.answers:
            raise UnknownMethod(f"the stub has no {name}")
        value = self.answers[name]
        return value(*arguments) if callable(value) else value


class _Server(socketserver.ThreadingUnixStreamServer):
    node: StubNode
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            told["result"] = self.server.node.answer(asked["method"], tuple(asked["params"]))
        except BitDustError as error:
            told["error"] = {"code": code_of(error), "message": error.message, "data": data_of(error)}
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:
        pass


def task(**changes: Any) -> dict[str, Any]:
    """A row of `tasks_list`."""
    return {
        "id": 1,
        "kind": "backup",
        "name": "/home/alice/photos",
        "path_id": "0/0/1",
        "version": "F20160313043757PM",
        "state": "committed",
        "progress": 1.0,
        "done": 2048,
        "total": 2048,
        "files": 3,
        "new": 2048,
        "sent": 4096,
        "suppliers": [],
        "rate": 0,
        "left": None,
        "skipped": 0,
        "error": "",
        "message": "",
        "warning": "",
        "notes": "",
        **changes,
    }


def health(**changes: Any) -> dict[str, Any]:
    """An answer of `process_health`."""
    return {
        "state": "safe",
        "sentence": "Every version survives the loss of any 2 of the 4 suppliers.",
        "survives": 2,
        "wrong": [],
        "next": [],
        "suppliers_online": 4,
        "suppliers_hired": 4,
        "suppliers_wanted": 4,
        "versions": 1,
        "pieces_missing": 0,
        "network": "Others reach this node directly.",
        "durability": None,
        "monitor": None,
        "warnings": [],
        **changes,
    }


def supplier(position: int, name: str) -> dict[str, Any]:
    """A row of `suppliers_list`."""
    return {
        "position": position,
        "idurl": f"http://id.example.net/{name}.xml",
        "fingerprint": "a" * 52,
        "state": "connected",
        "status": "connected",
        "since": 1800000000.0,
        "connected": 1800000000.0,
        "rtt": 0.006,
        "holds": 1 << 30,
        "numfiles": 12,
        "transport": "tcp",
        "uptime": None,
        "audits": None,
        "doubt": "",
        "notice": "",
    }
