"""
What a question costs at each door, beside a bare `twisted.web` Resource that always says the same; and what
the command line takes for an answer, beside an interpreter that does nothing.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xmlrpc.client import ServerProxy

from bitdust.demo.network import Network, free_port
from tests.bench.measure import Figures, alone, wait_for

#: questions asked in a row, over one connection
CALLS = 1000
#: commands, of which the median counts
COMMANDS = 11
#: the question: a small answer, that the node has at hand
METHOD, KEY = "config_get", "logs/debug-level"
BARE = """
import sys
from twisted.internet import endpoints, reactor
from twisted.web import resource, server

class Bare(resource.Resource):
    isLeaf = True
    def render_POST(self, request):
        request.content.read()
        request.setHeader(b"content-type", b"application/json")
        return b'{"key": "logs/debug-level", "type": "positive integer", "value": "8"}'
    render_GET = render_POST

endpoints.serverFromString(reactor, f"tcp:{sys.argv[1]}:interface=127.0.0.1").listen(server.Site(Bare()))
reactor.run()
"""

Ask = Callable[[], object]


def run(figures: Figures, name: str, run: int, work: Path) -> None:
    """Calls per second at each door, and seconds of a command."""
    folder = work / "doors"
    shutil.rmtree(folder, ignore_errors=True)
    with Network(folder) as network, _bare() as bare:
        network.start_identity_server()
        [node] = network.start(["node"], {})
        url = (node.home / "api-url").read_text().strip()
        token = (node.home / "api-token").read_text().strip()
        place = urlsplit(url).netloc
        shows = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": METHOD, "params": [KEY]})
        xml = ServerProxy(f"http://bitdust:{token}@{place}/RPC2")
        doors: dict[str, Ask] = {
            "bare": _http(bare, "POST", "/", call, {}),
            "xmlrpc": lambda: xml.config_get(KEY),
            "jsonrpc": _http(place, "POST", "/jsonrpc", call, shows),
            "rest": _http(place, "GET", f"/api/v1/{METHOD}?key={KEY}", None, shows),
        }
        with alone():
            for door, ask in doors.items():
                figures.add(name, f"calls_{door}", _per_second(ask), "1/s", run)
            words = ["-m", "bitdust.cli", "--home", str(node.home), "--json", "supplier", "list"]
            figures.add(name, "command_bare", _median(["-c", "pass"]), "s", run)
            figures.add(name, "command_answer", _median(words), "s", run)
        xml("close")()
    shutil.rmtree(folder, ignore_errors=True)


def _per_second(ask: Ask) -> float:
    for _ in range(20):
        ask()
    began = time.perf_counter()
    for _ in range(CALLS):
        ask()
    return CALLS / (time.perf_counter() - began)


def _median(words: list[str]) -> float:
    took = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return sorted(took)[COMMANDS // 2]


def _http(place: str, verb: str, path: str, body: str | None, headers: dict[str, str]) -> Ask:
    connection = http.client.HTTPConnection(place)

    def ask() -> object:
        connection.request(verb, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200 or b'"error"' in text:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:200]!r}")
        return text

    return ask


@contextmanager
def _bare() -> Iterator[str]:
    """A process with the bare Resource; where it answers."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])

    def answers() -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as probe:
                probe.request("GET", "/")
                return probe.getresponse().status == 200
        except OSError:
            return False

    try:
        wait_for(answers, 20, "the bare Resource")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
