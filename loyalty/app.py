"""The application: which faces it has, and what they stand on."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

import mobile_api
import pos_adapter
from loyalty import rules
from loyalty.clock import Clock
from loyalty.config import Settings
from loyalty.db import CONNECTION_OPTIONS, LOST_AFTER, PATIENT_OPTIONS, db
from loyalty.live import Live
from loyalty.web import errors, health, keys, logs, metrics, packing, pages, requests, security, site
from loyalty.web.limits import Limits
from loyalty.web.paging import Cursors
from loyalty.web.tokens import Tokens
from mobile_api import pages as app_pages
from mobile_api import program_page

FACES = (mobile_api.FACE, pos_adapter.FACE)


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Return the application of these settings (of ``REGULARS_*`` if not given)."""
    settings = settings or Settings.from_environ()
    app = Flask("loyalty", static_folder=None)
    app.testing = settings.mode == "test"
    _install_database(app, settings)
    _install_site(app, settings, clock or Clock())
    _install_web(app, settings)
    for blueprint in (
        mobile_api.blueprint,
        program_page.blueprint,
        app_pages.blueprint,
        pos_adapter.blueprint,
    ):
        app.register_blueprint(blueprint)
    return app


def _install_database(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        # Hot statements are prepared by loyalty.pipeline; psycopg's own preparing would deallocate those.
        "connect_args": {
            "options": PATIENT_OPTIONS if settings.mode == "test" else CONNECTION_OPTIONS,
            "prepare_threshold": None,
            **LOST_AFTER,
        },
        "pool_size": 10,
        # The warm ones first: a new backend needs a tenth of a second before it is as fast.
        "pool_use_lifo": True,
        "max_overflow": 20,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "hide_parameters": True,  # an error's text must not carry a member's data
    }
    db.init_app(app)


def _install_site(app: Flask, settings: Settings, clock: Clock) -> None:
    secret = settings.secret_key
    site.install(
        app,
        site.Site(
            settings=settings,
            clock=clock,
            tokens=Tokens([secret, *_listed(settings.old_secret_keys)]),
            cursors=Cursors(secret),
            limits=Limits(secret, enabled=settings.rate_limits),
            live=Live(clock),
        ),
    )


def _install_web(app: Flask, settings: Settings) -> None:
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=1)
    logs.configure(settings.log_format, quiet=settings.mode == "test")
    requests.register(app)
    logs.register(app)
    metrics.register(app, token=settings.metrics_token)
    security.register(
        app,
        origins=_listed(settings.cors_origins),
        https=settings.public_url.startswith("https://"),
    )
    packing.register(app)
    errors.register(app)
    health.register(app, {"migrations": _is_migrated, "program": _has_program})
    pages.register(app, FACES)
    keys.register(app, secrets=[settings.secret_key, *_listed(settings.old_secret_keys)])


def _is_migrated(session: Session, _: datetime) -> bool:
    from loyalty import migrating  # noqa: PLC0415 - alembic is slow to import, and only this asks it

    return migrating.is_at_head(session.connection())


def _has_program(session: Session, now: datetime) -> bool:
    return rules.version_at(session, now) > 0


def _listed(written: str) -> list[str]:
    return [each.strip() for each in written.split(",") if each.strip()]
