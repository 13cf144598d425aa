"""The program page: open to everybody, in the reader's language, as JSON and for people."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.rules.shipped import load_shipped
from mobile_api.program_page import WORDS, readable_on

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _program(app: Flask) -> None:
    """Put the demo café's program into force, and schedule a dearer rung of the ladder."""
    document: dict[str, Any] = deepcopy(dict(load_shipped("cafe-stars")))
    with transaction() as session:
        rules.apply(session, document, actor=SYSTEM, now=NOW, live_from=NOW - timedelta(days=1))
        coming = deepcopy(document)
        next(each for each in coming["rewards"] if each["key"] == "ladder-60")["price_milli"] = 70_000
        rules.apply(session, coming, actor=SYSTEM, now=NOW, live_from=NOW + timedelta(days=40))


def test_anybody_reads_the_page_as_json(client: FlaskClient) -> None:
    answer = client.get("/api/v1/program/page?locale=fr")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "fr"
    page = answer.get_json()
    assert [each["key"] for each in page["sections"]] == [
        "earn", "perks", "ladder", "tiers", "expiry", "exclusions", "offers", "returns", "wallet", "next",
    ]  # fmt: skip
    ladder = page["sections"][2]
    assert ladder["title"] == "Ce que valent vos étoiles"
    assert {"points_milli": 60_000, "points": "60 étoiles"}.items() <= ladder["items"][2].items()
    (change,) = [each for each in page["sections"][-1]["items"] if each["key"] == "ladder.ladder-60"]
    assert "60 étoiles" in change["text"]
    assert "70 étoiles" in change["text"]
    assert (page["version"], page["next_version"], page["next_from"]) == (1, 2, "2026-04-11T12:00:00Z")


def test_who_has_the_page_is_told_so(client: FlaskClient) -> None:
    tag = client.get("/api/v1/program/page?locale=en").headers["ETag"]
    assert client.get("/api/v1/program/page?locale=en", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/api/v1/program/page?locale=fr", headers={"If-None-Match": tag}).status_code == 200
    shown = client.get("/program?locale=en").headers["ETag"]
    assert client.get("/program?locale=en", headers={"If-None-Match": shown}).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr-CA"),
        ("de,fr;q=0.7", "fr"),
        ("pt", "en"),
        ("", "en"),
        ("en-GB", "en-GB"),
    ],
)
def test_the_page_speaks_what_the_browser_accepts(client: FlaskClient, accepted: str, language: str) -> None:
    shown = client.get("/program", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in shown.text
    assert shown.headers["Vary"] == "Accept-Language, Accept-Encoding"


def test_the_page_needs_no_script_and_no_inline_style(client: FlaskClient) -> None:
    html = client.get("/program?locale=en").text
    assert "<script" not in html
    assert not re.search(r'\sstyle="|<style|\son\w+="|https?://', html)
    for sheet in re.findall(r'rel="stylesheet" href="([^"]+)"', html):
        with client.get(sheet.replace("&amp;", "&")) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_headings_landmarks_and_the_way_past_them_are_there(client: FlaskClient) -> None:
    html = client.get("/program?locale=fr").text
    assert html.count("<h1") == 1
    assert html.index('class="skip" href="#main"') < html.index("<nav")
    for key in re.findall(r'<section id="(\w+)"', html):
        assert f'aria-labelledby="{key}-title"' in html
        assert f'<h2 id="{key}-title">' in html
        assert f'href="#{key}"' in html
    assert html.count('aria-current="true"') == 1


def test_the_brand_has_its_colors_in_a_sheet_of_its_own(client: FlaskClient) -> None:
    sheet = client.get("/program/brand.css").text
    assert "--brand: #1f6f54; --on-brand: #ffffff;" in sheet
    assert ".tier-1 { --tier: #b8862b; }" in sheet


@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#1f6f54", "#e6b450", "#777777", "#0000ff", "#ffff00"]
)
def test_letters_on_any_brand_color_can_be_read(color: str) -> None:
    def luminance(of: str) -> float:
        parts = [int(of[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(color), luminance(readable_on(color))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("locale", ["%00", "x" * 500, "../../etc", "<b>", "fr_FR_x", "zz-ZZ"])
def test_a_strange_locale_is_answered_in_a_known_language(client: FlaskClient, locale: str) -> None:
    assert client.get("/program", query_string={"locale": locale}).status_code == 200
    assert "<b>" not in client.get("/program", query_string={"locale": locale}).text


def test_the_page_has_its_own_words_in_every_language() -> None:
    assert WORDS["en"].keys() == WORDS["fr"].keys()
