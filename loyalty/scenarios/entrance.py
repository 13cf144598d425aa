"""How members come into a scenario: everything the file says of them, and what follows where it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty import changes, ledger, members, offers, rules
from loyalty.ids import new_id
from loyalty.ledger import chart
from loyalty.members import identities
from loyalty.members.models import Member as MemberRow
from loyalty.members.models import Standing, TierEarning
from loyalty.offers.models import OfferInstance
from loyalty.preferences.models import Preference
from loyalty.rewards.models import RewardGrant
from loyalty.rules import Program, expiry
from loyalty.rules.facts import MemberFacts, Occasion
from loyalty.scenarios import beginnings
from loyalty.scenarios.cast import SECRET, Cast, Person, enroll_phone
from loyalty.scenarios.issuing import issue
from loyalty.scenarios.values import Moment, midnight, milli_of, minor_of
from loyalty.why import Why


@dataclass(slots=True)
class Entrance:
    """One member is made: everything that the file says of them, and what follows where it says nothing."""

    session: Session
    cast: Cast
    program: Program
    name: str
    member: beginnings.Member
    start: datetime
    zone: ZoneInfo

    def make(self) -> None:
        """Create the member with everything they have."""
        row = self._join()
        self._standing(row)
        self._books(row.member_id)
        self._tier_points(row.member_id)
        for given in self.member.coupons:
            issue(
                self.session,
                self.cast,
                given,
                self.name,
                row.member_id,
                zone=self.zone,
                now=self.start,
            )
        for place, offer in enumerate(self.member.offers):
            self._offer(row.member_id, place, offer)
        self._preferences(row.member_id)
        for grant in self.member.grants:
            self._grant(row.member_id, grant.reward, grant.valid_from, grant.valid_until)
        self._birthday(row)

    def _join(self) -> Any:
        member = self.member
        wallet = self._minor(member.wallet)
        limit = self._minor(member.wallet_limit) if member.wallet_limit is not None else None
        program_limit = self.program.settings.wallet_limit_minor
        profile = members.Profile(
            given_name=member.name or self.name.title(),
            family_name=member.family_name or "",
            locale=member.locale or self.program.locales[0],
            birthday=member.birthday,
        )
        entry = members.Entry(
            tier=member.tier or self.program.entry_tier.key,
            wallet_limit_minor=limit if limit is not None else max(program_limit, wallet),
        )
        row = members.create_member(
            self.session, profile=profile, entry=entry, now=self.start, joined_at=self._joined()
        )
        self.session.execute(
            update(MemberRow)
            .where(MemberRow.member_id == row.member_id)
            .values(
                tags=sorted(member.tags),
                employee=bool(member.employee),
                favorite_store=member.favorite_store,
            )
        )
        for address in (member.email, member.phone):
            if address is not None:
                self._address(row.member_id, address)
        person = Person(self.name, row.member_id, row.public_id, row.card_number, row.account_number)
        self.cast.people[self.name] = person
        person.phones["app"] = enroll_phone(self.session, person, "app", now=self.start)
        return row

    def _joined(self) -> datetime:
        return self.start if self.member.joined is None else self.member.joined.instant(self.zone)

    def _address(self, member_id: int, address: str) -> None:
        contact, secret = members.contact(address, region="US"), members.member_secret(SECRET)
        identities.claim(self.session, contact=contact, member_id=member_id, secret=secret, now=self.start)
        identities.verify(self.session, contact=contact, member_id=member_id, secret=secret, now=self.start)

    def _minor(self, amount: Any) -> int:
        return 0 if amount is None else minor_of(amount, self.program.currency_digits)

    def _tier(self) -> tuple[datetime, datetime | None]:
        """Return since when and until when the member has the tier.

        A tier with an end began as long before it as tiers are valid; one of which nothing is said begins now.
        """
        member, months = self.member, self.program.tier_policy.valid_months
        entry = member.tier in (None, self.program.entry_tier.key)
        until = None if member.tier_until is None else day_end(member.tier_until, self.zone)
        since = None if member.tier_since is None else member.tier_since.instant(self.zone)
        if entry:
            return since or self._joined(), until
        if until is None:
            since = since or self.start
            return since, rules.valid_until(self.program, since)
        return since or min(self.start, _months_before(until, months, self.zone)), until

    def _standing(self, row: Any) -> None:
        member = self.member
        since, until = self._tier()
        last = None if member.last_visit is None else member.last_visit.instant(self.zone)
        self.session.execute(
            update(Standing)
            .where(Standing.member_id == row.member_id)
            .values(
                tier_since=since,
                tier_until=until,
                visits=member.visits or 0,
                spent_minor=self._minor(member.spent),
                last_visit_at=last,
                # What the first day itself brings (a birthday, a schedule) happens in the play.
                window_milli=milli_of(member.tier_points) if member.tier_points else 0,
                advanced_at=midnight(self.start.astimezone(self.zone).date(), self.zone)
                - timedelta(microseconds=1),
            )
        )

    def _books(self, member_id: int) -> None:
        member = self.member
        books = ledger.open_books(self.session, member_id)
        books.begin("import", at=self.start, reference="scenario:start")
        lots = list(member.lots)
        if member.points:
            lots.append(beginnings.Lot(member.points, None, None, False))
        tier = member.tier or self.program.entry_tier.key
        for lot in lots:
            earned_at = self.start if lot.earned_at is None else lot.earned_at.instant(self.zone)
            expires_at = None
            if lot.expires_at is not None:
                expires_at = lot.expires_at.end(self.zone)
            elif not lot.never:
                expires_at = expiry.expires_at(self.program, expiry.expiry_of(self.program, tier), earned_at)
            if milli := milli_of(lot.points):
                books.earn(milli, source=chart.IMPORTED, expires_at=expires_at, earned_at=earned_at)
        if member.owed:
            books.take_back(milli_of(member.owed) + books.account.points_milli, source=chart.IMPORTED)
        if wallet := self._minor(member.wallet):
            books.load_wallet(
                wallet, source=chart.LOADS_IMPORTED, why=Why("imported", {"amount_minor": wallet})
            )
        ledger.write(self.session, books)
        changes.mark(self.session, member_id, "balance", "wallet", "tier", now=self.start)

    def _tier_points(self, member_id: int) -> None:
        """Put the tier counter where it counts now, and for a tier that was reached not for its renewal."""
        if not self.member.tier_points:
            return
        since, _ = self._tier()
        entry = self.member.tier in (None, self.program.entry_tier.key)
        window = rules.tier_window(self.program, self.start, self._joined())
        earned_at = self.start if entry else max(since, window + timedelta(seconds=1))
        self.session.execute(
            insert(TierEarning).values(
                member_id=member_id,
                earned_at=min(earned_at, self.start),
                seq=0,
                amount_milli=milli_of(self.member.tier_points),
            )
        )

    def _offer(self, member_id: int, place: int, given: beginnings.OfferGiven) -> None:
        received = self.start if given.received_at is None else given.received_at.instant(self.zone)
        sent = offers.send(self.session, member_id, given.offer, now=received)
        if sent is None:
            return
        if given.activated_at is not None:
            offers.activate(self.session, member_id, sent, now=given.activated_at.instant(self.zone))
        if given.seen_at is not None:
            self.session.execute(
                update(OfferInstance)
                .where(OfferInstance.member_id == member_id, OfferInstance.id == sent)
                .values(seen_at=given.seen_at.instant(self.zone))
            )

    def _preferences(self, member_id: int) -> None:
        for name, value in self.member.preferences.items():
            self.session.add(
                Preference(
                    member_id=member_id,
                    name=name,
                    value=value,
                    version=0,
                    edited_at=self.start,
                    edited_by="scenario",
                )
            )

    def _grant(self, member_id: int, reward: str, since: Moment | None, until: Moment | None) -> None:
        self.session.add(
            RewardGrant(
                member_id=member_id,
                id=new_id(self.start),
                reward=reward,
                rule=None,
                given_at=self.start,
                valid_from=self.start if since is None else since.instant(self.zone),
                valid_until=None if until is None else day_end(until, self.zone),
            )
        )

    def _birthday(self, row: Any) -> None:
        """Give what the last birthday before the first day gave and is still valid."""
        birthday = self.member.birthday
        if birthday is None:
            return
        today = self.start.astimezone(self.zone).date()
        days = [rules.birthday_on(self.program, birthday, year) for year in (today.year - 1, today.year)]
        past = [day for day in days if day < today]
        if not past or past[-1] < self._joined().astimezone(self.zone).date():
            return
        at = midnight(past[-1], self.zone)
        facts = MemberFacts(
            tier=self.member.tier or self.program.entry_tier.key,
            joined_at=self._joined(),
            birthday=birthday,
            tags=frozenset(self.member.tags),
            employee=bool(self.member.employee),
        )
        said = rules.answer(self.program, Occasion("birthday", at), facts)
        for grant in said.grants:
            if grant.reward and (grant.valid_until is None or grant.valid_until > self.start):
                self.session.add(
                    RewardGrant(
                        member_id=row.member_id,
                        id=new_id(self.start),
                        reward=grant.reward,
                        rule=grant.rule,
                        given_at=at,
                        valid_from=grant.valid_from,
                        valid_until=grant.valid_until,
                    )
                )


def day_end(moment: Moment, zone: ZoneInfo) -> datetime:
    """Return the end of a last day, or the moment itself where a time was given."""
    return moment.after(zone) if moment.is_day else moment.instant(zone)


def _months_before(instant: datetime, months: int, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone).replace(tzinfo=None) - relativedelta(months=months)
    return local.replace(tzinfo=zone)
