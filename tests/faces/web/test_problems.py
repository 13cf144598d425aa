"""Every refusal is a problem document, and nothing else leaves the server."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from loyalty import errors
from loyalty.errors import Flaw
from loyalty.web.errors import HTTP_CODES, STATUSES, status_of
from tests.faces.web.sample import NotInvented, OutOfMilk

KINDS = {
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.PaymentDeclined: 402,
    errors.Denied: 403,
    errors.Missing: 404,
    errors.Refused: 409,
    errors.TooMany: 429,
    errors.Busy: 503,
}


def a_kind_of(kind: type[errors.DomainError]) -> type[errors.DomainError]:
    return type("Sample", (kind,), {"code": "out_of_milk", "text": "No."})


@pytest.mark.parametrize(("kind", "status"), KINDS.items(), ids=lambda each: getattr(each, "__name__", each))
def test_each_kind_of_refusal_has_its_status_and_a_problem_document(client, raising, kind, status) -> None:
    answer = client.post(raising(a_kind_of(kind)), headers={"X-Request-Id": "support-4711"})
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    expected = {
        "type": "/problems/out_of_milk",
        "title": "Out of milk",
        "status": status,
        "detail": "No.",
        "code": "out_of_milk",
        "instance": "support-4711",
    }
    assert {name: answer.json[name] for name in expected} == expected
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_kind_has_a_status_and_a_subclass_has_its_parents() -> None:
    kinds = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.DomainError)
    }
    assert kinds <= STATUSES.keys()
    assert status_of(type("Deep", (a_kind_of(errors.Missing),), {})) == 404


def test_the_facts_of_a_refusal_stand_under_their_own_names(client: FlaskClient, raising) -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    answer = client.post(
        raising(lambda: OutOfMilk(left_ml=30, at=at, share=Decimal("0.10"), bars=("a", "b")))
    )
    assert answer.status_code == 409
    assert answer.json["detail"] == "There are only 30 ml of milk left."
    assert answer.json["left_ml"] == 30
    assert answer.json["at"] == "2026-03-02T12:00:00Z"
    assert answer.json["share"] == "0.10"
    assert answer.json["bars"] == ["a", "b"]


def test_facts_cannot_forge_the_members_of_a_problem_document(client: FlaskClient, raising) -> None:
    answer = client.post(
        raising(lambda: OutOfMilk(left_ml=1, status=200, code="fine", instance="x", type="y"))
    )
    assert answer.json["status"] == 409
    assert answer.json["code"] == "out_of_milk"
    assert answer.json["type"] == "/problems/out_of_milk"


def test_flaws_of_the_domain_point_into_the_body(client: FlaskClient, raising) -> None:
    def make() -> Exception:
        return errors.Invalid(flaws=(Flaw("/rules/0/if", "Expected an object.", "wrong_kind"),))

    answer = client.post(raising(make))
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"pointer": "/rules/0/if", "detail": "Expected an object.", "code": "wrong_kind"}
    ]


@pytest.mark.parametrize("kind", [errors.TooMany, errors.Busy])
def test_who_must_wait_is_told_for_how_long(client: FlaskClient, raising, kind) -> None:
    answer = client.post(raising(lambda: a_kind_of(kind)(retry_after_seconds=17)))
    assert answer.headers["Retry-After"] == "17"


def test_who_is_unknown_is_told_how_to_be_known(client: FlaskClient) -> None:
    answer = client.post("/sample/needy")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no_such_path"),
        ("GET", "/sample/nowhere", 404, "no_such_path"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("DELETE", "/sample/cups", 405, "method_not_allowed"),
    ],
)
def test_what_flask_refuses_is_a_problem_document_too(
    client: FlaskClient, method, path, status, code
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert "werkzeug" not in answer.text.lower()


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    assert set(client.delete("/sample/cups").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_an_undeclared_refusal_fails_the_test_that_meets_it(client: FlaskClient, raising) -> None:
    with pytest.raises(AssertionError, match=r"not_invented.*add it to its errors"):
        client.post(raising(NotInvented))


def test_an_answer_that_lacks_a_documented_member_fails_the_test(client: FlaskClient) -> None:
    with pytest.raises(AssertionError, match="lacks /at"):
        client.get("/sample/poor")


def test_in_production_an_undeclared_refusal_is_still_a_refusal(
    app: Flask, client: FlaskClient, raising
) -> None:
    app.testing = False
    assert client.post(raising(NotInvented)).json["code"] == "not_invented"


def test_the_unexpected_says_nothing_about_the_inside(
    app: Flask, client: FlaskClient, raising, log_lines
) -> None:
    app.testing = False
    secret = "Key (email)=(ada@example.org)"

    def make() -> Exception:
        return IntegrityError("INSERT INTO member", {"email": "ada@example.org"}, Exception(secret))

    answer = client.post(raising(make), headers={"X-Request-Id": "find-me-4711"})
    assert answer.status_code == 500
    assert answer.json["code"] == "internal"
    written = json.dumps([answer.json, log_lines])
    assert "ada@example.org" not in written
    assert "INSERT" not in written
    line = next(each for each in log_lines if each["event"] == "unexpected")
    assert line["request_id"] == "find-me-4711"
    assert line["error"] == "sqlalchemy.exc.IntegrityError"
    assert any("serving.py" in place for place in line["at"])


def test_each_code_has_a_page(client: FlaskClient) -> None:
    from loyalty.app import FACES

    codes = {code for face in FACES for code in face.errors} | {code for code, _ in HTTP_CODES.values()}
    for code in codes:
        page = client.get(f"/problems/{code}")
        assert page.status_code == 200, code
        assert f"<code>{code}</code>" in page.text
    assert client.get("/problems").text.count("/problems/") >= len(codes)
    assert client.get("/problems/no-such-code").status_code == 404


def test_codes_are_words_for_programs() -> None:
    from loyalty.app import FACES

    for face in FACES:
        for code in face.errors:
            assert re.fullmatch(r"[a-z][a-z0-9_]+", code), code
