"""
`bitdust/calls.py`, the typed half of the client, written from the list of methods by `make docs`.
"""

from __future__ import annotations

import textwrap

from bitdust.api.methods import all_methods
from bitdust.api.registry import Method, Param

_HEAD = '''"""
Every method of the API as a typed call.  Made from the list of methods by `make docs`; do not edit.
"""

from __future__ import annotations

from typing import Any


class Calls:
    """What a node can be asked, by name."""

    def call(self, name: str, *args: object, **kwargs: object) -> Any:
        """The value the method answers."""
        raise NotImplementedError
'''

_RESULTS = {"object": "dict[str, Any]", "array": "list[Any]"}
_KINDS: dict[type, str] = {list: "list[str]", dict: "dict[str, Any]"}


def calls_text() -> str:
    """The whole file."""
    return _HEAD + "".join(_call(method) for method in all_methods().values())


def _call(method: Method) -> str:
    lines = [f"    def {method.name}("]
    lines += [f"        {word}," for word in ("self", *map(_word, method.params))]
    lines.append(f"    ) -> {_RESULTS.get(method.result, 'Any')}:")
    # A sentence may hold a quotation mark at its end, which would end the docstring.
    lines.append(f'        """{_wrapped(method.sentence)}"""')
    words = ", ".join([f'"{method.name}"', *(param.name for param in method.params)])
    answer = f"self.call({words})"
    if method.result in _RESULTS:
        lines += [f"        answer: {_RESULTS[method.result]} = {answer}", "        return answer"]
    else:
        lines.append(f"        return {answer}")
    return "\n" + "\n".join(lines) + "\n"


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
