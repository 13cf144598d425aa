"""The program and the catalog: the same for everybody, with a version and an ETag."""

from __future__ import annotations

from typing import Any, Final

from loyalty import catalog, rules
from loyalty.db import snapshot
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import Document, Input, Instant, Key, Many, Map, Milli, Minor, Output, Text, Whole
from mobile_api.program_words import page_for, tag_of_page

routes: Final = Routes("Program", "What the brand promises and sells; open to everybody.")

# What everybody may read; who gets which segment, budget or limit in detail is the brand's own.
PUBLIC: Final = (
    "key",
    "name",
    "currency",
    "timezone",
    "locales",
    "brand",
    "points",
    "tier_policy",
    "tiers",
    "rewards",
)


class ProgramOut(Output):
    """The live program's promises."""

    version = Whole()
    program = Document(about="As the program says it: brand, points, tiers, rewards.")


@routes.get(
    "/program",
    summary="The program",
    who=None,
    answers={200: ProgramOut},
    errors=(rules.NoProgram,),
    etag=True,
)
def program(call: Call) -> object:
    """Answer the live program: brand, tiers, rewards."""
    with snapshot() as session:
        live = rules.program_at(session, call.now, fresh=True)
    tag = tag_of("program", live.version)
    if is_current(tag):
        return Answer.unchanged(tag)
    return Answer(
        {
            "version": live.version,
            "program": {key: live.document[key] for key in PUBLIC if key in live.document},
        },
        etag=tag,
    )


class ProgramItemOut(Output):
    """One thing the program says, as one plain sentence."""

    key = Text(max=200, about="The same in every version and language while the thing is the same.")
    title = Text(max=500)
    text = Text(max=20_000)
    points_milli = Milli(
        allow_none=True, about="A reward's price for a new member; a tier's threshold; else nothing."
    )
    points = Text(max=200, allow_none=True, about="The same as it is written: `200 stars`.")
    label = Text(max=500, allow_none=True, about="A word beside the title: the kind of an offer.")
    color = Text(max=7, allow_none=True, about="A tier's color.")


class ProgramSectionOut(Output):
    """One subject of the page."""

    key = Text(
        max=40,
        about="`earn`, `perks`, `ladder`, `tiers`, `expiry`, `exclusions`, `offers`, `returns`, `wallet`, `next`.",
    )
    title = Text(max=200)
    intro = Text(max=5000, allow_none=True)
    items = Many(ProgramItemOut, max=1000)


class ProgramPageQuery(Input):
    """In which language."""

    locale = Text(load_default=None, max=35, about="Such as `fr-CA`; else `Accept-Language` decides.")


class ProgramPageOut(Output):
    """The program in plain words, written from the live version."""

    version = Whole()
    locale = Text(max=35)
    name = Text(max=500)
    brand = Text(max=500)
    tagline = Text(max=2000)
    sections = Many(ProgramSectionOut, max=20)
    next_version = Whole(
        allow_none=True, about="The scheduled next version: section `next` tells its changes."
    )
    next_from = Instant(allow_none=True)


@routes.get(
    "/program/page",
    summary="The program in plain words",
    who=None,
    query=ProgramPageQuery,
    answers={200: ProgramPageOut},
    errors=(rules.NoProgram,),
    etag=True,
)
def program_page(call: Call) -> object:
    """Answer how to earn, the ladder, tiers, expiry, exclusions, offers, returns and what changes next, in words."""
    page = page_for(call.query["locale"], now=call.now)
    tag = tag_of_page(page)
    if is_current(tag):
        return Answer.unchanged(tag)
    return Answer(page, etag=tag, headers={"Content-Language": page.locale, "Vary": "Accept-Language"})


class CatalogQuery(Input):
    """Which store's prices."""

    store = Key(load_default=None)


class CatalogOut(Output):
    """What is sold."""

    version = Whole()
    store = Text(allow_none=True)
    categories = Document()
    option_groups = Document()
    products = Document()
    stores = Document()
    prices = Map(Minor(), max=5000, about="Prices that this store sets for itself, by product.")


@routes.get(
    "/catalog",
    summary="The catalog",
    who=None,
    query=CatalogQuery,
    answers={200: CatalogOut},
    errors=(rules.NoProgram,),
    etag=True,
)
def list_catalog(call: Call) -> object:
    """Answer categories, products with their options, and stores."""
    store = call.query["store"]
    with snapshot() as session:
        live = rules.program_at(session, call.now, fresh=True)
        prices = catalog.prices_of(session, store) if store else {}
    tag = tag_of(
        "catalog", live.version, store or "", *(f"{sku}={price}" for sku, price in sorted(prices.items()))
    )
    if is_current(tag):
        return Answer.unchanged(tag)
    parts: dict[str, Any] = {
        key: live.document.get(key, []) for key in ("categories", "option_groups", "products", "stores")
    }
    return Answer({"version": live.version, "store": store, "prices": prices, **parts}, etag=tag)
