"""``regulars replay rewards-log``: what is told, what is refused, beside which programs it lives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from loyalty import codes, rules
from loyalty.actor import SYSTEM
from loyalty.commands import audit as audit_command
from loyalty.commands import replay as replay_command
from loyalty.config import Settings
from loyalty.db import transaction
from tests import made_up_log
from tests.joined import join

Run = Callable[..., Result]
# Python 3.12 on: xdist has threads, and the processes that load are forks.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_up_log.told().save(tmp_path / "log")


@pytest.fixture
def replay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the command, in this process."""
    for name in ("mode", "secret_key", "database_url", "data_dir"):
        monkeypatch.setenv(f"REGULARS_{name.upper()}", str(getattr(settings, name)))
    return lambda *said: CliRunner().invoke(replay_command.command, ["rewards-log", *map(str, said)])


def shown(result: Result) -> Any:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return json.loads(result.stdout)


def test_it_loads_compares_and_is_complete_when_run_again(replay: Run, folder: Path) -> None:
    first = replay(folder)
    assert first.exit_code == 0, first.output
    assert "6 exact, 0 missed, 0 extra" in first.stdout
    assert "36, the log states 36" in first.stdout
    again = replay(folder)
    assert again.exit_code == 0
    assert again.stdout.startswith("It was complete already.")
    assert "6 exact, 0 missed, 0 extra" in again.stdout
    audited = CliRunner().invoke(audit_command.command)
    assert audited.exit_code == 0, audited.output
    assert audited.stdout.startswith("Clean. 5 members")


def test_programs_get_one_document(replay: Run, folder: Path) -> None:
    document = shown(replay(folder, "--json", "--processes", "1"))
    assert document["settings"] == {
        "bogo_comparison": "gt",
        "window_end": "included",
        "repeats": "kept",
    }
    assert (document["exact"], document["missed"], document["extra"]) == (6, 0, 0)
    assert document["rewards_milli"] == document["logged_rewards_milli"] == 36_000
    assert document["events"] == document["events_loaded_now"] == 34
    assert document["database"] is None


def test_other_settings_go_into_a_database_of_their_own(
    replay: Run, folder: Path, mutated: tuple[str, str]
) -> None:
    assert replay(folder).exit_code == 0
    other = shown(replay(folder, "--bogo-comparison", "gte", "--json"))
    assert (other["exact"], other["missed"], other["extra"]) == (5, 1, 1)
    assert other["database"] == "rewards_log_gte" == mutated[0]
    ignored = replay(folder, "--repeats", "ignored")
    assert ignored.exit_code == 0
    assert "4 exact, 2 missed, 0 extra" in ignored.stdout
    assert "regulars audit --database rewards_log_ignored" in ignored.stdout
    audited = CliRunner().invoke(audit_command.command, ["--database", "rewards_log_gte"])
    assert audited.exit_code == 0
    assert "5 members" in audited.stdout


def test_another_log_or_other_settings_in_the_same_database_are_refused(
    replay: Run, folder: Path, tmp_path: Path, another: str
) -> None:
    assert replay(folder, "--database", another).exit_code == 0
    settings = replay(folder, "--database", another, "--window-end", "excluded")
    assert settings.exit_code == 1
    assert "begun with window-end included" in str(settings.exception)
    other = made_up_log.random_log(3, people=2, events=3).save(tmp_path / "other")
    refused = replay(other, "--database", another)
    assert "begun with other files" in str(refused.exception)


