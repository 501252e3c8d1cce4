"""
The XML-RPC door: positional arguments, introspection, multicall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xmlrpc.client import Fault

from twisted.internet.defer import Deferred
from twisted.web.http import Request
from twisted.web.xmlrpc import XMLRPC

from bitdust.api.publish.bounded import Unreadable, read_call
from bitdust.api.publish.door import PARSE_ERROR, Door, code_of
from bitdust.api.publish.page import Answer, WrongBody, answer_later, body_of, problem_answer, wrong_verb
from bitdust.api.registry import Method
from bitdust.api.results import carriable
from bitdust.api.xmltext import CONTENT_TYPE, answer_text
from bitdust.errors import BitDustError, UnknownMethod, Usage
from bitdust.world import spawn

_MOST_CALLS = 1000
_TYPES = {
    "string": "string",
    "integer": "int",
    "number": "double",
    "boolean": "boolean",
    "array": "array",
    "object": "struct",
    "any": "string",
}


class XmlRpcDoor(XMLRPC):
    """Everything the registry has, and `system.*`."""

    def __init__(self, door: Door) -> None:
        super().__init__(allowNone=True)
        self._door = door
        self._system: dict[str, Callable[..., Any]] = {
            "system.listMethods": self._list_methods,
            "system.methodHelp": self._method_help,
            "system.methodSignature": self._method_signature,
            "system.getCapabilities": self._capabilities,
        }

    def render(self, request: Request) -> int:
        return answer_later(request, self._reply(request))

    def listProcedures(self) -> list[str]:
        return sorted([*self._door.registry, *self._system, "system.multicall"])

    def lookupProcedure(self, procedurePath: str) -> Callable[..., Deferred[Any]]:
        def procedure(*arguments: object) -> Deferred[Any]:
            return spawn(self._call(procedurePath, arguments))

        if procedurePath not in self.listProcedures():
            raise UnknownMethod(f"there is no method {procedurePath[:100]!r}")
        return procedure

    async def _reply(self, request: Request) -> Answer:
        if request.method != b"POST":
            return wrong_verb(request.method.decode("ascii", "replace"), ("POST",))
        try:
            body = body_of(request, "text/xml", "application/xml")
        except WrongBody as error:
            return problem_answer(error)
        return Answer(answer_text(await self._answer(body)), CONTENT_TYPE)

    async def _answer(self, body: bytes) -> Any:
        try:
            name, arguments = read_call(body)
            return await self.lookupProcedure(name)(*arguments)
        except Unreadable as wrong:
            return Fault(PARSE_ERROR, str(wrong))
        except BitDustError as error:
            return fault_of(error)

    async def _call(self, name: str, arguments: Sequence[Any]) -> Any:
        if name == "system.multicall":
            return await self._multicall(*arguments)
        if name in self._system:
            try:
                return self._system[name](*arguments)
            except TypeError:
                raise Usage(f"{name} does not take these arguments") from None
        positional, named = split_arguments(self._door.registry[name], arguments)
        return await self._door.call(name, positional, named)

    async def _multicall(self, *arguments: Any) -> list[Any]:
        if len(arguments) != 1 or not isinstance(arguments[0], list) or len(arguments[0]) > _MOST_CALLS:
            raise Usage(f"system.multicall takes one array of at most {_MOST_CALLS} calls")
        results: list[Any] = []
        for call in arguments[0]:
            try:
                results.append([await self._one_of_many(call)])
            except BitDustError as error:
                fault = fault_of(error)
                results.append({"faultCode": fault.faultCode, "faultString": fault.faultString})
        return results

    async def _one_of_many(self, call: Any) -> Any:
        match call:
            case {"methodName": "system.multicall"}:
                raise Usage("system.multicall cannot call itself")
            case {"methodName": str(name), "params": list(arguments)}:
                return await self.lookupProcedure(name)(*arguments)
        raise Usage("each call is a struct of methodName and params")

    def _list_methods(self) -> list[str]:
        return self.listProcedures()

    def _method_help(self, name: str) -> str:
        self._known(name)
        if name in self._door.registry:
            return self._door.registry[name].help
        return f"{name}: see the description of XML-RPC introspection."

    def _method_signature(self, name: str) -> list[list[str]] | str:
        self._known(name)
        if name in self._door.registry:
            return signatures(self._door.registry[name])
        return "undef"

    def _capabilities(self) -> dict[str, Any]:
        return {
            "introspection": {
                "specUrl": "http://phpxmlrpc.sourceforge.net/doc-2/ch10.html",
                "specVersion": 2,
            },
            "system.multicall": {"specUrl": "http://www.xmlrpc.com/discuss/msgReader$1208", "specVersion": 1},
            "nil": {"specUrl": "http://www.ontosys.com/xml-rpc/extensions.php", "specVersion": 20010518},
        }

    def _known(self, name: object) -> None:
        if name not in self.listProcedures():
            raise UnknownMethod(f"there is no method {str(name)[:100]!r}")


def fault_of(error: BitDustError) -> Fault:
    """The error as a fault; the last two lines of its text are the hint and the id."""
    text = f"{error.message}\nhint: {' '.join(error.hint.split())}\nerror: {error.id}"
    return Fault(code_of(error), carriable(text))


def split_arguments(method: Method, arguments: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """A struct beyond the last required argument, made of names not given yet, is keywords."""
    last = arguments[-1] if arguments else None
    if isinstance(last, dict) and len(arguments) - 1 >= method.required:
        left = {param.name for param in method.params[len(arguments) - 1 :]}
        if last.keys() <= left:
            return arguments[:-1], last
    return arguments, {}


def signatures(method: Method) -> list[list[str]]:
    """Every way to call it: the result's type, then those of the arguments, from the fewest to all."""
    types = [_TYPES[method.result], *(_TYPES[param.kind] for param in method.params)]
    return [types[:count] for count in range(method.required + 1, len(types) + 1)]
