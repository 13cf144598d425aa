"""The main job, told over HTTP: a member joins, fills the wallet, orders, shows a code at a till, redeems, returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from rich.table import Table
from rich.text import Text

from loyalty import codes
from loyalty.demo import paper
from loyalty.demo.paper import Names, money, points
from loyalty.demo.phone import Phone
from loyalty.demo.screen import Screen
from loyalty.demo.setting import CASHIER, STORE
from loyalty.demo.till import NAME, Till
from loyalty.demo.wire import StoryBroken

USUAL: Final = (
    {"sku": "caramel-latte", "options": ["small", "hot", "oat"]},
    {"sku": "croissant", "options": ["warmed"]},
)
ORDER: Final = ({"sku": "beans", "options": ["whole-bean"]}, {"sku": "mug"}, {"sku": "tea-tin"})
BOUGHT: Final = (
    {"id": "latte", "sku": "caramel-latte", "options": ["small", "hot", "oat", "own-cup"]},
    {"id": "croissant", "sku": "croissant", "options": ["warmed"]},
)
JUICE: Final = ({"id": "juice", "sku": "orange-juice", "price_minor": 330},)
REWARD: Final = "ladder-100"


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit of all books found, and the root that was signed (empty: nothing new to sign)."""

    members: int
    transactions: int
    found: list[str]
    root: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class Helpers:
    """What happens behind the counter's back: the brand sends an offer, the books are audited, what hour it is."""

    send_offer: Callable[[str, str], None]
    audit: Callable[[], Audited]
    slot: str


def tell(screen: Screen, phone: Phone, till: Till, names: Names, helpers: Helpers) -> None:
    """Tell the story from the first code to the audit."""
    _join(screen, phone, names, helpers)
    _money_in(screen, phone)
    _order(screen, phone, names, helpers)
    basket = _scan(screen, phone, till, names)
    sold = _sell(screen, till, names, basket)
    _give_back(screen, phone, till)
    _offline(screen, phone, till)
    _twice(screen, till, *sold)
    _look_back(screen, phone)
    _audit(screen, helpers)


def _join(screen: Screen, phone: Phone, names: Names, helpers: Helpers) -> None:
    screen.act(f"{phone.given_name} joins")
    screen.say("No password: the app asks for a code, which comes by e-mail.")
    mail = phone.ask_for_code()
    screen.say(f"“{mail['subject']}”", style="italic")
    phone.sign_in(mail)
    screen.say(
        f"{phone.name} is a member. The phone makes a key; its public half is all that the server gets. "
        "From now on it draws pay codes by itself, also without a network."
    )
    phone.register_key()
    phone.put("/preferences/milk", {"value": "oat"})
    phone.put(f"/usual/{helpers.slot}", {"items": list(USUAL)})
    phone.put("/consents/usual_at_till/till", {"allowed": True, "text_version": "demo"})
    usual = " and ".join(names.item(each) for each in USUAL)
    screen.say(f"{phone.given_name} says what the usual is ({usual}) and lets cashiers see it.")


def _money_in(screen: Screen, phone: Phone) -> None:
    screen.act("Money in")
    screen.say("The demo's payment provider has test cards: no money moves. The first is declined.")
    phone.top_up(3000, "test_declined", refused="card_declined")
    screen.say(
        "The second asks its holder to confirm; then the wallet is filled, and the top-up brings 10 stars."
    )
    phone.approve(phone.top_up(3000, "test_challenge"))
    screen.say("The third just works: $50 bring 25 stars.")
    phone.top_up(5000, "test_success")
    screen.show(paper.standing(phone.get("/balance", quietly=True)))


def _order(screen: Screen, phone: Phone, names: Names, helpers: Helpers) -> None:
    screen.act("An offer, and an order from the app")
    helpers.send_offer(phone.member, "spend-forty")
    offer = phone.get("/offers")["items"][0]
    screen.say(f"“{offer['name']}”: {offer['text']}", style="italic")
    bought = phone.buy(ORDER, STORE)
    screen.paper(*paper.receipt(bought, names, f"{names.addresses[STORE]} · app"))


def _scan(screen: Screen, phone: Phone, till: Till, names: Names) -> dict[str, Any]:
    screen.act("At the counter: the phone shows a code")
    code = phone.draw()
    screen.picture(codes.drawing.terminal(code))
    screen.say(
        f"{len(code)} characters, signed by the phone (ES256), good for 45 seconds and for one sale.",
        style="bright_black",
    )
    screen.say(f"{CASHIER.name} signs in at {NAME} and scans it.")
    till.sign_in(CASHIER)
    basket: dict[str, Any] = {"id": str(uuid4()), "code": code, "lines": list(BOUGHT)}
    quoted = till.quote(basket)
    member = quoted["member"]
    usual = ", ".join(names.item(each) for each in member["usual"])
    misses = [each["text"] for each in quoted["near_misses"] if each["code"] == "points_away"]
    screen.facts(
        (
            ("who", f"{member['given_name']}, {member['tier'].title()}"),
            ("has", f"{points(member['points_milli'])} stars, {money(member['wallet_minor'])} in the wallet"),
            ("usual", usual or "nothing yet"),
            ("takes", ", ".join(f"{name}: {value}" for name, value in member["takes"].items())),
            ("would pay", f"{money(quoted['due_minor'])}, and earn {points(quoted['earned_milli'])} stars"),
            *(("nearly", each) for each in misses),
        )
    )
    screen.say("Rewards that fit this basket:")
    screen.show(_fitting(phone, till, basket, member))
    return basket


