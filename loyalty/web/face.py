"""A face: its routes, its blueprint, its OpenAPI document and the page that browses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response

from loyalty.errors import DomainError
from loyalty.web import docs, wire
from loyalty.web.api import JSON, Route, Routes
from loyalty.web.openapi import document_of
from loyalty.web.serving import errors_of, view_of


@dataclass(frozen=True)
class Face:
    """One API: ``sections`` is the explicit list of what it serves, in the order of its document."""

    name: str
    prefix: str
    title: str
    about: str
    sections: tuple[Routes, ...]

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document, made at the first call."""
        return document_of(self.title, self.about, self.prefix, self.sections)

    @cached_property
    def page(self) -> str:
        """Return the page that browses the document, rendered at the first call."""
        return docs.rendered(self.document)

    @property
    def routes(self) -> Iterator[Route]:
        """Iterate over every route."""
        return (route for section in self.sections for route in section.routes)

    @property
    def errors(self) -> dict[str, type[DomainError]]:
        """Return every refusal of this face by its code."""
        return {error.code: error for route in self.routes for error in errors_of(route)}

    @staticmethod
    def codes_of(route: Route) -> frozenset[str]:
        """Return the codes of the refusals that a route may answer."""
        return frozenset(error.code for error in errors_of(route))

    def blueprint(self, import_name: str) -> Blueprint:
        """Return the blueprint: every route, ``openapi.json`` and ``docs``."""
        blueprint = Blueprint(self.name, import_name, url_prefix=self.prefix)
        for route in self.routes:
            blueprint.add_url_rule(route.rule, route.name, view_of(route), methods=[route.method])
        blueprint.add_url_rule("/openapi.json", "openapi", self._openapi, methods=["GET"])
        blueprint.add_url_rule("/docs", "docs", self._docs, methods=["GET"])
        return blueprint

    def _openapi(self) -> Response:
        return Response(wire.write(self.document), content_type=JSON, headers={"Cache-Control": "no-cache"})

    def _docs(self) -> Response:
        return Response(
            self.page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"}
        )
