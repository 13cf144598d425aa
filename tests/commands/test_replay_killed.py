"""``regulars replay``, killed with -9 again and again: it goes on where it was, and ends as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, select

from loyalty.config import Settings
from loyalty.models import metadata
from loyalty.postgres import beside
from tests import made_up_log
from tests.made_up_log import TABLES_OF_CHANCE


@contextmanager
def running(settings: Settings, *said: object) -> Iterator[subprocess.Popen[bytes]]:
    environ = {
        **os.environ,
        "REGULARS_MODE": "test",
        "REGULARS_SECRET_KEY": settings.secret_key,
        "REGULARS_DATABASE_URL": settings.database_url,
        "REGULARS_DATA_DIR": str(settings.data_dir),
    }
    command = [sys.executable, "-m", "loyalty.cli", *map(str, said)]
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def printed(settings: Settings, *said: object) -> Any:
    """Let a command end, and return what it prints for programs."""
    with running(settings, *said, "--json") as process:
        out, told = process.communicate()
        assert process.returncode == 0 or b"extra" in out, told
        return json.loads(out)


def chunks_loaded(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        row = connection.execute("SELECT count(*) FROM replay_chunk WHERE loaded_at IS NOT NULL").fetchone()
    return row[0] if row else 0


def everything_in(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = create_engine(url)
    found: dict[str, list[tuple[Any, ...]]] = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            left_out = TABLES_OF_CHANCE.get(table.name, ())
            columns = [each for each in table.columns if each.name not in left_out]
            found[table.name] = sorted(map(tuple, connection.execute(select(*columns))), key=repr)
    engine.dispose()
    return found


@pytest.mark.soak
def test_killed_again_and_again_it_ends_as_if_it_had_not_been(
    settings: Settings, tmp_path: Path, another: str
) -> None:
    folder = made_up_log.random_log(9, people=300, events=14).save(tmp_path / "log")
    said = ("replay", "rewards-log", folder, "--chunk", 3, "--processes", 2)
    killed = 0
    # The parent alone is killed twice: what outlives it is still loading when the next run begins.
    for wanted, whole_group in ((3, False), (25, True), (60, False)):
        with running(settings, *said) as process:
            while process.poll() is None and chunks_loaded(settings.database_url) < wanted:
                time.sleep(0.005)
            killed += process.poll() is None
            if whole_group:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
    assert killed == 3
    assert 60 <= chunks_loaded(settings.database_url) < 100
    ended = printed(settings, *said)
    assert ended["went_on"]
    assert 0 < ended["events_loaded_now"] < ended["events"]
    whole = printed(settings, *said, "--database", another)
    other, _ = beside(settings.database_url, another, create=False)
    for name in ("members", "purchases", "offers", "completions", "extra", "rewards_milli"):
        assert ended[name] == whole[name] > 0, name
    one, two = everything_in(settings.database_url), everything_in(other)
    for table, rows in two.items():
        assert one[table] == rows, table
    assert printed(settings, "audit")["clean"]
