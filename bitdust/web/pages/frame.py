"""
What all pages share: who may see them, how they are asked, the frame around them.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from twisted.web.http import Request
from twisted.web.template import Tag

from bitdust.api.publish.door import Door
from bitdust.api.publish.page import Answer, CrossSite, Headers, Page, body_of
from bitdust.errors import BitDustError, Denied, Usage
from bitdust.web.guard import Guard
from bitdust.web.logins import Logins, Session
from bitdust.web.pages.markup import Part, el, form, html, link

FORM = "application/x-www-form-urlencoded"
PAGES = (
    ("Overview", "/"),
    ("Files", "/files"),
    ("Back up", "/files/local"),
    ("Tasks", "/files/tasks"),
    ("Network", "/network"),
)
_MOST_FIELDS = 50


@dataclass(frozen=True)
class House:
    """What every page needs."""

    door: Door
    guard: Guard
    logins: Logins

    def visitor(self, request: Request) -> Session | None:
        """The browser that asks, if it is let in."""
        if self.guard.needs_no_login(request):
            return self.logins.program
        cookie = request.getCookie(cookie_name(request).encode())
        return self.logins.session(cookie.decode("ascii", "replace")) if cookie else None

    async def manage(self, mode: str, **params: Any) -> Any:
        """What the file manager answers."""
        given = {key: value for key, value in params.items() if value not in (None, "")}
        return await self.door.call("filemanager", ({"params": {**given, "mode": mode}},))


class WebPage(Page):
    """A page for those who are logged in.  Override `show`, and `act` where something can be changed."""

    verbs: ClassVar[tuple[str, ...]] = ("GET",)

    #: whether it is shown to everybody
    is_open = False

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house

    async def reply(self, request: Request) -> Answer:
        visitor = self.house.visitor(request)
        try:
            if visitor is None and not self.is_open:
                raise Denied(
                    "this browser is not logged in", hint="run `bitdust show` for a link that logs it in"
                )
            visitor = visitor or Session("")
            if request.method == b"POST":
                fields = read_form(request)
                if not visitor.csrf or not hmac.compare_digest(
                    fields.get("csrf", "").encode(), visitor.csrf.encode()
                ):
                    raise CrossSite("this form is not of this page, or is too old", hint="load the page anew")
                return await self.act(fields, visitor)
            return await self.show(read_query(request), visitor)
        except BitDustError as error:
            return await self.refuse(error)

    async def refuse(self, error: BitDustError, headers: Headers = ()) -> Answer:
        """The error as a page, with the way on."""
        return await error_page(error, headers)

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        """The page."""
        raise NotImplementedError

    async def act(self, fields: Mapping[str, str], visitor: Session) -> Answer:
        """A form was sent, surely by this page.  @raise BitDustError: it becomes an error page."""
        raise Usage("nothing can be changed here")


async def framed(title: str, here: str, visitor: Session | None, *parts: Part, status: int = 200) -> Answer:
    """A whole page."""
    notice = visitor.take_notice() if visitor is not None else ""
    tree = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("title", f"{title} - BitDust"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("link", rel="icon", href="data:,"),
            el("link", rel="stylesheet", href="/static/style.css"),
            el("script", src="/static/script.js", defer=True),
        ),
        el(
            "body",
            el("a", "Skip to the content", href="#content", class_="skip"),
            el("header", el("p", "BitDust", class_="brand"), _navigation(here, visitor), _way_out(visitor)),
            el(
                "main",
                el("p", notice, role="status", class_="notice") if notice else None,
                el("h1", title),
                list(parts),
                id="content",
                tabindex="-1",
            ),
        ),
        lang="en",
    )
    return page_answer(b"<!DOCTYPE html>\n" + await html(tree), status)


def page_answer(body: bytes, status: int = 200) -> Answer:
    """HTML."""
    return Answer(body, "text/html; charset=utf-8", status)


def go_to(address: str, *headers: tuple[str, str]) -> Answer:
    """303: look there."""
    return Answer(status=303, content_type="text/plain", headers=(("Location", address), *headers))


class RefusedPage(WebPage):
    """Answers everything with one error."""

    def __init__(self, house: House, error: BitDustError, headers: Headers = ()) -> None:
        super().__init__(house)
        self._refusal = error, headers

    async def _reply(self, request: Request, verb: str) -> Answer:
        return await self.refuse(*self._refusal)


async def error_page(error: BitDustError, headers: Headers = ()) -> Answer:
    """What went wrong, and what to do next."""
    page = await framed(
        "This could not be done",
        "",
        None,
        el("p", error.message, class_="error", role="alert"),
        el("p", f"What to do: {error.hint}") if error.hint else None,
        el("p", link("Back to the overview", "/")),
        status=error.http_status,
    )
    return replace(page, headers=headers)


def cookie_name(request: Request) -> str:
    """Browsers share cookies among the ports of a machine: the port is in the name."""
    return f"bitdust-{getattr(request.getHost(), 'port', 0)}"


def read_query(request: Request) -> dict[str, str]:
    """The first value of each name in the query.  @raise Usage: it is no UTF-8, or too much."""
    args = request.args or {}
    if len(args) > _MOST_FIELDS:
        raise Usage("too many arguments")
    try:
        return {name.decode(): values[0].decode() for name, values in args.items()}
    except UnicodeDecodeError:
        raise Usage("the address is not UTF-8") from None


def read_form(request: Request) -> dict[str, str]:
    """The fields of a form.  @raise Usage: it is none."""
    body = body_of(request, FORM)
    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        )
    except ValueError:
        raise Usage("this is not a form") from None


def _way_out(visitor: Session | None) -> Tag | None:
    # A program with the token, and the owner at the socket, are not logged in: they cannot log out.
    return form("Log out", "/logout", visitor.csrf) if visitor is not None and visitor.leaves else None


def _navigation(here: str, visitor: Session | None) -> Tag | None:
    if visitor is None:
        return None
    return el(
        "nav",
        el("ul", [el("li", link(name, path, path == here)) for name, path in PAGES]),
        aria_label="Pages",
    )
