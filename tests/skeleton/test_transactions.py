"""A transaction whose last statements fail on their way with COMMIT leaves nothing behind, on no connection."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from loyalty.db import Batch, ask, transaction


def fail_with_commit(*, begun: bool) -> None:
    with transaction() as session:
        if begun:
            session.execute(text("CREATE TABLE nothing ()"))
        batch = Batch()
        batch.add("SELECT 1 / 0")
        batch.send_last(session)


def stumble_before_commit() -> None:
    with transaction() as session:
        batch = Batch()
        batch.add("CREATE TABLE nothing ()")
        batch.send_last(session)
        raise KeyError


@pytest.mark.parametrize("begun", [False, True])
def test_what_fails_on_its_way_with_commit_leaves_a_connection_that_can_be_lent_again(
    app: Flask, begun: bool
) -> None:
    assert app.testing
    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_with_commit(begun=begun)
    assert ask("SELECT to_regclass('nothing')::text", {}) == [(None,)]
    with transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_what_waited_for_a_commit_that_never_came_is_not_sent_by_the_next(app: Flask) -> None:
    assert app.testing
    with pytest.raises(KeyError):
        stumble_before_commit()
    with transaction() as session:
        assert session.scalar(text("SELECT to_regclass('nothing')::text")) is None
