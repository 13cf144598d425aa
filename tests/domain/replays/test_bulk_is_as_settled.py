"""The bulk path writes what the ordinary path writes, row for row: every table, the hash chains included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loyalty import auditing, codes, members, offers, replays, rules, sales
from loyalty.models import metadata
from loyalty.replays import Log, Variant, chunk, service
from tests import made_up_log
from tests.made_up_log import TABLES_OF_CHANCE, Writing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "a secret of the tests, thirty-two characters or more"
# A past tells nobody and stores no answers (loyalty/sales/past.py); how far a replay is belongs to no member.
APART = {"outbox", "request_key", "replay", "replay_chunk"}


def rows_of(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in metadata.sorted_tables:
        columns = [each for each in table.columns if each.name not in TABLES_OF_CHANCE.get(table.name, ())]
        if table.name not in APART:
            rows = [tuple(row) for row in session.execute(select(*columns))]
            found[table.name] = sorted(rows, key=repr)
    return found


def in_bulk(session: Session, log: Log, begun: replays.Begun) -> None:
    program = rules.program(session, begun.program_version)
    for number in begun.chunks:
        service.load_chunk(session, log, number, program=program, now=NOW)


def one_by_one(session: Session, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every member join, and every event happen, by the verbs that routes call; each in its own transaction."""
    names: Iterator[str] = iter(())
    monkeypatch.setattr("loyalty.offers.service.new_id", lambda _: next(names))
    program = rules.program_at(session, log.start)
    how = {
        "source": chunk.SOURCE,
        "program": program,
        "secret": members.member_secret(SECRET),
        "now": log.start,
    }
    numbers: dict[str, int] = {}
    for member in log.members:
        numbers[member.person] = members.import_member(session, chunk.member_row(member, program), **how)
        session.commit()
    for member in log.members:
        member_id, unseen = numbers[member.person], dict[int, list[str]]()
        public_id = session.scalar(
            select(members.Member.public_id).where(members.Member.member_id == member_id)
        )
        for event in log.events[member.person]:
            at = log.start + timedelta(hours=event.hour)
            name = chunk.event_id(event, at)
            if event.kind == "T":
                sales.settle(
                    session,
                    actor=chunk.ACTOR,
                    request=replace(chunk.purchase_of(event), member=public_id, id=name),
                    key="",
                    secret=codes.code_secret(SECRET),
                    now=at,
                )
            elif event.kind == "R":
                names = iter([name])
                sent = offers.send(session, member_id, f"o{event.offer}", now=at)
                if sent is not None:
                    unseen.setdefault(event.offer, []).append(sent)
            elif unseen.get(event.offer):
                offers.see(session, member_id, unseen[event.offer].pop(0), now=at)
            session.commit()


@pytest.mark.parametrize(
    "variant",
    [Variant(), Variant(bogo_comparison="gte", window_end="excluded"), Variant(repeats="ignored")],
    ids=lambda variant: variant.name or "as logged",
)
@pytest.mark.parametrize(
    "written",
    [made_up_log.told(), *(made_up_log.random_log(seed, people=4, events=25) for seed in (1, 2))],
    ids=["told", "by chance", "by chance again"],
)
def test_the_bulk_path_writes_the_rows_of_the_ordinary_one(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Writing, variant: Variant
) -> None:
    log = replays.read_log(written.save(tmp_path))
    begun = replays.begin(session, log, variant, play=True, chunk_members=2, now=NOW)
    first = session.scalar(select(text("min(member_ids[1])")).select_from(text("replay_chunk")))
    session.commit()
    in_bulk(session, log, begun)
    session.flush()
    bulk = rows_of(session)
    assert not list(auditing.audit(session))
    assert not session.scalar(text("SELECT count(*) FROM outbox"))
    session.rollback()
    session.execute(
        text("SELECT setval(pg_get_serial_sequence('member', 'member_id'), :first, false)"), {"first": first}
    )
    one_by_one(session, log, monkeypatch)
    settled = rows_of(session)
    assert {name: len(rows) for name, rows in bulk.items()} == {
        name: len(rows) for name, rows in settled.items()
    }
    for name, rows in settled.items():
        assert bulk[name] == rows, name
    assert len(bulk["sale"]) > 5
    assert len(bulk["posting"]) > 2


def test_what_is_completed_is_compared_with_the_log(session: Session, tmp_path: Path) -> None:
    log = replays.read_log(made_up_log.told().save(tmp_path))
    begun = replays.begin(session, log, Variant(), play=True, now=NOW)
    in_bulk(session, log, begun)
    found = replays.compare(session, log)
    assert (found.exact, found.missed, found.extra) == (6, 0, 0)
    assert found.is_exact
    assert found.rewards_milli == (10 + 10 + 5 + 3 + 5 + 3) * 1000
    assert (found.members, found.purchases, found.offers) == (5, 12, 11)


@pytest.mark.parametrize(
    ("variant", "exact", "missed", "extra"),
    [
        (Variant(bogo_comparison="gte"), 5, 1, 1),
        (Variant(window_end="excluded"), 4, 2, 0),
        (Variant(repeats="ignored"), 4, 2, 0),
    ],
    ids=lambda value: value.name if isinstance(value, Variant) else None,
)
def test_other_settings_give_other_completions(
    session: Session, tmp_path: Path, variant: Variant, exact: int, missed: int, extra: int
) -> None:
    log = replays.read_log(made_up_log.told().save(tmp_path))
    in_bulk(session, log, replays.begin(session, log, variant, play=True, now=NOW))
    found = replays.compare(session, log)
    assert (found.exact, found.missed, found.extra) == (exact, missed, extra)
    assert not found.is_exact
