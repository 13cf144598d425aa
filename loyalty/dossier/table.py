"""Every table that names a member, and what becomes of its rows. A test fails when one is missing here.

``export``: told to the member, except the columns in ``hide`` (secrets, and what is ours alone).
``merge``: ``move`` rows to the survivor · ``fill`` (move those the survivor has none of, drop the others) · ``rename``
(the key does not begin with the member) · ``add`` (counters) · ``drop`` · ``stay`` (write-once books and history of
the old number) · ``done`` (by ``members.merge_books`` or a feature's own ``merge``).
``erase``: ``delete`` what is personal · ``keep`` what names nobody once the person is forgotten · ``blank`` some
columns · ``done`` (by ``members.erase_books``). Rows for which ``spare`` (SQL) is true stay as they are.

Parents stand before their children.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from loyalty import gifts


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes of the rows of one table that name a member in ``column``."""

    table: str
    merge: Literal["move", "fill", "rename", "add", "drop", "stay", "done"]
    erase: Literal["delete", "keep", "blank", "done"]
    hide: tuple[str, ...] = ()
    column: str = "member_id"
    export: bool = True
    blank: tuple[str, ...] = ()
    spare: str = "false"


PARTS: Final[tuple[Part, ...]] = (
    # members
    Part("member", merge="done", erase="done", hide=("merged_into",)),
    Part("member", merge="stay", erase="keep", column="merged_into", export=False),
    Part("identity", merge="done", erase="done", hide=("value_hash",)),
    Part("device", merge="done", erase="done"),
    Part("refresh_token", merge="done", erase="done", hide=("seed",)),
    Part("standing", merge="done", erase="keep"),
    Part("tier_earning", merge="done", erase="keep"),
    Part("tier_change", merge="stay", erase="keep"),
    Part("imported_member", merge="done", erase="done", hide=("row_hash",)),
    # passkeys: those of both sign in to the survivor
    Part("passkey", merge="rename", erase="delete", hide=("user_handle",)),
    # passes: both go on working, and show the survivor
    Part("wallet_pass", merge="rename", erase="delete"),
    Part("pass_registration", merge="rename", erase="delete", hide=("push_token",)),
    # codes
    Part("code_handle", merge="done", erase="done"),
    Part("device_key", merge="done", erase="done"),
    Part("code_use", merge="done", erase="done"),
    Part("number_state", merge="done", erase="done"),
    Part("receipt_claim", merge="rename", erase="keep"),
    # ledger
    Part("account", merge="done", erase="done", hide=("head", "epoch")),
    Part("lot", merge="stay", erase="keep"),
    Part("hold", merge="stay", erase="keep"),
    Part("ledger_transaction", merge="stay", erase="keep"),
    Part("posting", merge="stay", erase="keep"),
    Part("lot_use", merge="stay", erase="keep"),
    Part("ledger_root_head", merge="stay", erase="keep", export=False),
    # sales
    Part("sale", merge="move", erase="keep"),
    Part("sale", merge="rename", erase="keep", column="claimed_by", export=False),
    Part("sale_line", merge="move", erase="keep"),
    Part("sale_return", merge="move", erase="keep"),
    Part("limit_counter", merge="add", erase="keep"),
    # Stored answers carry first names; whose keys they answered has gone.
    Part("request_key", merge="move", erase="delete", hide=("request_hash",)),
    # rewards, offers
    Part("reward_grant", merge="move", erase="keep"),
    Part("offer_instance", merge="move", erase="keep"),
    Part("offer_wave", merge="fill", erase="keep"),
    Part("challenge_step", merge="move", erase="keep"),
    Part("coupon_code", merge="rename", erase="keep", hide=("code_hash",)),
    Part("kept_coupon", merge="fill", erase="delete"),
    # gifts: what is said and to whom is forgotten, at once or when it was sent; the card is its holder's
    Part(
        "gift",
        merge="move",
        erase="blank",
        hide=("gift_card",),
        blank=gifts.SAID,
        spare="status = 'scheduled'",
    ),
    # referrals: one who invited stays theirs; of whom is not told
    Part("referral", merge="fill", erase="keep", hide=("referrer",)),
    Part("referral", merge="rename", erase="keep", column="referrer", export=False),
    # wallet
    Part("payment", merge="move", erase="blank", hide=("request_hash",), blank=("customer", "method")),
    Part("payment_intent", merge="rename", erase="keep"),
    Part("payment_refund", merge="move", erase="keep", hide=("request_hash",)),
    Part("saved_card", merge="fill", erase="delete"),
    Part("gateway_customer", merge="fill", erase="delete"),
    # A standing order is for the wallet it was made for.
    Part("auto_reload", merge="drop", erase="delete"),
    Part("gift_card", merge="rename", erase="keep", hide=("code_hash",), column="bought_by"),
    Part("gift_card", merge="rename", erase="keep", column="claimed_by", export=False),
    Part("gift_card_redemption", merge="move", erase="keep"),
    # preferences
    Part("preference", merge="done", erase="delete"),
    Part("favorite", merge="done", erase="delete"),
    Part("dietary_note", merge="done", erase="delete"),
    Part("usual", merge="done", erase="delete"),
    Part("consent", merge="done", erase="delete"),
    # What was allowed, when and how must be provable after the member has gone; it names nobody then.
    Part("consent_event", merge="done", erase="keep"),
    # orders
    Part("draft_order", merge="done", erase="delete"),
    Part("draft_line", merge="done", erase="delete"),
    Part(
        "customer_order",
        merge="move",
        erase="blank",
        blank=("note", "line_notes", "cancel_reason", "pickup_code", "pickup_qr"),
    ),
    Part("order_number", merge="rename", erase="keep", export=False),
    # messages
    Part("message", merge="move", erase="delete"),
    Part("outbox", merge="move", erase="delete", spare=f"topic = '{gifts.TOPIC}'"),
    Part(
        "push_subscription", merge="move", erase="delete", hide=("endpoint", "endpoint_hash", "auth_secret")
    ),
    # sync, changes
    Part("change", merge="drop", erase="delete", export=False),
    Part("mutation_outcome", merge="done", erase="delete", hide=("args_hash",)),
    Part("device_queue", merge="done", erase="delete"),
    Part("mutation_failure", merge="done", erase="delete"),
    Part("notice", merge="done", erase="delete"),
    Part("profile_stamp", merge="done", erase="delete"),
    Part("feed_horizon", merge="drop", erase="delete", export=False),
)
