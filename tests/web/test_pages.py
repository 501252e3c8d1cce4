"""The pages: who is let in, what they show, and that their forms do what the file manager does."""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from treq.testing import StubTreq
from twisted.internet.task import Clock

from bitdust.api.methods import all_methods
from bitdust.errors import NotFound
from bitdust.web.logins import LINK_LASTS, MOST_LINKS, MOST_SESSIONS, SESSION_LASTS, Logins
from bitdust.web.opening import Opening
from bitdust.web.site import build_site
from bitdust.world import inline, system_rng
from tests.api.fakes import BACKUP
from tests.web.doors import AUTH, TOKEN, Browser, Reply
from tests.world import seeded

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PAGES = (
    "/",
    "/files",
    "/files?path=/Users",
    "/files/local?path=/Users",
    f"/files/restore?backupid={BACKUP}&path=/Users",
    f"/files/delete?backupid={BACKUP}&what=<b>",
    "/files/delete?id=0/0",
    f"/files/version?what={BACKUP}&name=<b>",
    "/files/tasks",
    "/files/tasks?part=1",
    "/network",
)


class Person(Browser):
    """A browser with cookies, before the site of a node."""

    def __init__(self, node: Any, **how: Any) -> None:
        self.clock = Clock()
        self.logins = Logins(self.clock, system_rng)
        site = build_site(
            node, all_methods(), TOKEN, node.settings, reactor=self.clock, logins=self.logins, **how
        )
        self._treq = StubTreq(site.resource)
        self._treq._agent._serverFactory = site
        self._treq.request = partial(self._treq.request, allow_redirects=False)
        self.headers: dict[str, str] = {}

    def log_in(self) -> Person:
        """Come by a link."""
        reply = self.visit(f"/login?code={self.logins.offer()}")
        assert (reply.status, reply.headers["location"]) == (303, "/")
        self.headers = {"Cookie": reply.headers["set-cookie"].partition(";")[0]}
        return self

    def visit(self, path: str, **headers: str) -> Reply:
        """Look at a page."""
        return self.ask("GET", path, headers=self.headers | headers)

    def send(self, path: str, fields: dict[str, str], **headers: str) -> Reply:
        """Send a form."""
        return self.ask("POST", path, urlencode(fields).encode(), self.headers | FORM | headers)

    def forms(self, path: str) -> list[dict[str, str]]:
        """The hidden fields of each form of a page, but for the one in its head."""
        page = self.visit(path).body.decode().partition("<main")[2]
        found = re.findall(r"<form.*?</form>", page, re.DOTALL)
        return [
            {
                unescape(re.search(r'name="([^"]*)"', field)[1]): unescape(
                    re.search(r'value="([^"]*)"', field)[1]
                )
                for field in re.findall(r'<input [^>]*type="hidden"[^>]*>', form)
            }
            for form in found
        ]


@pytest.fixture
def person(node):
    """Somebody who has logged in."""
    return Person(node).log_in()


def test_login_by_a_link(node):
    """A link works once, within a minute, and leaves a cookie that scripts and other sites do not get."""
    person = Person(node)
    word = person.logins.offer()
    reply = person.visit(f"/login?code={word}")
    assert reply.status == 303
    cookie = reply.headers["set-cookie"]
    assert re.fullmatch(r"bitdust-\d+=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200", cookie)
    assert word not in cookie
    assert person.visit(f"/login?code={word}").status == 401
    late = person.logins.offer()
    person.clock.advance(LINK_LASTS + 1)
    for code in (late, "", "x", "%F0%90"):
        reply = person.visit(f"/login?code={code}")
        assert reply.status in (400, 401)
        assert "set-cookie" not in reply.headers
    assert b"bitdust show" in person.visit("/login").body
    unused = person.logins.offer()
    person.ask("HEAD", f"/login?code={unused}", headers={})
    assert person.visit(f"/login?code={unused}").status == 303


def test_sessions_end(node):
    """A browser that was away for long, or was pushed out by many others, must come by a new link."""
    person = Person(node).log_in()
    person.clock.advance(SESSION_LASTS)
    assert person.visit("/").status == 200
    person.clock.advance(SESSION_LASTS + 1)
    assert person.visit("/").status == 401
    person.log_in()
    for _ in range(MOST_SESSIONS):
        Person.log_in(person)
    assert len(person.logins._sessions) == MOST_SESSIONS
    first = person.logins.offer()
    for _ in range(MOST_LINKS):
        person.logins.offer()
    assert person.logins.redeem(first) is None


