"""
A running node as a Python object::

    node = Client(home="~/.bitdust")
    node.backup_start_path("/home/alice/photos")
    for item in node.backups_list():
        print(item["path"], item["size"])

It speaks JSON-RPC, which carries names that are no UTF-8, over the node's unix socket, or over HTTP with the
token, with nothing but the standard library.  Failures are the classes of `bitdust.errors`.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bitdust.calls import Calls
from bitdust.errors import BitDustError, Denied, NoDaemon, Refused, Timeout, Usage, all_errors

#: Methods after which the node may be gone before its answer is read.
_ENDINGS = {"stop": "stopped", "restart": "restarted"}

_LARGEST_ANSWER = 1 << 30
_LARGEST_FILE = 4096


class Client(Calls):
    """
    Asks one node.

    @param home: the node's folder: its unix socket is used, or else the address and the token there.
    @param url: where the node listens instead: `http://127.0.0.1:8180`; a token may be its password.
    @param token: the token, when `url` does not hold it.
    @param timeout: seconds to wait for an answer.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        *,
        url: str | None = None,
        token: str | None = None,
        timeout: float = 300.0,
    ) -> None:
        if (home is None) == (url is None):
            raise Usage("a client needs either the node's folder or its url")
        self._home = Path(home).expanduser() if home is not None else None
        self._url = url
        self._token = token
        self._timeout = timeout

    def call(self, name: str, *args: object, **kwargs: object) -> Any:
        """
        The value the method answers.

        @raise BitDustError: of the class that says what went wrong; `NoDaemon` when no node is there.
        """
        arguments = _positions(name, args, kwargs) if kwargs else list(args)
        try:
            asked = {"jsonrpc": "2.0", "method": name, "params": arguments, "id": 1}
            # In ASCII: of bytes of a name that are no UTF-8 there are surrogates, which UTF-8 does not have.
            body = json.dumps(asked, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as wrong:
            raise Usage(f"these arguments cannot be sent: {wrong}") from None
        try:
            return self._ask(body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if name in _ENDINGS:
                return {"result": _ENDINGS[name]}
            raise NoDaemon("the node closed the connection without an answer") from None

    def _ask(self, body: bytes) -> Any:
        connection, headers = self._connect()
        try:
            connection.request("POST", "/jsonrpc", body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            content = response.read(_LARGEST_ANSWER)
        except TimeoutError:
            raise Timeout("the node did not answer in time") from None
        except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
            raise
        except (OSError, http.client.HTTPException) as wrong:
            raise NoDaemon(f"the BitDust node does not answer: {wrong}") from None
        finally:
            connection.close()
        if response.status != 200:
            raise _refusal(response, content)
        try:
            answer = json.loads(content)
            if "error" not in answer:
                return answer["result"]
            error = _error_of(answer["error"])
        except (ValueError, KeyError, TypeError, RecursionError) as wrong:
            raise BitDustError(f"what answered is no BitDust node: {wrong}") from None
        raise error

    def _connect(self) -> tuple[http.client.HTTPConnection, dict[str, str]]:
        """A connection, not yet made, and the headers that open the door."""
        if self._home is None:
            return self._by_url(self._url or "", self._token)
        path = self._home / "api.sock"
        if path.is_socket() and hasattr(socket, "AF_UNIX"):
            connection = _UnixConnection(path, self._timeout)
            try:
                connection.connect()
            except OSError:
                connection.close()
            else:
                return connection, {}
        try:
            url = _first_line(self._home / "api-url")
            token = self._token or _first_line(self._home / "api-token")
        except FileNotFoundError:
            raise NoDaemon(f"no BitDust node runs in {self._home}") from None
        except PermissionError:
            raise Denied(f"the token in {self._home} is not yours to read") from None
        return self._by_url(url, token)

    def _by_url(self, url: str, token: str | None) -> tuple[http.client.HTTPConnection, dict[str, str]]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            if parts.scheme not in ("http", "https") or not host:
                raise ValueError
        except ValueError:
            raise Usage(f"{url[:100]!r} is not the address of a node") from None
        secret = token or (unquote(parts.password) if parts.password else None)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout), headers
        safe = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=safe), headers


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A socket's name has at most 107 bytes, however deep its folder lies.
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            sock.settimeout(self.timeout)
            short = f"/proc/self/fd/{folder}/{self._path.name}"
            long = len(os.fsencode(self._path)) > 100
            sock.connect(short if long else str(self._path))
        except OSError:
            sock.close()
            raise
        finally:
            os.close(folder)
        self.sock = sock


def _first_line(path: Path) -> str:
    with path.open() as file:
        return file.read(_LARGEST_FILE).partition("\n")[0].strip()


def _positions(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> list[object]:
    """The arguments in their places; None where one is left out."""
    from bitdust.api.methods import all_methods

    registry = all_methods()
    if name not in registry:
        return [*args, kwargs]
    method = registry[name]
    method.bind(args, kwargs)
    rest = [kwargs.get(param.name) for param in method.params[len(args) :]]
    while rest and rest[-1] is None:
        rest.pop()
    return [*args, *rest]


def _refusal(response: http.client.HTTPResponse, content: bytes) -> BitDustError:
    """The error behind an HTTP status: the request was refused before it reached a door."""
    try:
        told = json.loads(content)
        return _error(str(told["error"]), int(told["code"]), str(told["detail"]), str(told["hint"]))
    except (ValueError, KeyError, TypeError):
        return BitDustError(f"the node answered with HTTP status {response.status}")


def _error_of(told: dict[str, Any]) -> BitDustError:
    """The error that a JSON-RPC error tells of; one without data was refused before it came to a method."""
    message, number = str(told["message"]), int(told["code"])
    if "data" in told:
        return _error(str(told["data"]["error"]), number - 1000, message, str(told["data"]["hint"]))
    return Usage(message) if number < 0 else BitDustError(message)


def _error(name: str, exit_code: int, message: str, hint: str) -> BitDustError:
    """The error of that id; of one that is not known here, the first with the same exit code."""
    kinds = all_errors()
    likely = [kind for kind in kinds if kind.id == name]
    likely += [kind for kind in kinds if kind.exit_code == exit_code]
    kind = likely[0] if likely else BitDustError
    error = kind.__new__(kind)
    BitDustError.__init__(error, message, hint=hint)
    if isinstance(error, Refused):
        error.code, error.text = message.rpartition("(")[2].rstrip(")"), message
    return error
