"""What an operator sees: request ids, logs without personal data, metrics, health."""

from __future__ import annotations

import dataclasses
import json
import logging
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from loyalty.config import Settings
from loyalty.web import logs


def test_a_sane_request_id_is_kept_and_any_other_is_replaced(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "checkout-4711.a_b"}).headers["X-Request-Id"] == (
        "checkout-4711.a_b"
    )
    for odd in ("short", "x" * 65, "two words!", "-leading-dash", "é" * 10, "<script>alert"):
        given = client.get("/healthz", headers={"X-Request-Id": odd}).headers.getlist("X-Request-Id")
        assert len(given) == 1
        assert given[0] != odd
        assert len(given[0]) == 32


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    assert client.get("/healthz").headers["X-Request-Id"] != client.get("/healthz").headers["X-Request-Id"]


def test_a_line_tells_what_was_asked_and_nothing_about_whom(
    client: FlaskClient, bearer, basket, log_lines: list[dict[str, Any]]
) -> None:
    basket["note"] = "for Ada, allergic"
    client.post("/sample/cups/secret-code-1", json=basket, headers=bearer)
    client.get("/sample/cups?sku=zoe-lovelace")
    client.get("/nowhere/zoe@example.org")
    first, second, third = log_lines
    assert first["event"] == "request"
    assert (first["method"], first["route"], first["status"]) == ("POST", "/sample/cups/<cup_id>", 201)
    assert first["client"] == logs.hashed("till:till-1")
    assert first["ms"] >= 0
    assert second["client"] is None
    assert (third["route"], third["status"], third["code"]) == (None, 404, "no_such_path")
    written = json.dumps(log_lines).lower()
    for personal in ("zoe", "allergic", "secret-code", "till-1", bearer["Authorization"][7:].lower()):
        assert personal not in written


def test_health_checks_fill_no_log(client: FlaskClient, log_lines) -> None:
    client.get("/healthz")
    assert log_lines == []


def test_lines_are_json_or_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logs.configure("json")
        logs._logger[0].info("request", route="/x")
        assert json.loads(capsys.readouterr().err)["route"] == "/x"
        logs.configure("console")
        logs._logger[0].info("request", route="/x")
        assert "route=/x" in capsys.readouterr().err
        logs.configure("json", quiet=True)
        logs._logger[0].info("request")
        assert capsys.readouterr().err == ""
    finally:
        logs.configure("json", quiet=True)
        assert structlog.make_filtering_bound_logger(logging.ERROR)


# Metrics


def series(text: str, name: str, **labels: str) -> float:
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.startswith(name) and all(each in line for each in wanted)
    )


def test_requests_and_refusals_are_counted_by_route(client: FlaskClient) -> None:
    def counted() -> tuple[float, float, float]:
        text = client.get("/metrics").text
        return (
            series(text, "regulars_requests_total", route="/sample/cups/<cup_id>", status="200"),
            series(text, "regulars_request_seconds_count", route="/sample/cups/<cup_id>", method="GET"),
            series(text, "regulars_refusals_total", code="no_such_path"),
        )

    before = counted()
    client.get("/sample/cups/1")
    client.get("/sample/cups/2")
    client.get("/nowhere/1")
    client.open("/sample/cups/1", method="BREW")
    assert [after - old for after, old in zip(counted(), before, strict=True)] == [2, 2, 1]
    assert 'method="BREW"' not in client.get("/metrics").text


def test_metrics_are_for_this_machine(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404
    assert (
        client.get(
            "/metrics", headers={"X-Forwarded-For": "203.0.113.7", "Authorization": "Bearer "}
        ).status_code
        == 404
    )


class TestWithAToken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, metrics_token="scrape-me-4711")

    def test_metrics_are_for_who_has_it(self, client: FlaskClient) -> None:
        def status(token: str) -> int:
            return client.get(
                "/metrics",
                environ_base={"REMOTE_ADDR": "203.0.113.7"},
                headers={"Authorization": f"Bearer {token}"},
            ).status_code

        assert status("scrape-me-4711") == 200
        assert [status(token) for token in ("", "scrape-me-4712", "scrape-me-4711x")] == [404] * 3


# Health


def test_a_process_without_a_database_is_alive_and_not_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "checks": {"database": False, "migrations": False, "program": False},
    }


class TestWithADatabase:
    @pytest.fixture
    def settings(self, settings: Settings, fresh_database: str) -> Settings:
        return dataclasses.replace(settings, database_url=fresh_database)

    def test_without_a_program_it_is_not_ready(self, client: FlaskClient) -> None:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json["checks"]["database"] is True
        assert answer.json["checks"]["program"] is False
