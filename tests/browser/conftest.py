"""A café that serves the app to real browsers: ``regulars serve`` in demo mode, its worker, a till, and phones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from loyalty import rules, staff
from loyalty.actor import SYSTEM
from loyalty.postgres import Server
from loyalty.staff.models import Till
from loyalty.web.tokens import Tokens
from pos_adapter.who import TILL_AUDIENCE
from tests.benchmarks.world import World, free_port, serve
from tests.browser.cafe import PIN, Cafe, program
from tests.browser.phone import Phone
from tests.conftest import cloned, settings_for

# On a machine that does ten other things a page waits longer than a person would.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

CHROMIUM = which("chromium") or "/usr/bin/chromium"
# The same Chromium without windows, and without notifications: it needs half of the processor time.
SHELL = which("chromium-headless-shell") or CHROMIUM
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
STORE = "main-street"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "en-US",
    "timezone_id": "America/New_York",
}
OPTIONS = ("--workers", "1", "--threads", "8")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Return Debian's Chromium, started once."""
    chromium = playwright.chromium.launch(executable_path=SHELL, args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """Return Debian's Chromium with all that it has."""
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def cafe(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cafe]:
    """Return the café of all these tests: who stops it starts it again, and everybody has their own address."""
    folder = tmp_path_factory.mktemp("cafe")
    with cloned(server, f"browser_{worker_name}") as url, found_cafe(url, folder, server) as cafe:
        yield cafe


@contextmanager
def found_cafe(
    url: str, folder: Path, server: Server, *, more: Mapping[str, str] | None = None
) -> Iterator[Cafe]:
    """Open a café on a database of tables and nothing else: web processes and a worker run, a till is enrolled.

    ``more`` are settings that this café has and others do not.
    """
    now = datetime.now(UTC)
    engine = create_engine(url)
    with Session(engine) as session:
        applied = rules.apply(session, program(), actor=SYSTEM, live_from=now - timedelta(days=90), now=now)
        session.add(
            Till(id="till-1", name="Till 1", store=STORE, status="active", enrolled_at=now, last_seen_at=now)
        )
        manager = staff.add(
            session, actor=SYSTEM, name="Mia", role="manager", store=STORE, pin=PIN, now=now
        ).id
        session.commit()
    engine.dispose()
    secret = settings_for(url, folder).secret_key
    port = free_port()
    environment = {
        "REGULARS_MODE": "demo",
        "REGULARS_DATABASE_URL": url,
        "REGULARS_SECRET_KEY": secret,
        "REGULARS_DATA_DIR": str(folder),
        "REGULARS_RATE_LIMITS": "off",
        # Passkeys are bound to the address that people see.
        "REGULARS_PUBLIC_URL": f"http://localhost:{port}",
        **(more or {}),
    }
    world = World(url, server, secret, None, getattr(applied, "version", 1), {})  # type: ignore[arg-type]
    log = folder / "serve.log"
    site = serve(world, log, *OPTIONS, port=port, environment=environment)
    worker = subprocess.Popen(
        [str(Path(sys.executable).parent / "regulars"), "worker"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    token = Tokens([secret]).issue(TILL_AUDIENCE, "till-1", now=now, lifetime=timedelta(days=1), generation=1)
    opened = Cafe(world, site, token, STORE, log, environment, manager)
    try:
        opened.open_till()
        yield opened
    finally:
        worker.terminate()
        opened.site.stop()  # a test may have killed the first one
        worker.wait(20)
    assert "Traceback" not in log.read_text()


@pytest.fixture
def contexts(request: pytest.FixtureRequest) -> Iterator[Callable[..., BrowserContext]]:
    """Return how to make a browser of its own (its storage is nobody else's); all are closed afterwards.

    It keeps no files for a start without a network (which takes longer than most tests) unless ``installed`` is marked.
    """
    is_whole = request.node.get_closest_marker("whole_browser")
    is_installed = is_whole or request.node.get_closest_marker("installed")
    chromium: Browser = request.getfixturevalue("whole_browser" if is_whole else "browser")
    usual = {**PHONE, "service_workers": "allow" if is_installed else "block"}
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE_MS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def phone(contexts: Callable[..., BrowserContext], cafe: Cafe) -> Iterator[Callable[..., Phone]]:
    """Return how to have a phone (``phone("ann@example.com")`` signs in); a page that throws fails the test."""
    phones: list[Phone] = []

    def have(address: str | None = None, *, name: str = "Ann", **options: Any) -> Phone:
        page: Page = contexts(**options).new_page()
        found = Phone(page, cafe)
        phones.append(found)
        found.open("/")
        if address is not None:
            found.sign_in(address, name=name)
        return found

    yield have
    for each in phones:
        assert each.thrown == [], each.thrown
