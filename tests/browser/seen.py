"""What a page must be for everybody: axe (WCAG 2.2 A and AA, best practices) finds nothing, in both themes."""

from __future__ import annotations

from typing import Any, Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Dark differs in its colors and in nothing else.
SCHEMES: Final[dict[Literal["light", "dark"], dict[str, Any]]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}


def assert_accessible(page: Page) -> None:
    """Let axe look at the page as it stands, light and dark."""
    for scheme, options in SCHEMES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(200)  # colors fade over
        found = Axe().run(page, options=options).response["violations"]
        told = [
            f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
            for each in found
            for node in each["nodes"]
        ]
        assert not told, f"{page.url} in {scheme}:\n" + "\n".join(told)
    page.emulate_media(color_scheme="light")
