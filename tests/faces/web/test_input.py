"""What is sent is read strictly: one meaning or none, with a pointer to what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faces.web.sample import RAISED

JSON = "application/json"


def errors_of(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json["errors"]]


def echo(client: FlaskClient, body: Any) -> Any:
    return client.post("/sample/echo", data=json.dumps(body), content_type=JSON)


# What is unreadable is answered with 400.


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nonsense",
        b"{'lines': []}",
        b'{"lines": NaN}',
        b'{"lines": Infinity}',
        b'{"points_milli": 1e999}',
        b'{"points_milli": ' + b"9" * 5000 + b"}",
        b'{"note": "a", "note": "b"}',
        b'{"extra": ' + b"[" * 60 + b"]" * 60 + b"}",
        b"[" * 100_000,
        b'{"note": "\\ud800"}',
        b'{"note": "\\u0000"}',
        b'{"extra": [{"\\u0000": 1}]}',
        b'{"note": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b"",
    ],
)
def test_what_cannot_be_read_is_malformed(client: FlaskClient, raw: bytes) -> None:
    answer = client.post("/sample/echo", data=raw, content_type=JSON)
    assert answer.status_code == 400
    assert answer.json["code"] == ("malformed" if raw else "body_missing")


def test_a_doubled_name_is_named(client: FlaskClient) -> None:
    answer = client.post("/sample/echo", data=b'{"a": {"note": 1, "note": 2}}', content_type=JSON)
    assert "'note' twice" in answer.json["detail"]


def test_another_media_type_is_not_guessed_at(client: FlaskClient, basket) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"):
        answer = client.post("/sample/echo", data=json.dumps(basket), content_type=kind)
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    answer = client.post(
        "/sample/echo", data=json.dumps(basket), content_type="application/json; charset=utf-8"
    )
    assert answer.status_code == 200


def test_a_body_of_256_kb_is_read_and_one_byte_more_is_refused(client: FlaskClient, basket) -> None:
    raw = json.dumps(basket).encode()
    limit = 256 * 1024
    assert client.post("/sample/echo", data=raw.ljust(limit), content_type=JSON).status_code == 200
    answer = client.post("/sample/echo", data=raw.ljust(limit + 1), content_type=JSON)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


# Readable, but not what is expected: 422


def test_an_unknown_field_is_refused_with_its_pointer_and_the_nearest_name(
    client: FlaskClient, basket
) -> None:
    basket["lines"][0]["quantty"] = 1
    basket["nte"] = "x"
    basket["zzz"] = 1
    answer = echo(client, basket)
    assert answer.status_code == 422
    found = {each["pointer"]: each["detail"] for each in answer.json["errors"]}
    assert found == {
        "/lines/0/quantty": "There is no such field. Did you mean 'quantity'?",
        "/nte": "There is no such field. Did you mean 'note'?",
        "/zzz": "There is no such field.",
    }


def test_pointers_go_into_lists_objects_and_maps_and_are_escaped(client: FlaskClient, basket) -> None:
    basket["lines"].append({"sku": "Latte!", "options": [{"key": "oat"}, {"key": 1}]})
    basket["payer"] = {"key": "x", "a/b~c": 1}
    basket["texts"] = {"en": "much too long for this"}
    assert sorted(errors_of(echo(client, basket))) == [
        ("/lines/1/options/1/key", "invalid"),
        ("/lines/1/quantity", "required"),
        ("/lines/1/sku", "invalid"),
        ("/payer/a~1b~0c", "unknown_field"),
        ("/texts/en", "invalid"),
    ]


def test_at_most_fifty_flaws_are_listed(client: FlaskClient, basket) -> None:
    basket.update({f"unknown{number}": 1 for number in range(200)})
    assert len(echo(client, basket).json["errors"]) == 50


@pytest.mark.parametrize(
    ("quantity", "loaded"),
    [
        (2, 2),
        (2.0, 2),
        ("2", None),
        (True, None),
        (2.5, None),
        (None, None),
        (0, None),
        (100, None),
        ([2], None),
    ],
)
def test_a_whole_number_is_a_number_and_whole(client: FlaskClient, basket, quantity, loaded) -> None:
    basket["lines"][0]["quantity"] = quantity
    answer = echo(client, basket)
    if loaded is None:
        assert errors_of(answer) == [("/lines/0/quantity", "invalid")]
    else:
        value = RAISED["last body"]["lines"][0]["quantity"]
        assert (value, type(value)) == (loaded, int)


@pytest.mark.parametrize(
    ("at", "loaded"),
    [
        ("2026-03-02T12:00:00Z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02t12:00:00z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02T12:00:00.25+02:00", datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-03-02T12:00:00.123456789Z", datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-02T12:00:00", None),
        ("2026-03-02 12:00:00Z", None),
        ("2026-03-02", None),
        ("2026-02-30T12:00:00Z", None),
        ("2026-03-02T25:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1772452800", None),
        (1772452800, None),
        ("٢٠٢٦-03-02T12:00:00Z", None),
        ("2026-03-02T12:00:00Z\n", None),
    ],
)
def test_an_instant_has_its_offset(client: FlaskClient, basket, at, loaded) -> None:
    answer = echo(client, {**basket, "at": at})
    if loaded is None:
        assert errors_of(answer) == [("/at", "invalid")]
    else:
        assert RAISED["last body"]["at"] == loaded
        assert RAISED["last body"]["at"].tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("day", "2026-03-02", True),
        ("day", "2026-3-2", False),
        ("day", "2026-02-30", False),
        ("note", "Grüße, 你好 🥛", True),
        ("note", "two\nlines\tand a tab", True),
        ("note", "bell\x07", False),
        ("note", "x" * 21, False),
        ("note", 5, False),
        ("size", "small", True),
        ("size", "tiny", False),
        ("size", ["small"], False),
        ("gift", True, True),
        ("gift", 1, False),
        ("gift", "true", False),
        ("points_milli", 10**12, True),
        ("points_milli", 10**12 + 1, False),
        ("points_milli", -1, False),
        ("payer", None, True),
        ("payer", [], False),
        ("texts", {"en": "Hi", "fr": "Salut"}, True),
        ("texts", {"en": "Hi", "fr": "Salut", "de": "Moin"}, False),
        ("texts", [], False),
        ("lines", [], False),
        ("lines", {}, False),
        ("lines", "latte", False),
        ("lines", [{"sku": "latte", "quantity": 1}] * 6, False),
        ("lines", [{"sku": "latte\n", "quantity": 1}], False),
        ("lines", [{"sku": "läte", "quantity": 1}], False),
        ("lines", [None], False),
        ("extra", {"any": ["thing", 1.5, None]}, True),
    ],
)
def test_each_kind_of_field_takes_its_own_and_nothing_else(
    client: FlaskClient, basket, name, value, fits
) -> None:
    answer = echo(client, {**basket, name: value})
    assert answer.status_code == (200 if fits else 422), answer.text
    if fits:
        expected = date.fromisoformat(value) if name == "day" else value
        assert RAISED["last body"][name] == expected


def test_a_body_that_is_no_object_is_told_so(client: FlaskClient) -> None:
    for body in ([], "x", 1, None, True):
        assert errors_of(echo(client, body)) == [("", "invalid")]


# Queries, paths, headers


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("limit=0", "limit", "invalid"),
        ("limit=201", "limit", "invalid"),
        ("limit=1.0", "limit", "invalid"),
        ("limit=٣", "limit", "invalid"),
        ("limit=5&limit=6", "limit", "doubled"),
        ("mine=yes", "mine", "invalid"),
        ("lmit=5", "lmit", "unknown_field"),
        ("cursor=!!", "cursor", "invalid"),
        ("sku=a&sku=b&sku=c&sku=d", "sku", "invalid"),
        ("sku=a&sku=B", "sku", "invalid"),
    ],
)
def test_a_wrong_query_names_its_parameter(client: FlaskClient, query, parameter, code) -> None:
    answer = client.get(f"/sample/cups?{query}")
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["in"], error["parameter"], error["code"]) == ("query", parameter, code)


def test_a_right_query_is_loaded(client: FlaskClient) -> None:
    assert client.get("/sample/cups?limit=7&mine=true&sku=a&sku=b").status_code == 200


def test_a_route_without_a_query_refuses_one(client: FlaskClient) -> None:
    answer = client.get("/sample/cups/1?fresh=1")
    assert answer.json["errors"][0]["parameter"] == "fresh"


def test_an_odd_path_parameter_is_refused(client: FlaskClient, bearer, basket) -> None:
    for odd in ("a b", "%00", "x" * 65, "-x", "é"):
        answer = client.post(f"/sample/cups/{odd}", json=basket, headers=bearer)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["in"] == "path"


def test_a_route_that_writes_needs_a_sane_idempotency_key(client: FlaskClient, bearer, basket) -> None:
    assert client.post("/sample/cups/1", json=basket, headers=bearer).status_code == 201
    del bearer["Idempotency-Key"]
    assert (
        client.post("/sample/cups/1", json=basket, headers=bearer).json["code"] == "idempotency_key_missing"
    )
    for odd in ("short", "x" * 65, "with space in it", "sneaky\x00zero"[:6], "ümlauts-here"):
        answer = client.post("/sample/cups/1", json=basket, headers={**bearer, "Idempotency-Key": odd})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["parameter"] == "Idempotency-Key"


def test_who_calls_is_asked_before_what_they_send(client: FlaskClient) -> None:
    assert client.post("/sample/cups/1", data=b"{", content_type=JSON).status_code == 401


def test_a_missing_permission_is_named(client: FlaskClient, bearer) -> None:
    answer = client.post("/sample/needy", headers=bearer)
    assert (answer.status_code, answer.json["permission"]) == (403, "sales.void")


# Whatever is sent


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
def test_no_body_breaks_the_server(client: FlaskClient, raw: bytes) -> None:
    answer = client.post("/sample/echo", data=raw, content_type=JSON)
    assert answer.status_code in (400, 422)
    assert answer.json["code"] in ("malformed", "body_missing", "invalid")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=st.dictionaries(
        st.sampled_from(["lines", "at", "note", "texts", "payer", "extra", "day"]), anything
    )
)
def test_no_member_breaks_the_server(client: FlaskClient, changes) -> None:
    answer = echo(client, {"lines": [{"sku": "latte", "quantity": 1}], **changes})
    assert answer.status_code in (200, 400, 422)
