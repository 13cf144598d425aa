"""What a browser is told to refuse, who else may call from a page, and how large a request may be.

Pages load only what this server serves (no inline script or style); no other site may frame them; other origins may
read the APIs only when an operator lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request

from loyalty.web.openapi import BODY_LIMIT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Scripts may compile WebAssembly (not text: that is 'unsafe-eval', which stays refused): where a browser reads no
# codes itself, the scanner does with a module of ours, and that is served from here too.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY: Final = "camera=(self), geolocation=(), microphone=(), payment=(self), usb=()"
HEADERS: Final = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS_POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
# What no browser shows as a page needs none of a page's permissions; a phone pays for every byte of every answer.
DATA_HEADERS: Final = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_DATA: Final = ("application/json", "application/problem+json")
STRICT_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_CORS_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_CORS_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Cashier, X-Request-Id"
_CORS_EXPOSED: Final = "ETag, Retry-After, X-Request-Id"


def register(app: Flask, *, origins: Collection[str] = (), https: bool = False) -> None:
    """Limit bodies, answer preflights of ``origins`` (none if not said) and add the headers to every answer."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.wsgi_app = _Protected(app.wsgi_app, [STRICT_TRANSPORT] if https else [])
    allowed = frozenset(origins)
    if allowed:
        app.before_request(lambda: _preflight(allowed))
        app.after_request(lambda response: _share(response, allowed))


class _Protected:
    """Adds the headers below Flask, once for all answers: one list joined to another, not ten look-ups."""

    def __init__(self, inner: WSGIApplication, always: list[tuple[str, str]]) -> None:
        self._inner = inner
        self._page = [*HEADERS, *always]
        self._data = [*DATA_HEADERS, *always]
        self._names = frozenset(name for name, _ in self._page)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            is_data = any(name == "Content-Type" and kind.startswith(_DATA) for name, kind in headers)
            more = self._data if is_data else self._page
            if given := self._names.intersection([name for name, _ in headers]):
                more = [each for each in more if each[0] not in given]
            return start_response(status, [*headers, *more], exc_info)

        return self._inner(environ, start)


def _preflight(allowed: frozenset[str]) -> Response | None:
    """Answer the question a browser asks before a request of another origin's page."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    response = Response(status=204)
    if request.headers.get("Origin") in allowed:
        response.headers["Access-Control-Allow-Methods"] = _CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = _CORS_HEADERS
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _share(response: Response, allowed: frozenset[str]) -> Response:
    """Let a page of a listed origin read the answer."""
    headers = response.headers
    headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin in allowed:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _CORS_EXPOSED
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
