"""A transaction whose last statements fail on their way with COMMIT leaves nothing behind, on no connection."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from loyalty.db import Batch, ask, transaction


def test_what_fails_on_its_way_with_commit_leaves_a_connection_that_can_be_lent_again(app: Flask) -> None:
    assert app.testing
    for begun in (False, True):
        with pytest.raises(psycopg.errors.DivisionByZero), transaction() as session:
            if begun:
                session.execute(text("CREATE TABLE nothing ()"))
            batch = Batch()
            batch.add("SELECT 1 / 0")
            batch.send_last(session)
        assert ask("SELECT to_regclass('nothing')::text", {}) == [(None,)]
        with transaction() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_what_waited_for_a_commit_that_never_came_is_not_sent_by_the_next(app: Flask) -> None:
    assert app.testing
    with pytest.raises(KeyError), transaction() as session:
        batch = Batch()
        batch.add("CREATE TABLE nothing ()")
        batch.send_last(session)
        raise KeyError
    with transaction() as session:
        assert session.scalar(text("SELECT to_regclass('nothing')::text")) is None
