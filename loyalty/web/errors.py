"""Errors as they are answered: one table from the kind of a refusal to its status, and RFC 9457 documents.

A problem document has ``type`` (the path of a page about the code), ``title``, ``status``, ``detail`` for a person,
``code`` for a program, ``instance`` (the request's id, for support), ``errors`` where an input was wrong, and the
facts of the refusal under their own names (``missing_milli``, ``retry_after_seconds``, …).
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response, current_app, g
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from loyalty import errors
from loyalty.errors import DomainError, Flaw
from loyalty.web import logs, wire

PROBLEM: Final = "application/problem+json"

# The nearest kind in a class's ancestry decides.
STATUSES: Final[dict[type[DomainError], int]] = {
    wire.Malformed: 400,
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.PaymentDeclined: 402,
    errors.Denied: 403,
    errors.Missing: 404,
    errors.Refused: 409,
    errors.TooMany: 429,
    errors.Outdated: 426,
    errors.Unserved: 501,
    errors.Busy: 503,
    DomainError: 409,
}
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "code", "instance", "errors"})
# What Flask and Werkzeug refuse by themselves: the code and its meaning.
HTTP_CODES: Final = {
    400: ("malformed", "The request cannot be read at all."),
    404: ("no_such_path", "There is nothing at this path."),
    405: ("method_not_allowed", "This path exists, but not for this method; `Allow` says for which."),
    408: ("too_slow", "The request took too long to arrive."),
    413: ("too_large", "The request is larger than any of ours."),
    414: ("too_large", "The request is larger than any of ours."),
    415: ("unsupported_media_type", "The body is of another media type than this path takes."),
    431: ("too_large", "The request is larger than any of ours."),
    500: (
        "internal",
        "Something went wrong on our side; nothing was left half done. The request may be sent again.",
    ),
}
# Werkzeug's own words speak of typing errors in a browser.
_OWN_WORDS: Final = frozenset({404, 405, 413, 500})


class BadInput(errors.Invalid):
    """The body, query, path or a header does not fit its schema; ``where`` says which of them."""

    def __init__(self, where: str, flaws: tuple[Flaw, ...]) -> None:
        count = len(flaws)
        super().__init__(
            f"The {where} has {'an error' if count == 1 else f'{count} errors'}.",
            flaws=flaws,
        )
        self.where = where


def status_of(kind: type[DomainError]) -> int:
    """Return the HTTP status of a kind of refusal."""
    return next(STATUSES[each] for each in kind.__mro__ if each in STATUSES)


def title_of(code: str) -> str:
    """Return the title of a code: the same for every occurrence."""
    return code.replace("_", " ").capitalize()


def document_of(error: DomainError) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    document = _document(status_of(type(error)), error.code, error.detail)
    if isinstance(error, errors.Invalid) and error.flaws:
        where = error.where if isinstance(error, BadInput) else "body"
        document["errors"] = [_entry(where, flaw) for flaw in error.flaws]
    document.update((name, value) for name, value in error.data.items() if name not in _RESERVED)
    return document


def answer(error: DomainError) -> Response:
    """Answer a refusal."""
    response = _response(document_of(error))
    if isinstance(error, errors.TooMany | errors.Busy):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    g.problem = error.code
    return response


def register(app: Flask) -> None:
    """Answer every error of the application with a problem document."""
    app.register_error_handler(DomainError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def _answer_http(error: HTTPException) -> Response | HTTPException:
    if isinstance(error, RequestRedirect) or error.code is None or error.code < 400:
        return error
    code, about = HTTP_CODES.get(error.code, HTTP_CODES[400] if error.code < 500 else HTTP_CODES[500])
    detail = about.replace("`", "") if error.code in _OWN_WORDS else error.description or error.name
    response = _response(_document(error.code, code, detail))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    g.problem = code
    return response


def _answer_unexpected(error: Exception) -> Response:
    """Answer 500 with nothing about the inside; what happened is in the log under the request's id."""
    if current_app.testing:
        raise error
    logs.unexpected(error)
    g.problem = "internal"
    return _response(
        _document(500, "internal", "Something went wrong on our side. Nothing was left half done.")
    )


def _document(status: int, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"/problems/{code}",
        "title": title_of(code),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": g.get("request_id", ""),
    }


def _entry(where: str, flaw: Flaw) -> dict[str, Any]:
    if where == "body":
        return {"pointer": flaw.pointer, "detail": flaw.detail, "code": flaw.code}
    name = flaw.pointer.split("/")[1] if "/" in flaw.pointer else flaw.pointer
    return {"in": where, "parameter": name, "detail": flaw.detail, "code": flaw.code}


def _response(document: dict[str, Any]) -> Response:
    response = Response(wire.write(document), status=document["status"], content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    return response
