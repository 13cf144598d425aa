"""The program page for a request: which language, which versions; the same for the JSON and the page for people."""

from __future__ import annotations

from datetime import datetime

from flask import request

from loyalty import rules
from loyalty.db import snapshot
from loyalty.rules import plain
from loyalty.web.etags import tag_of


def page_for(locale: str | None, *, now: datetime) -> plain.Page:
    """Return the page in a locale, else in the language the caller accepts best. Raise NoProgram."""
    with snapshot() as session:
        live = rules.program_at(session, now, fresh=True)
        following = rules.next_version(session, now)
    return plain.page(live, following, locale=locale or _accepted(live), now=now)


def tag_of_page(page: plain.Page) -> str:
    """Return the entity tag of a page: of every word on it, since offers also end between two versions."""
    return tag_of("program page", repr(page))


def _accepted(program: rules.Program) -> str:
    """Return the locale that the caller accepts best of those the page knows; the program's own first otherwise."""
    for accepted, _ in request.accept_languages:
        if accepted.partition("-")[0].lower() in plain.LANGUAGES:
            return accepted
    return program.locales[0]
