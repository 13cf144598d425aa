"""The pages for people: the API's document, the page of each problem code, the index. No script, no CDN."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template

blueprint = Blueprint(
    "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static/web"
)


def page(document: dict[str, Any]) -> Response:
    """Return the page that browses an OpenAPI document."""
    return make_response(render_template("docs.html", document=document))
