"""What every route can reach: the settings, the clock, and what signs, counts and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import Flask, current_app

from loyalty.clock import Clock
from loyalty.config import Settings
from loyalty.live import Live
from loyalty.web.limits import Limits
from loyalty.web.paging import Cursors
from loyalty.web.tokens import Tokens

_NAME: Final = "regulars"


@dataclass(frozen=True, slots=True)
class Site:
    """One running application."""

    settings: Settings
    clock: Clock
    tokens: Tokens
    cursors: Cursors
    limits: Limits
    live: Live


def install(app: Flask, site: Site) -> None:
    """Give the application its site."""
    app.extensions[_NAME] = site


def current() -> Site:
    """Return the site of the current application."""
    return cast(Site, current_app.extensions[_NAME])
