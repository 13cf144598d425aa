"""How a route is declared. A face is a list of ``Routes``; each route says everything about itself in one place.

Add a route in ``mobile_api/routes/<subject>.py`` (or ``pos_adapter/routes/``)::

    from loyalty.web.api import Answer, Call, Limit, Routes
    from loyalty.web.fields import Input, Instant, Key, Many, Milli, Output
    from mobile_api.who import MEMBER

    routes = Routes("Favorites", "What a member likes.")

    class FavoriteIn(Input):                      # unknown fields are refused, with the nearest name
        sku = Key(required=True, about="A product of the catalog.")

    class Favorite(Output):                       # every field is always there (or ``optional=True``)
        sku = Key()
        added_at = Instant()

    @routes.put(
        "/favorites/<sku>",                       # path parameters are ``Id`` unless ``path=`` says otherwise
        summary="Add a favorite",
        who=MEMBER,                               # a ``Caller``; ``None``: anybody
        path={"sku": Key()},
        body=FavoriteIn,
        answers={201: Favorite},                  # the first status is the usual one; ``None``: no body
        errors=(ProductUnknown,),                 # refusals of its own that the service may raise
        idempotent=False,                         # True: needs ``Idempotency-Key``, found in ``call.key``
        limits=(Limit("favorites", 30, 60),),     # counted in the database, per caller
        needs=None,                               # a permission the actor must have
    )
    def add_favorite(call: Call) -> object:
        with transaction() as session:
            return preferences.add_favorite(session, actor=call.actor, sku=call.path["sku"], now=call.now)

and put ``favorites.routes`` into the list in ``mobile_api/__init__.py``. That is all: the route checks, limits,
serializes, documents itself in ``/api/v1/openapi.json`` and answers errors as problem documents.

- ``call.body``, ``call.query``, ``call.path`` are loaded values; ``call.actor``, ``call.now``, ``call.key``,
  ``call.site`` (settings, clock, tokens, cursors, limits), ``call.address`` (of the client).
- Return an object or dict of the first answer's schema, ``Answer(data, status=…, etag=…, headers=…)``, ``None`` where
  the answer has no body, or a Flask ``Response`` for streams (declare ``answers={200: Media("text/event-stream")}``).
- Lists: ``query=PageQuery`` (or a subclass), ``answers={200: page_of(Item)}``, see ``loyalty/web/paging.py``.
- Polls: ``etag=True`` documents it; ``if is_current(tag): return Answer.unchanged(tag)`` saves the work.
- Raise the domain's errors and nothing else; no status codes in routes. In tests an error that a route did not
  declare fails the test.
- Limits on something in the body: ``call.limit(Limit("auth.identity", 5, 3600), call.body["email"])``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Required, TypedDict, Unpack, cast

from flask import Request, request
from marshmallow import Schema, fields

from loyalty.actor import Actor
from loyalty.errors import DomainError, Unauthenticated
from loyalty.record import record
from loyalty.web.fields import Id, Input
from loyalty.web.limits import Limit
from loyalty.web.site import Site

JSON: Final = "application/json"


@record
class Caller:
    """A way to be known. ``identify`` returns the actor or raises ``Unauthenticated``.

    ``schemes`` are the OpenAPI security schemes by name; ``security`` says which of them a route asks for.
    """

    identify: Callable[[Request, Site, datetime], Actor]
    schemes: Mapping[str, Mapping[str, Any]]
    security: tuple[Mapping[str, tuple[str, ...]], ...]
    errors: tuple[type[DomainError], ...] = ()


@record
class Media:
    """A body that is no JSON document: its media type and what it is. As a request body it arrives as ``bytes``."""

    type: str
    about: str = ""


SchemaLike = Schema | type[Schema]


@record
class Answer:
    """What a route answers, where it is more than the usual status and a body."""

    data: object = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    etag: str | None = None

    @classmethod
    def unchanged(cls, etag: str) -> Answer:
        """Answer 304: the caller has it already."""
        return cls(status=304, etag=etag)


@dataclass(slots=True)
class Call:
    """One request, checked. See the module for what is in it."""

    site: Site
    now: datetime
    path: dict[str, Any]
    known: Actor | None = None
    query: Any = None
    body: Any = None
    idempotency_key: str | None = None

    @property
    def actor(self) -> Actor:
        """Return who calls; raise ``Unauthenticated`` on a route for anybody."""
        if self.known is None:
            raise Unauthenticated
        return self.known

    @property
    def key(self) -> str:
        """Return the idempotency key of a route that is declared ``idempotent``."""
        assert self.idempotency_key is not None, "declare the route idempotent=True"
        return self.idempotency_key

    @property
    def address(self) -> str:
        """Return the client's network address (behind the proxies that the settings trust)."""
        return request.remote_addr or "unknown"

    def limit(self, limit: Limit, key: str) -> None:
        """Count a try of ``key`` against ``limit``; raise ``RateLimited``."""
        self.site.limits.count(limit, key, now=self.now)


