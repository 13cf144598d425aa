"""What the page of an OpenAPI document shows: the document, told as sections, operations, members and samples.

The page itself is ``templates/web/docs.html``: rendered here, once per process, without a script and without a CDN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import render_template
from markupsafe import Markup, escape

from loyalty.web import wire
from loyalty.web.fields import PRINTABLE_PATTERN

Document = Mapping[str, Any]
_MAX_SAMPLE_DEPTH: Final = 6
_CODE: Final = re.compile(r"`([^`]+)`")
_LIMITS: Final = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("maxProperties", "at most {} entries"),
    ("pattern", "pattern {}"),
)
_SAMPLES: Final = {"date-time": "2026-03-02T12:00:00Z", "date": "2026-03-02", "email": "ada@example.org"}


@dataclass(frozen=True, slots=True)
class Member:
    """One line of a table: a parameter, or a member of a schema."""

    name: str
    type: Markup
    required: bool
    limits: tuple[str, ...]
    about: Markup


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is sent or answered: its media type, its schema, and how it looks."""

    media: str
    type: Markup
    sample: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One status that an operation answers."""

    status: str
    about: Markup
    body: Body | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    summary: str
    about: Markup
    security: tuple[str, ...]
    parameters: tuple[Member, ...]
    body: Body | None
    answers: tuple[Answered, ...]


def rendered(document: Document) -> str:
    """Return the page that browses an OpenAPI document."""
    return render_template(
        "web/docs.html",
        title=document["info"]["title"],
        about=prose(document["info"].get("description", "")),
        prefix=document["servers"][0]["url"],
        sections=tuple(_sections(document)),
        schemes=_schemes(document),
        schemas=tuple(_schemas(document)),
    )


def prose(text: str) -> Markup:
    """Return paragraphs, lists (``- ``) and code (in backticks) as HTML; everything else is escaped."""
    blocks = [block.strip() for block in text.strip().split("\n\n") if block.strip()]
    return Markup("").join(_list(block) if block.startswith("- ") else _paragraph(block) for block in blocks)


def _paragraph(block: str) -> Markup:
    return Markup("<p>{}</p>").format(_inline(" ".join(block.split())))


def _list(block: str) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(_inline(each)) for each in block[2:].split("\n- "))
    return Markup("<ul>{}</ul>").format(items)


def _inline(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def _sections(document: Document) -> Iterator[tuple[str, str, Markup, tuple[Operation, ...]]]:
    """Yield (anchor, title, about, operations) of each tag, in the order of the document."""
    found: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method, said in item.items():
            found.setdefault(said["tags"][0], []).append(_operation(document, method, path, said))
    for tag in document.get("tags", ()):
        operations = tuple(found.get(tag["name"], ()))
        yield _anchor(tag["name"]), tag["name"], prose(tag.get("description", "")), operations


def _operation(document: Document, method: str, path: str, said: Mapping[str, Any]) -> Operation:
    body = said.get("requestBody")
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        about=prose(said.get("description", "")),
        security=tuple(" + ".join(each) for each in said["security"]),
        parameters=tuple(
            _member(
                f"{each['name']}", each["schema"], each.get("required", False), each.get("description", "")
            )
            for each in said.get("parameters", ())
        ),
        body=None if body is None else _body(document, body["content"]),
        answers=tuple(
            Answered(status, prose(each["description"]), _body(document, each.get("content")))
            for status, each in sorted(said["responses"].items())
        ),
    )


def _body(document: Document, content: Mapping[str, Any] | None) -> Body | None:
    if not content:
        return None
    ((media, said),) = content.items()
    schema = said["schema"]
    # A refusal looks the same everywhere; its page has the sample.
    sample = (
        "" if "problem" in media or not media.endswith("json") else wire.pretty(_sample(document, schema))
    )
    return Body(media, _type(schema), sample)


def _schemes(document: Document) -> list[tuple[str, Markup]]:
    schemes = document.get("components", {}).get("securitySchemes", {})
    return [(name, prose(said.get("description", ""))) for name, said in schemes.items()]


def _schemas(document: Document) -> Iterator[tuple[str, Markup, tuple[Member, ...]]]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = schema.get("required", ())
        members = tuple(
            _member(key, said, key in required, said.get("description", ""))
            for key, said in schema.get("properties", {}).items()
        )
        yield name, prose(schema.get("description", "")), members


def _member(name: str, schema: Mapping[str, Any], required: bool, about: str) -> Member:
    limits = tuple(
        text.format(schema[key])
        for key, text in _LIMITS
        if schema.get(key, PRINTABLE_PATTERN) != PRINTABLE_PATTERN
    )
    return Member(name, _type(schema), required, limits, prose(about))


def _type(schema: Mapping[str, Any]) -> Markup:
    """Return the type of a value as a phrase, with links to the schemas it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return Markup(" or ").join(_type(each) for each in choices)
    if "enum" in schema:
        words = [escape("null" if each is None else each) for each in schema["enum"]]
        return Markup(" | ").join(Markup("<code>{}</code>").format(each) for each in words)
    kinds = schema.get("type", "any JSON")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    return Markup(" or ").join(_named(each, schema) for each in names)


def _named(kind: str, schema: Mapping[str, Any]) -> Markup:
    if kind == "array":
        return Markup("list of {}").format(_type(schema.get("items", {})))
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping):
        return Markup("object of {}").format(_type(values))
    return escape(schema.get("format", kind) if kind == "string" else kind)


def _sample(document: Document, schema: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a value of the shape of a schema, for people to look at."""
    if "$ref" in schema:
        return _sample(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
    if "examples" in schema:
        return schema["examples"][0]
    if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return _sample(document, choices[0], depth)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds or ()), None)
    deeper = partial(_sample, document, depth=depth + 1)
    match kind:
        case "object" if depth < _MAX_SAMPLE_DEPTH:
            return {name: deeper(each) for name, each in schema.get("properties", {}).items()}
        case "array" if depth < _MAX_SAMPLE_DEPTH:
            return [deeper(schema.get("items", {}))]
        case _:
            return _plain_sample(kind, schema)


def _plain_sample(kind: str | None, schema: Mapping[str, Any]) -> Any:
    match kind:
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "string":
            return _SAMPLES.get(schema.get("format", ""), "…")
        case "array":
            return []
        case _:
            return {}


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
