"""How soon the app is there: on a slow phone over slow 4G at the first visit, and without a network afterwards.

Chromium is slowed down as Lighthouse does it: the network of its "slow 4G", the processor four times slower. Beside it,
in turn, a page that is nothing but one script of the same number of bytes: sooner than that it cannot be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.benchmarks.bare import bare_page
from tests.benchmarks.harness import Report, interleaved, middle, ratio_of
from tests.benchmarks.world import World, durable_server, make_world, serve
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE

ROUNDS: Final = 5
SHELL_KB: Final = 150.0
FIRST_MS: Final = 3_000.0
AGAIN_MS: Final = 1_000.0
# Lighthouse's slow 4G where the browser itself slows down: each request waits for 3.75 round trips of 150 ms (the
# connection is counted in), at nine tenths of 1.6 Mbit/s; https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md
LATENCY_MS: Final = 562.5
BYTES_PER_SECOND: Final = 1.6e6 * 0.9 / 8
SLOWER: Final = 4

# Waits for what a person acts on, drawn, and for the processor to have time again.
_READY: Final = """
  const look = () => {
    if (window.readyAt === undefined && document.querySelector("SELECTOR")) {
      window.readyAt = 0;
      requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
  look();
"""
_SIGN_IN: Final = "input[name=address]"
_LONGEST_LOOKS: Final = 1_000
_HOME: Final = "[data-testid=balance]"


@dataclass
class _Loads:
    """What the first loads transferred, in bytes."""

    shell: list[int] = field(default_factory=list[int])
    data: list[int] = field(default_factory=list[int])
    requests: list[int] = field(default_factory=list[int])


def page() -> Report:
    """Measure the first load and the start without a network."""
    report = Report("page", "The app on a slow phone")
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_site(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        _first(report, browser, f"{address}/app/")
        _again(report, browser, f"{address}/app/")
        browser.close()
    report.note(
        f"network: {LATENCY_MS} ms for each request, {BYTES_PER_SECOND * 8 / 1e6:.2f} Mbit/s; processor: {SLOWER} times"
        f" slower than this machine's; medians of {ROUNDS}, in turn with the peer"
    )
    return report


@contextmanager
def demo_site(folder: Path) -> Iterator[str]:
    """Serve a small town in demo mode; yield the address."""
    with durable_server() as server:
        world = make_world(server, "page", members=100, buyers=2)
        demo = {"REGULARS_MODE": "demo", "REGULARS_RATE_LIMITS": "off", "REGULARS_DATA_DIR": str(folder)}
        site = serve(world, folder / "serve.log", environment=demo)
        worker = _worker(world, demo)
        try:
            yield f"http://localhost:{site.port}"
        finally:
            worker.terminate()
            site.stop()
            worker.wait(20)


def _worker(world: World, demo: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start what sends the codes to sign in with."""
    known = {"REGULARS_DATABASE_URL": world.url, "REGULARS_SECRET_KEY": world.secret}
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "regulars"), "worker"],
        env={**os.environ, **known, **demo},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def sign_in(tab: Page, address: str) -> None:
    """Sign in at the app's address, until everything of it is kept on the device."""
    tab.goto(address)
    tab.get_by_label("E-mail or mobile number").fill("page@example.com")
    tab.get_by_role("button", name="Send me a code").click()
    tab.get_by_role("button", name="Use it").first.click()
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.locator(_HOME).wait_for()
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")


def _first(report: Report, browser: Browser, address: str) -> None:
    loads = _Loads()
    _load(browser, address, _SIGN_IN, _Loads())  # the server reads its files
    _load(browser, address, _SIGN_IN, loads)
    size = loads.shell[0] + loads.data[0]
    with bare_page(size) as bare:
        values = interleaved(
            {
                "app": partial(_load, browser, address, _SIGN_IN, loads),
                "bare": partial(_load, browser, bare, "#there", _Loads()),
            },
            rounds=ROUNDS,
        )
    found = middle(values)
    report.row("requests, with the program and the catalog", f"{median(loads.requests):.0f}")
    report.row("program and catalog", f"{median(loads.data) / 1000:.1f} kB")
    report.row("a page of one script of the same bytes", f"{found['bare']:.0f} ms")
    report.row("the app / that page", f"{ratio_of(values, 'app', 'bare'):.2f}")
    report.claim("shell, transferred", median(loads.shell) / 1000, "kB", "at most", SHELL_KB)
    report.claim("first load until one can type", found["app"], "ms", "at most", FIRST_MS)


def _load(browser: Browser, address: str, selector: str, loads: _Loads) -> float:
    """Open the address in a browser that knows nothing; return the milliseconds until the selector can be used."""
    with _phone(browser) as (context, tab):
        slow = _slow(context, tab)
        slow.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": BYTES_PER_SECOND,
                "uploadThroughput": BYTES_PER_SECOND,
            },
        )
        asked: dict[str, str] = {}
        got: dict[str, int] = {}
        slow.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: _url(event)}))
        slow.on(
            "Network.loadingFinished",
            lambda event: got.update({event["requestId"]: int(event["encodedDataLength"])}),
        )
        took = _ready(tab, address, selector)
        shell = [size for key, size in got.items() if "/app/" in asked.get(key, "")]
        data = [size for key, size in got.items() if "/api/" in asked.get(key, "")]
        loads.shell.append(sum(shell))
        loads.data.append(sum(data))
        loads.requests.append(len(shell) + len(data))
    return took


def _url(event: dict[str, Any]) -> str:
    return str(event["request"]["url"])


def _again(report: Report, browser: Browser, address: str) -> None:
    """Sign in once, then start without a network: a new page each time."""
    with _phone(browser) as (context, tab):
        sign_in(tab, address)
        tab.close()
        context.set_offline(True)
        took: list[float] = []
        for _ in range(ROUNDS + 1):
            again = context.new_page()
            _slow(context, again)
            took.append(_ready(again, address, _HOME))
            again.close()
    report.row("first of them, the worker not running", f"{took[0]:.0f} ms")
    report.claim("repeat start without a network", median(took[1:]), "ms", "at most", AGAIN_MS)


def _ready(tab: Page, address: str, selector: str) -> float:
    tab.add_init_script(_READY.replace("SELECTOR", selector))
    tab.goto(address, wait_until="commit")
    tab.locator(selector).wait_for(state="attached")
    for _ in range(_LONGEST_LOOKS):
        if at := tab.evaluate("window.readyAt || 0"):
            return float(at)
        tab.wait_for_timeout(20)
    raise TimeoutError(f"{address} is never ready")


def _slow(context: BrowserContext, tab: Page) -> CDPSession:
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


@contextmanager
def _phone(browser: Browser) -> Iterator[tuple[BrowserContext, Page]]:
    context = browser.new_context(**PHONE)
    context.set_default_timeout(60_000)
    try:
        yield context, context.new_page()
    finally:
        context.close()
