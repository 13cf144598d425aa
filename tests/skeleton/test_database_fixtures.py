"""The fixtures keep their word: what one test writes, the next doesn't see."""

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_session_forgets_even_what_it_committed(session: Session, attempt: int) -> None:
    session.execute(text("CREATE TABLE marks (n integer)"))
    session.commit()
    session.execute(text("INSERT INTO marks VALUES (1)"))
    session.rollback()
    assert session.execute(text("SELECT count(*) FROM marks")).scalar_one() == 0


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_fresh_database_is_fresh_and_really_committed_to(fresh_database: str, attempt: int) -> None:
    engine = create_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE marks (n integer)"))
    with engine.connect() as another:
        assert another.execute(text("SELECT count(*) FROM marks")).scalar_one() == 0
    engine.dispose()


def test_text_is_unicode_and_time_is_utc(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT lower('CAFÉ'), current_setting('timezone')")).one()
    assert tuple(found) == ("café", "UTC")


def test_a_wrong_password_is_refused(database_url: str) -> None:
    dsn = database_url.replace("+psycopg", "").replace("regulars:", "regulars:not", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn)


def test_strangers_are_out_of_reach() -> None:
    import socket

    with pytest.raises(RuntimeError, match=r"wanted to talk to 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
