"""What the server remembers of devices' requests: outcomes, the last number of each device, notices, the horizon."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base
from loyalty.edits.columns import Stamped


class MutationOutcome(Base):
    """How a mutation ended, kept for as long as the member: whoever sends it again gets this answer.

    ``uid`` was made when the person acted; ``args_hash`` is the SHA-256 of its name and arguments. Without an end of
    its life no copy of a device's storage, however old, can make a mutation count twice.
    """

    __tablename__ = "mutation_outcome"
    __table_args__ = (
        CheckConstraint("status IN ('ok', 'merged', 'superseded', 'rejected')", name="status"),
        CheckConstraint("octet_length(args_hash) = 32", name="args_hash"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    number: Mapped[int]
    name: Mapped[str]
    args_hash: Mapped[bytes]
    status: Mapped[str]
    code: Mapped[str | None]
    version: Mapped[int]
    at: Mapped[datetime]


class DeviceQueue(Base):
    """How far the queue of a device was taken in: the highest number of a mutation from it."""

    __tablename__ = "device_queue"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class MutationFailure(Base):
    """A mutation at which the server failed (not refused): how often, and after the last try, all of it.

    ``parked_at`` says when it was given up and answered as rejected; ``args`` stay until staff have looked.
    """

    __tablename__ = "mutation_failure"
    __table_args__ = (Index("ix_mutation_failure_parked_at", "parked_at"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    args: Mapped[dict[str, Any]]
    tries: Mapped[int] = mapped_column(SmallInteger)
    error: Mapped[str]
    failed_at: Mapped[datetime]
    parked_at: Mapped[datetime | None]


class Notice(Base):
    """Something that a sync did and a person should know on every device, such as "brought back"."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_created_at", "created_at"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class ProfileStamp(Stamped, Base):
    """The last edit of one field of a member's profile, whose value is on the member's own row."""

    __tablename__ = "profile_stamp"
    __table_args__ = (
        CheckConstraint("field IN ('given_name', 'family_name', 'locale', 'birthday')", name="field"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)


class FeedHorizon(Base):
    """Up to which version tombstones of a member were purged: an older cursor starts again with a snapshot."""

    __tablename__ = "feed_horizon"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class FeedEpoch(Base):
    """The life of this database: another value after it was restored from a backup.

    ``lineage`` names the cluster, database and timeline in which the value was made.
    """

    __tablename__ = "feed_epoch"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[str]
    lineage: Mapped[str]
    since: Mapped[datetime]
