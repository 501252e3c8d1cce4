"""
What a method of the API is, and the list of them.

A method is an ordinary typed function that takes the node first.  `@method()` only marks it; `collect` makes
the list that every door, the command line, the client and the manual read.  Nothing here knows Twisted or the
node, so that the command line can read the list without loading either.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from bitdust.errors import UnknownMethod, Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_bitdust_method"
_PARAM_LINE = re.compile(r"@param (\w+): (.*(?:\n(?!@|\n).*)*)")
_WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}


@dataclass(frozen=True)
class Param:
    """
    One argument.

    @param kinds: the types it may have, of `str int float bool list`; None is always the same as absent.
    """

    name: str
    kinds: tuple[type, ...]
    required: bool
    default: object
    sentence: str

    @property
    def kind(self) -> str:
        """The type in a word: `string`, `integer`, `number`, `boolean` or `array`; `any` of several."""
        return _WORDS[self.kinds[0]] if len(self.kinds) == 1 else "any"

    @property
    def schema(self) -> dict[str, object]:
        """The type as JSON Schema."""
        words = [_WORDS[kind] for kind in self.kinds] + ([] if self.required else ["null"])
        schema: dict[str, object] = {"type": words[0] if len(words) == 1 else words}
        if list in self.kinds:
            schema["items"] = {"type": "string"}
        if self.default is not None and not self.required:
            schema["default"] = self.default
        return schema

    def read(self, given: object) -> object:
        """
        The value meant by what came through a door: XML, JSON, a query, a command line.

        @raise Usage: it is nothing of the kind.
        """
        for kind in sorted(self.kinds, key=lambda kind: type(given) is not kind):
            try:
                return _READERS[kind](given)
            except (ValueError, OverflowError):
                continue
        raise Usage(f"{self.name} must be {_article(self.kind)}, not {_shortly(given)}")


@dataclass(frozen=True)
class Method:
    """
    One thing a node can be asked.

    @param changes: a call alters something: POST in REST; the others are questions.
    """

    name: str
    function: Callable[..., Any]
    params: tuple[Param, ...]
    doc: str
    changes: bool
    result: str

    @property
    def sentence(self) -> str:
        """What it does, in one line."""
        return self.doc.partition("\n\n")[0].replace("\n", " ")

    @property
    def required(self) -> int:
        """How many arguments it cannot do without; they come first."""
        return sum(param.required for param in self.params)

    @property
    def usage(self) -> str:
        """How it is called: `config_get(key, default=None)`."""
        words = (p.name if p.required else f"{p.name}={p.default!r}" for p in self.params)
        return f"{self.name}({', '.join(words)})"

    @property
    def help(self) -> str:
        """The call, and all that is said about it."""
        return f"{self.usage}\n\n{self.doc}"

    def bind(
        self, positional: Sequence[object] = (), named: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """
        The arguments by name, read into their types.  None is the same as absent.

        @raise Usage: too many, unknown, given twice, missing, or not of their type.
        """
        named = named or {}
        if len(positional) > len(self.params):
            raise Usage(f"{self.name} takes at most {len(self.params)} arguments, not {len(positional)}")
        given = {param.name: value for param, value in zip(self.params, positional, strict=False)}
        for name, value in named.items():
            if name in given:
                raise Usage(f"{self.name} got {name} twice")
            given[name] = value
        unknown = sorted(_shortly(name) for name in set(given) - {param.name for param in self.params})
        if unknown:
            raise Usage(f"{self.name} takes no {', '.join(unknown[:5])}", hint=f"call it as {self.usage}")
        ready: dict[str, Any] = {}
        for param in self.params:
            if given.get(param.name) is not None:
                ready[param.name] = param.read(given[param.name])
            elif param.required:
                raise Usage(f"{self.name} needs {param.name}", hint=f"call it as {self.usage}")
        return ready

    async def __call__(self, node: Node, /, *positional: object, **named: object) -> Any:
        """Ask the node.  @raise BitDustError: it cannot be done, or the arguments are not to be meant."""
        result = self.function(node, **self.bind(positional, named))
        return await result if isinstance(result, Awaitable) else result


class Registry(Mapping[str, Method]):
    """Every method by its name, in alphabetical order."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._methods = {method.name: method for method in sorted(methods, key=lambda method: method.name)}
        if len(self._methods) != len(methods):
            raise ValueError("two methods have one name")

    def __getitem__(self, name: str) -> Method:
        """@raise UnknownMethod: there is none of that name."""
        try:
            return self._methods[name]
        except KeyError:
            raise UnknownMethod(f"there is no method {name[:100]!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._methods

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods)

    def __len__(self) -> int:
        return len(self._methods)


def method(*, changes: bool = False) -> Callable[[F], F]:
    """Mark a function as a method of the API, under its own name."""

    def mark(function: F) -> F:
        setattr(function, _MARK, changes)
        return function

    return mark


def collect(*modules: types.ModuleType) -> Registry:
    """The marked functions of these modules."""
    return Registry(
        [
            _read_method(function)
            for module in modules
            for function in vars(module).values()
            if inspect.isfunction(function) and hasattr(function, _MARK)
        ]
    )


def _read_method(function: Callable[..., Any]) -> Method:
    doc = inspect.getdoc(function) or ""
    sentences = {name: " ".join(text.split()) for name, text in _PARAM_LINE.findall(doc)}
    _node, *rest = inspect.signature(function).parameters.values()
    # The node's name is only there for the type checker, so it is left unread.
    annotations = {name: text for name, text in function.__annotations__.items() if name != _node.name}
    hints = get_type_hints(types.SimpleNamespace(__annotations__=annotations), globalns=function.__globals__)
    return Method(
        name=function.__name__,
        function=function,
        params=tuple(
            Param(
                name=p.name,
                kinds=_kinds(hints[p.name]),
                required=p.default is p.empty,
                default=None if p.default is p.empty else p.default,
                sentence=sentences.get(p.name, ""),
            )
            for p in rest
        ),
        doc=doc,
        changes=getattr(function, _MARK),
        result=_WORDS.get(get_origin(hints["return"]) or hints["return"], "any"),
    )


def _kinds(hint: Any) -> tuple[type, ...]:
    alternatives = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return tuple(get_origin(one) or one for one in alternatives if one is not type(None))


def _text(given: object) -> str:
    if isinstance(given, bool | float) or not isinstance(given, str | int):
        raise ValueError
    # Names of files may hold bytes that are not UTF-8, as Python writes them; nothing else may.
    str(given).encode("utf-8", "surrogateescape")
    return str(given)


def _integer(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str | float):
        raise ValueError
    number = int(given[:40]) if isinstance(given, str) else int(given)
    if (isinstance(given, float) and number != given) or not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError
    number = float(given)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return number


def _boolean(given: object) -> bool:
    word = str(given).lower() if isinstance(given, bool | int | str) else ""
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise ValueError


def _mapping(given: object) -> dict[str, Any]:
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        raise ValueError
    return given


def _several(given: object) -> list[str]:
    if isinstance(given, str):
        return given.replace(",", " ").split()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError
    return given


_READERS: Mapping[type, Callable[[object], object]] = types.MappingProxyType(
    {str: _text, int: _integer, float: _number, bool: _boolean, list: _several, dict: _mapping}
)


def _article(kind: str) -> str:
    if kind == "any":
        return "a text or a number"
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _shortly(given: object) -> str:
    text = given if isinstance(given, str) else _WORDS.get(type(given), type(given).__name__)
    return repr(text[:40]) if isinstance(given, str) else text