Handler = Callable[[Call], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Everything about one route; schemas are instances, made once."""

    method: str
    rule: str
    name: str
    handler: Handler
    summary: str
    about: str
    who: Caller | None
    path: Schema | None
    query: Schema | None
    body: Schema | Media | None
    answers: Mapping[int, Schema | Media | None]
    errors: tuple[type[DomainError], ...]
    idempotent: bool
    etag: bool
    limits: tuple[Limit, ...]
    needs: str | None


class Options(TypedDict, total=False):
    """What a route may say about itself."""

    summary: Required[str]
    answers: Required[Mapping[int, SchemaLike | Media | None]]
    who: Required[Caller | None]
    path: Mapping[str, fields.Field[Any]]
    query: SchemaLike
    body: SchemaLike | Media
    errors: tuple[type[DomainError], ...]
    idempotent: bool
    etag: bool
    limits: tuple[Limit, ...]
    needs: str | None


class Routes:
    """The routes of one subject of a face, in the order of their declaration."""

    def __init__(self, title: str, about: str = "") -> None:
        self.title = title
        self.about = about
        self.routes: list[Route] = []

    def route(self, method: str, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route; the decorated function is called with one ``Call``."""

        def declare(handler: Handler) -> Handler:
            self.routes.append(_route(method, rule, handler, said))
            return handler

        return declare

    def get(self, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route that reads."""
        return self.route("GET", rule, **said)

    def post(self, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route that does something."""
        return self.route("POST", rule, **said)

    def put(self, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route that sets something to what was sent."""
        return self.route("PUT", rule, **said)

    def patch(self, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route that changes what was sent and leaves the rest."""
        return self.route("PATCH", rule, **said)

    def delete(self, rule: str, **said: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route that takes something away."""
        return self.route("DELETE", rule, **said)


def _route(method: str, rule: str, handler: Handler, said: Options) -> Route:
    return Route(
        method=method,
        rule=rule,
        name=handler.__name__,
        handler=handler,
        summary=said["summary"],
        about=inspect.getdoc(handler) or "",
        who=said["who"],
        path=_path_schema(rule, said.get("path", {})),
        query=_instance(said.get("query")),
        body=_instance(said.get("body")),
        answers={status: _instance(each) for status, each in said["answers"].items()},
        errors=said.get("errors", ()),
        idempotent=said.get("idempotent", False),
        etag=said.get("etag", False),
        limits=said.get("limits", ()),
        needs=said.get("needs"),
    )


def _instance(given: SchemaLike | Media | None) -> Any:
    return given() if isinstance(given, type) else given


def _path_schema(rule: str, given: Mapping[str, fields.Field[Any]]) -> Schema | None:
    names = [part[1:-1].rpartition(":")[2] for part in rule.split("/") if part.startswith("<")]
    if unknown := given.keys() - set(names):
        raise ValueError(f"{rule} has no parameter {', '.join(sorted(unknown))}")
    if not names:
        return None
    members = {name: given.get(name) or Id() for name in names}
    for member in members.values():
        member.required = True
    return type("Path", (Input,), cast(dict[str, Any], members))()
