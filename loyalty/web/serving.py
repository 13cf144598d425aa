"""From a declared route to a view function.

The order is always: who calls → may they → how often → what do they send → the handler → the answer. Everything that
does not depend on the request is looked up once, when the view is made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Request, Response, current_app, g, request
from marshmallow import Schema

from loyalty.actor import Actor
from loyalty.db import Unreachable
from loyalty.errors import Busy, DomainError, Invalid, Unauthenticated
from loyalty.staff import PermissionDenied, require
from loyalty.web import etags, wire
from loyalty.web.api import JSON, Answer, Call, Caller, Media, Route
from loyalty.web.codec import dumper_of, lacking
from loyalty.web.errors import BadInput
from loyalty.web.limits import RateLimited
from loyalty.web.parsing import (
    BodyMissing,
    IdempotencyKeyMissing,
    body_reader,
    idempotency_key_of,
    path_reader,
    query_of,
)
from loyalty.web.site import Site, current

View = Callable[..., Response]


# What any route may answer besides what it declares: bad input, limits, a database that is busy or away.
ALWAYS: Final[tuple[type[DomainError], ...]] = (
    Invalid,
    BadInput,
    wire.Malformed,
    RateLimited,
    Busy,
    Unreachable,
)


def errors_of(route: Route) -> tuple[type[DomainError], ...]:
    """Return every refusal that this route may answer, its own first."""
    found: list[type[DomainError]] = [*route.errors]
    if route.who is not None:
        found += [Unauthenticated, *route.who.errors]
    if route.needs is not None:
        found.append(PermissionDenied)
    if route.idempotent:
        found.append(IdempotencyKeyMissing)
    if route.body is not None:
        found.append(BodyMissing)
    return tuple(dict.fromkeys([*found, *ALWAYS]))


def view_of(route: Route) -> View:
    """Return the view function of a route."""
    who, handler = route.who, route.handler
    read_body, read_path = _body_reader(route.body), _path_reader(route.path)
    respond = _responder(route)
    declared = frozenset(error.code for error in errors_of(route))

    def view(**values: Any) -> Response:
        site = current()
        now = site.clock.now()
        actor = _admitted(route, who, site, now)
        call = Call(
            site,
            now,
            read_path(values),
            actor,
            query_of(request, route.query) if route.query is not None else _no_query(),
            read_body(request),
            idempotency_key_of(request) if route.idempotent else None,
        )
        try:
            return respond(handler(call))
        except DomainError as error:
            _check_declared(route, declared, error)
            raise

    return view


def _body_reader(body: Schema | Media | None) -> Callable[[Request], Any]:
    if isinstance(body, Schema):
        return body_reader(body)
    return (lambda _: None) if body is None else lambda request: request.get_data()


def _path_reader(path: Schema | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return path_reader(path) if path is not None else lambda values: values


def _admitted(route: Route, who: Caller | None, site: Site, now: datetime) -> Actor | None:
    """Return who calls, if they may and not too often."""
    address = request.remote_addr or "unknown"
    if who is None:
        actor, client = None, address
    else:
        try:
            actor = who.identify(request, site, now)
        except Unauthenticated:
            site.limits.admit(address, now=now)
            raise
        client = actor.client
        g.client = client
    site.limits.admit(client, now=now)
    if route.needs is not None and actor is not None:
        require(actor, route.needs)
    for limit in route.limits:
        site.limits.count(limit, client, now=now)
    return actor


def _no_query() -> None:
    """Refuse parameters on a route that has none: they would be a wrong hope, silently disappointed."""
    if request.query_string:
        query_of(request, _EMPTY)


_EMPTY: Final = Schema()


def _responder(route: Route) -> Callable[[object], Response]:
    """Return the function that turns what a handler returned into a response."""
    usual = next(iter(route.answers))
    dumpers = {status: _dumper(schema) for status, schema in route.answers.items()}

    def respond(result: object) -> Response:
        if isinstance(result, Response):
            return result
        if not isinstance(result, Answer):
            return _json(dumpers[usual](result), usual)
        status = result.status or usual
        if result.etag is not None and (status == 304 or (status == 200 and etags.is_current(result.etag))):
            response = Response(status=304)
        else:
            response = _json(dumpers[status](result.data), status)
        if result.headers:
            response.headers.update(result.headers)
        if result.etag is not None:
            response.headers["ETag"] = result.etag
            response.headers["Cache-Control"] = "private, no-cache"
        return response

    return respond


def _dumper(schema: Schema | Media | None) -> Callable[[object], str]:
    if schema is None:
        return lambda _: ""
    if isinstance(schema, Media):
        raise_for = schema.type

        def refuse(_: object) -> str:
            raise TypeError(f"return a Response for {raise_for}")

        return refuse
    dump = dumper_of(schema)

    def text_of(data: object) -> str:
        if current_app.testing and (lacks := lacking(schema, data)):
            raise AssertionError(
                f"the answer lacks {', '.join(lacks)}: every field of an Output is always there"
            )
        return wire.write(dump(data))

    return text_of


def _json(text: str, status: int) -> Response:
    response = Response(text, status=status, content_type=JSON) if text else Response(status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _check_declared(route: Route, declared: frozenset[str], error: DomainError) -> None:
    """In tests, fail when a route raises what its document does not say."""
    if current_app.testing and error.code not in declared:
        raise AssertionError(
            f"{route.method} {route.rule} raised {type(error).__name__} ({error.code}): add it to its errors="
        ) from error
