"""From a request to checked values: the body, the query, the path and the idempotency key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, cast

import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from loyalty.errors import Flaw
from loyalty.web import wire
from loyalty.web.codec import Unfit, loader_of
from loyalty.web.errors import BadInput
from loyalty.web.flaws import flaws_of

KEY_HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$"
_KEY: Final = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
_WHERE: Final = {"json": "body", "query": "query", "path": "path"}


class IdempotencyKeyMissing(wire.Malformed):
    """A request that writes money or points needs a key, so that its retry is safe."""

    code = "idempotency_key_missing"
    text = f"Send an {KEY_HEADER} header: 8 to 64 letters, digits, '.', '_', ':' or '-', new for every new request."


class BodyMissing(wire.Malformed):
    """The request has no body and needs one."""

    code = "body_missing"
    text = "Send a JSON body."


class _Parser(FlaskParser):
    """webargs with our reading of JSON, our errors, and unknown names refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": ma.RAISE, "path": ma.RAISE}  # noqa: RUF012

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        del schema
        return json_of(req)

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        del req, error_status_code, error_headers
        messages = cast(dict[str, Any], error.messages)
        ((location, inner),) = messages.items()
        raise BadInput(_WHERE[location], flaws_of(inner, schema)) from None


_parser: Final = _Parser()


def json_of(request: Request) -> Any:
    """Return the JSON body as it was sent; raise ``Malformed`` (400) or 415."""
    raw = request.get_data(cache=True)
    if not raw:
        raise BodyMissing
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send application/json.")
    return wire.read(raw)


def body_reader(schema: ma.Schema) -> Callable[[Request], Any]:
    """Return the function that loads the body; it raises ``Malformed`` (400), 415 or ``BadInput`` (422)."""
    load = loader_of(schema)

    def read(request: Request) -> Any:
        try:
            return load(json_of(request))
        except Unfit:
            return _parser.parse(schema, request, location="json")

    return read


def query_of(request: Request, schema: ma.Schema) -> Any:
    """Return the loaded query; raise ``BadInput`` where a parameter is wrong, unknown or given twice."""
    for name, values in request.args.lists():
        if len(values) > 1 and not isinstance(schema.fields.get(name), ma.fields.List):
            raise BadInput("query", (Flaw(f"/{name}", "This was given twice.", "doubled"),))
    return _parser.parse(schema, request, location="query")


def path_reader(schema: ma.Schema) -> Callable[[dict[str, Any]], Any]:
    """Return the function that checks the parameters of the path; it raises ``BadInput``."""
    load = loader_of(schema)

    def read(values: dict[str, Any]) -> Any:
        try:
            return load(values)
        except Unfit:
            pass
        try:
            return schema.load(values)
        except ma.ValidationError as error:
            raise BadInput("path", flaws_of(error.messages, schema)) from None

    return read


def idempotency_key_of(request: Request) -> str:
    """Return the caller's idempotency key; raise ``IdempotencyKeyMissing``, or ``BadInput`` for an odd one."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        raise IdempotencyKeyMissing
    if not _KEY.match(key):
        raise BadInput("header", (Flaw(f"/{KEY_HEADER}", IdempotencyKeyMissing.text, "invalid"),))
    return key
