"""
`/login?code=...`: a link that works once becomes a cookie, and nothing secret stays in the address.
`/logout`: the cookie opens nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from twisted.web.http import Request

from bitdust.api.publish.page import Answer
from bitdust.errors import Denied
from bitdust.web.logins import SESSION_LASTS, Session
from bitdust.web.pages.frame import WebPage, cookie_name, error_page, framed, go_to, read_query
from bitdust.web.pages.markup import el


class LoginPage(WebPage):
    """Open to everybody who brings a word."""

    is_open = True

    async def reply(self, request: Request) -> Answer:
        # HEAD must not use the word up.
        code = read_query(request).get("code", "") if request.method == b"GET" else ""
        cookie = self.house.logins.redeem(code) if code else None
        if cookie is None:
            return await error_page(
                Denied(
                    "this link was used before, or is older than a minute", hint="run `bitdust show` again"
                )
            )
        name = cookie_name(request)
        told = f"{name}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age={int(SESSION_LASTS)}"
        return go_to("/", ("Set-Cookie", told))


class LogoutPage(WebPage):
    """Ends the visit of one browser, here and in it."""

    verbs = ("POST",)

    async def reply(self, request: Request) -> Answer:
        answer = await super().reply(request)
        if answer.status != 200:
            return answer
        name = cookie_name(request)
        cookie = request.getCookie(name.encode()) or b""
        self.house.logins.end(cookie.decode("ascii", "replace"))
        gone = ("Set-Cookie", f"{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
        return replace(answer, headers=(gone,))

    async def act(self, fields: Mapping[str, str], visitor: Session) -> Answer:
        said = "This browser is logged out.  `bitdust show` gives a link that lets it in again."
        return await framed("Logged out", "", None, el("p", said))
