"""A statement that the member can keep: the whole ledger of one account, signed by the key that signs roots.

The file is one JSON object: ``statement`` for people and programs, and ``signature``, a detached JWS (ES256, RFC 7515
with RFC 7797's unencoded payload) over the statement's canonical bytes (sorted keys, no white space, UTF-8). Whoever
has the public key can check it without network and years later; it also has to agree with itself: numbers without gaps,
amounts that add up to the balances, the last hash equal to the head, and every signed root on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from loyalty.jsontext import canonical
from loyalty.ledger import chart
from loyalty.ledger.roots import RootKey

FORMAT: Final = "regulars.statement/1"
_TYPE: Final = "regulars-statement"
_JWS: Final = jwt.PyJWS(["ES256"])
# What a balance is called in the statement, its account, and the sign with which a member reads it.
BALANCES: Final[Mapping[str, tuple[int, int]]] = {
    "points_milli": (chart.POINTS, 1),
    "held_milli": (chart.POINTS_HELD, 1),
    "owed_milli": (chart.POINTS_OWED, -1),
    "wallet_minor": (chart.WALLET, 1),
    "wallet_held_minor": (chart.WALLET_HELD, 1),
}


def sign(statement: Mapping[str, Any], key: RootKey) -> dict[str, Any]:
    """Return the file of a statement: itself, and the signature that fixes it."""
    token = _JWS.encode(
        canonical(statement),
        key.private,
        algorithm="ES256",
        headers={"kid": key.kid, "typ": _TYPE},
        is_payload_detached=True,
    )
    return {"statement": statement, "signature": token}


def jwks(keys: Sequence[RootKey]) -> dict[str, Any]:
    """Return the public halves of keys as a JWK set (RFC 7517), the current one first."""
    return {"keys": [{**key.public_jwk, "use": "sig", "alg": "ES256"} for key in keys]}


def verify(document: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with a statement file; ``known`` is a JWK set. Nothing means that it is sound."""
    try:
        statement, signature = document["statement"], document["signature"]
        keys = {str(each["kid"]): _public(each) for each in known["keys"]}
        lines = cast("list[dict[str, Any]]", statement["lines"])
    except (KeyError, TypeError, ValueError, jwt.InvalidKeyError):
        yield "this is no signed statement, or the keys are no JWK set"
        return
    flaw = _signature(statement, signature, keys)
    if flaw:
        yield flaw
        return
    try:
        yield from _numbers(statement, lines)
        yield from _sums(statement, lines)
        yield from _roots(statement, lines, keys)
    except (KeyError, TypeError, ValueError):
        yield "a part of the statement is missing or has another form"


def _public(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    key = ECAlgorithm.from_jwk(dict(jwk))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _signature(statement: Any, token: Any, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> str | None:
    try:
        header = jwt.get_unverified_header(token)
        key = keys[str(header.get("kid"))]
        if header.get("typ") != _TYPE:
            return "the signature is of something else"
        _JWS.decode(token, key, algorithms=["ES256"], detached_payload=canonical(statement))
    except KeyError:
        return "the signature is by a key that is not among the known ones"
    except (jwt.InvalidTokenError, TypeError, ValueError):
        return "the signature does not fit: the statement is not what was signed"
    return None


def _numbers(statement: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if statement["format"] != FORMAT:
        yield f"the format is not {FORMAT}"
    if [each["seq"] for each in lines] != list(range(1, int(statement["seq"]) + 1)):
        yield "the lines are not numbered from 1 without a gap"
    if lines and lines[-1]["hash"] != statement["head"]:
        yield "the head is not the hash of the last line"


def _sums(statement: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    moved: dict[int, int] = {}
    for line in lines:
        for posting in line["postings"]:
            moved[posting["credit"]] = moved.get(posting["credit"], 0) + posting["amount"]
            moved[posting["debit"]] = moved.get(posting["debit"], 0) - posting["amount"]
    for name, (account, direction) in BALANCES.items():
        if direction * moved.get(account, 0) != statement["balances"][name]:
            yield f"the lines do not add up to {name}"


def _roots(
    statement: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    keys: Mapping[str, ec.EllipticCurvePublicKey],
) -> Iterator[str]:
    for root in statement["roots"]:
        if lines[root["seq"] - 1]["hash"] != root["head"]:
            yield f"the history up to line {root['seq']} is not the one that root {root['number']} signed"
        try:
            key = keys[str(jwt.get_unverified_header(root["token"]).get("kid"))]
            claims = jwt.decode(root["token"], key, algorithms=["ES256"])
        except (jwt.InvalidTokenError, KeyError):
            yield f"root {root['number']} is not signed by a known key"
            continue
        if (claims["number"], claims["root"]) != (root["number"], root["root"]):
            yield f"root {root['number']} does not say what was signed"
