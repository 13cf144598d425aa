"""A passkey made by Chromium itself, with the authenticator of its DevTools: the bytes are the browser's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from loyalty.clock import SetClock
from loyalty.db import transaction
from loyalty.web import site
from tests.browser.phone import fingerprint_reader
from tests.joined import Joined, join

MAKE = """async ([path, headers]) => {
  const begun = await (await fetch(path + '/passkeys/registration', {method: 'POST', headers})).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.public_key);
  const made = await navigator.credentials.create({publicKey});
  const body = JSON.stringify({credential: made.toJSON(), name: 'Chromium'});
  const answer = await fetch(path + '/passkeys', {method: 'POST', headers, body});
  return [answer.status, await answer.json()];
}"""
SIGN_IN = """async ([path, headers]) => {
  const asked = await (await fetch(path + '/auth/passkeys', {method: 'POST'})).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.public_key);
  const found = await navigator.credentials.get({publicKey});
  const device = {name: 'Next device', platform: 'web'};
  const body = JSON.stringify({credential: found.toJSON(), device});
  const answer = await fetch(path + '/auth/passkeys/sessions', {method: 'POST', headers, body});
  return [answer.status, await answer.json()];
}"""
JSON = {"Content-Type": "application/json"}

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("program")]


@pytest.fixture
def ann(app: Flask, clock: SetClock) -> Joined:
    with transaction() as session:
        return join(session, "ann@example.com", now=clock.now())


@pytest.fixture
def page(app: Flask, live_server: str, browser: Browser) -> Iterator[Page]:
    """Return a page of the server, as ``localhost`` and with an authenticator."""
    own = f"http://localhost:{urlsplit(live_server).port}"
    there = site.current()
    site.install(app, replace(there, settings=replace(there.settings, public_url=live_server)))
    context = browser.new_context()
    page = context.new_page()
    fingerprint_reader(page)
    page.goto(f"{own}/api/v1/docs")
    yield page
    context.close()


def ask(page: Page, script: str, headers: dict[str, str]) -> Any:
    return page.evaluate(script, ["/api/v1", {**JSON, **headers}])


def test_what_chromium_makes_is_taken_and_signs_in_again_and_again(
    page: Page, ann: Joined, clock: SetClock
) -> None:
    status, made = ask(page, MAKE, ann.headers(clock.now()))
    assert (status, made.get("name")) == (201, "Chromium"), made
    for _ in range(2):
        status, signed_in = ask(page, SIGN_IN, {})
        assert (status, signed_in.get("member_id")) == (201, ann.public_id), signed_in


def test_chromium_makes_no_second_passkey_where_it_has_one(page: Page, ann: Joined, clock: SetClock) -> None:
    ask(page, MAKE, ann.headers(clock.now()))
    with pytest.raises(Exception, match="InvalidStateError"):
        ask(page, MAKE, ann.headers(clock.now()))
