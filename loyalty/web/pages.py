"""The pages for people that belong to no face: the index, and what each problem code means."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from inspect import getdoc

from flask import Blueprint, Flask, Response, make_response, render_template
from werkzeug.exceptions import NotFound

from loyalty.errors import DomainError
from loyalty.web.docs import prose
from loyalty.web.errors import HTTP_CODES, status_of, title_of
from loyalty.web.face import Face

_CACHED = "public, max-age=300"


def register(app: Flask, faces: Iterable[Face]) -> None:
    """Serve ``/`` and ``/problems/…`` for these faces."""
    faces = tuple(faces)
    problems = _problems(faces)
    blueprint = Blueprint(
        "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static/web"
    )

    @blueprint.get("/")
    def index() -> Response:
        return _page("web/index.html", faces=faces)

    @blueprint.get("/problems")
    def all_problems() -> Response:
        return _page("web/problems.html", problems=problems)

    @blueprint.get("/problems/<code>")
    def problem(code: str) -> Response:
        if code not in problems:
            raise NotFound("There is no such problem code.")
        status, about = problems[code]
        phrase = HTTPStatus(status).phrase
        return _page(
            "web/problem.html",
            code=code,
            title=title_of(code),
            status=status,
            phrase=phrase,
            about=prose(about),
            uses=[(face, [route for route in face.routes if code in face.codes_of(route)]) for face in faces],
        )

    app.register_blueprint(blueprint)


def _problems(faces: Iterable[Face]) -> dict[str, tuple[int, str]]:
    """Return status and meaning of every code that is answered anywhere, in the order of the codes."""
    found = {code: (status, about) for status, (code, about) in HTTP_CODES.items()}
    for face in faces:
        found.update((code, (status_of(error), about_of(error))) for code, error in face.errors.items())
    return dict(sorted(found.items()))


def about_of(error: type[DomainError]) -> str:
    """Return what an error's class says about it, for people."""
    return (getdoc(error) or error.text).replace("``", "`")


def _page(template: str, **values: object) -> Response:
    response = make_response(render_template(template, **values))
    response.headers["Cache-Control"] = _CACHED
    return response
