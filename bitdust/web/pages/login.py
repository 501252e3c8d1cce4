"""
`/login?code=...`: a link that works once becomes a cookie, and nothing secret stays in the address.
"""

from __future__ import annotations

from twisted.web.http import Request

from bitdust.api.publish.page import Answer
from bitdust.errors import Denied
from bitdust.web.logins import SESSION_LASTS
from bitdust.web.pages.frame import WebPage, cookie_name, error_page, go_to, read_query


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