@pytest.mark.parametrize("path", PAGES)
def test_nothing_without_a_login(node, path):
    """No page shows anything to a stranger, nor to one with a made-up cookie; and it says what to do."""
    person = Person(node)
    for headers in ({}, {"Cookie": "bitdust-80=x"}, {"Authorization": "Bearer wrong"}):
        reply = person.ask("GET", path, headers=headers)
        assert reply.status == 401
        assert b"bitdust show" in reply.body
        assert b"Users" not in reply.body
    assert person.ask("POST", path.partition("?")[0], b"csrf=", FORM).status in (401, 405)
    assert node.asked == []


def test_a_cookie_opens_no_door(person, node):
    """The doors for programs still want the token: a page cannot be made to call them."""
    assert (
        person.ask(
            "POST", "/api/v1/stop", b"{}", person.headers | {"Content-Type": "application/json"}
        ).status
        == 401
    )
    assert (
        person.ask("POST", "/", b"<methodCall/>", person.headers | {"Content-Type": "text/xml"}).status == 401
    )
    assert person.ask("GET", "/", headers=AUTH).status == 200
    assert node.asked == [("with_versions", None, 100)]


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound(person, path):
    """Escaped, with nothing from elsewhere, one main heading, captions, and a policy against scripts."""
    reply = person.visit(path)
    text = reply.body.decode()
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "<script>" not in text
    assert "<b>" not in text
    assert not re.search(r'(?:src|href)="(?!/|#|data:,)', text)
    assert not re.search(r' (?:style|on\w+)="', text)
    assert "\x1b" not in text
    assert text.count("<table") == text.count("<caption")
    if "part" not in path:
        assert text.count("<h1") == 1
        assert text.index('href="#content"') < text.index("<header")
        assert '<html lang="en">' in text
        for field in re.findall(r'<input[^>]*type="text"[^>]*>', text):
            assert f'for="{re.search(r"id=.([^ ]*).", field)[1].rstrip(chr(34))}"' in text


def test_overview(person):
    """The sentence, what to do, the folders with their versions, the suppliers."""
    text = unescape(person.visit("/").body.decode())
    for words in (
        "Everything is safe.",
        "4 of 4 suppliers",
        "alice.xml",
        "11 MB",
        "2016-03-13",
        "ready, 100%",
        "survives the loss of any 2 suppliers",
    ):
        assert words in text


@pytest.mark.parametrize("path", ["/", "/files", f"/files/version?what={BACKUP}&name=x"])
def test_each_version_says_what_it_survives(person, path):
    """Where versions are shown, how many more suppliers each may lose stands beside it, with its colour."""
    page = person.visit(path).body.decode()
    assert re.search(r'data-state="safe"[^>]*>survives the loss of any 2 suppliers<', page)


def test_overview_of_a_node_without_an_identity(person, node):
    """It says what to do first."""
    node.identity = None
    assert "bitdust identity create" in person.visit("/").body.decode()
    assert person.visit("/files").status == 409


def test_forms_ask_the_file_manager(person, node):
    """Back up, restore to a folder or in place, delete: each form does it, and the next page says so."""
    upload = person.forms("/files/local?path=/Users")
    exact = next(fields for fields in upload if "path_b64" in fields)
    node.asked.clear()
    reply = person.send("/files/act", exact)
    assert (reply.status, reply.headers["location"]) == (303, "/files/tasks")
    assert ("start_path", "/Users/caf\udce9\x1b") in node.asked
    assert b"The backup has been started." in person.visit("/files/tasks").body
    assert b"has been started" not in person.visit("/files/tasks").body

    backup = "0/0/F20160313043757PM"
    in_place, by_hand, into = person.forms(f"/files/restore?backupid={backup}&path=/tmp/out")
    for fields, place in ((in_place, None), (by_hand | {"dest_path": "/srv"}, "/srv"), (into, "/tmp/out")):
        node.asked.clear()
        assert person.send("/files/act", fields).status == 303
        assert node.asked[-1] == ("restore", backup, place)

    for query, meant in ((f"backupid={backup}", backup), ("id=0/0", "0/0")):
        (fields,) = person.forms(f"/files/delete?{query}")
        assert person.send("/files/act", fields).headers["location"] == "/files"
        assert node.asked[-1] == ("delete", meant)


