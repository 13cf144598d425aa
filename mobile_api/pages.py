"""The customers' app under ``/app/``: built files, the shell for every path of the app, and the manifest.

The files are made by ``make web`` (``loyalty/web/ui/build.mjs``) and kept in memory, each also compressed; a name that
is not among them is not served.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound

from loyalty import rules
from loyalty.db import snapshot
from loyalty.errors import Busy
from loyalty.web import site

DIST: Final = Path(__file__).parent / "web" / "dist"
BASE: Final = "/app/"
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK: Final = "no-cache"
_ICONS: Final = ("assets/icon-", "assets/maskable-", "assets/mark-")
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}

blueprint: Final = Blueprint("app", __name__, url_prefix="/app")


class NotBuilt(Busy):
    """The app's files are not there: ``make web`` makes them."""

    code = "app_not_built"
    text = "The app was not built on this server. `make web` builds it."


@dataclass(frozen=True)
class _File:
    """A built file in every encoding it comes in; ``""`` is the plain one."""

    content_type: str
    tag: str
    bodies: dict[str, bytes]


@blueprint.get("")
def without_slash() -> Any:
    """Lead to the app."""
    return redirect(BASE)


@blueprint.get("/")
@blueprint.get("/<path:_path>")
def shell(_path: str = "") -> Response:
    """Answer the shell: which screen it is, the app finds out by itself."""
    return _serve("index.html", _ASK)


@blueprint.get("/assets/<name>")
def asset(name: str) -> Response:
    """Answer a built file: its name changes with its content."""
    return _serve(f"assets/{name}", _FOREVER)


@blueprint.get("/sw.js")
def worker() -> Response:
    """Answer the service worker, which the browser compares at every start."""
    return _serve("sw.js", _ASK)


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Answer what an installed app is called and looks like, as the live program's brand says."""
    with snapshot() as session:
        program = rules.program_at(session, site.current().clock.now(), fresh=True)
    brand = program.document.get("brand", {})
    name = brand.get("name") or program.text(program.document["name"], "en")
    color = brand.get("primary_color", "#1a634b")
    icons = [each for each in _files() if each.startswith(_ICONS)]
    body = {
        "id": BASE,
        "name": name,
        "short_name": name[:12],
        "description": program.text(brand.get("tagline"), "en"),
        "start_url": BASE,
        "scope": BASE,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#fbfaf7",
        "theme_color": color,
        "icons": [_icon(each) for each in sorted(icons)],
        "shortcuts": [
            {"name": "Pay & collect", "url": f"{BASE}pay"},
            {"name": "Order", "url": f"{BASE}order"},
        ],
    }
    response = Response(json.dumps(body), content_type="application/manifest+json")
    response.headers["Cache-Control"] = _ASK
    response.set_etag(f"program-{program.version}", weak=True)
    response.make_conditional(request)
    return response


def _icon(name: str) -> dict[str, str]:
    if name.endswith(".svg"):
        return {"src": BASE + name, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    kind, size = name.removeprefix("assets/").split("-")[:2]
    purpose = "maskable" if kind == "maskable" else "any"
    return {"src": BASE + name, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _serve(name: str, cache: str) -> Response:
    found = _files().get(name)
    if found is None:
        if not _files():
            raise NotBuilt
        raise NotFound("The app has no such file.")
    accepted = request.accept_encodings
    encoding = next((each for each in _ENCODINGS if each in found.bodies and accepted[each] > 0), "")
    response = Response(found.bodies[encoding], content_type=found.content_type)
    response.headers["Cache-Control"] = cache
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(found.tag, weak=True)
    response.make_conditional(request)
    return response


@lru_cache(maxsize=1)
def _files() -> dict[str, _File]:
    """Return everything that was built, by its path below ``/app/``; empty where nothing was."""
    names = [path.relative_to(DIST).as_posix() for path in sorted(DIST.rglob("*")) if path.is_file()]
    return {name: _read(name) for name in names if not name.endswith(tuple(_ENCODINGS.values()))}


def _read(name: str) -> _File:
    path = DIST / name
    bodies = {"": path.read_bytes()}
    for encoding, ending in _ENCODINGS.items():
        packed = path.with_name(path.name + ending)
        if packed.exists():
            bodies[encoding] = packed.read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = (
        "; charset=utf-8" if kind.startswith("text/") or kind.endswith(("javascript", "svg+xml")) else ""
    )
    return _File(kind + charset, hashlib.sha256(bodies[""]).hexdigest()[:16], bodies)
