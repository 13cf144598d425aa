"""Beginning a replay, going on with it, ending it: which log and settings, which program, which members are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from loyalty import members, rules
from loyalty.actor import SYSTEM
from loyalty.copies import Copies
from loyalty.errors import Refused
from loyalty.members import Member
from loyalty.replays import chunk
from loyalty.replays.document import ENTRY_TIER, Variant, program_document
from loyalty.replays.log import Log
from loyalty.replays.models import Replay, ReplayChunk
from loyalty.rules.program import Program

NAME: Final = "rewards-log"
CHUNK: Final = 200
# What is in force today in a database of play, unless something is already: since when, as in ``loyalty.demo``.
SHIPPED: Final = "cafe-stars"
OPEN_SINCE: Final = timedelta(days=90)
_FILLED: Final = (
    "account", "change", "challenge_step", "imported_member", "ledger_transaction", "lot", "lot_use", "member",
    "offer_instance", "posting", "sale", "sale_line", "standing", "tier_earning",
)  # fmt: skip


class ReplayDiffers(Refused):
    """Another log, or other settings, were begun in this database."""

    code = "replay_differs"
    text = "Here a replay was begun with {what}. Use the same, or another database: --database NAME."


class ProgramInTheWay(Refused):
    """A program is in force at the time of the log."""

    code = "program_in_the_way"
    text = (
        "Version {version} of the program is in force at the time of the log, {at}: "
        "use another database, --database NAME."
    )


class InEarnest(Refused):
    """A database that people use is not filled with members of a log."""

    code = "replay_in_earnest"
    text = (
        "{members} members have joined here, and this is production: "
        "use another database (--database NAME makes one), or REGULARS_MODE=demo if this is play."
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A replay that can be gone on with. ``chunks`` are the numbers of those that are not loaded yet."""

    program_version: int
    chunks: tuple[int, ...]
    events_left: int
    is_new: bool


def begin(
    session: Session, log: Log, variant: Variant, *, play: bool, chunk_members: int = CHUNK, now: datetime
) -> Begun:
    """Begin a replay here, or find the one that was begun: its program in force, its members numbered, in chunks.

    ``play`` says that people live here anyhow who were made up. Raise ``ReplayDiffers``, ``ProgramInTheWay``,
    ``InEarnest``.
    """
    session.execute(text("LOCK TABLE replay IN SHARE ROW EXCLUSIVE MODE"))
    known = session.get(Replay, NAME)
    if known is None:
        version = _begin(session, log, variant, play=play, chunk_members=chunk_members, now=now)
    else:
        _require_same(known, log, variant)
        version = known.program_version
    left = session.execute(
        select(ReplayChunk.number, ReplayChunk.events)
        .where(ReplayChunk.replay == NAME, ReplayChunk.loaded_at.is_(None))
        .order_by(ReplayChunk.number)
    ).all()
    return Begun(
        version,
        tuple(row.number for row in left),
        sum(row.events for row in left),
        known is None,
    )


def _require_same(known: Replay, log: Log, variant: Variant) -> None:
    if known.sha256 != log.sha256:
        raise ReplayDiffers(what="other files")
    if known.settings != variant.settings:
        differing = (
            f"{name} {value}" for name, value in known.settings.items() if variant.settings[name] != value
        )
        raise ReplayDiffers(what=", ".join(differing).replace("_", "-"))


def _begin(
    session: Session, log: Log, variant: Variant, *, play: bool, chunk_members: int, now: datetime
) -> int:
    joined = session.scalar(select(func.count()).select_from(Member)) or 0
    if joined and not play:
        raise InEarnest(members=joined)
    version = _put_program(session, log, variant, play=play, now=now)
    session.add(
        Replay(name=NAME, sha256=log.sha256, settings=variant.settings, program_version=version, began_at=now)
    )
    numbers = list(members.new_member_ids(session, len(log.members)))
    places = range(0, len(log.members), chunk_members)
    session.execute(
        insert(ReplayChunk),
        [
            {
                "replay": NAME,
                "number": number,
                "first": place,
                "member_ids": numbers[place : place + chunk_members],
                "events": sum(log.sizes[each.person] for each in log.members[place : place + chunk_members]),
            }
            for number, place in enumerate(places)
        ],
    )
    return version


def _put_program(session: Session, log: Log, variant: Variant, *, play: bool, now: datetime) -> int:
    """Put the log's program into force from the log's first hour until another one is, later."""
    try:
        version = rules.version_at(session, log.start)
    except rules.NoProgram:
        pass
    else:
        raise ProgramInTheWay(version=version, at=log.start.isoformat(timespec="minutes"))
    if play:
        _open_cafe(session, now=now)
    try:
        entry_tier = rules.program_at(session, now).entry_tier.key
    except rules.NoProgram:
        entry_tier = ENTRY_TIER
    document = program_document(log.offers.values(), variant, entry_tier=entry_tier)
    # To the program's history it is that day: nothing was in force then, so nobody's sale is decided anew.
    version = rules.apply(
        session, document, actor=SYSTEM, live_from=log.start, note="The replayed rewards log.", now=log.start
    )
    rules.refresh(session, now=now)
    return version


def _open_cafe(session: Session, *, now: datetime) -> None:
    """Where nothing is in force yet, let a program for today follow the log's: the demo's, as the demo would put it."""
    try:
        rules.program_at(session, now)
    except rules.NoProgram:
        since = now - OPEN_SINCE
        document = rules.load_shipped(SHIPPED)
        rules.apply(session, document, actor=SYSTEM, live_from=since, note="Follows a replay.", now=since)


def load_chunk(session: Session, log: Log, number: int, *, program: Program, now: datetime) -> int:
    """Load the members of one chunk and mark it; return how many events these are.

    Who loads the same chunk at the same time waits here, finds it loaded, and has nothing to do: 0.
    """
    claimed = session.execute(
        update(ReplayChunk)
        .where(ReplayChunk.replay == NAME, ReplayChunk.number == number, ReplayChunk.loaded_at.is_(None))
        .values(loaded_at=now)
        .returning(ReplayChunk.first, ReplayChunk.member_ids, ReplayChunk.events)
    ).one_or_none()
    if claimed is None:
        return 0
    copies = Copies()
    mine = log.members[claimed.first : claimed.first + len(claimed.member_ids)]
    chosen = [
        (member, member_id, log.events[member.person])
        for member, member_id in zip(mine, claimed.member_ids, strict=True)
    ]
    chunk.fill(copies, chosen, program=program, start=log.start)
    copies.send(session)
    return claimed.events


def finish(session: Session, *, now: datetime) -> None:
    """Note that everything is loaded, and let the planner know what there is now."""
    noted = session.execute(
        update(Replay)
        .where(Replay.name == NAME, Replay.finished_at.is_(None))
        .values(finished_at=now)
        .returning(Replay.name)
    )
    if noted.first() is not None:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(f"ANALYZE {', '.join(_FILLED)}"))


def loaded(session: Session) -> Replay | None:
    """Return the replay that was begun here, if one was."""
    return session.get(Replay, NAME)
