"""Whether a store makes what is asked for ahead, and what a product and its options are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from loyalty.orders.policy import Content
from loyalty.orders.refusals import NoOrderAhead, StoreUnknown
from loyalty.rules.program import Product, Program
from loyalty.rules.specs import OrderAhead, Store


def store_of(program: Program, store: str) -> tuple[Store, OrderAhead]:
    """Return a store that takes orders ahead, and how; raise ``StoreUnknown`` or ``NoOrderAhead``."""
    found = program.stores.get(store)
    if found is None:
        raise StoreUnknown
    if found.order_ahead is None:
        raise NoOrderAhead
    return found, found.order_ahead


def unavailable(
    program: Program, lines: Iterable[tuple[str, Content]], ahead: OrderAhead | None
) -> list[dict[str, Any]]:
    """Return what stands in the way of each line: [{line, sku, reason, option, group}]; see ``LinesUnavailable``.

    ``ahead`` None: whether any store sells it.
    """
    return [
        {"line": line_id, "sku": content.sku, **flaw}
        for line_id, content in lines
        for flaw in _flaws(program, content, ahead)
    ]


def _flaws(program: Program, content: Content, ahead: OrderAhead | None) -> Iterator[dict[str, Any]]:
    product = program.products.get(content.sku)
    listed = product is not None and product.kind == "product" and not product.open_price
    if product is None or not listed or (ahead is not None and content.sku in ahead.not_skus):
        yield _flaw("product")
        return
    chosen: dict[str, int] = {}
    for key in content.options:
        option = program.options.get(key)
        if option is None or option.group not in product.option_groups:
            yield _flaw("option", option=key)
        else:
            chosen[option.group] = chosen.get(option.group, 0) + 1
    for key in product.option_groups:
        group = program.option_groups[key]
        if chosen.get(key, 0) > group.maximum:
            yield _flaw("too_many", group=key)
        if chosen.get(key, 0) < group.minimum:
            yield _flaw("too_few", group=key)


def _flaw(reason: str, *, option: str | None = None, group: str | None = None) -> dict[str, Any]:
    return {"reason": reason, "option": option, "group": group}


def named(program: Program, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of a receipt as an order keeps them: names by locale, options with their prices."""
    kept = ("line", "sku", "quantity", "unit_price_minor", "discount_minor", "net_minor")
    return [
        {
            **{name: line[name] for name in kept},
            "name": _name(program.products.get(line["sku"]), line["sku"]),
            "options": [
                {
                    "key": key,
                    "name": dict(program.options[key].name),
                    "price_minor": program.options[key].price_minor,
                }
                for key in line["options"]
            ],
        }
        for line in lines
    ]


def _name(product: Product | None, sku: str) -> dict[str, str]:
    return {"en": sku} if product is None else dict(product.name)
