"""Lighthouse gives at least 95 of a hundred for accessibility and best practices; ``make bench`` asks for speed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.cafe import Cafe
from tests.browser.installing import settled
from tests.browser.lighthouse import LEAST, QUALITY, judge, watched
from tests.browser.phone import Phone

pytestmark = pytest.mark.soak


def test_lighthouse_finds_nothing_to_complain_of(browser: Browser, cafe: Cafe, tmp_path: Path) -> None:
    with watched(browser, tmp_path / "profile") as (context, port):
        found = {
            path: judge(f"{cafe.url}{path}", QUALITY, port=port, folder=tmp_path)
            for path in ("/app/", "/program")
        }
        ann = Phone(context.new_page(), cafe)
        ann.open("/")
        ann.sign_in("lighthouse@example.com")
        cafe.sell(code=ann.pay_code())
        settled(ann.page)
        ann.page.close()
        found["home"] = judge(f"{cafe.url}/app/", QUALITY, port=port, folder=tmp_path, keep=True)
    for path, each in found.items():
        assert min(each.scores.values()) >= LEAST, (path, each.scores, each.flaws)