def test_forged_forms(person, node):
    """A form without this browser's word, or sent by a page of another site, changes nothing."""
    (good,) = person.forms("/files/delete?id=0/0")
    node.asked.clear()
    other = Person(node).log_in()
    for fields in (good | {"csrf": ""}, {"mode": "delete", "id": "0/0"}, good | {"csrf": "x" * 43}):
        assert person.send("/files/act", fields).status == 403
    assert other.send("/files/act", good).status == 403
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert person.send("/files/act", good, **headers).status == 403
    assert person.ask("GET", "/files/act?" + urlencode(good), headers=person.headers).status == 405
    assert (
        person.ask("POST", "/files/act", b"{}", person.headers | {"Content-Type": "application/json"}).status
        == 415
    )
    assert person.send("/files/act", good | {"mode": "stop"}).status == 400
    assert node.asked == []
    # What a browser sends with a form of ours, since our pages give no referrer.
    assert (
        person.send("/files/act", good, **{"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status == 303
    )


def test_errors_are_pages(person, node):
    """What cannot be done is said with the hint, and with an honest status."""
    node.fake_backups.error = NotFound("<i>gone</i>", hint="look elsewhere")
    reply = person.visit("/files")
    assert reply.status == 404
    assert b"&lt;i&gt;gone" in reply.body
    assert b"look elsewhere" in reply.body
    node.fake_backups.error = RuntimeError("secret details")
    reply = person.visit("/files")
    assert reply.status == 500
    assert b"secret" not in reply.body


HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "says"),
    [
        ("/", {"Host": "evil.example"}, 421, "127.0.0.1"),
        ("/files", {"Origin": "https://evil.example"}, 403, "another site"),
        ("/files/no/such", {}, 404, "overview"),
        ("/static/x", {}, 404, "overview"),
        ("/no/<b>such", HTML, 404, "overview"),
        ("/no/such", HTML | AUTH, 404, "overview"),
        ("/files/act", {}, 405, "POST"),
    ],
)
def test_refusals_are_pages(node, path, headers, status, says):
    """Who went astray or may not come in is told so in a page, with the way on, and with every lock."""
    reply = Person(node).ask("GET", path, headers=headers)
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert says in reply.body.decode()
    assert b"<b>" not in reply.body
    assert node.asked == []


def test_a_form_that_is_too_large_is_a_page(person):
    """A megabyte in a form is refused in a page, too."""
    reply = person.send("/files/act", {"csrf": "x" * (1 << 20)})
    assert (reply.status, reply.headers["content-type"]) == (413, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path", ["/RPC2", "/jsonrpc", "/api/v1/config_list", "/health", "/metrics", "/no/such"]
)
def test_programs_are_told_problems(node, path):
    """At a door a browser, too, gets what the door speaks; elsewhere who asks for no page gets none."""
    headers = {"Host": "evil.example"} | ({} if path == "/no/such" else HTML)
    reply = Person(node).ask("GET", path, headers=headers)
    assert (reply.status, reply.headers["content-type"]) == (421, "application/problem+json")


def test_log_out(person, node):
    """The cookie opens nothing any more, here or in the browser; only a form of ours does that."""
    other = Person(node)
    other.logins, other._treq = person.logins, person._treq
    other.log_in()
    session = person.logins.session(person.headers["Cookie"].partition("=")[2])
    assert session is not None
    assert session.csrf in person.visit("/").body.decode()
    form = {"csrf": session.csrf}
    assert person.ask("GET", "/logout", headers=person.headers).status == 405
    assert person.send("/logout", {"csrf": "x"}).status == 403
    assert person.visit("/").status == 200
    reply = person.send("/logout", form)
    assert (reply.status, b"bitdust show" in reply.body) == (200, True)
    assert "Max-Age=0" in reply.headers["set-cookie"]
    assert person.visit("/").status == 401
    assert other.visit("/").status == 200
    # A program with the token has nothing to log out of.
    assert b"Log out" not in person.ask("GET", "/", headers=AUTH).body


