"""A browser of its own that is closed and started again with what it kept, and a second version of the app."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE_MS, PHONE

ROOT: Final = Path(__file__).parents[2]
_BUILT_FROM: Final = ("package.json", "tsconfig.json", "loyalty/web/ui", "loyalty/web/static", "mobile_api")


@contextmanager
def started(browser: Browser, profile: Path, *more: str, **options: Any) -> Iterator[BrowserContext]:
    """Start Chromium with what ``profile`` keeps from the last time; it is ended, not only its pages."""
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=[*ARGUMENTS, *more], **{**PHONE, **options}
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        context.close()


def settled(page: Page) -> None:
    """Wait until the app lies on this device: its worker has kept every file."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def kept_files(page: Page) -> list[str]:
    """Return what the workers keep: ``cache path`` of every file."""
    return page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys())
            for (const { url } of await (await caches.open(name)).keys())
              found.push(`${name} ${new URL(url).pathname}`);
          return found;
        }"""
    )


def build_another(folder: Path, file: str, right: str, wrong: str) -> dict[str, str]:
    """Build the app from sources that differ in one place; return the environment that serves it instead of ours."""
    for each in _BUILT_FROM:
        source, target = ROOT / each, folder / each
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("dist", "__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    changed = folder / file
    text = changed.read_text()
    assert text.count(right) == 1, f"{file} has {text.count(right)} times {right}"
    changed.write_text(text.replace(right, wrong))
    subprocess.run(["node", "loyalty/web/ui/build.mjs"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    served = folder / "served"
    served.mkdir()
    (served / "mobile_api").symlink_to(folder / "mobile_api")
    return {"PYTHONPATH": os.pathsep.join([str(served), *filter(None, [os.environ.get("PYTHONPATH")])])}
