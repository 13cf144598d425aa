"""Who has joined: members, their standing, what proves them (identities), and the devices they use.

``member``, ``device`` and ``identity`` hold the only personal data of this package; ledger and sales tables name a
member by ``member_id`` alone, so erasing these rows' content erases the person and leaves the books as they are.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Member(Base):
    """Somebody who has joined. ``public_id`` is what APIs show; ``member_id`` never leaves the server.

    ``account_number`` (10 digits) is in the number that third-party tills read, ``card_number`` (17 digits, the
    last one Luhn) on the printed card; both are found through ``code_handle``, which keeps them unique. A merged
    member's row stays and names the survivor in ``merged_into``; an erased one stays without personal data.
    ``contact_removed_at`` is when an address was last taken away: what is left does not tell.
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint("status IN ('active', 'blocked', 'merged', 'erased')", name="status"),
        CheckConstraint("(status = 'merged') = (merged_into IS NOT NULL)", name="merged_into"),
        CheckConstraint("account_number ~ '^[0-9]{10}$'", name="account_number"),
        CheckConstraint("card_number ~ '^9[0-9]{16}$'", name="card_number"),
    )

    member_id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    public_id: Mapped[str]
    account_number: Mapped[str]
    card_number: Mapped[str]
    given_name: Mapped[str] = mapped_column(server_default="")
    family_name: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str] = mapped_column(server_default="en")
    birthday: Mapped[date | None]
    joined_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default="active")
    merged_into: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(server_default="{}")
    employee: Mapped[bool] = mapped_column(server_default=text("false"))
    favorite_store: Mapped[str | None]
    contact_removed_at: Mapped[datetime | None]


class Standing(Base):
    """Where a member stands: tier and the running totals that rules ask about. Changed under the account lock.

    ``advanced_at`` is the moment up to which everything that time alone changes (demotion, expiry, birthdays,
    schedules) was applied. ``spent_minor`` is money spent on purchases, returns taken out. ``window_milli`` is the
    tier counter kept running: the sum of ``tier_earning`` after ``window_from``, where the window began when the
    row was last written.
    """

    __tablename__ = "standing"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tier: Mapped[str]
    tier_since: Mapped[datetime]
    tier_until: Mapped[datetime | None]
    visits: Mapped[int] = mapped_column(server_default="0")
    last_visit_at: Mapped[datetime | None]
    spent_minor: Mapped[int] = mapped_column(server_default="0")
    window_from: Mapped[datetime] = mapped_column(server_default=text("'1970-01-01 00:00:00+00'"))
    window_milli: Mapped[int] = mapped_column(server_default="0")
    advanced_at: Mapped[datetime]


class TierChange(Base):
    """One move between tiers, so that a return can undo a promotion and a late sale can be judged by its day.

    ``prior_since`` and ``prior_until`` are the validity of the tier that was left; ``window_from`` is where the
    counter that decided it began.
    """

    __tablename__ = "tier_change"
    __table_args__ = (
        CheckConstraint("kind IN ('promotion', 'demotion', 'renewal', 'set', 'undone')", name="kind"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    from_tier: Mapped[str]
    to_tier: Mapped[str]
    prior_since: Mapped[datetime]
    prior_until: Mapped[datetime | None]
    window_from: Mapped[datetime]
    sale: Mapped[str | None]


class TierEarning(Base):
    """What counts for tiers: one row per ledger transaction (``seq``) that moved the tier counter.

    ``amount_milli`` is negative where a return takes back; then ``earned_at`` is the instant of the earning that it
    takes back, so that both leave the window together. The key starts with the instant because the question asked is
    "how much since"; ``part`` tells rows of one transaction apart (a merge brings many).
    """

    __tablename__ = "tier_earning"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    earned_at: Mapped[datetime] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, server_default="0")
    amount_milli: Mapped[int]


class ContactIdentity(Base):
    """An e-mail address or phone number that signs one member in.

    Keyed by the keyed hash of the normalized value, so it is one member's, whatever happens at once. Inserted
    unverified it is a claim; ``verified_at`` ends the claim.
    """

    __tablename__ = "identity"
    __table_args__ = (
        CheckConstraint("kind IN ('email', 'phone')", name="kind"),
        CheckConstraint("octet_length(value_hash) = 32", name="value_hash"),
        Index("ix_identity_member_id", "member_id"),
    )

    value_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    member_id: Mapped[int]
    claimed_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]

    @property
    def id(self) -> str:
        """Return the name by which the member's own app speaks of this address."""
        return self.value_hash.hex()[:24]


class SignInCode(Base):
    """The one-time code now open for an identity, known or not (nobody can tell from this table who is a member).

    ``tries`` counts attempts, right or wrong, before they are compared; ``sent`` counts the codes sent since
    ``window_started_at``. Deleted when used.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    value_hash: Mapped[bytes] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes]
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    window_started_at: Mapped[datetime]
    sent: Mapped[int] = mapped_column(server_default="1")


class Device(Base):
    """A phone, browser or kiosk that a member signed in on. The key it signs pay codes with is ``codes.DeviceKey``.

    ``last_seen_at`` is not part of the change feed. Revoked devices stay in the table and in no list.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("platform IN ('app', 'web', 'kiosk')", name="platform"),
        CheckConstraint("status IN ('active', 'revoked')", name="status"),
        CheckConstraint("(status = 'revoked') = (revoked_at IS NOT NULL)", name="revoked"),
        Index("ix_device_id", "id"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    platform: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """The refresh chain of one device: which generation of its token is current. No token is stored.

    Generation ``g`` of the token is derived from ``seed`` and the server's secret, so the database alone cannot
    make one, every old generation is recognized for what it is, and a lost answer can be given again.
    ``ended_reason`` tells why the chain ended: ``signed_out``, ``revoked``, ``replayed`` or ``replaced``.
    """

    __tablename__ = "refresh_token"
    __table_args__ = (
        CheckConstraint("generation >= 1", name="generation"),
        CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended"),
        Index("ix_refresh_token_device_id", "device_id"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    seed: Mapped[bytes]
    generation: Mapped[int] = mapped_column(server_default="1")
    rotated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]


class ImportedMember(Base):
    """Which member a row of somebody's export became, so that an import can be run again.

    ``row_hash`` is the SHA-256 of the row as it was imported.
    """

    __tablename__ = "imported_member"
    __table_args__ = (Index("ix_imported_member_member_id", "member_id"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    row_hash: Mapped[bytes]
    imported_at: Mapped[datetime]