def test_static(node):
    """Style and script are open, and the only things there."""
    person = Person(node)
    assert person.visit("/static/style.css").headers["content-type"].startswith("text/css")
    assert person.visit("/static/script.js").headers["content-type"].startswith("text/javascript")
    for path in ("/static/", "/static", "/static/../site.py", "/static/x"):
        assert person.visit(path).status == 404


def test_opening():
    """The browser gets a link that works; where none is, the event tells, and no link is wasted."""
    logins = Logins(Clock(), seeded("x"))
    opened: list[str] = []
    untold: list[str] = []

    def opening(environment: dict[str, str], works: bool) -> Opening:
        return Opening(
            logins, lambda: "http://127.0.0.1:1", inline, environment, untold.append,
            lambda url: opened.append(url) or works,
        )  # fmt: skip

    opening({"DISPLAY": ":0"}, True).show()
    assert logins.redeem(opened[0].partition("?code=")[2])
    assert untold == []
    opening({}, True).show()
    assert (len(opened), untold) == (1, ["http://127.0.0.1:1"])
    opening({"BROWSER": "x"}, False).show()
    assert (len(opened), len(untold)) == (2, 2)


@pytest.mark.parametrize(
    ("delay", "says"), [(0, "cannot be brought back"), (3600, "For 1 hour"), (14 * 86400, "For 14 days")]
)
def test_deleting_says_whether_it_is_for_ever(person, node, delay, says):
    """Before something is deleted it is said for how long it can come back."""
    node.settings.set("services/backups/delete-delay", delay)
    assert says in person.visit(f"/files/delete?backupid={BACKUP}").body.decode()


def test_policies(person, node):
    """The first page tells what is backed up by itself, what is kept and left out, and what is run."""
    page = person.visit("/").body.decode()
    text = " ".join(re.sub("<[^>]*>", " ", page).split())
    assert "By itself" in text
    assert "/Users/veselin/a.txt every 4h last=7 *.tmp, &lt;b&gt; before: sh -c true" in text


def test_network(person):
    """How others come here, what to do about it, who is connected and how, and where people are found."""
    text = " ".join(re.sub("<[^>]*>", " ", unescape(person.visit("/network").body.decode())).split())
    for words in (
        "not Others cannot come here. What to do forward the port",
        "TCP on 7771 17771 3 203.0.113.10:7771 by 3 nodes in 2 networks services/tcp-transport/enabled",
        "UDP on 7772 none 0",
        "Published tcp://203.0.113.10:7771",
        "The router has another UDP port for each",
        "alice.xml supplier and customer proxy over a relay; a straight road is tried for again at 1970",
        "(2 tries so far) 250 ms",
        "bob.xml other udp straight, after a relay",
        "A relay. Reached.",
        "Identity servers on 2 servers 5 questions, 4 answered one",
        "services/identity-propagate/known-servers = none",
        "DHT on 0 nodes 7 questions, 0 led to somebody It has found no node yet",
        "Local network off",
    ):
        assert words in text


def test_a_road_is_switched(person, node):
    """The button turns the setting, and the page says so; no other part of the node can be turned there."""
    forms = {fields["service"]: fields for fields in person.forms("/network")}
    assert forms["lan-beacons"]["turn"] == "off"
    node.asked.clear()
    reply = person.send("/network", forms["udp-transport"])
    assert (reply.status, reply.headers["location"]) == (303, "/network")
    assert node.settings.flag("services/udp-transport/enabled") is False
    assert ("built anew",) in node.asked
    page = person.visit("/network").body.decode()
    assert "services/udp-transport/enabled is off." in page
    assert "Switch UDP on" in page
    node.asked.clear()
    for wrong in ({"service": "customer"}, {"turn": "sideways"}, {"csrf": "x"}):
        assert person.send("/network", forms["tcp-transport"] | wrong).status in (400, 403)
    assert node.asked == []
    assert node.settings.flag("services/tcp-transport/enabled") is True


def test_network_of_a_node_without_an_identity(person, node):
    """It says what to do first."""
    node.identity = None
    assert "bitdust identity create" in person.visit("/network").body.decode()
