"""The documents are valid OpenAPI 3.1, whole, and a person can read them."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31

from loyalty.app import FACES
from loyalty.web import docs
from loyalty.web.face import Face
from tests.faces.web.sample import SAMPLE

EVERY = pytest.mark.parametrize("face", [*FACES, SAMPLE], ids=lambda face: face.name)


def operations(face: Face) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, said) for path, item in face.document["paths"].items() for method, said in item.items()
    ]


def every_schema(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for each in node for found in every_schema(each)]
    if not isinstance(node, dict):
        return []
    here = [node] if isinstance(node.get("type"), str) else []
    return here + [found for each in node.values() for found in every_schema(each)]


@EVERY
def test_the_document_is_valid(face: Face) -> None:
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31)
    assert [str(error) for error in validator.iter_errors(face.document)] == []
    for schema in face.document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


@EVERY
def test_every_reference_leads_somewhere(face: Face) -> None:
    text = str(face.document)
    names = set(re.findall(r"#/components/schemas/([A-Za-z0-9_.-]+)", text))
    assert names <= face.document["components"]["schemas"].keys()


@EVERY
def test_every_operation_is_named_once_and_told(face: Face) -> None:
    ids = [said["operationId"] for _, _, said in operations(face)]
    assert len(ids) == len(set(ids))
    for method, path, said in operations(face):
        assert said["summary"], (method, path)
        assert not said["summary"].endswith("."), (method, path)


@EVERY
def test_every_operation_documents_its_refusals(face: Face) -> None:
    for method, path, said in operations(face):
        wanted = {"400", "422", "429", "503"}
        if said["security"]:
            wanted |= {"401"}
        if "requestBody" in said:
            wanted |= {"413", "415"}
        assert wanted <= said["responses"].keys(), (method, path)
        for status, answer in said["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


@EVERY
def test_every_security_scheme_that_is_asked_for_is_described(face: Face) -> None:
    schemes = face.document["components"].get("securitySchemes", {})
    for _, path, said in operations(face):
        for requirement in said["security"]:
            assert requirement.keys() <= schemes.keys(), path


@EVERY
def test_everything_that_is_sent_has_a_limit(face: Face) -> None:
    schemas = face.document["components"]["schemas"]
    for method, path, said in operations(face):
        bodies = [each.get("schema", {}) for each in said.get("requestBody", {}).get("content", {}).values()]
        sent = bodies + [each["schema"] for each in said["parameters"] if each["name"] != "If-None-Match"]
        for schema in every_schema(_expanded(sent, schemas)):
            where = (method, path, schema)
            kind = schema["type"]
            if (
                kind == "string"
                and "enum" not in schema
                and schema.get("format") not in ("date", "date-time")
            ):
                assert "maxLength" in schema, where
            if kind == "array":
                assert "maxItems" in schema, where
            if kind == "integer":
                assert {"minimum", "maximum"} <= schema.keys(), where


def _expanded(node: Any, schemas: dict[str, Any], depth: int = 0) -> Any:
    if isinstance(node, list):
        return [_expanded(each, schemas, depth) for each in node]
    if not isinstance(node, dict) or depth > 12:
        return node
    if "$ref" in node:
        return _expanded(schemas[node["$ref"].rpartition("/")[2]], schemas, depth + 1)
    return {key: _expanded(value, schemas, depth + 1) for key, value in node.items()}


def test_limits_shapes_and_requirements_are_those_of_the_fields() -> None:
    schemas = SAMPLE.document["components"]["schemas"]
    line = schemas["Line"]
    assert line["additionalProperties"] is False
    assert line["required"] == ["quantity", "sku"]
    assert line["properties"]["quantity"] == {
        "type": "integer",
        "format": "int64",
        "minimum": 1,
        "maximum": 99,
    }
    assert line["properties"]["sku"]["pattern"] == "^[a-z0-9][a-z0-9._-]{0,63}$"
    assert line["properties"]["options"]["maxItems"] == 3
    assert schemas["Basket"]["properties"]["at"] == {"type": "string", "format": "date-time"}
    assert schemas["Basket"]["properties"]["texts"]["maxProperties"] == 2
    assert re.search(schemas["Basket"]["properties"]["note"]["pattern"], "Grüße\n🥛")
    assert not re.search(schemas["Basket"]["properties"]["note"]["pattern"], "bell\x07")
    assert schemas["Cup"]["required"] == ["at", "sku"]
    assert "additionalProperties" not in schemas["Cup"], "an answer may grow"


def test_patterns_mean_the_same_to_ecmascript() -> None:
    for face in FACES:
        assert r"\\Z" not in str(face.document)
        assert "(?P<" not in str(face.document)


def test_keys_permissions_limits_and_errors_are_told() -> None:
    paths = SAMPLE.document["paths"]
    brew = paths["/cups/{cup_id}"]["post"]
    (key,) = (each for each in brew["parameters"] if each["in"] == "header")
    assert key["name"] == "Idempotency-Key"
    assert key["required"] is True
    assert "idempotency_key_missing" in brew["responses"]["400"]["description"]
    assert "`sales.void`" in paths["/needy"]["post"]["description"]
    assert "3 times in 60 seconds" in paths["/limited"]["delete"]["description"]
    assert (
        "`out_of_milk`: There is no milk left."
        in paths["/raise/{key}"]["post"]["responses"]["409"]["description"]
    )
    assert paths["/cups/{cup_id}"]["get"]["responses"]["304"]
    assert paths["/echo"]["post"]["security"] == []


@EVERY
def test_the_page_shows_every_operation_and_every_schema(client: FlaskClient, face: Face) -> None:
    answer = client.get(f"{face.prefix}/docs")
    assert answer.content_type == "text/html; charset=utf-8"
    for _, _, said in operations(face):
        assert f'id="{said["operationId"]}"' in answer.text
    for name in face.document["components"]["schemas"]:
        assert f'id="schema-{name}"' in answer.text
    links = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert links <= set(re.findall(r'id="([^"]+)"', answer.text))
    assert client.get(f"{face.prefix}/openapi.json").json == face.document


def test_a_document_cannot_put_html_into_its_page() -> None:
    assert docs.prose("a <script> & `<b>`\n\n- one\n- `two`") == (
        "<p>a &lt;script&gt; &amp; <code>&lt;b&gt;</code></p><ul><li>one</li><li><code>two</code></li></ul>"
    )


def test_the_index_leads_to_everything(client: FlaskClient) -> None:
    links = set(re.findall(r'href="(/[^"]*)"', client.get("/").text))
    for link in links - {"/readyz"}:
        with client.get(link) as answer:
            assert answer.status_code == 200, link
    assert {"/api/v1/docs", "/pos/v1/docs", "/problems", "/healthz"} <= links
