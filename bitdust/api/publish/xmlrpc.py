"""
The XML-RPC door: positional arguments, introspection, multicall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
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
from bitdust.api.shapes import result_kinds
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
}
_KINDS = {str: "string", int: "int", float: "double", bool: "boolean", list: "array", dict: "struct"}

#: what is said of the door's own methods: how they are called, their signature, what they do
_OWN: Mapping[str, tuple[str, list[list[str]], str]] = MappingProxyType(
    {
        "system.getCapabilities": (
            "system.getCapabilities()",
            [["struct"]],
            "Tell what this door can do beside calls: a struct of specUrl and specVersion by name.",
        ),
        "system.listMethods": (
            "system.listMethods()",
            [["array"]],
            "List the names of all methods, in alphabetical order.",
        ),
        "system.methodHelp": (
            "system.methodHelp(methodName)",
            [["string", "string"]],
            "Tell how a method is called and what it does.",
        ),
        "system.methodSignature": (
            "system.methodSignature(methodName)",
            [["array", "string"]],
            "List the ways to call a method: each an array of types, that of the result first.",
        ),
        "system.multicall": (
            "system.multicall(calls)",
            [["array", "array"]],
            f"Make up to {_MOST_CALLS} calls, each a struct of methodName and params.\n\n"
            "For each the answer has an array of the one result, or a struct of faultCode and faultString.",
        ),
    }
)


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
        return answer_later(request, self._reply(request), self._refuse)

    async def _refuse(self, error: BitDustError) -> Answer:
        return problem_answer(error)

    def listProcedures(self) -> list[str]:
        return sorted([*self._door.registry, *_OWN])

    def lookupProcedure(self, procedurePath: str) -> Callable[..., Deferred[Any]]:
        def procedure(*arguments: object) -> Deferred[Any]:
            return spawn(self._call(procedurePath, arguments))

        if procedurePath not in self.listProcedures():
            raise UnknownMethod(f"there is no method {procedurePath[:100]!r}")
        return procedure

    async def _reply(self, request: Request) -> Answer:
        if request.method != b"POST":
            return problem_answer(*wrong_verb(request.method.decode("ascii", "replace"), ("POST",)))
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
        if name in _OWN:
            usage, _, text = _OWN[name]
            return f"{usage}\n\n{text}"
        return self._door.registry[name].help

    def _method_signature(self, name: str) -> list[list[str]]:
        self._known(name)
        return _OWN[name][1] if name in _OWN else signatures(self._door.registry[name])

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
    """
    Every way to call it: the result's type, then those of the arguments, from the fewest to all.

    Where several types are taken, or given, each has its own line.
    """
    results = [_TYPES[kind] for kind in result_kinds(method.name)]
    kinds = [[_KINDS[kind] for kind in param.kinds] for param in method.params]
    return [
        list(one)
        for count in range(method.required, len(kinds) + 1)
        for one in product(results, *kinds[:count])
    ]
