"""The OpenAPI 3.1 document of a face, made from its declared routes by apispec."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from loyalty.errors import DomainError
from loyalty.web import fields as own
from loyalty.web.api import JSON, Media, Route, Routes
from loyalty.web.errors import PROBLEM, status_of
from loyalty.web.parsing import KEY_HEADER, KEY_PATTERN
from loyalty.web.serving import errors_of
from loyalty.web.validators import Shape

BODY_LIMIT: Final = 256 * 1024
_TYPES: Final[tuple[tuple[type[fields.Field[Any]], str, str | None], ...]] = (
    (own.Whole, "integer", "int64"),
    (own.Text, "string", None),
    (own.Choice, "string", None),
    (own.Bool, "boolean", None),
    (own.Instant, "string", "date-time"),
    (own.Day, "string", "date"),
)
PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "An RFC 9457 problem document. The facts of a refusal stand beside these under their own names.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "description": "The path of a page about the code.", "maxLength": 200},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "description": "For programs; stable.", "pattern": "^[a-z0-9_]+$"},
        "instance": {"type": "string", "description": "The request's id, for support."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "code"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 pointer into the body."},
                    "in": {"enum": ["query", "path", "header"]},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}


def document_of(title: str, about: str, prefix: str, sections: Iterable[Routes]) -> dict[str, Any]:
    """Return the OpenAPI document of these routes."""
    plugin = _plugin()
    spec = APISpec(
        title, "1", "3.1.0", plugins=[plugin], info={"description": about}, servers=[{"url": prefix}]
    )
    spec.components.schema("Problem", PROBLEM_SCHEMA)
    schemes: dict[str, Any] = {}
    for section in sections:
        spec.tag({"name": section.title, "description": section.about})
        for route in section.routes:
            if route.who is not None:
                schemes.update(route.who.schemes)
            spec.path(_path(route.rule), operations={route.method.lower(): _operation(route, section.title)})
    for name, scheme in schemes.items():
        spec.components.security_scheme(name, dict(scheme))
    return spec.to_dict()


def _check_names(routes: Iterable[Route]) -> None:
    """Raise ``ValueError`` where two schemas, or two routes, would stand under one name in the document."""
    schemas: dict[str, Any] = {}
    operations: set[str] = set()
    for route in routes:
        if route.name in operations:
            raise ValueError(f"two routes are called {route.name}: rename one of the functions")
        operations.add(route.name)
        for schema in (route.body, *route.answers.values()):
            for each in _nested(schema) if isinstance(schema, Schema) else ():
                kind = type(each)
                known = schemas.setdefault(_name_of(kind), kind)
                if known is not kind:
                    places = f"{known.__module__} and {kind.__module__}"
                    raise ValueError(f"two schemas are called {_name_of(kind)}: in {places}")


def _nested(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and every schema in it; a schema does not contain itself."""
    yield schema
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        inner = inner.value_field if isinstance(inner, fields.Dict) else inner
        if isinstance(inner, fields.Nested):
            yield from _nested(inner.schema)


def _plugin() -> MarshmallowPlugin:
    return _Plugin(schema_name_resolver=_name_of)


class _Converter(OpenAPIConverter):
    """apispec's converter with a field mapping of its own (apispec shares one between all instances)."""

    field_mapping = {  # noqa: RUF012
        **OpenAPIConverter.field_mapping,
        **{kind: (name, shape) for kind, name, shape in _TYPES},
    }


class _Plugin(MarshmallowPlugin):
    Converter = _Converter

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        assert self.converter is not None
        self.converter.add_attribute_function(_pattern)


def _pattern(_: Any, field: fields.Field[Any], **__: Any) -> dict[str, Any]:
    """Write a pattern as ECMAScript does; what is sent as a text has no control characters."""
    written = [each.written for each in field.validators if isinstance(each, Shape)]
    if not written and isinstance(field, own.Text) and isinstance(field.root, own.Input):
        written = [own.PRINTABLE_PATTERN]
    return {"pattern": written[0]} if written else {}


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _path(rule: str) -> str:
    return re.sub(r"<(?:[^<>]+:)?([a-z_]+)>", r"{\1}", rule)


def _operation(route: Route, tag: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [tag],
        "summary": route.summary,
        "security": []
        if route.who is None
        else [{k: list(v) for k, v in each.items()} for each in route.who.security],
        "parameters": _parameters(route),
        "responses": {**_answers(route), **_refusals(route)},
    }
    if about := _about(route):
        operation["description"] = about
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    return operation


def _about(route: Route) -> str:
    parts = [route.about.replace("``", "`")] if route.about else []
    if route.needs is not None:
        parts.append(f"Needs the permission `{route.needs}`.")
    parts += [f"At most {each.times} times in {each.seconds} seconds." for each in route.limits]
    if route.body is not None:
        parts.append(f"The body has at most {BODY_LIMIT // 1024} kB.")
    return "\n\n".join(parts)


def _parameters(route: Route) -> list[Any]:
    found: list[Any] = []
    if route.path is not None:
        found.append({"in": "path", "schema": route.path})
    if route.query is not None:
        found.append({"in": "query", "schema": route.query})
    if route.idempotent:
        about = "New for every new request; the same again for a retry, which is then answered as the first."
        shape = {"type": "string", "pattern": KEY_PATTERN, "minLength": 8, "maxLength": 64}
        found.append(
            {"in": "header", "name": KEY_HEADER, "required": True, "description": about, "schema": shape}
        )
    if route.etag:
        about = "The `ETag` that the caller has; 304 if it is still current."
        shape = {"type": "string"}
        found.append(
            {
                "in": "header",
                "name": "If-None-Match",
                "required": False,
                "description": about,
                "schema": shape,
            }
        )
    return found


def _content(body: Schema | Media) -> dict[str, Any]:
    if isinstance(body, Media):
        return {body.type: {"schema": {"description": body.about} if body.about else {}}}
    return {JSON: {"schema": body}}


def _answers(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, schema in route.answers.items():
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if schema is not None:
            answer["content"] = _content(schema)
        if route.etag and status == HTTPStatus.OK:
            answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
        found[str(status)] = answer
    if route.etag:
        found["304"] = {"description": "What the caller has is current."}
    return found


def _refusals(route: Route) -> dict[str, Any]:
    codes: dict[int, dict[str, type[DomainError]]] = {}
    for error in errors_of(route):
        codes.setdefault(status_of(error), {})[error.code] = error
    refusals = {status: _codes_text(kinds) for status, kinds in sorted(codes.items())}
    if route.body is not None:
        refusals[413] = "`too_large`: the body is too large."
        refusals[415] = "`unsupported_media_type`: the body is of another media type."
    return {
        str(status): {
            "description": text,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in refusals.items()
    }


def _codes_text(kinds: dict[str, type[DomainError]]) -> str:
    return "\n".join(f"- `{code}`: {_sentence(kind)}" for code, kind in kinds.items())


def _sentence(kind: type[DomainError]) -> str:
    """Return the first sentence of the error's docstring."""
    about = " ".join((kind.__doc__ or kind.text).replace("``", "`").split())
    return about.partition(". ")[0].rstrip(".") + "."
