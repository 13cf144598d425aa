"""The command line: quick help, one-line errors, honest exit status."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty.cli import COMMANDS, command
from loyalty.postgres import temporary_folder


def regulars(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loyalty.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_exists_and_explains_itself(name: str) -> None:
    import click

    found = command.get_command(click.Context(command), name)
    assert found is not None
    assert found.help


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from loyalty.cli import main\n"
        "sys.argv = ['regulars', '--help']\n"
        "try: main()\n"
        "finally: print('heavy:', sorted({'sqlalchemy', 'flask', 'alembic', 'rich'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "database" in told
    assert told.endswith("heavy: []\n")


def test_wrong_use_is_status_2() -> None:
    done = regulars("no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'no-such-command'" in done.stderr


def test_a_refusal_is_one_line_and_status_1() -> None:
    done = regulars("config", REGULARS_MODE="production", REGULARS_SECRET_KEY="short")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("regulars: REGULARS_SECRET_KEY is too weak")
    assert done.stderr.count("\n") == 1


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    done = regulars(
        "migrate",
        REGULARS_MODE="demo",
        REGULARS_DATA_DIR=str(tmp_path),
        REGULARS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("regulars: The database cannot be reached")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """Return an empty folder that the server's account may pass through (pytest's own are closed to it)."""
    with tempfile.TemporaryDirectory(prefix="regulars-", dir=temporary_folder(durable=False)) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_the_embedded_database_is_started_kept_and_stopped(reachable_folder: Path) -> None:
    here = {"REGULARS_MODE": "demo", "REGULARS_DATA_DIR": str(reachable_folder), "REGULARS_DATABASE_URL": ""}
    assert regulars("database", "url", **here).returncode == 1
    started = regulars("database", "start", **here)
    try:
        assert started.stdout.startswith("postgresql+psycopg://regulars:")
        assert regulars("database", "url", **here).stdout == started.stdout
        assert regulars("migrate", **here).returncode == 0
        assert regulars("database", "url", **here).returncode == 0
    finally:
        stopped = regulars("database", "stop", **here)
    assert stopped.stdout == "Stopped.\n"
    assert regulars("database", "stop", **here).stdout == "It was not running.\n"
