"""What anybody may read is packed where the browser takes it; what a caller signed in for never is."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

LARGE = ["/static/web/tokens.css", "/api/v1/openapi.json", "/api/v1/docs"]


@pytest.mark.parametrize("path", LARGE)
def test_a_public_answer_is_packed_and_is_the_same_when_unpacked(client: FlaskClient, path: str) -> None:
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip"}) as packed:
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data)
        assert packed.content_length == len(packed.data)
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]


def test_a_packed_answer_is_not_sent_again_to_who_has_it(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    with client.get("/static/web/tokens.css", headers=packed) as first:
        tag = first.headers["ETag"]
    assert tag.startswith("W/"), "packed bytes are others than plain ones: the tag names what they mean"
    with client.get("/static/web/tokens.css", headers={**packed, "If-None-Match": tag}) as again:
        assert again.status_code == 304
        assert not again.data


def test_what_a_caller_signed_in_for_is_never_packed(client: FlaskClient) -> None:
    headers = {"Accept-Encoding": "gzip", "Authorization": "Bearer x"}
    with client.get("/api/v1/openapi.json", headers=headers) as answer:
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("encodings", ["identity", "gzip;q=0", "br", ""])
def test_who_does_not_take_it_gets_it_plain(client: FlaskClient, encodings: str) -> None:
    with client.get("/api/v1/openapi.json", headers={"Accept-Encoding": encodings}) as answer:
        assert "Content-Encoding" not in answer.headers


def test_small_answers_and_problems_are_not_worth_it(client: FlaskClient) -> None:
    for path in ("/healthz", "/api/v1/nowhere"):
        with client.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
            assert "Content-Encoding" not in answer.headers
