"""The real rewards log through ``regulars replay``: the stated numbers, to the last completion, and clean books.

The data lie beside the project (``shared/data``, see its README) and are no part of it: without them it is skipped.
Some hundred members are loaded in every run, everybody and the stated mutations in the long one.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from loyalty.commands import audit as audit_command
from loyalty.commands import replay as replay_command
from loyalty.config import Settings

HERE = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("REGULARS_REWARDS_LOG", HERE.parent / "shared" / "data" / "rewards_log"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # Python 3.12 on: xdist has threads
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no rewards log at {FOLDER}"),
]
SOME = 400
Run = Callable[..., Any]


@pytest.fixture
def replay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return the command: what it prints for programs, after it ended with 0."""
    for name in ("mode", "secret_key", "database_url", "data_dir"):
        monkeypatch.setenv(f"REGULARS_{name.upper()}", str(getattr(settings, name)))
    made: set[str] = set()

    def run(*said: object) -> Any:
        result = CliRunner().invoke(replay_command.command, ["rewards-log", "--json", *map(str, said)])
        assert result.exit_code == 0, result.output
        document = json.loads(result.stdout)
        if document["database"]:
            made.add(document["database"])
        return document

    yield run
    with psycopg.connect(settings.database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def audited(*said: str) -> str:
    result = CliRunner().invoke(audit_command.command, list(said))
    assert result.exit_code == 0, result.output
    return result.stdout


def numbers(document: dict[str, Any]) -> tuple[int, int, int]:
    return document["exact"], document["missed"], document["extra"]


def some_of_it(folder: Path) -> Path:
    """Write the log of its first members."""
    folder.mkdir()
    shutil.copy(FOLDER / "compact_offers.json", folder)
    for name in ("members.csv.xz", "compact_events.csv.xz"):
        text = io.StringIO()
        with lzma.open(FOLDER / name, "rt") as file:
            rows = csv.DictReader(file)
            writer = csv.DictWriter(text, rows.fieldnames or (), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if int(row["person"]) < SOME)
        (folder / name).write_bytes(lzma.compress(text.getvalue().encode(), preset=0))
    return folder


def test_some_members_of_the_log_are_replayed_exactly(replay: Run, tmp_path: Path) -> None:
    document = replay(some_of_it(tmp_path / "log"))
    assert document["members"] == SOME
    assert document["exact"] == document["logged"] > SOME
    assert numbers(document)[1:] == (0, 0)
    assert document["rewards_milli"] == document["logged_rewards_milli"]
    assert audited().startswith(f"Clean. {SOME} members")


@pytest.mark.soak
def test_the_whole_log_is_replayed_exactly(replay: Run) -> None:
    document = replay(FOLDER)
    assert (document["members"], document["purchases"], document["offers"]) == (17_000, 138_953, 76_277)
    assert document["events"] == 306_534
    assert numbers(document) == (33_579, 0, 0)
    assert document["rewards_milli"] == 164_676_000
    assert audited().startswith("Clean. 17,000 members")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("said", "exact"),
    [
        (("--bogo-comparison", "gte"), (33_575, 4, 20)),
        (("--window-end", "excluded"), (33_143, 436, 0)),
        (("--repeats", "ignored"), (32_692, 887, 0)),
    ],
    ids=["gte", "window end excluded", "repeats ignored"],
)
def test_other_settings_give_the_stated_numbers(
    replay: Run, said: tuple[str, str], exact: tuple[int, int, int]
) -> None:
    document = replay(FOLDER, *said)
    assert numbers(document) == exact
    assert audited("--database", document["database"]).startswith("Clean. 17,000 members")
