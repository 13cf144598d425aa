"""Lighthouse's word on speed: the page to sign in, Home, and the program, on a phone with slow 4G."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import BrowserContext, sync_playwright

from tests.benchmarks.bare import bare_page
from tests.benchmarks.harness import Report
from tests.benchmarks.page import demo_site, sign_in
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.lighthouse import LEAST, SPEED, Judgement, judge, slower_for, watched

ROUNDS: Final = 3
# A page without anything gets a hundred, unless the machine was away.
_EMPTY_LEAST: Final = 99
_NUMBERS: Final = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")


def lighthouse() -> Report:
    """Let Lighthouse judge the first pages, in turn with an empty one."""
    report = Report("lighthouse", "Lighthouse, performance")
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_site(Path(folder)) as address,
        bare_page(0) as bare,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with watched(browser, Path(folder) / "profile") as (context, port):
            _judge_all(report, context, address, bare, partial(judge, port=port, folder=Path(folder)))
        browser.close()
    return report


def _judge_all(
    report: Report, context: BrowserContext, address: str, bare: str, ask: partial[Judgement]
) -> None:
    slower = slower_for(ask(bare, [SPEED]).index)
    pages = {"sign-in": f"{address}/app/", "program": f"{address}/program"}
    found: dict[str, list[Judgement]] = {name: [] for name in ("empty", *pages, "home")}
    for _ in range(ROUNDS):
        found["empty"].append(ask(bare, [SPEED], slower=slower))
        for name, url in pages.items():
            found[name].append(ask(url, [SPEED], slower=slower))
    tab = context.new_page()
    sign_in(tab, f"{address}/app/")
    tab.close()
    for _ in range(ROUNDS):
        found["home"].append(ask(f"{address}/app/", [SPEED], slower=slower, keep=True))
    empty = median(each.scores[SPEED] for each in found.pop("empty"))
    void = "" if empty >= _EMPTY_LEAST else f"not counted: an empty page got {empty:.0f}"
    for name, judged in found.items():
        told = [f"{key} {median(each.measured[key] for each in judged):.0f} ms" for key in _NUMBERS]
        report.row(name, ", ".join(told))
        score = median(each.scores[SPEED] for each in judged)
        report.claim(f"{name}: performance", score, "of 100", "at least", LEAST, void)
    report.note(
        f"mobile, slow 4G simulated by Lighthouse; processor {slower} times slower than now (its index divided by a"
        f" middling phone's); medians of {ROUNDS}; an empty page in turn with them: {empty:.0f}"
    )
