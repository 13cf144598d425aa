"""The app's sync core: how large it is, how often it talks after a week away, how much one change is on the wire."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Any, Final

import psycopg
from playwright.sync_api import Page, expect, sync_playwright

from loyalty import migrating
from tests.benchmarks.harness import Report
from tests.benchmarks.world import durable_server
from tests.browser.cafe import Cafe
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE, found_cafe
from tests.browser.phone import Phone

ROOT: Final = Path(__file__).parent.parent.parent
NODE: Final = which("node") or "node"
ACTS: Final = 200
MOST_TRIPS: Final = 5
MOST_CORE_KB: Final = 12.0
MOST_CHANGE_KB: Final = 1.5
_CORE: Final = ("replica", "rounds", "live", "tabs")
_ROUNDS: Final = 5


def core() -> Report:
    """Measure the size of the core, bundled alone with idb in it."""
    report = Report("core", "The app's sync core")
    text = "".join(f'export * from "./{name}";' for name in _CORE)
    whole = _bundled(text)
    idb = _bundled('export * from "idb";')
    report.row("minified", f"{len(whole) / 1000:.1f} kB")
    report.row("of it idb alone, gzip", f"{len(gzip.compress(idb, 9)) / 1000:.1f} kB")
    size = len(gzip.compress(whole, 9)) / 1000
    report.claim("sync core with idb, gzip", size, "kB", "at most", MOST_CORE_KB)
    return report


def _bundled(text: str) -> bytes:
    command = [str(ROOT / "node_modules/.bin/esbuild"), "--bundle", "--minify", "--format=esm"]
    done = subprocess.run(
        [*command, "--target=es2022", "--loader=ts"],
        input=text.encode(),
        cwd=ROOT / "mobile_api/web/src/sync",
        capture_output=True,
        check=True,
    )
    return done.stdout


def week() -> Report:
    """Count the requests that a device needs after a week offline, by the app's own core."""
    report = Report("week", "A device comes back after a week offline")
    with _cafe("week") as cafe:
        order = {"base": cafe.url, "acts": ACTS, "size": 40}
        done = subprocess.run(
            [NODE, "tests/app/start.mjs", "week.ts", json.dumps(order)],
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["waiting"] == ACTS, found
    assert found["left"] == 0, found
    assert found["here"] == 41, found
    report.row("acts in the queue", f"{found['waiting']}")
    report.row("until it is up to date", f"{found['took_ms']:.0f} ms")
    report.row("synchronizations", f"{found['syncs']}")
    report.claim("round trips, the new access token with them", found["trips"], "", "at most", MOST_TRIPS)
    return report


def change() -> Report:
    """Count the bytes by which a change made elsewhere reaches a page: notice, request and answer, headers and all."""
    report = Report("change", "One change on the wire")
    with _cafe("change") as cafe, sync_playwright() as playwright, _counted(cafe.site.port) as counter:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            one, other = (Phone(browser.new_context(**PHONE).new_page(), cafe) for _ in range(2))
            address = "change@example.com"
            other.open("/")
            other.sign_in(address)
            one.page.goto(f"http://localhost:{counter.port}/app/")
            one.sign_in(address)
            values = _changes(other, one.page, counter)
        finally:
            browser.close()
    up, down = (sorted(each)[len(each) // 2] for each in zip(*values, strict=True))
    report.row("from the page", f"{up} bytes (one request of Chromium's)")
    report.row("to the page", f"{down} bytes (the notice, and the answer)")
    report.claim("one change, all bytes of TCP", (up + down) / 1000, "kB", "at most", MOST_CHANGE_KB)
    report.note(
        f"Median of {_ROUNDS} changes of a preference, HTTP/1.1 without TLS, counted between Chromium and us."
    )
    return report


def _changes(other: Phone, page: Page, counter: _Counter) -> list[tuple[int, int]]:
    other.open("/me/taste")
    page.goto(f"http://localhost:{counter.port}/app/me/taste")
    values: list[tuple[int, int]] = []
    for tag in ("Vegan", "Halal", "Kosher", "No nuts", "No soy", "No egg")[: _ROUNDS + 1]:
        page.wait_for_timeout(1500)
        before = (counter.up, counter.down)
        other.page.get_by_label(tag).check()
        expect(page.get_by_label(tag)).to_be_checked()
        page.wait_for_timeout(500)
        values.append((counter.up - before[0], counter.down - before[1]))
    return values[1:]  # the first may still open connections


@contextmanager
def _cafe(name: str) -> Iterator[Cafe]:
    with durable_server() as server, tempfile.TemporaryDirectory() as folder:
        postgres = server.url_of("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = server.url_of(name)
        migrating.upgrade(url)
        with found_cafe(url, Path(folder), server) as cafe:
            yield cafe


class _Counter:
    """A wire in front of a port that counts what goes over it."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.up = self.down = 0
        self._ends: list[socket.socket] = [self._door]
        threading.Thread(target=self._open, daemon=True).start()

    def close(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                for source, sink, is_up in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=(source, sink, is_up), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if is_up:
                    self.up += len(data)
                else:
                    self.down += len(data)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def _counted(port: int) -> Iterator[_Counter]:
    counter = _Counter(port)
    try:
        yield counter
    finally:
        counter.close()
