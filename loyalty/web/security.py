"""What a browser is told to refuse, who else may call from a page, and how large a request may be.

Pages load only what this server serves (no inline script or style); no other site may frame them; other origins may
read the APIs only when an operator lists them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from flask import Flask, Response, request

from loyalty.web.openapi import BODY_LIMIT

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
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
STRICT_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_CORS_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_CORS_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Cashier, X-Request-Id"
_CORS_EXPOSED: Final = "ETag, Retry-After, X-Request-Id"


def register(app: Flask, *, origins: Collection[str] = (), https: bool = False) -> None:
    """Limit bodies, answer preflights of ``origins`` (none if not said) and add the headers to every answer."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    always = (*HEADERS, STRICT_TRANSPORT) if https else HEADERS
    allowed = frozenset(origins)

    def preflight() -> Response | None:
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        response = Response(status=204)
        if request.headers.get("Origin") in allowed:
            response.headers["Access-Control-Allow-Methods"] = _CORS_METHODS
            response.headers["Access-Control-Allow-Headers"] = _CORS_HEADERS
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    def protect(response: Response) -> Response:
        headers = response.headers
        for name, value in always:
            if name not in headers:
                headers[name] = value
        origin = request.headers.get("Origin")
        if allowed:
            headers.add("Vary", "Origin")
            if origin in allowed:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = _CORS_EXPOSED
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    app.before_request(preflight)
    app.after_request(protect)
