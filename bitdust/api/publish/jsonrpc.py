"""
The JSON-RPC 2.0 door: positional or named arguments, batches, notifications.
"""

from __future__ import annotations

import math
import re
from typing import Any

from twisted.web.http import Request

from bitdust.api.filemanager import MODES
from bitdust.api.publish.bounded import Unreadable, read_json
from bitdust.api.publish.door import INVALID_REQUEST, PARSE_ERROR, Door, code_of, data_of
from bitdust.api.publish.manual import open_rpc
from bitdust.api.publish.page import Answer, Page, body_of, json_answer
from bitdust.api.results import carriable
from bitdust.errors import BitDustError, UnknownMethod, Usage

_MOST_CALLS = 1000
_FILEMANAGER = "filemanager_"
_SURROGATES = re.compile("[\ud800-\udfff]")


class JsonRpcDoor(Page):
    """Everything the registry has, and `rpc.discover`."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    async def reply(self, request: Request) -> Answer:
        try:
            asked = read_json(body_of(request, "application/json", "application/json-rpc"))
        except Unreadable as wrong:
            return json_answer(_error(None, PARSE_ERROR, str(wrong)))
        if not isinstance(asked, list):
            told = await self._one(asked)
            return Answer(status=204) if told is None else json_answer(told)
        if not 1 <= len(asked) <= _MOST_CALLS:
            return json_answer(_error(None, INVALID_REQUEST, f"a batch has 1 to {_MOST_CALLS} calls"))
        many = [told for call in asked if (told := await self._one(call)) is not None]
        return json_answer(many) if many else Answer(status=204)

    async def _one(self, call: Any) -> dict[str, object] | None:
        """The answer to one call; None to a notification."""
        match call:
            case {"jsonrpc": "2.0", "method": str(name)} if _is_call(call):
                pass
            case _:
                number = call.get("id") if isinstance(call, dict) else None
                return _error(number if _is_id(number) else None, INVALID_REQUEST, "not a JSON-RPC 2.0 call")
        number = call.get("id")
        try:
            result = await self._ask(name, call.get("params", []))
        except BitDustError as error:
            told = _error(number, code_of(error), carriable(error.message), data_of(error))
        else:
            told = {"jsonrpc": "2.0", "result": result, "id": number}
        return told if "id" in call else None

    async def _ask(self, name: str, params: Any) -> Any:
        if name == "rpc.discover":
            if params:
                raise Usage("rpc.discover takes no arguments")
            return open_rpc(self._door.registry)
        if name.startswith(_FILEMANAGER) and name not in self._door.registry:
            return await self._door.call("filemanager", (_file_request(name, params),))
        if isinstance(params, list):
            return await self._door.call(name, params)
        return await self._door.call(name, (), params)


def _file_request(name: str, params: Any) -> dict[str, Any]:
    """
    The request meant by `filemanager_<mode>`, whose params are an object or a list of `key=value`.

    @raise UnknownMethod: there is no such mode.  @raise Usage: the params are neither.
    """
    mode = name.removeprefix(_FILEMANAGER)
    if mode not in MODES:
        raise UnknownMethod(f"there is no method {name[:100]!r}")
    if isinstance(params, list):
        if not all(isinstance(word, str) and "=" in word for word in params):
            raise Usage(f'{name} takes an object, or a list like ["path=/home", "limit=10"]')
        params = dict(word.split("=", 1) for word in params)
    return {"params": {**params, "mode": mode}}


def _is_call(call: dict[str, Any]) -> bool:
    return isinstance(call.get("params", []), list | dict) and _is_id(call.get("id"))


def _is_id(number: object) -> bool:
    """An id is sent back: JSON must be able to say it."""
    match number:
        case bool():
            return False
        case None | int():
            return True
        case float():
            return math.isfinite(number)
        case str():
            return not _SURROGATES.search(number)
    return False


def _error(number: Any, code: int, message: str, data: dict[str, object] | None = None) -> dict[str, object]:
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "error": error, "id": number}
