"""What a browser is told to refuse, and who may call from elsewhere."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask.testing import FlaskClient

from loyalty.config import Settings

PATHS = [
    "/",
    "/problems",
    "/api/v1/docs",
    "/pos/v1/docs",
    "/static/web/pages.css",
]
DATA = ["/api/v1/openapi.json", "/api/v1/balance", "/nowhere"]
PAGES = ["/", "/problems", "/problems/rate_limited", "/api/v1/docs", "/pos/v1/docs"]


@pytest.mark.parametrize("path", DATA)
def test_data_cannot_be_a_page_and_says_no_more(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Permissions-Policy" not in headers
    assert all(len(headers.getlist(name)) == 1 for name in set(headers.keys()))


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    # A compiled module is no script in the text of a page: that and evaluated text stay refused.
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert all(len(headers.getlist(name)) == 1 for name in set(headers.keys()))
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_pages_work_under_that_policy(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page), "everything is served by us"


class TestUnderHttps:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, public_url="https://regulars.example")

    def test_browsers_are_told_to_stay_with_https(self, client: FlaskClient) -> None:
        assert client.get("/").headers["Strict-Transport-Security"].startswith("max-age=31536000")


ASKED = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}


def test_no_other_origin_may_read_anything(client: FlaskClient) -> None:
    for answer in (client.get("/sample/cups", headers=ASKED), client.options("/sample/echo", headers=ASKED)):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


class TestWithAListedOrigin:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, cors_origins="https://shop.example, https://kiosk.example")

    def test_it_may_read_and_nobody_else(self, client: FlaskClient) -> None:
        answer = client.get("/sample/cups", headers=ASKED)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Origin" in answer.headers["Vary"]
        assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]
        for stranger in (
            "https://evil.example",
            "https://shop.example.evil.example",
            "null",
            "http://shop.example",
        ):
            answer = client.get("/sample/cups", headers={"Origin": stranger})
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Origin" in answer.headers["Vary"]

    def test_its_preflight_is_answered_without_the_route(self, client: FlaskClient) -> None:
        answer = client.options("/sample/echo", headers=ASKED)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_a_strangers_preflight_allows_nothing(self, client: FlaskClient) -> None:
        answer = client.options("/sample/echo", headers={**ASKED, "Origin": "https://evil.example"})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]

    def test_an_error_can_be_read_too(self, client: FlaskClient) -> None:
        assert (
            client.get("/nowhere", headers=ASKED).headers["Access-Control-Allow-Origin"]
            == "https://shop.example"
        )


def test_an_answer_is_not_kept_by_anybody_and_a_poll_is_revalidated(client: FlaskClient) -> None:
    assert client.get("/sample/cups").headers["Cache-Control"] == "no-store"
    first = client.get("/sample/cups/7")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["X-Cup"] == "warm"
    tag = first.headers["ETag"]
    for shown in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get("/sample/cups/7", headers={"If-None-Match": shown})
        assert (again.status_code, again.data) == (304, b""), shown
        assert again.headers["ETag"] == tag
    assert client.get("/sample/cups/8", headers={"If-None-Match": tag}).status_code == 200
