"""
`bitdust/calls.py`, the typed half of the client, and `bitdust/answers.py`, the types of what it answers:
written from the list of methods and the shapes of their answers by `make docs`.
"""

from __future__ import annotations

import re
import textwrap

from bitdust.api.methods import all_methods
from bitdust.api.registry import Method, Param
from bitdust.api.shapes import SHAPES, typed

_MADE = "Made from the list of methods by `make docs`; do not edit."
_HEAD = f'''"""
Every method of the API as a typed call.  {_MADE}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitdust.answers import (
        @NAMES@
    )


class Calls:
    """What a node can be asked, by name."""

    def call(self, name: str, *args: object, **kwargs: object) -> Any:
        """The value the method answers."""
        raise NotImplementedError
'''
_ANSWERS = f'''"""
What the methods of the API answer, as types.  {_MADE}
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict
'''
_CLASS = '''

class {name}(TypedDict):
    """Keys of an answer."""

{keys}
'''

#: longest line of the sources
_WIDTH = 110
_KINDS: dict[type, str] = {list: "list[str]", dict: "dict[str, Any]"}


def calls_text() -> str:
    """The whole file of calls."""
    methods = all_methods().values()
    named = {name for method in methods for name in re.findall(r"[A-Z]\w+", _kind(method))} - {"Any"}
    names = sorted(named, key=str.casefold)
    head = _HEAD.replace("@NAMES@", "\n        ".join(f"{name}," for name in names))
    return head + "".join(_call(method) for method in methods)


def answers_text() -> str:
    """The whole file of answers."""
    classes: dict[str, dict[str, str]] = {}
    for method in all_methods().values():
        _kind(method, classes)
    return _ANSWERS + "".join(
        _CLASS.format(name=name, keys="\n".join(_key(*field) for field in fields.items()))
        for name, fields in sorted(classes.items())
    )


def _kind(method: Method, classes: dict[str, dict[str, str]] | None = None) -> str:
    """The type of a method's answer; `classes` hears of those it is made of."""
    name = method.name.title().replace("_", "")
    return typed(SHAPES[method.name], name, {} if classes is None else classes)


def _key(name: str, kind: str) -> str:
    return f"    {name[:-1]}: NotRequired[{kind}]" if name.endswith("?") else f"    {name}: {kind}"


def _call(method: Method) -> str:
    kind = _kind(method)
    lines = [f"    def {method.name}("]
    lines += [f"        {word}," for word in ("self", *map(_word, method.params))]
    lines.append(f"    ) -> {kind}:")
    # A sentence may hold a quotation mark at its end, which would end the docstring.
    lines.append(f'        """{_wrapped(method.sentence)}"""')
    words = [f'"{method.name}"', *(param.name for param in method.params)]
    if kind != "Any":
        lines += [_asked(f"answer: {kind} =", words), "        return answer"]
    else:
        lines.append(_asked("return", words))
    return "\n" + "\n".join(lines) + "\n"


def _asked(before: str, words: list[str]) -> str:
    """The call, broken where the formatter breaks it."""
    short = f"        {before} self.call({', '.join(words)})"
    if len(short) <= _WIDTH:
        return short
    inside = f"            {', '.join(words)}"
    if len(inside) > _WIDTH:
        inside = "\n".join(f"            {word}," for word in words)
    return f"        {before} self.call(\n{inside}\n        )"


def _wrapped(sentence: str) -> str:
    return ("\n        ".join(textwrap.wrap(sentence, 95))).replace("\\", "\\\\").replace('"', "'")


def _word(param: Param) -> str:
    names = [_KINDS.get(kind, kind.__name__) for kind in param.kinds]
    if param.required:
        return f"{param.name}: {' | '.join(names)}"
    if param.default is None:
        return f"{param.name}: {' | '.join([*names, 'None'])} = None"
    default = f'"{param.default}"' if isinstance(param.default, str) else repr(param.default)
    return f"{param.name}: {' | '.join(names)} = {default}"
