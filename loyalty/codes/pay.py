"""The pay code: a JWT signed with ES256 (RFC 7515, RFC 7518 § 3.4) on the member's device, without network.

Header exactly ``{"alg": "ES256", "kid": K}``, claims exactly ``{"iat": T, "n": N, "e": E}``: 183 characters or
so, QR version 8 at level L.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from loyalty.codes.keys import DeviceKeyState, sign, signed_by
from loyalty.codes.parsing import PayCode, encode
from loyalty.codes.refusals import (
    CodeAlreadyUsed,
    CodeDeviceRevoked,
    CodeExpired,
    CodeForged,
    CodeFromFuture,
    CodeRolledBack,
    CodeStaleEpoch,
    CodeUnknown,
)
from loyalty.codes.secrecy import Epoch
from loyalty.record import record

WINDOW_SECONDS: Final = 45
AHEAD_SECONDS: Final = 15
BOUND_FOR: Final = timedelta(hours=12)


@record
class Use:
    """Where a code was seen first: a row of ``code_use``."""

    reference: str
    used_at: datetime


@record
class Verified:
    """A code that was accepted.

    ``proves`` says what it is good for: ``payment`` (redeem and pay), ``capped`` (the same up to a limit),
    ``identity`` (identify and earn only). Where ``first_seen``, the caller stores the use: (member_id, use_key,
    its own reference, now), and raises the key's counter to ``counter``.
    """

    member_id: int
    proves: Literal["payment", "capped", "identity"]
    use_key: str | None = None
    device_id: str | None = None
    kid: str | None = None
    counter: int | None = None
    first_seen: bool = True


def verify_pay(
    code: PayCode,
    device: DeviceKeyState | None,
    *,
    epochs: Iterable[Epoch],
    now: datetime,
    reference: str | None,
    use: Use | None = None,
    window_seconds: int = WINDOW_SECONDS,
    late: bool = False,
) -> Verified:
    """Accept a pay code for the check ``reference``, or raise why not.

    ``device`` is the key that ``code.kid`` names (``None``: there is none); ``use`` the row of ``code_use`` for
    ``code.use_key``. The check that saw a code first may send it again for 12 hours, whatever its age. ``late``
    is for the queue of an offline till: ``now`` is then when the sale took place, ``epochs`` those of that
    moment, and newer codes may have been used since, so the counter is not looked at (once is still once).

    Raise ``CodeUnknown``, ``CodeForged``, ``CodeDeviceRevoked``, ``CodeAlreadyUsed``, ``CodeFromFuture``,
    ``CodeExpired``, ``CodeStaleEpoch`` or ``CodeRolledBack``.
    """
    if device is None or device.kid != code.kid:
        raise CodeUnknown
    if not signed_by(device.public_key, code.signature, code.signed):
        raise CodeForged
    if device.status == "revoked":
        raise CodeDeviceRevoked
    if use is not None:
        require_same_check(use, reference, now)
    else:
        _require_fresh(code, now, window_seconds)
        if not any(code.epoch == each.value and each.valid_from <= now < each.valid_until for each in epochs):
            raise CodeStaleEpoch
        if not late and code.counter <= device.counter:
            raise CodeRolledBack
    return Verified(
        member_id=device.member_id,
        proves="identity" if device.status == "suspended" else "payment",
        use_key=code.use_key,
        device_id=device.device_id,
        kid=code.kid,
        counter=code.counter,
        first_seen=use is None,
    )


def require_same_check(use: Use, reference: str | None, now: datetime) -> None:
    """Raise ``CodeAlreadyUsed`` unless the check that saw the code first sends it again within 12 hours."""
    if use.reference != reference or now - use.used_at > BOUND_FOR:
        raise CodeAlreadyUsed


def _require_fresh(code: PayCode, now: datetime, window_seconds: int) -> None:
    age = now.timestamp() - code.issued_at
    if age < -AHEAD_SECONDS:
        raise CodeFromFuture
    if age > window_seconds:
        raise CodeExpired


def draw_pay(
    private_key: ec.EllipticCurvePrivateKey, *, kid: str, counter: int, epoch: int, now: datetime
) -> str:
    """Return the pay code that a device with this key shows at ``now``: for the demo and for tests."""
    head = _segment({"alg": "ES256", "kid": kid})
    body = _segment({"iat": int(now.astimezone(UTC).timestamp()), "n": counter, "e": epoch})
    return f"{head}.{body}.{encode(sign(private_key, f'{head}.{body}'.encode('ascii')))}"


def _segment(value: dict[str, str | int]) -> str:
    return encode(json.dumps(value, separators=(",", ":")).encode("ascii"))
