"""Hand in what was sold without a network: signed by the till, settled exactly once, nothing dropped silently."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final, cast

from marshmallow import ValidationError

from loyalty import codes, orders, sales, staff
from loyalty.db import retrying, snapshot, transaction
from loyalty.errors import Denied, DomainError, Invalid
from loyalty.web import baskets
from loyalty.web.api import Call, Routes
from loyalty.web.baskets import request_of
from loyalty.web.fields import Choice, Document, Id, Input, Instant, Many, One, Output, Text
from loyalty.web.flaws import flaws_of
from loyalty.web.receipts import ReceiptOut, ReturnOut
from pos_adapter.routes.sales import TillBasketIn, TillReturnIn
from pos_adapter.who import TILL

routes: Final = Routes("Offline", "Hand in what was sold while there was no network.")


class ItemsIn(Input):
    """What the till queued, in order."""

    items = Many(
        Document(),
        max=50,
        min=1,
        required=True,
        about=(
            "Each: `id` (made at the till), `kind` (sale, return, void), `occurred_at`, the body of that request "
            "(`sale` names the sale of a return or void), and `signature`: base64url of the ES256 signature (r ‖ s) by "
            "the till's key over the item without `signature` as JSON with sorted keys and no white space."
        ),
    )


class OfflineSaleIn(TillBasketIn):
    """A sale that was made offline."""

    id = Id(required=True)
    kind = Choice(("sale",), required=True)
    occurred_at = Instant(required=True)


class OfflineReturnIn(TillReturnIn):
    """A return that was made offline."""

    id = Id(required=True)
    kind = Choice(("return",), required=True)
    sale = Id(required=True)
    occurred_at = Instant(required=True)


class OfflineVoidIn(Input):
    """A void that was made offline."""

    id = Id(required=True)
    kind = Choice(("void",), required=True)
    sale = Id(required=True)
    occurred_at = Instant(required=True)


class FlawOut(Output):
    """What is wrong with an item, and where."""

    pointer = Text(max=300)
    detail = Text(max=500)
    code = Text()


class ResultOut(Output):
    """What became of one item."""

    id = Text(max=64, allow_none=True)
    status = Choice(("settled", "refused"))
    code = Text(allow_none=True)
    detail = Text(max=1000, allow_none=True)
    errors = Many(FlawOut, max=200)
    data = Document(about="The facts of a refusal.")
    receipt = One(ReceiptOut, allow_none=True)
    returned = One(ReturnOut, allow_none=True)


class ResultsOut(Output):
    """What became of each item, in the order of the request."""

    results = Many(ResultOut, max=50)


class SignatureWrong(Denied):
    """The item was not signed by this till's key."""

    code = "signature_wrong"
    text = "This item was not signed by this till."


class NoTillKey(Denied):
    """The till has registered no key."""

    code = "till_has_no_key"
    text = "This till has registered no key for its offline queue."


_SCHEMAS: Final = {"sale": OfflineSaleIn(), "return": OfflineReturnIn(), "void": OfflineVoidIn()}
MAX_ITEM_BYTES: Final = 64_000


def canonical(item: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: the item without ``signature``, keys sorted, no white space, UTF-8."""
    bare = {key: value for key, value in item.items() if key != "signature"}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@routes.post(
    "/offline",
    summary="Hand in offline sales",
    who=TILL,
    needs="sales.offline",
    body=ItemsIn,
    answers={200: ResultsOut},
    errors=(NoTillKey, staff.TillMissing),
)
def hand_in(call: Call) -> object:
    """Settle each item exactly once, in order, by the program in force when it happened.

    An item that is refused says why and stays with the till; handing anything in again changes nothing.
    """
    with snapshot() as session:
        public_key = staff.till(session, call.actor.id).public_key
    if public_key is None:
        raise NoTillKey
    return {"results": [_result(call, item, public_key) for item in call.body["items"]]}


def _result(call: Call, item: Any, public_key: Mapping[str, Any]) -> dict[str, Any]:
    name = item.get("id") if isinstance(item, dict) else None
    result: dict[str, Any] = {
        "id": name if isinstance(name, str) else None,
        "status": "settled",
        "code": None,
        "detail": None,
        "errors": [],
        "data": {},
        "receipt": None,
        "returned": None,
    }
    try:
        loaded = _checked(item, public_key)
        result["receipt" if loaded["kind"] == "sale" else "returned"] = retrying(
            lambda: _settle(call, loaded)
        )
    except Invalid as error:
        flaws = [{"pointer": flaw.pointer, "detail": flaw.detail, "code": flaw.code} for flaw in error.flaws]
        result |= {
            "status": "refused",
            "code": error.code,
            "detail": error.detail,
            "errors": flaws,
            "data": error.data,
        }
    except DomainError as error:
        result |= {"status": "refused", "code": error.code, "detail": error.detail, "data": error.data}
    return result


def _checked(item: Any, public_key: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked item; raise ``Invalid`` or ``SignatureWrong``."""
    if not isinstance(item, dict) or item.get("kind") not in _SCHEMAS:
        raise Invalid("An item is an object whose kind is sale, return or void.")
    raw = cast(dict[str, Any], item)
    data = canonical(raw)
    if len(data) > MAX_ITEM_BYTES:
        raise Invalid(f"An item has at most {MAX_ITEM_BYTES} bytes.")
    if not codes.signed_by(public_key, _signature(raw.get("signature")), data):
        raise SignatureWrong
    bare = {key: value for key, value in raw.items() if key != "signature"}
    try:
        return cast(dict[str, Any], _SCHEMAS[bare["kind"]].load(bare))
    except ValidationError as error:
        raise Invalid(flaws=flaws_of(error.messages, _SCHEMAS[bare["kind"]])) from error


def _signature(text: Any) -> bytes:
    if not isinstance(text, str):
        raise SignatureWrong
    try:
        signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise SignatureWrong from None
    if len(signature) != 64:
        raise SignatureWrong
    return signature


def _settle(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    key = f"offline:{item['id']}"
    with transaction() as session:
        if item["kind"] == "sale":
            request = request_of(
                item,
                actor=call.actor,
                code=item["code"],
                member=item["member"],
                channel=item["channel"],
                occurred_at=item["occurred_at"],
            )
            return baskets.settle(session, call, request, key=key, late=True)
        if item["kind"] == "void":
            answer = sales.void(
                session,
                actor=call.actor,
                sale=item["sale"],
                key=key,
                now=call.now,
                occurred_at=item["occurred_at"],
            )
            orders.sale_undone(session, sale=item["sale"], now=call.now)
            return answer
        lines = tuple(
            sales.ReturnLine(line["quantity"], line=line["line"], sku=line["sku"]) for line in item["lines"]
        )
        answer = sales.return_lines(
            session,
            actor=call.actor,
            sale=item["sale"],
            lines=lines,
            key=key,
            now=call.now,
            occurred_at=item["occurred_at"],
        )
        orders.sale_undone(session, sale=item["sale"], now=call.now)
        return answer
