"""A connection that leaves the web server: its thread goes on to the next request, its socket lives elsewhere.

The server's worker wraps the application in ``Offering``. A route that wants the connection calls ``take`` and answers
an ordinary response without a body. Its status and headers, those that every answer gets with them, become the head
that is handed over with the socket; the worker learns by ``HandedOver`` that the connection is no longer its own.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEY: Final = "regulars.handover"
Taker = Callable[[socket.socket, bytes], None]
# Said of this connection alone: it ends with the response, whose length nobody knows.
_OWN: Final = frozenset({"content-length", "connection", "date", "transfer-encoding"})


class HandedOver(BaseException):
    """The socket has another owner. No error: it passes every ``except Exception`` on its way to the worker."""


class Offer:
    """The connection of one request, for whoever wants it."""

    def __init__(self) -> None:
        self.taker: Taker | None = None
        self.head: tuple[str, list[tuple[str, str]]] | None = None


def take(environ: WSGIEnvironment, taker: Taker) -> bool:
    """Ask for the connection of this request; return whether this server can hand it over.

    After the whole response has been made, ``taker`` is called with a socket of its own and the response's head.
    """
    offer: Offer | None = environ.get(KEY)
    if offer is not None:
        offer.taker = taker
    return offer is not None


class Offering:
    """An application that is offered the connections of gunicorn's threads."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; raise ``HandedOver`` where the route took the connection."""
        if not _can_leave(environ):
            return self._app(environ, start_response)
        offer = environ[KEY] = Offer()

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            offer.head = (status, headers)
            return start_response(status, headers, exc_info)

        answer = self._app(environ, start)
        # Where something refused after the route had asked for the connection, the refusal is what goes out.
        if offer.taker is None or offer.head is None or not offer.head[0].startswith("200"):
            return answer
        if (close := getattr(answer, "close", None)) is not None:
            close()
        connection: socket.socket = environ["gunicorn.socket"]
        offer.taker(connection.dup(), _head(*offer.head))
        raise HandedOver


def _can_leave(environ: WSGIEnvironment) -> bool:
    """Tell whether one request has the connection to itself, unencrypted, and asks for what has a body."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and type(cast(object, environ.get("gunicorn.socket"))) is socket.socket
        and environ["SERVER_PROTOCOL"] in ("HTTP/1.1", "HTTP/1.0")
    )


def _head(status: str, headers: list[tuple[str, str]]) -> bytes:
    said = [f"{name}: {value}" for name, value in headers if name.lower() not in _OWN]
    lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", "Connection: close", *said]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
