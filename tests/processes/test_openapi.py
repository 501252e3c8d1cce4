"""Must show 4: whatever the OpenAPI document allows, or does not allow, is asked of a real node."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bitdust.api.methods import all_methods
from bitdust.api.publish.manual import open_api
from bitdust.demo.network import Network, Peer
from tests.processes.nodes import again, back_up, hired, until

load_all_checks()
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
DOCUMENT = open_api(all_methods())
OPERATIONS = {
    operation.path.removeprefix("/"): operation
    for operation in (found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
}
#: what ends or replaces a node is asked of one that has nobody and nothing
LONELY = {"stop", "restart", "identity_create", "identity_recover"}
#: cases of each operation that keep to the document, and as many that do not
CASES = 6
WORDS = "abandon " * 23 + "art"


@pytest.fixture(scope="module")
def people(net: Network) -> list[Peer]:
    """Three who are customer and supplier of each other, and write to each other."""
    return net.start(["alice", "bob", "carl"], {"services/customer/suppliers-number": 2})


@pytest.fixture(scope="module")
def sensible(people: list[Peer], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What means something at alice's, by the name of an argument."""
    alice, bob, _ = people
    for peer in people:
        hired(peer)
    source = tmp_path_factory.mktemp("scratch") / "src"
    source.mkdir()
    (source / "letter").write_bytes(random.Random(1).randbytes(50_000))
    version = back_up(alice, source)
    other = bob.client.call("identity_get")["idurl"]
    item, path = version.rpartition("/")[0], str(source)
    return {
        "key": "logs/debug-level", "value": 9, "pathID": item, "path_id": item, "id": item, "path": path,
        "backupID": version, "backup_id": version, "backupid": version, "localPath": path,
        "pathID_or_backupID": version, "pathID_or_backupID_or_localPath": version, "dirpath": path,
        "filepath": f"{path}/letter", "path_or_id": path,
        "destinationPath": f"{source.parent}/out", "dest_path": f"{source.parent}/out",
        "idurl": other, "new_idurl": other, "recipient": other, "correspondent": other, "nickname": "bob",
        "message_body": "hello", "index_or_idurl": 0, "name": "customer", "types": ["backup.*"], "kit": WORDS,
        "passphrase": "secret", "limit": 3, "timeout": 1, "after": "0", "since": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def lonely(net: Network) -> Peer:
    """Who knows nobody and has no identity; where he would publish one, nobody listens."""
    peer = net.prepare("lonely", {"services/identity-propagate/known-servers": "http://127.0.0.1:1"})
    peer.start()
    peer.wait()
    return peer


def read(peer: Peer, name: str) -> str:
    return (peer.home / name).read_text().strip()


def log_of(peer: Peer) -> str:
    return (peer.home / "logs" / "bitdust.log").read_text(errors="replace")


def tamed(value: Any, scratch: Path, name: str = "") -> Any:
    """The same, but that no path leads out of the scratch folder, and nobody waits for long."""
    match value:
        case dict():
            return {key: tamed(one, scratch, key) for key, one in value.items()}
        case list():
            return [tamed(one, scratch, name) for one in value]
        case str() if value.startswith(("/", "~")):
            return f"{scratch}/{value[1:]}"
        case int() | float() if name == "timeout" and 0 < value <= 600:
            return 0.05
    return value


def with_sense(value: Any, sensible: dict[str, Any]) -> Any:
    """The same, with what means something in the place of nonsense."""
    if not isinstance(value, dict):
        return value
    return {
        key: sensible.get(key, with_sense(one, sensible)) if key != "params" else with_sense(one, sensible)
        for key, one in value.items()
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation(
    name: str,
    people: list[Peer],
    lonely: Peer,
    sensible: dict[str, Any],
    tmp_path: Path,
) -> None:
    """No 500, no traceback in the log; each answer is of the type and the shape that are promised."""
    operation, peer = OPERATIONS[name], lonely if name in LONELY else people[0]
    asked: set[int] = set()

    def ask(case: Any, sense: bool) -> None:
        for part in ("query", "body"):
            given = getattr(case, part)
            if isinstance(given, dict | list):
                given = tamed(with_sense(given, sensible) if sense else given, tmp_path)
                setattr(case, part, given)
        if name == "events":
            # The answer that ends; the stream does not.
            case.query = {**(case.query or {}), "since": 0}
        if peer.process is None or peer.process.poll() is not None:
            again(peer)
        headers = {"Authorization": f"Bearer {read(peer, 'api-token')}"}
        root = read(peer, "api-url").rstrip("/")
        base = root if name in ("health", "metrics") else f"{root}/api/v1"
        before = (peer.home / "api-url").stat().st_mtime_ns
        response = case.call(base_url=base, headers=headers, timeout=30)
        asked.add(response.status_code)
        assert response.status_code != 500, response.content
        case.validate_response(response, checks=CHECKS)
        if response.status_code == 200 and name in ("stop", "restart"):
            _gone(peer, name, before)

    for mode in GenerationMode:
        few = 1 if name in ("stop", "restart") else CASES
        quietly = settings(
            max_examples=few,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        try:
            quietly(given(operation.as_strategy(generation_mode=mode), st.booleans())(ask))()
        except Unsatisfiable:
            # What takes nothing cannot be asked in a wrong way.
            assert mode is GenerationMode.NEGATIVE
    assert asked
    assert "Traceback" not in log_of(peer)
    assert "nobody foresaw" not in log_of(peer)


def _gone(peer: Peer, name: str, before: int) -> None:
    """Wait until a node has ended, or has come again."""
    assert peer.process is not None
    if name == "stop":
        assert peer.process.wait(30) == 0
        return
    place = peer.home / "api-url"
    until(lambda: place.exists() and place.stat().st_mtime_ns != before)
    peer.wait()
