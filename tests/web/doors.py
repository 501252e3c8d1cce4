"""The site in memory, asked synchronously."""

from __future__ import annotations

import json
import xmlrpc.client
from dataclasses import dataclass
from typing import Any

from treq.testing import StubTreq
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.api.methods import all_methods
from bitdust.web.site import build_site
from tests.web.xml_calls import call_text

TOKEN = "the-token-of-this-test"
XML = {"Content-Type": "text/xml"}
JSON = {"Content-Type": "application/json"}
AUTH = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def now(deferred: Deferred[Any]) -> Any:
    """What the Deferred already holds."""
    results: list[Any] = []
    failures: list[Any] = []
    deferred.addCallbacks(results.append, failures.append)
    if failures:
        failures[0].raiseException()
    return results[0]


class Browser:
    """Asks the site of a node as a program or a browser would."""

    def __init__(self, node: Any, *, trusted: bool = False) -> None:
        self.clock = Clock()
        site = build_site(node, all_methods(), TOKEN, node.settings, trusted, self.clock)
        self._treq = StubTreq(site.resource)
        # The real site, with its limits, in the place of the plain one that `StubTreq` makes.
        self._treq._agent._serverFactory = site

    def ask(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, Any] | None = None,
        host: str = "127.0.0.1",
    ) -> Reply:
        """One request, with the token unless `headers` say otherwise."""
        headers = AUTH if headers is None else headers
        asked = self._treq.request(verb, f"http://{host}{path}", headers=headers, data=body)
        self._treq.flush()
        response = now(asked)
        content = now(self._treq.content(response))
        told = {
            name.decode().lower(): ", ".join(value.decode() for value in values)
            for name, values in response.headers.getAllRawHeaders()
        }
        return Reply(response.code, told, content)

    def xmlrpc(self, name: str, *arguments: Any) -> Any:
        """A call through the XML-RPC door; raises its Fault."""
        return self.xml(call_text(name, arguments))

    def xml(self, body: bytes, path: str = "/RPC2") -> Any:
        """A body through the XML-RPC door."""
        reply = self.ask("POST", path, body, AUTH | XML)
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/xml")
        return xmlrpc.client.loads(reply.body)[0][0]

    def jsonrpc(self, asked: Any) -> Any:
        """A call through the JSON-RPC door; the whole answer."""
        reply = self.ask("POST", "/jsonrpc", json.dumps(asked).encode(), AUTH | JSON)
        assert reply.status in (200, 204)
        return reply.json if reply.body else None

    def post(self, name: str, body: Any) -> Reply:
        """A change through the REST door."""
        return self.ask("POST", f"/api/v1/{name}", json.dumps(body).encode(), AUTH | JSON)
