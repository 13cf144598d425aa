"""A face of its own, with one route for everything that the web layer does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Request

from loyalty import errors
from loyalty.actor import Actor
from loyalty.web.api import Answer, Call, Caller, Limit, Routes
from loyalty.web.bearer import bearer_of
from loyalty.web.etags import is_current, tag_of
from loyalty.web.face import Face
from loyalty.web.fields import (
    Bool,
    Choice,
    Day,
    Document,
    Id,
    Input,
    Instant,
    Key,
    Many,
    Map,
    Milli,
    Minor,
    One,
    Output,
    QueryBool,
    Text,
    Whole,
)
from loyalty.web.paging import PageQuery, page_of
from loyalty.web.site import Site

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ"
AUDIENCE = "sample"


class OutOfMilk(errors.Refused):
    """There is no milk left."""

    code = "out_of_milk"
    text = "There are only {left_ml} ml of milk left."


class NotInvented(errors.Refused):
    """A refusal that no route declares."""

    code = "not_invented"


class Option(Input):
    key = Key(required=True)
    count = Whole(min=1, max=9, load_default=1)


class Line(Input):
    sku = Key(required=True)
    quantity = Whole(min=1, max=99, required=True)
    price_minor = Minor(load_default=None)
    options = Many(Option, max=3, load_default=list)


class Basket(Input):
    lines = Many(Line, min=1, max=5, required=True)
    at = Instant()
    day = Day()
    note = Text(max=20)
    texts = Map(Text(max=10), max=2)
    size = Choice(("small", "large"))
    gift = Bool()
    points_milli = Milli()
    payer = One(Option, allow_none=True)
    extra = Document()


class Cup(Output):
    sku = Key()
    at = Instant()
    note = Text(optional=True)


class FilteredQuery(PageQuery):
    mine = QueryBool(load_default=False)
    sku = Many(Key(), max=3)


def _identify(request: Request, site: Site, now: datetime) -> Actor:
    claims = site.tokens.read(bearer_of(request), AUDIENCE, now=now)
    return Actor(
        kind="till", id=claims["sub"], permissions=frozenset({"sales.quote"}), store=claims.get("store")
    )


SOMEBODY = Caller(_identify, {"sample": {"type": "http", "scheme": "bearer"}}, ({"sample": ()},))
RAISED: dict[str, Callable[[], Exception]] = {}
routes = Routes("Sample", "Everything once.")


@routes.post("/cups/<cup_id>", summary="Brew", who=SOMEBODY, body=Basket, answers={201: Cup}, idempotent=True)
def brew(call: Call) -> object:
    """Brew a cup."""
    return {"sku": call.body["lines"][0]["sku"], "at": call.now, "note": f"{call.path['cup_id']} {call.key}"}


@routes.post("/echo", summary="Echo", who=None, body=Basket, answers={200: Cup})
def echo(call: Call) -> object:
    call.site.settings  # noqa: B018
    RAISED["last body"] = call.body
    return {"sku": "x", "at": call.now}


@routes.get("/cups", summary="List", who=None, query=FilteredQuery, answers={200: page_of(Cup)})
def list_cups(call: Call) -> object:
    position = call.site.cursors.read("cups:1", call.query["cursor"]) or [0]
    return {"items": [], "next": call.site.cursors.write("cups:1", [position[0] + call.query["limit"]])}


@routes.get("/cups/<cup_id>", summary="One", who=None, answers={200: Cup}, etag=True)
def one_cup(call: Call) -> object:
    tag = tag_of("v", call.path["cup_id"])
    if is_current(tag):
        return Answer.unchanged(tag)
    return Answer({"sku": "latte", "at": call.now}, etag=tag, headers={"X-Cup": "warm"})


@routes.post(
    "/raise/<key>", summary="Raise", who=None, path={"key": Id()}, answers={204: None}, errors=(OutOfMilk,)
)
def raise_it(call: Call) -> None:
    make = RAISED.get(call.path["key"])
    if make is not None:
        raise make()


@routes.delete(
    "/limited", summary="Limited", who=None, answers={204: None}, limits=(Limit("sample.limited", 3, 60),)
)
def limited(call: Call) -> None:
    return None


@routes.post("/needy", summary="Needy", who=SOMEBODY, answers={204: None}, needs="sales.void")
def needy(call: Call) -> None:
    return None


@routes.get("/poor", summary="Poor", who=None, answers={200: Cup})
def poor(call: Call) -> object:
    return {"sku": "latte"}


SAMPLE = Face("sample", "/sample", "A sample", "Everything once.", (routes,))
