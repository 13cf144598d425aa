"""Limits on signing in, switched on: per identity and per network address, and they count refused tries too."""

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient

from loyalty.config import Settings

pytestmark = pytest.mark.usefixtures("program")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with limits on."""
    return dataclasses.replace(settings, rate_limits=True)


def ask(client: FlaskClient, address: str, *, network: str = "127.0.0.1"):
    return client.post(
        "/api/v1/auth/codes", json={"address": address}, environ_overrides={"REMOTE_ADDR": network}
    )


def test_an_identity_gets_five_codes_an_hour_from_wherever(client: FlaskClient) -> None:
    answers = [ask(client, "ann@example.com", network=f"10.0.0.{n}") for n in range(6)]
    assert [each.status_code for each in answers] == [202] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert ask(client, "Ann@Example.com").status_code == 429
    assert ask(client, "ben@example.com").status_code == 202


def test_a_network_address_gets_thirty_attempts_an_hour_for_whomever(client: FlaskClient) -> None:
    statuses = [ask(client, f"p{n}@example.com").status_code for n in range(31)]
    assert statuses == [202] * 30 + [429]
    assert ask(client, "p0@example.com", network="10.0.0.1").status_code == 202


def test_guessing_at_one_identity_from_many_networks_is_limited(client: FlaskClient) -> None:
    def guess(n: int) -> int:
        return client.post(
            "/api/v1/auth/sessions",
            json={
                "address": "ann@example.com",
                "code": f"{n:06d}",
                "device": {"name": "x", "platform": "app"},
            },
            environ_overrides={"REMOTE_ADDR": f"10.0.{n}.1"},
        ).status_code

    assert [guess(n) for n in range(22)] == [401] * 20 + [429] * 2


def test_refreshing_is_limited(client: FlaskClient) -> None:
    statuses = [
        client.post("/api/v1/auth/refresh", json={"refresh_token": "rt_x"}).status_code for _ in range(121)
    ]
    assert statuses == [401] * 120 + [429]
