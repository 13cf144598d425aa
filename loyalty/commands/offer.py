"""``regulars offer``: send offers to members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from loyalty import members, offers, rules
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.member import find
from loyalty.commands.output import console, json_option, notices, print_json
from loyalty.db import snapshot, transaction
from loyalty.ids import new_id
from loyalty.members import MemberSecret
from loyalty.offers import Sent
from loyalty.rules import Program
from loyalty.rules.nearest import nearest

# In one transaction: few, since whoever is locked keeps their till waiting until all of them are done.
BATCH: Final = 10


class _Undone(Exception):
    """A dry run's batch is rolled back by raising this."""


@dataclass(frozen=True, slots=True)
class Wave:
    """One offer on its way to an audience: named members, or everybody (of some tiers)."""

    offer: str
    key: str
    channel: str
    now: datetime
    dry_run: bool
    named: tuple[int, ...]
    tiers: tuple[str, ...]

    def batches(self) -> Iterator[list[int]]:
        """Yield the audience by batches, in the order of ids."""
        if self.named:
            ids = sorted(set(self.named))
            yield from (ids[place : place + BATCH] for place in range(0, len(ids), BATCH))
            return
        last = 0
        while True:
            with snapshot() as session:
                batch = offers.audience(session, tiers=self.tiers, after=last, limit=BATCH)
            if not batch:
                return
            yield list(batch)
            last = batch[-1]

    def count(self) -> int:
        """Return how many members the audience has."""
        if self.named:
            return len(set(self.named))
        with snapshot() as session:
            return offers.audience_size(session, tiers=self.tiers)

    def send(self, batch: list[int]) -> Sent:
        """Send to a batch in one transaction; a dry run undoes it."""
        done = Sent()
        try:
            with transaction() as session:
                done = offers.send_wave(
                    session,
                    batch,
                    self.offer,
                    wave=self.key,
                    actor=SYSTEM,
                    now=self.now,
                    channel=self.channel,
                )
                if self.dry_run:
                    raise _Undone
        except _Undone:
            pass
        return done


@click.group()
def command() -> None:
    """Send offers to members."""


@command.command()
@click.argument("offer")
@click.option(
    "--member", "who", multiple=True, help="Whom: public id, card, e-mail or phone; may be repeated."
)
@click.option("--tier", "tiers", multiple=True, help="Everybody of this tier; may be repeated.")
@click.option("--all", "everybody", is_flag=True, help="Everybody.")
@click.option(
    "--wave",
    help="The name of this sending, which brings the offer to nobody twice.",
)
@click.option("--channel", default="inbox", show_default=True, help="By which channel they receive it.")
@click.option("--dry-run", is_flag=True, help="See whom it would reach, and change nothing.")
@json_option
def send(
    offer: str,
    who: tuple[str, ...],
    tiers: tuple[str, ...],
    everybody: bool,
    wave: str | None,
    channel: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send OFFER to members, by batches. Interrupted, run it again with the same --wave: it goes on where it was."""
    if sum((bool(who), bool(tiers), everybody)) != 1:
        raise click.UsageError("Say whom it goes to: --member, --tier or --all.")
    now = datetime.now(UTC)
    with application() as app:
        secret = members.member_secret(app.extensions["regulars"].settings.secret_key)
        with snapshot() as session:
            _require_known(rules.program_at(session, now), offer, tiers)
        made = Wave(offer, wave or new_id(now), channel, now, dry_run, _named(who, secret), tiers)
        done = _run(made, quiet=as_json)
    document = {
        "offer": offer,
        "wave": made.key,
        "dry_run": dry_run,
        "sent": done.sent,
        "ignored": done.ignored,
        "already": done.already,
    }
    print_json(document) if as_json else _print(document)


def _require_known(program: Program, offer: str, tiers: tuple[str, ...]) -> None:
    if offer not in program.offers:
        raise click.UsageError(f"The program has no offer {offer}{nearest(offer, program.offers)}.")
    for tier in tiers:
        if tier not in program.tiers:
            raise click.UsageError(f"The program has no tier {tier}{nearest(tier, program.tiers)}.")


def _named(who: tuple[str, ...], secret: MemberSecret) -> tuple[int, ...]:
    with snapshot() as session:
        return tuple(find(session, each, secret) for each in who)


def _run(wave: Wave, *, quiet: bool) -> Sent:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    done = Sent()
    with Progress(*columns, console=notices, transient=True, disable=quiet or not notices.is_terminal) as bar:
        task = bar.add_task("checking" if wave.dry_run else "sending", total=wave.count())
        for batch in wave.batches():
            done += wave.send(batch)
            bar.advance(task, len(batch))
    return done


def _print(said: dict[str, Any]) -> None:
    verb = "would receive it" if said["dry_run"] else "received it"
    console.print(
        f"{said['sent']} {verb}, {said['already']} had it from this wave, "
        f"{said['ignored']} still have it and ignore another"
    )
    if not said["dry_run"]:
        console.print(f"wave {said['wave']}", style="dim")
