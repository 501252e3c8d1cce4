"""
Where the pages hang.
"""

from __future__ import annotations

from importlib.resources import files

from twisted.web.http import Request
from twisted.web.resource import Resource

from bitdust.api.publish.page import Answer, NoSuchPage, Page
from bitdust.web.pages.files import ActPage, DeletePage, FilesPage
from bitdust.web.pages.frame import House, RefusedPage
from bitdust.web.pages.local import LocalPage, RestorePage
from bitdust.web.pages.login import LoginPage, LogoutPage
from bitdust.web.pages.network import NetworkPage
from bitdust.web.pages.overview import OverviewPage
from bitdust.web.pages.tasks import TasksPage
from bitdust.web.pages.version import VersionPage

#: first words of addresses that ask for the login themselves, or need none
OWN_LOCK = frozenset((b"", b"files", b"login", b"logout", b"network", b"static"))


def hang_pages(root: Resource, house: House) -> None:
    """Put every page into the site."""
    root.putChild(b"", OverviewPage(house))
    root.putChild(b"login", LoginPage(house))
    root.putChild(b"logout", LogoutPage(house))
    root.putChild(b"network", NetworkPage(house))
    inner = Inner(house, FilesPage(house))
    for name, page in (
        (b"act", ActPage),
        (b"delete", DeletePage),
        (b"local", LocalPage),
        (b"restore", RestorePage),
        (b"tasks", TasksPage),
        (b"version", VersionPage),
    ):
        inner.putChild(name, page(house))
    root.putChild(b"files", inner)
    static = Inner(house, None)
    static.putChild(b"style.css", File("style.css", "text/css; charset=utf-8"))
    static.putChild(b"script.js", File("script.js", "text/javascript; charset=utf-8"))
    root.putChild(b"static", static)


class Inner(Resource):
    """A page with others below it."""

    def __init__(self, house: House, page: Page | None) -> None:
        super().__init__()
        self._page = page
        self._nothing = RefusedPage(house, nothing_here())

    def getChild(self, path: bytes, request: Request) -> Resource:
        return self._page if path == b"" and self._page is not None else self._nothing

    def render(self, request: Request) -> int:
        return (self._page or self._nothing).render(request)


def nothing_here() -> NoSuchPage:
    """What a person is told who went astray."""
    return NoSuchPage(hint="begin at the overview")


class File(Page):
    """A file of ours, the same for everybody."""

    verbs = ("GET",)

    def __init__(self, name: str, content_type: str) -> None:
        super().__init__()
        self._answer = Answer(files("bitdust.web").joinpath("static", name).read_bytes(), content_type)

    async def reply(self, request: Request) -> Answer:
        return self._answer
