"""A café that is open: a program, a member with a device, a till with a cashier who may everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from loyalty import rules, staff
from loyalty.actor import SYSTEM
from loyalty.app import create_app
from loyalty.clock import SetClock
from loyalty.db import db, transaction
from loyalty.postgres import Server
from loyalty.web.site import current
from tests.conftest import NOON, cloned, settings_for
from tests.faces.contract.here import HERE
from tests.joined import join


@pytest.fixture(scope="module")
def cafe(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Return the application of all these tests, with a program in force: they disturb each other as customers do."""
    with cloned(server, f"contract_{worker_name}") as url:
        app = create_app(settings_for(url, tmp_path_factory.mktemp("contract")), clock=SetClock(NOON))
        with app.app_context():
            with transaction() as session:
                cafe_stars, since = rules.load_shipped("cafe-stars"), NOON - timedelta(days=400)
                rules.apply(session, cafe_stars, actor=SYSTEM, live_from=since, now=NOON)
            yield app
            db.engine.dispose()


@pytest.fixture
def app(cafe: Flask) -> Iterator[Flask]:
    """Return the café's application, its context pushed."""
    with cafe.app_context():
        yield cafe
        db.session.remove()


@pytest.fixture
def member_headers(app: Flask) -> dict[str, str]:
    """Return what a member sends who has just joined: others may have left by now."""
    with transaction() as session:
        somebody = join(session, f"{uuid4()}@example.com", now=NOON, secret_key=current().settings.secret_key)
    return somebody.headers(NOON)


@pytest.fixture
def till_headers(app: Flask) -> dict[str, str]:
    """Return what a till sends that was enrolled just now, with an admin signed in."""
    with transaction() as session:
        store = next(iter(rules.program_at(session, NOON, fresh=True).stores))
        code = staff.offer_enrollment(session, actor=SYSTEM, name="Bar", store=store, now=NOON)
        ada = staff.add(session, actor=SYSTEM, name="Ada", role="admin", pin="4711", now=NOON).id
    client = app.test_client()
    headers = {"Authorization": f"Bearer {client.post('/pos/v1/enroll', json={'code': code}).json['token']}"}
    signed_in = client.post("/pos/v1/sessions", json={"staff_id": ada, "pin": "4711"}, headers=headers).json
    return {**headers, "X-Cashier": signed_in["token"]}


@pytest.fixture
def meets(app: Flask) -> Iterator[Callable[[Any, dict[str, str]], None]]:
    """Give ``meets(case, headers)``: send a generated request and hold the answer against the document."""

    def check(case: Any, headers: dict[str, str]) -> None:
        response = case.call(headers=headers)
        assert response.status_code != 500
        case.validate_response(
            response, headers=headers, excluded_checks=NOT_MEANT, transport_kwargs={"headers": headers}
        )

    HERE.app = app
    yield check
    HERE.app = None


# 503 is a documented answer of ours; and whether a request that is well formed also makes sense (is there such a
# product?) no document can say.
NOT_MEANT = [not_a_server_error, positive_data_acceptance]
