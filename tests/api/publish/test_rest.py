"""The REST door."""

import jsonschema
import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import Offline
from tests.api.fakes import ALICE
from tests.web.doors import AUTH, JSON


def test_questions(browser, node):
    """A question is a GET with its arguments in the query."""
    reply = browser.ask("GET", "/api/v1/config_get?key=logs%2Fdebug-level")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == {"key": "logs/debug-level", "type": "positive integer", "value": "8"}
    assert browser.ask("GET", f"/api/v1/ping?idurl={ALICE}&timeout=2.5").status == 200
    assert node.asked == [("ping", ALICE, 2.5)]
    assert len(browser.ask("GET", "/api/v1/backups_list?limit=2").json) == 2
    keys = [one["key"] for one in browser.ask("GET", "/api/v1/config_list?sort=1").json]
    assert keys == sorted(keys)
    assert browser.ask("GET", "/api/v1/backups_list").json[1]["size"] == 2**33


def test_changes(browser, node):
    """A change is a POST with a JSON object."""
    assert browser.post("restart", {"show": True}).json == {"result": "restarted with GUI"}
    assert browser.ask("POST", "/api/v1/stop").json == {"result": "stopped"}
    assert browser.ask("POST", "/api/v1/stop", b"", AUTH | JSON).status == 200
    reply = browser.post("config_set", {"key": "services/customer/needed-space", "value": 2**33})
    assert reply.json["value"] == "8 GB"
    assert browser.post("identity_create", {"name": "al", "servers": ["a"]}).status == 200
    assert node.asked == [("restart", True), ("stop",), ("stop",), ("identity_create", "al", ["a"])]


def test_questions_may_be_posted(browser):
    """A question with long arguments may be a POST, too."""
    assert (
        browser.post("config_get", {"key": "no/such", "default": "x" * 100_000}).json["type"] == "undefined"
    )


@pytest.mark.parametrize("name", [name for name, one in all_methods().items() if one.changes])
def test_no_change_by_get(browser, node, name):
    """T48: GET never changes anything."""
    reply = browser.ask("GET", f"/api/v1/{name}")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.json["error"] == "wrong_verb"
    assert node.asked == []


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_verbs(browser, node, verb):
    """Nothing but GET, HEAD and POST."""
    assert browser.ask(verb, "/api/v1/stop").status == 405
    assert node.asked == []


def test_head(browser):
    """HEAD is GET without a body."""
    reply = browser.ask("HEAD", "/api/v1/config_list")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/v1/no_such", 404, "not_found"),
        ("/api/v1/", 404, "not_found"),
        ("/api/v1", 404, "not_found"),
        ("/api", 404, "not_found"),
        ("/api/v2/stop", 404, "not_found"),
        ("/api/v1/stop/", 404, "not_found"),
        ("/api/v1/%5f%5fclass%5f%5f", 404, "not_found"),
        ("/api/v1/../v1/config_list", 404, "not_found"),
        ("/api/v1/%ff", 404, "not_found"),
        ("/x", 404, "not_found"),
        ("/api/v1/config_get", 400, "usage"),
        ("/api/v1/config_get?key=a&key=b", 400, "usage"),
        ("/api/v1/config_get?key=%ff", 400, "usage"),
        ("/api/v1/config_get?kee=a", 400, "usage"),
        ("/api/v1/backups_list?limit=many", 400, "usage"),
        ("/api/v1/config_get?key=no/such", 404, "not_found"),
        ("/api/v1/config_list?" + "&".join(f"a{n}=" for n in range(1500)), 400, "usage"),
    ],
)
def test_problems(browser, path, status, error):
    """Failures are RFC 9457 problems with our id, hint and exit code."""
    reply = browser.ask("GET", path)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert reply.json["status"] == status
    assert reply.json["error"] == error
    assert reply.json["type"] == f"urn:bitdust:error:{error}"
    assert reply.json["title"]
    assert reply.json["detail"]
    assert reply.json["hint"]
    assert isinstance(reply.json["code"], int)


def test_problems_of_the_node(browser, node):
    """An error of the node keeps its status, and says whether to try again."""
    node.fake_backups.error = Offline("2 of 4 suppliers are away")
    reply = browser.post("backup_start_id", {"pathID": "0"})
    assert (reply.status, reply.json["code"], reply.json["retryable"]) == (503, 13, True)
    node.broken = True
    reply = browser.ask("GET", "/api/v1/process_health")
    assert (reply.status, reply.json["error"]) == (500, "failed")
    assert b"secret" not in reply.body


@pytest.mark.parametrize(
    "body", [b"[]", b"5", b"{", b"[" * 100_000, b"null", b'{"show": {"deep": 1}}', b'{"node": 1}']
)
def test_bodies_that_are_refused(browser, node, body):
    """A change takes a JSON object of its own arguments."""
    assert browser.ask("POST", "/api/v1/restart", body, AUTH | JSON).status == 400
    assert node.asked == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_forms_are_no_calls(browser, node, kind):
    """T48: a form of a web page cannot change anything, even an empty one."""
    for body in (b'{"show": true}', b""):
        assert browser.ask("POST", "/api/v1/restart", body, AUTH | {"Content-Type": kind}).status == 415
    assert browser.ask("POST", "/api/v1/restart?show=1", b"{}", AUTH | JSON).status == 400
    assert node.asked == []


def test_openapi(browser):
    """The door describes itself."""
    document = browser.ask("GET", "/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {f"/{name}" for name in all_methods()}
    assert set(document["paths"]["/stop"]) == {"post"}
    assert [one["name"] for one in document["paths"]["/config_get"]["get"]["parameters"]] == [
        "key",
        "default",
    ]
    body = document["paths"]["/backup_start_path"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["required"] == ["path"]
    assert browser.ask("POST", "/api/v1/openapi.json").status == 405


@pytest.mark.parametrize("path", ["/events", "/health", "/metrics", "/openapi.json"])
def test_places_that_are_no_methods(browser, path):
    """What is described beside the methods is there, and of the type that is said."""
    document = browser.ask("GET", "/api/v1/openapi.json").json
    place = document["paths"][path]
    server = place.get("servers", document["servers"])[0]["url"].rstrip("/")
    reply = browser.ask("GET", f"{server}{path}" + ("?since=0" if path == "/events" else ""))
    assert reply.status == 200
    told = reply.headers["content-type"].partition(";")[0]
    described = place["get"]["responses"]["200"]["content"]
    assert told in described
    if told == "application/json":
        jsonschema.validate(reply.json, described[told]["schema"])
    if path == "/health":
        assert browser.ask("GET", path, headers={}).status == 200
        assert place["get"]["security"] == []
