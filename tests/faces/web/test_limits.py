"""Who tries too often is told to wait; what is counted names nobody."""

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from loyalty import attempts
from loyalty.attempts.models import RateLimit
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.web.limits import Limit, Limits, RateLimited
from loyalty.web.site import Site
from tests.faces.web.sample import SECRET

SIGN_IN = Limit("sign-in", 3, 60)


@pytest.fixture
def settings(settings: Settings, fresh_database: str) -> Settings:
    return dataclasses.replace(settings, database_url=fresh_database, rate_limits=True)


def refused(site: Site, limit: Limit, key: str, clock: SetClock) -> bool:
    try:
        site.limits.count(limit, key, now=clock.now())
    except RateLimited:
        return True
    return False


def test_as_often_as_allowed_and_no_more(site: Site, clock: SetClock) -> None:
    assert [refused(site, SIGN_IN, "ada@example.org", clock) for _ in range(5)] == [False] * 3 + [True] * 2


def test_each_key_and_each_bucket_has_its_own_count(site: Site, clock: SetClock) -> None:
    for _ in range(3):
        assert not refused(site, SIGN_IN, "ada@example.org", clock)
    assert not refused(site, SIGN_IN, "bob@example.org", clock)
    assert not refused(site, Limit("other", 3, 60), "ada@example.org", clock)
    assert refused(site, SIGN_IN, "ada@example.org", clock)


def test_in_the_next_window_it_goes_on_and_the_wait_is_said(site: Site, clock: SetClock) -> None:
    clock.advance(seconds=20)
    for _ in range(3):
        refused(site, SIGN_IN, "ada", clock)
    with pytest.raises(RateLimited) as caught:
        site.limits.count(SIGN_IN, "ada", now=clock.now())
    assert caught.value.retry_after_seconds == 41
    clock.advance(seconds=41)
    assert not refused(site, SIGN_IN, "ada", clock)


def test_the_table_names_nobody(site: Site, clock: SetClock) -> None:
    refused(site, SIGN_IN, "ada@example.org", clock)
    with transaction() as session:
        (row,) = session.scalars(select(RateLimit)).all()
    assert b"ada" not in row.key_hash
    assert len(row.key_hash) == 16
    refused_elsewhere = Limits("x" * 40 + SECRET)
    refused_elsewhere.count(SIGN_IN, "ada@example.org", now=clock.now())
    with transaction() as session:
        assert len(session.scalars(select(RateLimit)).all()) == 2, "another secret, another hash"


def test_a_try_counts_even_when_the_request_is_refused_afterwards(site: Site, clock: SetClock) -> None:
    def fail_after_counting() -> None:
        with transaction():
            refused(site, SIGN_IN, "ada", clock)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_counting()
    assert [refused(site, SIGN_IN, "ada", clock) for _ in range(3)] == [False, False, True]


def test_many_at_once_are_counted_exactly(app, site: Site, clock: SetClock, together) -> None:
    def one(_: int) -> bool:
        with app.app_context():
            return refused(site, Limit("race", 5, 60), "ada", clock)

    assert sorted(together(one, 12)) == [False] * 5 + [True] * 7


def test_old_counts_are_swept(site: Site, clock: SetClock) -> None:
    for key in ("a", "b", "c"):
        refused(site, SIGN_IN, key, clock)
    clock.advance(minutes=2)
    refused(site, SIGN_IN, "d", clock)
    with transaction() as session:
        assert attempts.sweep(session, now=clock.now(), at_most=2) == 2
        assert attempts.sweep(session, now=clock.now()) == 1
        assert attempts.sweep(session, now=clock.now()) == 0


def test_a_route_declares_its_limit_and_is_counted_by_address(client: FlaskClient, clock: SetClock) -> None:
    def delete(address: str = "203.0.113.7") -> int:
        return client.delete("/sample/limited", environ_base={"REMOTE_ADDR": address}).status_code

    assert [delete() for _ in range(4)] == [204, 204, 204, 429]
    assert delete("203.0.113.8") == 204
    answer = client.delete("/sample/limited", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert answer.json["code"] == "rate_limited"
    assert answer.headers["Retry-After"] == str(answer.json["retry_after_seconds"])
    clock.advance(seconds=60)
    assert delete() == 204


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(client: FlaskClient) -> None:
    def delete(number: int) -> int:
        return client.delete(
            "/sample/limited", headers={"X-Forwarded-For": f"203.0.113.{number}"}
        ).status_code

    assert [delete(number) for number in range(4)] == [204, 204, 204, 429]


class TestBehindAProxy:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, trusted_proxies=1)

    def test_the_last_hop_is_believed_and_nothing_before_it(self, client: FlaskClient) -> None:
        def delete(forwarded: str) -> int:
            return client.delete("/sample/limited", headers={"X-Forwarded-For": forwarded}).status_code

        assert [delete(f"198.51.100.{n}, 203.0.113.7") for n in range(4)] == [204, 204, 204, 429]
        assert delete("203.0.113.7, 198.51.100.1") == 204


# The bucket in the process


def test_a_client_has_a_burst_and_then_its_rate(clock: SetClock) -> None:
    limits = Limits(SECRET, rate=2, burst=3)
    for _ in range(3):
        limits.admit("till:1", now=clock.now())
    with pytest.raises(RateLimited):
        limits.admit("till:1", now=clock.now())
    limits.admit("till:2", now=clock.now())
    clock.advance(seconds=0.5)
    limits.admit("till:1", now=clock.now())
    with pytest.raises(RateLimited):
        limits.admit("till:1", now=clock.now())


def test_a_clock_that_goes_back_gives_nothing(clock: SetClock) -> None:
    limits = Limits(SECRET, rate=1, burst=1)
    limits.admit("x", now=clock.now())
    clock.advance(seconds=-100)
    with pytest.raises(RateLimited):
        limits.admit("x", now=clock.now())


def test_the_buckets_do_not_grow_for_ever(clock: SetClock) -> None:
    limits = Limits(SECRET)
    for number in range(20_500):
        limits.admit(str(number), now=clock.now())
    assert len(limits._buckets) == 20_000


def test_limits_can_be_switched_off(clock: SetClock) -> None:
    limits = Limits(SECRET, enabled=False, rate=1, burst=1)
    for _ in range(10):
        limits.admit("x", now=clock.now())
        limits.count(Limit("b", 1, 60), "x", now=clock.now())


def test_wrong_tokens_use_up_the_bucket_of_their_address(app, site: Site, clock: SetClock) -> None:
    limits = Limits(SECRET, rate=1, burst=3)
    app.extensions["regulars"] = dataclasses.replace(site, limits=limits)
    client = app.test_client()
    statuses = [
        client.post("/sample/needy", headers={"Authorization": "Bearer x"}).status_code for _ in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]
