"""
The REST door: `/api/v1/<method>`, GET for questions, POST for changes.
"""

from __future__ import annotations

from typing import Any

from twisted.web.http import Request

from bitdust.api.publish.bounded import Unreadable, read_json
from bitdust.api.publish.door import Door
from bitdust.api.publish.manual import FILEMANAGER, open_api
from bitdust.api.publish.page import (
    Answer,
    NoSuchPage,
    Page,
    body_of,
    json_answer,
    problem_answer,
    wrong_verb,
)
from bitdust.api.registry import Method
from bitdust.errors import Usage

_MOST_ARGUMENTS = 1000


class RestDoor(Page):
    """Everything the registry has, and `openapi.json`."""

    verbs = ("GET", "POST")

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    async def reply(self, request: Request) -> Answer:
        name = b"/".join(getattr(request, "postpath", None) or []).decode("utf-8", "replace")
        asking = request.method in (b"GET", b"HEAD")
        if name == "openapi.json":
            if asking:
                return json_answer(open_api(self._door.registry))
            return problem_answer(*wrong_verb("POST", ("GET",)))
        if name not in self._door.registry:
            raise NoSuchPage(
                f"there is no method {name[:100]!r}", hint="/api/v1/openapi.json describes all methods"
            )
        method = self._door.registry[name]
        if asking and method.changes:
            return problem_answer(*wrong_verb("GET", ("POST",)))
        named = arguments_of(request, method) if asking else _body(request)
        if name == FILEMANAGER and "json_request" not in named:
            # Its clients send the request itself.
            named = {"json_request": named}
        return json_answer(await self._door.call(name, (), named))


class BridgePage(Page):
    """`/filemanager/bridge`: the file manager's requests, as the pages of the original sent them."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    async def reply(self, request: Request) -> Answer:
        return json_answer(await self._door.call(FILEMANAGER, (_body(request),)))


def arguments_of(request: Request, method: Method) -> dict[str, Any]:
    """
    The arguments in the query, by name, not yet read.

    @raise Usage: they are too many, not UTF-8, or given twice.
    """
    args = request.args or {}
    if len(args) > _MOST_ARGUMENTS:
        raise Usage("too many arguments")
    several = {param.name for param in method.params if list in param.kinds}
    try:
        texts = {name.decode(): [value.decode() for value in values] for name, values in args.items()}
    except UnicodeDecodeError:
        raise Usage("the query is not UTF-8") from None
    for name, values in texts.items():
        if len(values) > 1 and name not in several:
            raise Usage(f"{method.name} got {name[:40]!r} twice")
    return {name: values if name in several else values[0] for name, values in texts.items()}


def _body(request: Request) -> dict[str, Any]:
    if request.args:
        raise Usage("a change takes its arguments in the body, as a JSON object")
    body = body_of(request, "application/json")
    if not body:
        return {}
    try:
        named = read_json(body)
    except Unreadable as wrong:
        raise Usage(f"the body is {wrong}") from None
    if not isinstance(named, dict):
        raise Usage("the body must be a JSON object with the arguments by name")
    return named
