"""Who may ask."""

import base64
import hmac

import pytest

from tests.api.fakes import fake_node
from tests.web.doors import AUTH, JSON, TOKEN, XML, Browser

STOP = b"<methodCall><methodName>stop</methodName></methodCall>"


def basic(user, password):
    """A header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN} "},
        {"X-API-Key": TOKEN},
        basic("bitdust", TOKEN),
        basic("", TOKEN),
        basic("anyone", TOKEN),
    ],
)
def test_the_token_opens(browser, node, headers):
    """Bearer, X-API-Key, or the password of Basic with any user."""
    assert browser.ask("POST", "/RPC2", STOP, headers | XML).status == 200
    assert node.asked == [("stop",)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"Authorization": TOKEN},
        {"Authorization": f"Digest {TOKEN}"},
        {"Authorization": "Bearer \xff\u20ac"},
        {"X-API-Key": ""},
        {"X-API-Key": TOKEN[:-1]},
        {"Cookie": f"token={TOKEN}"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        basic(TOKEN, ""),
        basic("bitdust", "wrong"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("verb", "path", "kind"),
    [
        ("POST", "/RPC2", XML),
        ("POST", "/", XML),
        ("POST", "/jsonrpc", JSON),
        ("POST", "/api/v1/stop", JSON),
        ("GET", f"/api/v1/config_list?token={TOKEN}", {}),
        ("GET", "/api/v1/openapi.json", {}),
        ("GET", "/metrics", {}),
        ("GET", "/no/such", {}),
    ],
)
def test_nothing_without_the_token(browser, node, headers, verb, path, kind):
    """T45: without the right token nothing happens, and the answer says where the token is."""
    reply = browser.ask(verb, path, STOP if verb == "POST" else None, headers | kind)
    assert reply.status == 401
    assert reply.json["error"] == "auth"
    assert "api-token" in reply.json["hint"]
    assert reply.headers["www-authenticate"] == 'Bearer realm="BitDust", Basic realm="BitDust"'
    assert TOKEN.encode() not in reply.body
    assert node.asked == []


@pytest.mark.parametrize("given", ["", TOKEN[:1], TOKEN[:-1], "x" * len(TOKEN), TOKEN + "x", TOKEN])
def test_no_clock_tells_the_token(browser, node, monkeypatch, given):
    """T45: what was given meets the token in `compare_digest` alone, whole, however much of it is right."""
    compared = []

    def watched(one, other):
        compared.append((one, other))
        return compare(one, other)

    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", watched)
    status = browser.ask("GET", "/api/v1/config_list", headers={"X-API-Key": given}).status
    assert status == (200 if given == TOKEN else 401)
    assert compared == [(given.encode(), TOKEN.encode())]


def test_a_browser_is_not_asked_for_a_password(browser):
    """A page's own request does not open the password window of its browser."""
    reply = browser.ask("GET", "/api/v1/config_list", headers={"Sec-Fetch-Mode": "cors"})
    assert reply.headers["www-authenticate"] == 'Bearer realm="BitDust"'


def test_the_switch(browser, node):
    """The setting opens the doors to programs on this machine, at once, but not to other sites' pages."""
    node.settings.set("interface/api/auth-secret-enabled", False)
    assert browser.ask("GET", "/api/v1/config_list", headers={}).status == 200
    assert browser.ask("GET", "/api/v1/config_list", headers={"Host": "evil.com"}).status == 421
    assert browser.ask("GET", "/api/v1/config_list", headers={"Origin": "https://evil.com"}).status == 403
    node.settings.set("interface/api/auth-secret-enabled", True)
    assert browser.ask("GET", "/api/v1/config_list", headers={}).status == 401


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST:80", "127.0.0.1:80", "[::1]:80"]
)
def test_our_names(browser, host):
    """T46: loopback names with our port or none."""
    assert browser.ask("GET", "/api/v1/config_list", headers=AUTH | {"Host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.com",
            "evil.com:80",
            "127.0.0.1.evil.com",
            "localhost:other",
            "localhost:81",
            "localhost:80:80",
        ),
        *("", "[::1", "[::1]:81", "[::2]", "127.0.0.2", "0.0.0.0", "localhost.", "127.0.0.1@evil.com", "::1"),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/v1/config_list", "/health", "/"])
def test_other_names(browser, host, path):
    """T46: any other Host is misdirected, whatever it asks for and though it knows the token."""
    reply = browser.ask("GET", path, headers=AUTH | {"Host": host})
    assert reply.status == 421
    assert reply.json["error"] == "wrong_host"


def test_names_by_setting(browser, node):
    """The owner may allow further names, such as that of a tunnel."""
    node.settings.set("interface/api/host-names", "nas.local, localhost:9000")
    for host in ("nas.local", "NAS.local:80", "localhost:9000"):
        assert browser.ask("GET", "/api/v1/config_list", headers=AUTH | {"Host": host}).status == 200
    for host in ("localhost:9001", "evil.nas.local"):
        assert browser.ask("GET", "/api/v1/config_list", headers=AUTH | {"Host": host}).status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost"},
        {"Origin": "http://127.0.0.1:81"},
        {"Origin": "http://["},
        {"Origin": "file://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("verb", ["POST", "OPTIONS", "GET"])
def test_pages_of_other_sites(browser, node, headers, verb):
    """T47: another site's page gets 403, and no answer ever allows one."""
    reply = browser.ask(verb, "/RPC2", STOP if verb == "POST" else None, AUTH | XML | headers)
    assert reply.status == 403
    assert reply.json["error"] == "cross_site"
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert node.asked == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_own_pages(browser, headers):
    """Our own pages, and addresses typed by hand, may ask."""
    assert browser.ask("POST", "/RPC2", STOP, AUTH | XML | headers).status == 200


def test_the_unix_socket_needs_nothing(tmp_path):
    """Who can open the socket is the owner: no token, any Host."""
    node = fake_node(tmp_path)
    browser = Browser(node, trusted=True)
    assert browser.ask("POST", "/RPC2", STOP, XML | {"Host": "api.sock"}).status == 200
    assert node.asked == [("stop",)]
