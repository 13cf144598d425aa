"""Lighthouse's judgement of a page in a running Chromium: a phone on slow 4G with a slow processor, both simulated."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext

from tests.benchmarks.world import free_port
from tests.browser.conftest import CHROMIUM
from tests.browser.installing import ROOT, started

QUALITY: Final = ("accessibility", "best-practices")
SPEED: Final = "performance"
LEAST: Final = 95
# Lighthouse's multiplier of 4 makes a middling phone of a fast desktop (an index of 1,500). On a slower machine, or one
# that does other things, its documentation says to slow down less.
PHONE_INDEX: Final = 375
SLOWEST: Final = 4.0
_LONGEST_SECONDS: Final = 180


@dataclass(frozen=True)
class Judgement:
    """What Lighthouse says of one page."""

    scores: dict[str, int]
    """Of a hundred, by category."""
    flaws: list[str]
    """Audits that cost points, with what they measured."""
    measured: dict[str, float]
    """Every number it found, by audit; milliseconds or bytes."""

    index: float
    """How fast this machine's processor was just now, as Lighthouse counts; see ``slower_for``."""


def slower_for(index: float) -> float:
    """Return how many times slower a processor of this index must be made to be like a middling phone's."""
    return round(min(SLOWEST, max(1.0, index / PHONE_INDEX)), 1)


def judge(
    url: str,
    categories: Sequence[str],
    *,
    port: int,
    folder: Path,
    keep: bool = False,
    slower: float = SLOWEST,
) -> Judgement:
    """Let Lighthouse look at a page in the Chromium that listens on ``port``.

    What that has stored of the page is cleared before, unless it is to ``keep`` it. The processor is made ``slower``
    so many times.
    """
    report = folder / "lighthouse.json"
    command = [
        "npx", "--no-install", "lighthouse", url, f"--port={port}", "--quiet", "--no-enable-error-reporting",
        f"--only-categories={','.join(categories)}", "--output=json", f"--output-path={report}",
        f"--throttling.cpuSlowdownMultiplier={slower}", *(["--disable-storage-reset"] if keep else []),
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": CHROMIUM, "npm_config_loglevel": "error"}
    subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=_LONGEST_SECONDS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _read(json.loads(report.read_text()))


@contextmanager
def watched(browser: Browser, folder: Path) -> Iterator[tuple[BrowserContext, int]]:
    """Start a Chromium that Lighthouse can look into, and make a phone of by itself; yield it and its port."""
    port = free_port()
    plain = {"viewport": None, "device_scale_factor": None, "has_touch": None, "is_mobile": None}
    listening = f"--remote-debugging-port={port}"
    with started(browser, folder, listening, no_viewport=True, **plain) as context:
        yield context, port


def _read(said: dict[str, Any]) -> Judgement:
    assert not said.get("runtimeError"), said["runtimeError"]
    scores = {key: round((each["score"] or 0) * 100) for key, each in said["categories"].items()}
    weighed = {
        audit["id"] for each in said["categories"].values() for audit in each["auditRefs"] if audit["weight"]
    }
    audits: dict[str, Any] = said["audits"]
    flaws = [
        f"{key}: {audit['title']} ({audit.get('displayValue', '')}) {audit['score']}"
        for key, audit in audits.items()
        if key in weighed and audit["score"] is not None and audit["score"] < 0.9
    ]
    measured = {key: each["numericValue"] for key, each in audits.items() if "numericValue" in each}
    return Judgement(scores, flaws, measured, float(said["environment"]["benchmarkIndex"]))
