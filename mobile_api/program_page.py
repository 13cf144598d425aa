"""``/program``: the program in plain words for people, without sign-in and without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request

from loyalty import rules
from loyalty.db import snapshot
from loyalty.rules import plain
from loyalty.web import site
from loyalty.web.etags import is_current, tag_of
from mobile_api.program_words import page_for, tag_of_page

blueprint = Blueprint(
    "program_page",
    __name__,
    url_prefix="/program",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)

CACHED: Final = "public, max-age=60"
LONGEST_LOCALE: Final = 35
NAMES: Final[Mapping[str, str]] = {"en": "English", "fr": "Français"}
# What the page says about itself.
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "skip": "Skip to the content",
        "contents": "On this page",
        "language": "Language",
        "lead": "The program in plain words: this page is written from the rules that are in force now.",
        "version": "Version {version} of the program",
        "json": "This page as JSON",
        "app": "Open the app",
    },
    "fr": {
        "skip": "Aller au contenu",
        "contents": "Sur cette page",
        "language": "Langue",
        "lead": "Le programme en clair : cette page est écrite d'après les règles en vigueur en ce moment.",
        "version": "Version {version} du programme",
        "json": "Cette page en JSON",
        "app": "Ouvrir l'application",
    },
}


@blueprint.get("")
def program_page() -> Response:
    """Show the page in the language asked for, else in the one the browser accepts."""
    page = page_for(
        (request.args.get("locale") or "")[:LONGEST_LOCALE] or None, now=site.current().clock.now()
    )
    language = page.locale.partition("-")[0]
    words = {key: said.format(version=page.version) for key, said in WORDS[language].items()}
    html = render_template(
        "program/page.html", page=page, words=words, language=language, languages=NAMES, known=plain.LANGUAGES
    )
    response = _tagged(html, tag_of_page(page))
    response.headers["Content-Language"] = page.locale
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/brand.css")
def brand() -> Response:
    """Answer the brand's colors as a style sheet, since pages allow no style of their own."""
    with snapshot() as session:
        program = rules.program_at(session, site.current().clock.now(), fresh=True)
    response = _tagged(brand_css(program), tag_of("brand", program.version))
    response.mimetype = "text/css"
    return response


def _tagged(body: str, tag: str) -> Response:
    response = make_response("", 304) if is_current(tag) else make_response(body)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = CACHED
    return response


def brand_css(program: rules.Program) -> str:
    """Return the brand's colors as custom properties; what a program does not say keeps the page's own."""
    primary, accent = program.brand.get("primary_color"), program.brand.get("accent_color")
    lines: list[str] = []
    if primary:
        lines.append(f":root {{ --brand: {primary}; --on-brand: {readable_on(primary)}; }}")
    if accent:
        lines.append(f":root {{ --spark: {accent}; }}")
    lines += [
        f".tier-{tier.rank} {{ --tier: {tier.color}; }}" for tier in program.tiers.values() if tier.color
    ]
    return "\n".join(lines) + "\n"


def readable_on(color: str) -> str:
    """Return white or black, whichever is easier to read on a color (WCAG 2 relative luminance)."""
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"
