"""The program and the catalog: the same for everybody, with a version and an ETag."""

from __future__ import annotations

from typing import Any, Final

from loyalty import catalog, rules
from loyalty.db import snapshot
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import Document, Input, Key, Map, Minor, Output, Text, Whole

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