def _fitting(phone: Phone, till: Till, basket: Mapping[str, Any], member: Mapping[str, Any]) -> Table:
    """Return what each reward within reach would save on this basket: the server says it for each."""
    table = Table.grid(padding=(0, 3))
    table.add_column(justify="right", style="bright_black")
    table.add_column()
    table.add_column(justify="right")
    for reward in phone.get("/rewards", quietly=True)["items"]:
        if not 0 < reward["points_milli"] <= member["points_milli"]:
            continue
        quoted = till.quote({**basket, "rewards": [{"reward": reward["reward"]}]}, quietly=True)
        saved = money(quoted["discount_minor"])
        table.add_row(f"{points(reward['points_milli'])} stars", reward["name"], Text(f"saves {saved}"))
    return table


def _sell(
    screen: Screen, till: Till, names: Names, basket: dict[str, Any]
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    screen.act("The latte for stars, the croissant from the wallet")
    chosen = {**basket, "rewards": [{"reward": REWARD}]}
    due = till.quote(chosen, quietly=True)["due_minor"]
    paid = {**chosen, "tenders": [{"kind": "wallet", "amount_minor": due}]}
    key = str(uuid4())
    receipt = till.sell(paid, key=key)
    place = f"{names.addresses[STORE]} · {NAME} · {CASHIER.name}"
    screen.paper(*paper.receipt(receipt, names, place))
    return paid, key, receipt


def _give_back(screen: Screen, phone: Phone, till: Till) -> None:
    screen.act("The croissant comes back")
    sale = phone.get("/sales", quietly=True)["items"][0]["sale"]
    back = till.take_back(sale, "croissant")
    refunds = ", ".join(f"{money(each['amount_minor'])} to the {each['kind']}" for each in back["refunds"])
    screen.say(
        f"{refunds} it was paid from; the {points(back['taken_milli'])} stars it had earned are taken back. "
        "The latte and its reward stay as they were."
    )
    screen.show(paper.standing(back["member"]))


def _offline(screen: Screen, phone: Phone, till: Till) -> None:
    screen.act("The network is gone, then back")
    screen.say(
        "The till rings a juice up without the server: it queues the sale, timed and signed by its own key."
    )
    code = phone.draw()
    item = till.queue(
        {"code": code, "lines": list(JUICE), "tenders": [{"kind": "wallet", "amount_minor": 330}]}
    )
    screen.facts(
        (
            ("queued", f"{item['id']}  {item['occurred_at'][11:19]} UTC"),
            ("signed", f"{item['signature'][:44]}…"),
        )
    )
    screen.say("Back online it hands the queue in. The server decides, by the rules of the time of the sale.")
    (first,) = till.hand_in([item])["results"]
    receipt = first["receipt"]
    if receipt is None:
        raise StoryBroken(f"The offline sale was refused: {first['detail']}")
    reasons = "; ".join(each["text"] for each in receipt["effects"] if each["points_milli"])
    screen.say(
        f"Settled: {money(receipt['total_minor'])} from the wallet, {points(receipt['earned_milli'])} stars "
        f"({reasons})."
    )
    screen.say("Handed in a second time, as a till would that never got the answer:")
    (again,) = till.hand_in([item])["results"]
    screen.say(_same(first == again))


def _twice(screen: Screen, till: Till, paid: dict[str, Any], key: str, receipt: dict[str, Any]) -> None:
    screen.act("Sent twice, shown twice")
    screen.say("The latte's sale again, under the same key: the answer was lost, the till asks once more.")
    again = till.sell(paid, key=key)
    screen.say(_same(again == receipt))
    screen.say("And its pay code again, from a screenshot, for another sale:")
    stolen = {**paid, "id": str(uuid4()), "rewards": []}
    till.sell(stolen, key=str(uuid4()), refused="code_already_used")


def _same(same: bool) -> str:
    if not same:
        raise StoryBroken("A retry was answered differently.")
    return "The same answer, to the letter. Nothing changed."


def _look_back(screen: Screen, phone: Phone) -> None:
    screen.act("The statement: every star and cent, and why")
    lines = phone.get("/statement")["items"]
    screen.show(paper.statement(lines))
    screen.show(paper.standing(phone.get("/balance", quietly=True)))


def _audit(screen: Screen, helpers: Helpers) -> None:
    screen.act("The books are audited")
    done = helpers.audit()
    if done.found:
        raise StoryBroken(f"The audit found: {'; '.join(done.found[:5])}")
    screen.say(
        "Every balance recomputed from the write-once ledger, every lot, every hash chain, every sale's booking; "
        "transit accounts empty, the grand total zero:"
    )
    people = "1 member" if done.members == 1 else f"{done.members:,} members"
    screen.say(f"Clean. {people}, {done.transactions:,} transactions.", style="bold green")
    if done.root:
        screen.facts((("root", done.root), ("signed", f"ES256, key {done.signed_by}")))
