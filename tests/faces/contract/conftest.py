"""A café that is open: a program, a member with a device, a till with a cashier who may everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from loyalty import rules, staff
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from tests.faces.contract.here import HERE
from tests.joined import join


@pytest.fixture
def member_headers(app: Flask, clock: SetClock, settings: Settings, program: None) -> dict[str, str]:
    with transaction() as session:
        ann = join(session, "ann@example.com", now=clock.now(), secret_key=settings.secret_key)
    return ann.headers(clock.now())


@pytest.fixture
def till_headers(app: Flask, clock: SetClock, program: None) -> dict[str, str]:
    with transaction() as session:
        store = next(iter(rules.program_at(session, clock.now(), fresh=True).stores))
        code = staff.offer_enrollment(session, actor=SYSTEM, name="Bar", store=store, now=clock.now())
        ada = staff.add(session, actor=SYSTEM, name="Ada", role="admin", pin="4711", now=clock.now()).id
    client = app.test_client()
    headers = {"Authorization": f"Bearer {client.post('/pos/v1/enroll', json={'code': code}).json['token']}"}
    signed_in = client.post("/pos/v1/sessions", json={"staff_id": ada, "pin": "4711"}, headers=headers).json
    return {**headers, "X-Cashier": signed_in["token"]}


@pytest.fixture
def program(app: Flask, clock: SetClock) -> None:
    live_from = clock.now() - timedelta(days=400)
    with transaction() as session:
        rules.apply(
            session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=live_from, now=clock.now()
        )


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
