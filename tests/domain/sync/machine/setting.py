"""The stage for the machine: small pages, and a place between the statements of a pull where something may happen."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty import preferences
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.edits import made_now
from loyalty.sync import documents, pulling
from tests.domain.sync.machine.server import NOON, Server
from tests.domain.sync.people import join

# Every commit is compared whole, so what the machine never touches is left out.
TOUCHED = ("balance", "wallet", "profile", "preference", "favorite", "consent", "device", "draft", "notice")


def stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pulls small and interruptible, and let a stranger live in the same database."""
    monkeypatch.setattr(pulling, "MOST_DOCUMENTS", 6)
    monkeypatch.setattr(documents, "KINDS", {kind: documents.KINDS[kind] for kind in TOUCHED})
    monkeypatch.setattr(documents, "load", _interrupted(documents.load))
    monkeypatch.setattr(documents, "load_all", _interrupted(documents.load_all))
    with transaction() as session:
        stranger = join(session, NOON)
        preferences.set_preference(
            session,
            actor=SYSTEM,
            member_id=stranger,
            name="milk",
            value="stranger",
            edit=made_now("till", NOON),
            now=NOON,
        )


def _interrupted(function: Any) -> Any:
    """Return the function, before which the present server lets a waiting write happen."""

    def run(*args: Any, **named: Any) -> Any:
        server = Server.current
        if server is not None and server.interleaved is not None:
            happens, server.interleaved = server.interleaved, None
            happens()
        return function(*args, **named)

    return run