def test_a_comparison_that_is_not_exact_ends_with_1(replay: Run, tmp_path: Path) -> None:
    log = made_up_log.told()
    log.rows.pop(next(place for place, row in enumerate(log.rows) if ",C,3," in row))
    result = replay(log.save(tmp_path / "log"))
    assert result.exit_code == 1
    assert "5 exact, 0 missed, 1 extra" in result.stdout


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "members.csv.xz").unlink(), "members.csv.xz: No such file"),
        (lambda folder: (folder / "compact_offers.json").write_text("{"), "compact_offers.json: is not JSON"),
        (
            lambda folder: (folder / "compact_offers.json").write_text('[{"idx": 1}]'),
            "compact_offers.json offer 0: KeyError 'type'",
        ),
        (
            lambda folder: (folder / "members.csv.xz").write_bytes(
                (folder / "members.csv.xz").read_bytes()[:-20]
            ),
            "members.csv.xz: cannot be read",
        ),
        (lambda folder: bad(folder, "5,7,1,T,,x,"), "compact_events.csv.xz line 2: invalid literal"),
        (lambda folder: bad(folder, "5,7,1,T,,-1,"), "line 2: cents is -1"),
        (lambda folder: bad(folder, "5,8,1,T,,1,"), "line 2: person '8' is not among the members"),
        (lambda folder: bad(folder, "5,7,1,R,9,,"), "line 2: offer 9 is not among the offers"),
        (lambda folder: bad(folder, "5,7,1,Q,1,,"), "line 2: kind is 'Q', not R, V, T or C"),
        (lambda folder: bad(folder, "5,7,-1,T,,1,"), "line 2: hour is -1"),
        (lambda folder: bad(folder, "5,7,1"), "line 2: has 3 columns, not 7"),
        (lambda folder: bad(folder, "5,7,9,T,,1,", "6,7,8,T,,1,"), "line 3: hour 8 comes after hour 9"),
        (lambda folder: bad(folder, "5,7,9,T,,1,", "5,7,9,T,,1,"), "line 3: seq 5 comes after seq 5"),
        (lambda folder: None, ""),
    ],
)
def test_a_log_that_cannot_be_read_is_told_in_one_line(
    replay: Run, folder: Path, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(folder)
    result = replay(folder if told else folder / "nowhere")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert (told or "there is no such folder") in result.stderr


def bad(folder: Path, *rows: str) -> None:
    log = made_up_log.told()
    log.rows = list(rows)
    log.save(folder)


def cafe(app: Flask, *, since: datetime) -> None:
    with app.app_context(), transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=since, now=since)
        join(session, "ann@example.com", now=datetime(2026, 3, 2, 12, tzinfo=UTC))


def test_it_lives_beside_a_cafe_whose_program_stays_as_it_is(app: Flask, replay: Run, folder: Path) -> None:
    cafe(app, since=datetime(2026, 1, 1, tzinfo=UTC))
    result = replay(folder)
    assert result.exit_code == 0, result.output
    with transaction() as session:
        now = datetime.now(UTC)
        assert rules.program_at(session, now, fresh=True).key == "cafe-stars"
        then = rules.program_at(session, datetime(2018, 6, 1, tzinfo=UTC))
        assert then.key == "rewards-log"
        assert [(each.program, each.status) for each in rules.list_versions(session)] == [
            ("rewards-log", "superseded"),
            ("cafe-stars", "live"),
        ]
        program = rules.program_at(session, now)
        tiers = session.scalars(text("SELECT DISTINCT tier FROM standing"))
        assert all(tier in program.tiers for tier in tiers)


def test_in_play_a_program_for_today_follows(app: Flask, replay: Run, folder: Path) -> None:
    assert replay(folder).exit_code == 0
    with app.app_context(), transaction() as session:
        assert rules.program_at(session, datetime.now(UTC), fresh=True).key == "cafe-stars"
        assert rules.program_at(session, datetime(2018, 6, 1, tzinfo=UTC)).key == "rewards-log"


def test_in_earnest_the_log_comes_alone(
    app: Flask, replay: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_MODE", "production")
    assert replay(folder).exit_code == 0
    with app.app_context(), transaction() as session:
        assert [each.program for each in rules.list_versions(session)] == ["rewards-log"]


def test_a_program_that_was_in_force_then_is_not_disturbed(
    app: Flask, replay: Run, folder: Path, another: str
) -> None:
    cafe(app, since=datetime(2015, 1, 1, tzinfo=UTC))
    result = replay(folder)
    assert result.exit_code == 1
    assert "use another database, --database NAME" in str(result.exception)
    assert replay(folder, "--database", another).exit_code == 0


def test_people_of_a_real_database_are_not_joined_by_a_log(
    app: Flask, replay: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    cafe(app, since=datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setenv("REGULARS_MODE", "production")
    result = replay(folder)
    assert result.exit_code == 1
    assert "1 members have joined here, and this is production" in str(result.exception)
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM replay")) == 0


def test_a_number_that_is_somebodys_already_is_drawn_again(
    replay: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, twice = codes.new_account_number, iter(["1234567890", "1234567890"])
    monkeypatch.setattr(codes, "new_account_number", lambda: next(twice, None) or real())
    document = shown(replay(folder, "--processes", "1", "--chunk", "2", "--json"))
    assert (document["members"], document["exact"], document["extra"]) == (5, 6, 0)


def test_a_name_that_is_none_is_refused(replay: Run, folder: Path) -> None:
    result = replay(folder, "--database", "Not A Name")
    assert result.exit_code == 1
    assert "is no name for a database" in str(result.exception)
