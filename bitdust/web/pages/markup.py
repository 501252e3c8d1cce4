"""
Elements of a page.  Whatever text comes in is made showable and escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from twisted.web.template import Tag, flattenString

from bitdust.api.results import carriable

Part = Tag | str | None


def el(name: str, /, *parts: Part | Sequence[Part], **attributes: object) -> Tag:
    """
    An element.  Attributes: `class_` is class, `aria_label` is aria-label; True has no value, False and None
    are left out.
    """
    tag = Tag(name)
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        word = key.rstrip("_").replace("_", "-")
        tag(**{word: word if value is True else carriable(str(value))})
    for part in parts:
        for one in [part] if isinstance(part, str | Tag) else part or ():
            if one is not None:
                tag(carriable(one) if isinstance(one, str) else one)
    return tag


async def html(tag: Tag) -> bytes:
    """The element as bytes."""
    return bytes(await flattenString(None, tag))


def link(text: str, page: str, current: bool = False, /, **query: object) -> Tag:
    """A link to a page of ours."""
    return el("a", text, href=address(page, **query), aria_current="page" if current else None)


def address(page: str, /, **query: object) -> str:
    """The address of a page of ours."""
    given = {key: carriable(str(value)) for key, value in query.items() if value not in (None, "")}
    return f"{page}?{urlencode(given)}" if given else page


def form(button: str, action: str, csrf: str, /, *parts: Part, label: object = "", **hidden: object) -> Tag:
    """A form that changes something, with its one button; `label` tells more to those who cannot see."""
    fields = [el("input", type="hidden", name=key, value=value) for key, value in hidden.items() if value]
    return el(
        "form",
        el("input", type="hidden", name="csrf", value=csrf),
        fields,
        list(parts),
        el("button", button, type="submit", aria_label=label or None),
        method="post",
        action=action,
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Part | Sequence[Part]]]) -> Tag:
    """
    A table; the first cell of a row names it.

    On a narrow screen the cells of a row stand below each other, each behind the word of its column; by the
    roles it is a table then, too.
    """
    return el(
        "div",
        el(
            "table",
            el("caption", caption),
            el(
                "thead",
                el("tr", [el("th", word, scope="col", role="columnheader") for word in head], role="row"),
                role="rowgroup",
            ),
            el(
                "tbody",
                [
                    el(
                        "tr",
                        el("th", row[0], scope="row", role="rowheader"),
                        [
                            el("td", cell, role="cell", data_label=word)
                            for word, cell in zip(head[1:], row[1:], strict=True)
                        ],
                        role="row",
                    )
                    for row in rows
                ],
                role="rowgroup",
            ),
            role="table",
        ),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def pill(text: str, state: str, /, **attributes: object) -> Tag:
    """A word with the colour of a state: safe, degraded, at risk; any other has none."""
    return el("strong", text, class_="pill", data_state=state, **attributes)


def spoken(text: str) -> list[Part]:
    """A sentence for people, in which what stands between backquotes is to be typed."""
    # An odd number of pieces: a backquote that stands alone is no mark.
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return [text]
    return [el("code", piece) if at % 2 else piece for at, piece in enumerate(pieces) if piece]


def counted(number: int, one: str, more: str = "") -> str:
    """
    A number of things.

    >>> counted(1, "node"), counted(0, "node"), counted(2, "try", "tries")
    ('1 node', '0 nodes', '2 tries')
    """
    return f"{number} {one if number == 1 else more or one + 's'}"


def progress(text: str, label: str) -> Tag:
    """A bar with its percents: `12.5%`."""
    return el("span", el("progress", text, max="100", value=text.rstrip("%"), aria_label=label), " ", text)
