"""The application of the fixtures is the real one, on a database of the test alone."""

import urllib.error
import urllib.request

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty.clock import SetClock
from loyalty.db import transaction


def test_what_a_test_commits_the_application_sees(app: Flask, clock: SetClock) -> None:
    before = clock.now()
    with transaction() as session:
        session.execute(text("CREATE TABLE marks (n integer)"))
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM marks")).scalar_one() == 0
    clock.advance(minutes=1)
    assert (clock.now() - before).total_seconds() == 60


def test_an_unknown_address_is_answered_in_order(client: FlaskClient) -> None:
    assert client.get("/there-is-no-such-page").status_code == 404


def test_a_real_server_answers(live_server: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{live_server}/there-is-no-such-page", timeout=5)
    with raised.value as answer:
        assert answer.code == 404
