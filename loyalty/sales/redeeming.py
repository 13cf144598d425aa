"""Using up what was given and giving what can be used up: rewards, grants, offers, coupons."""

from __future__ import annotations

import secrets
from dataclasses import replace

from loyalty.ledger import Books, why_json
from loyalty.offers import new_code
from loyalty.rules.facts import Basket
from loyalty.rules.outcome import Discount, GrantGiven
from loyalty.sales import late_holds
from loyalty.sales.consequences import Consequences, Moment, OfferChange
from loyalty.sales.state import State


def redeem(state: State, books: Books, done: Consequences, discount: Discount, moment: Moment) -> None:
    """Pay for a discount with points, and use up what it came from: a hold, stock, a grant, an offer."""
    uses: list[tuple[int, int]] = []
    if discount.hold is not None:
        owing = state.program.settings.negative_points
        uses = late_holds.capture(books, discount, at=moment.at, shortfall=owing)
        done.entities.add(f"hold/{discount.hold}")
    elif discount.points_milli:
        uses = books.spend(discount.points_milli, rule=discount.key, why=discount.why)
    if discount.source == "reward":
        reward = state.program.rewards.get(discount.key)
        if reward is not None and reward.stock is not None:
            done.stock[discount.key] += 1
            done.stock_limits[discount.key] = reward.stock
    if discount.grant is not None:
        done.grants_used.append(discount.grant)
        done.entities.add(f"grant/{discount.grant}")
    if discount.offer_instance is not None:
        _complete(state, done, discount.offer_instance, moment)
    done.note(
        "discounts",
        source=discount.source,
        key=discount.key,
        amount_minor=discount.amount_minor,
        by_line=dict(discount.by_line),
        points_milli=discount.points_milli,
        uses=uses,
        grant=discount.grant,
        coupon=discount.coupon,
        offer=discount.offer_instance,
        why=why_json(discount.why),
    )


def give_coupon(done: Consequences, grant: GrantGiven, coupon_id: str) -> None:
    """Give a personal coupon code; its letters go to the member's inbox and nowhere else."""
    code = new_code(secrets.choice)
    done.coupons_given.append((coupon_id, grant.coupon or "", code, grant.valid_from, grant.valid_until))
    done.messages.append(("notify", {"rule": grant.rule, "text": {"en": code, "fr": code}}))


def _complete(state: State, done: Consequences, instance: str, moment: Moment) -> None:
    """A coupon that came as an offer is good once."""
    for place, offer in enumerate(state.offers):
        if (
            offer.id == instance
            and offer.completed_at is None
            and state.program.offers[offer.offer].kind == "coupon"
        ):
            state.offers[place] = replace(offer, completed_at=moment.at)
            state.completed_by[instance] = moment.reference
            done.offers[instance] = OfferChange(offer.progress, moment.at, moment.reference)
            done.entities.add(f"challenge/{instance}")


def use_coupons(done: Consequences, basket: Basket) -> None:
    """Use up every coupon code that was presented and admitted, whatever it gave."""
    for claim in basket.coupons:
        cut = [entry["by_line"] for entry in done.record.get("discounts", ()) if entry["coupon"] == claim.id]
        done.coupons_used.append(claim.id)
        done.entities.add(f"coupon/{claim.id}")
        done.note("coupons", id=claim.id, lines=sorted({line for by_line in cut for line in by_line}))
