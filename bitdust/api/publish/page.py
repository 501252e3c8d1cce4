"""
One place of the site that answers.

Coroutines instead of Twisted's render methods, errors told as RFC 9457 problems.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from bitdust.api.publish.door import problem
from bitdust.errors import BitDustError, Denied, NotFound, Usage
from bitdust.world import spawn


class WrongHost(Denied):
    """This is not the host you asked for."""

    id = "wrong_host"
    http_status = 421
    default_hint = (
        "call the node as localhost, 127.0.0.1 or [::1] with its port, "
        "or add the name to interface/api/host-names"
    )


class CrossSite(Denied):
    """A page of another site may not ask this node."""

    id = "cross_site"
    http_status = 403
    default_hint = "ask from a program, or from the node's own pages"


class TooLarge(Usage):
    """The body is larger than the 1 MiB that is read."""

    id = "too_large"
    http_status = 413


class NoSuchPage(NotFound):
    """There is nothing at this address."""

    default_hint = "the API is at /RPC2, /jsonrpc and /api/v1/"


class WrongVerb(Usage):
    """This cannot be asked with that HTTP method."""

    id = "wrong_verb"
    http_status = 405


class WrongBody(Usage):
    """The body is not of the content type that is read here."""

    id = "wrong_body"
    http_status = 415


#: names and values, beside those of every answer
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    body: bytes = b""
    content_type: str = "application/json"
    status: int = 200
    headers: Headers = ()


def json_answer(value: object, status: int = 200) -> Answer:
    """The value as JSON."""
    return Answer(_json(value), status=status)


def problem_answer(error: BitDustError, headers: Headers = ()) -> Answer:
    """The error as `application/problem+json`."""
    return Answer(_json(problem(error)), "application/problem+json", error.http_status, headers)


class Page(Resource):
    """A leaf of the site.  Override `reply`."""

    isLeaf = True

    #: The HTTP methods it answers; HEAD comes with GET.
    verbs: ClassVar[tuple[str, ...]] = ("POST",)

    _log = Logger()

    def render(self, request: Request) -> int:
        verb = request.method.decode("ascii", "replace")
        return answer_later(request, self._reply(request, "GET" if verb == "HEAD" else verb), self.refuse)

    async def _reply(self, request: Request, verb: str) -> Answer:
        try:
            if verb not in self.verbs:
                return await self.refuse(*wrong_verb(verb, self.verbs))
            return await self.reply(request)
        except BitDustError as error:
            return await self.refuse(error)

    async def refuse(self, error: BitDustError, headers: Headers = ()) -> Answer:
        """The error as whoever asks here reads it."""
        return problem_answer(error, headers)

    async def reply(self, request: Request) -> Answer:
        """@raise BitDustError: it becomes a problem."""
        raise NotImplementedError


class Refusal(Page):
    """Answers everything with one error."""

    def __init__(self, error: BitDustError, headers: Headers = ()) -> None:
        super().__init__()
        self._answer = problem_answer(error, headers)

    def render(self, request: Request) -> int:
        send(request, self._answer)
        return NOT_DONE_YET


def wrong_verb(verb: str, allowed: tuple[str, ...]) -> tuple[WrongVerb, Headers]:
    """405, with what is allowed."""
    error = WrongVerb(f"this cannot be asked with {verb[:20]}", hint=f"use {' or '.join(allowed)}")
    return error, (("Allow", ", ".join(allowed)),)


def content_type(request: Request) -> str:
    """The media type of the body, in small letters, without parameters; empty when not told."""
    told = request.requestHeaders.getRawHeaders("content-type") or [""]
    return told[0].partition(";")[0].strip().lower()


def body_of(request: Request, *allowed: str) -> bytes:
    """
    The body.

    @raise WrongBody: it is of another type than those allowed.  An empty body needs none.
    """
    assert request.content is not None
    request.content.seek(0)
    body = bytes(request.content.read())
    told = content_type(request)
    if told not in allowed and (body or told):
        raise WrongBody(f"the body must be {' or '.join(allowed)}")
    return body


def answer_later(
    request: Request,
    work: Coroutine[Deferred[Any], Any, Answer],
    refuse: Callable[[BitDustError], Coroutine[Deferred[Any], Any, Answer]],
) -> int:
    """Send what the coroutine answers, or a refusal, unless the asker has gone by then."""
    gone: list[Failure] = []
    request.notifyFinish().addErrback(gone.append)

    def told(answer: Answer) -> None:
        if not gone:
            send(request, answer)

    def failed(failure: Failure) -> Deferred[Answer]:
        Page._log.failure("a page failed in a way nobody foresaw", failure)
        return spawn(refuse(BitDustError("the node made a mistake in answering this")))

    spawn(work).addErrback(failed).addCallback(told)
    return NOT_DONE_YET


def send(request: Request, answer: Answer) -> None:
    """Send the answer and finish."""
    request.setResponseCode(answer.status)
    if answer.status != 204:
        request.setHeader("Content-Type", answer.content_type)
        request.setHeader("Content-Length", str(len(answer.body)))
    for name, value in answer.headers:
        request.responseHeaders.addRawHeader(name, value)
    if answer.body:
        request.write(answer.body)
    request.finish()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
