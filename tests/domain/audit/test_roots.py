"""Roots: what they fix, and that they say so to somebody without the secret."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import text

from loyalty import rules, sales
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.jobs.table import JOBS
from loyalty.jobs.work import work_of
from loyalty.ledger import RootKey
from loyalty.ledger.roots import root_of
from tests.domain.audit.conftest import KEY, Books
from tests.joined import join


def test_a_root_is_signed_so_that_anybody_with_the_public_key_can_check_it(books: Books) -> None:
    books.cafe.sell(books.bob, ("latte", 450), tenders=(sales.TenderRequest("cash", 450),))
    root = books.root()
    assert root is not None
    public = jwt.PyJWK.from_dict({**KEY.public_jwk, "alg": "ES256"}).key
    assert isinstance(public, ec.EllipticCurvePublicKey)
    claims = jwt.decode(root.token, public, algorithms=["ES256"])
    assert claims["root"] == root.root.hex()
    assert (claims["number"], claims["accounts"], claims["transactions"]) == (2, 1, _transactions(books))


def _transactions(books: Books) -> int:
    return sum(books.cafe.books(each).account.seq for each in (books.ann, books.bob))


def test_without_anything_new_there_is_no_new_root(books: Books) -> None:
    assert books.root() is None


def test_every_root_follows_from_the_one_before(books: Books) -> None:
    previous = b""
    for _ in range(3):
        books.cafe.sell(books.ann, ("latte", 450), tenders=(sales.TenderRequest("cash", 450),))
        root = books.root()
        assert root is not None
        head = books.cafe.books(books.ann).account
        assert not previous or root.previous == previous
        assert root.root == root_of(root.previous, [(books.ann, head.seq, head.head)])
        previous = root.root
    assert books.audit() == []


def test_a_key_is_the_same_for_the_same_secret_and_another_for_another() -> None:
    assert RootKey.of("one secret").public_jwk == RootKey.of("one secret").public_jwk
    assert RootKey.of("one secret").kid != RootKey.of("another secret").kid


def test_roots_signed_with_a_former_secret_are_still_ours(books: Books) -> None:
    from loyalty import ledger

    new = RootKey.of("the secret after the rotation")
    assert [each.what for each in ledger.check_roots(books.session, keys=[new])] == [
        "the signature of root 1 is not by a key of this server"
    ]
    assert list(ledger.check_roots(books.session, keys=[new, KEY])) == []


def test_the_worker_signs_a_root_once_a_day(app: Flask, settings: Settings, clock: SetClock) -> None:
    (job,) = [each for each in JOBS if each.name == "ledger-root"]
    start = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
        ann = join(session, now=clock.now())
        sales.adjust(
            session,
            actor=SYSTEM,
            member_id=ann.member_id,
            points_milli=5,
            reason="x",
            key="k",
            now=clock.now(),
        )
    # Nothing is left to do, however busy the day: it comes again tomorrow.
    assert job.run(work_of(settings, clock)) == 0
    assert (job.every.days, job.run(work_of(settings, clock))) == (1, 0)
    with transaction() as session:
        assert session.execute(text("SELECT number, transactions FROM ledger_root")).all() == [(1, 1)]
