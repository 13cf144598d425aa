"""The signed root: one line that fixes the history of everybody's books up to a moment.

A member's chain shows that nothing *inside* it was changed; who may write to the database could still make a whole
new chain. So once a day a root is taken: ``sha256(previous root ‖ every head that has moved since)``, signed (a JWS,
ES256) with a key that is made from the server's secret and is not in the database. Whoever keeps the printed line
elsewhere can prove later that the books before it are the same. It says nothing about whether the books were right:
the audit does.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger.audit import Finding

# The order of P-256 (FIPS 186-5, SP 800-186 § 3.2.1.3): a private key is a number below it.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MOVED: Final = """
    INSERT INTO ledger_root_head (member_id, number, seq, head)
    SELECT a.member_id, %(number)s, a.seq, a.head FROM account a
    WHERE a.seq > coalesce((SELECT h.seq FROM ledger_root_head h WHERE h.member_id = a.member_id
                            ORDER BY h.number DESC LIMIT 1), 0)
    RETURNING member_id, seq, head
"""
_WRITE: Final = """
    INSERT INTO ledger_root (number, at, accounts, transactions, previous, root, token)
    VALUES (%(number)s, %(at)s, %(accounts)s, %(transactions)s, %(previous)s, %(root)s, %(token)s)
"""
_LAST: Final = "SELECT number, transactions, root FROM ledger_root ORDER BY number DESC LIMIT 1"
_ROOTS: Final = (
    "SELECT number, accounts, transactions, previous, root, token FROM ledger_root ORDER BY number"
)
_HEADS: Final = """
    SELECT h.member_id, h.seq, h.head, t.hash FROM ledger_root_head h
    LEFT JOIN ledger_transaction t ON t.member_id = h.member_id AND t.seq = h.seq
    WHERE h.number = %(number)s ORDER BY h.member_id
"""


@dataclass(frozen=True, slots=True)
class RootKey:
    """The key that signs roots, made from the server's secret; ``kid`` names it in every signature."""

    private: ec.EllipticCurvePrivateKey
    kid: str

    @classmethod
    def of(cls, secret_key: str) -> RootKey:
        """Derive the key of a secret: the same secret, the same key."""
        secret = hashlib.sha256(secret_key.encode()).digest()
        wide = hashlib.blake2b(key=secret, person=b"regulars-root", digest_size=48).digest()
        private = ec.derive_private_key(int.from_bytes(wide, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        return cls(private, _text(hashlib.sha256("".join(_point(private)).encode()).digest())[:8])

    @property
    def public_jwk(self) -> dict[str, str]:
        """Return the public half: who has it can check signatures without the secret."""
        x, y = _point(self.private)
        return {"kty": "EC", "crv": "P-256", "kid": self.kid, "x": x, "y": y}


@dataclass(frozen=True, slots=True)
class Root:
    """A root as it was signed. ``accounts`` is how many heads had moved, ``transactions`` how many it fixes in all."""

    number: int
    at: datetime
    accounts: int
    transactions: int
    previous: bytes
    root: bytes
    token: str


def take_root(session: Session, *, key: RootKey, now: datetime) -> Root | None:
    """Take and store the root of all books as they stand; ``None`` where nothing has happened since the last one."""
    batch = Batch()
    batch.add("SET LOCAL statement_timeout = '10min'")
    # One at a time; readers, and sales above all, are not kept waiting.
    batch.add("LOCK TABLE ledger_root IN SHARE ROW EXCLUSIVE MODE")
    batch.add(_LAST)
    *_, last = batch.send(session)
    number, before, previous = last[0] if last else (0, 0, b"")
    moved = _send(session, _MOVED, number=number + 1)
    if not moved:
        return None
    fixed = before + sum(seq for _, seq, _ in moved) - _fixed_before(session, number + 1)
    digest = root_of(bytes(previous), sorted((member, seq, bytes(head)) for member, seq, head in moved))
    claims = {
        "number": number + 1,
        "at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "accounts": len(moved),
        "transactions": fixed,
        "previous": bytes(previous).hex(),
        "root": digest.hex(),
    }
    token = jwt.encode(
        claims, key.private, algorithm="ES256", headers={"kid": key.kid, "typ": "regulars-root"}
    )
    root = Root(number + 1, now, len(moved), fixed, bytes(previous), digest, token)
    _send(session, _WRITE, **{name: getattr(root, name) for name in Root.__slots__})
    return root


def _fixed_before(session: Session, number: int) -> int:
    """Return how many transactions of the accounts in this root older roots had fixed already."""
    statement = """
        SELECT coalesce(sum((SELECT o.seq FROM ledger_root_head o
                             WHERE o.member_id = h.member_id AND o.number < h.number
                             ORDER BY o.number DESC LIMIT 1)), 0)::bigint
        FROM ledger_root_head h WHERE h.number = %(number)s
    """
    return int(_send(session, statement, number=number)[0][0])


def root_of(previous: bytes, heads: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return ``sha256`` of the previous root and the heads that moved, one per line, in the order of their numbers."""
    digest = hashlib.sha256(f"{previous.hex()}\n".encode())
    for member_id, seq, head in heads:
        digest.update(f"{member_id} {seq} {head.hex()}\n".encode())
    return digest.digest()


def check_roots(session: Session, *, keys: Sequence[RootKey]) -> Iterator[Finding]:
    """Yield what contradicts a root that was signed: another history, another root, a signature that is not ours."""
    known = {key.kid: key for key in keys}
    before = b""
    for expected, (number, accounts, transactions, previous, root, token) in enumerate(
        _send(session, _ROOTS), 1
    ):
        if number != expected:
            yield Finding(None, f"root {expected} is missing")
            return
        heads: list[tuple[int, int, bytes]] = []
        for member_id, seq, head, now_there in _send(session, _HEADS, number=number):
            heads.append((member_id, seq, bytes(head)))
            if now_there is None or bytes(now_there) != bytes(head):
                yield Finding(
                    member_id, f"the history up to transaction {seq} is not the one that root {number} signed"
                )
        made = root_of(before, heads)
        claims = _claims(token, known)
        said = (number, accounts, transactions, bytes(previous).hex(), bytes(root).hex())
        if claims is None:
            yield Finding(None, f"the signature of root {number} is not by a key of this server")
        elif said != tuple(
            claims[name] for name in ("number", "accounts", "transactions", "previous", "root")
        ):
            yield Finding(None, f"root {number} does not say what was signed")
        if (bytes(previous), bytes(root)) != (before, made):
            yield Finding(None, f"root {number} is not the root of its heads")
        before = bytes(root)


def _claims(token: str, keys: dict[str, RootKey]) -> dict[str, Any] | None:
    try:
        key = keys[str(jwt.get_unverified_header(token).get("kid"))]
        return jwt.decode(token, key.private.public_key(), algorithms=["ES256"])
    except (jwt.InvalidTokenError, KeyError):
        return None


def _send(session: Session, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    batch = Batch()
    batch.add(statement, parameters)
    return batch.send(session)[0]


def _point(private: ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    numbers = private.public_key().public_numbers()
    return _text(numbers.x.to_bytes(32, "big")), _text(numbers.y.to_bytes(32, "big"))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
