"""Steps as they are written: a moment, one thing that is done, and what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.format.baskets import CHANNEL, QUOTE, SALE, VOID, Returning
from loyalty.scenarios.format.expectations import EXPECT
from loyalty.scenarios.scalars import ANYTHING, FLAG, KEY, MOMENT, NUMBER, TEXT, Path, Problems, choice
from loyalty.scenarios.shapes import Key, Many, Record, Table

_MEMBER: Final = Key(KEY, "Who; the only member of the file if left out.")
_WHERE: Final = {
    "channel": Key(CHANNEL, "app, web or store; the door's if left out."),
    "store": Key(KEY, "The store; the scenario's if left out."),
    "retry": Key(FLAG, "Whether the same request is sent twice: the second must change nothing."),
}

TOP_UP: Final = Record(
    "a top-up",
    {
        "member": _MEMBER,
        "amount": Key(NUMBER, "How much is put into the wallet.", required=True),
        "by": Key(
            choice("card", "cash"),
            "card or cash; a phone takes cards, a till cash, if left out.",
            ("pay", "tender", "source", "method", "with"),
        ),
        **_WHERE,
    },
    nouns.TopUp,
    short="amount",
)


def _offer(member: str | None, members: tuple[str, ...], offer: str, channel: str | None) -> nouns.OfferSent:
    return nouns.OfferSent(members or ((member,) if member else ()), offer, channel)


OFFER: Final = Record(
    "an offer to a member",
    {
        "member": Key(KEY, "Who; the only member of the file if left out.", ("to",)),
        "members": Key(Many(KEY), "Who, if they are several.", default=()),
        "offer": Key(KEY, "The program's offer.", ("key", "id"), required=True),
        "channel": Key(KEY, "By which channel it is sent."),
    },
    _offer,
    short="offer",
)
EVENT: Final = Record(
    "an event",
    {
        "member": _MEMBER,
        "name": Key(
            KEY,
            "What happened: signup, visit, referral, or any name of yours (the program's event:<name>).",
            ("event", "when", "kind", "type"),
            required=True,
        ),
        "data": Key(Table(ANYTHING), "What the event carries.", default={}),
        **_WHERE,
    },
    nouns.Event,
    short="name",
)
ADJUST: Final = Record(
    "an adjustment",
    {
        "member": _MEMBER,
        "points": Key(NUMBER, "How many points are given, or (negative) taken.", ("amount",), required=True),
        "reason": Key(TEXT, "Why."),
    },
    nouns.Adjustment,
    short="points",
)
MERGE: Final = Record(
    "a merge",
    {
        "member": Key(KEY, "Whose account ends.", ("from", "merged", "drop", "loser"), required=True),
        "into": Key(KEY, "Whose account goes on.", ("to", "survivor", "keep", "winner"), required=True),
    },
    nouns.Merge,
)


class Merging:
    """A merge as an object, or as a list: the last one goes on."""

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the merge."""
        if isinstance(value, list) and len(value) == 2:
            value = {"from": value[0], "into": value[1]}
        return MERGE.read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        pair = {"type": "array", "items": KEY.schema(), "minItems": 2, "maxItems": 2}
        return {"anyOf": [MERGE.schema(), pair]}


APPLY: Final = Record(
    "a program to be applied",
    {
        "program": Key(
            ANYTHING, "A shipped name, a path, or an object merged over one.", ("document",), required=True
        ),
        "live_from": Key(MOMENT, "From when it is in force; the step's time if left out.", ("from", "at")),
        "without_notice": Key(TEXT, "The reason for doing without the promised notice."),
    },
    nouns.Application,
)


class Applying:
    """A program by name, path or object; or {program, live_from}."""

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return what is applied."""
        if isinstance(value, Mapping) and _APPLIED & set(value) and set(value) <= _APPLIED | _APPLY_WORDS:
            return APPLY.read(value, path, problems)
        if not isinstance(value, str | Mapping):
            problems.add(path, "expected a program: a shipped name, a path, or an object merged over one")
        return nouns.Application(value, None, None)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [APPLY.schema(), {"type": ["string", "object"]}]}


_APPLIED: Final = frozenset({"program", "document"})
_APPLY_WORDS: Final = frozenset({"live_from", "from", "at", "without_notice"})

CLAIM: Final = Record(
    "a claim of a receipt",
    {
        "member": _MEMBER,
        "sale": Key(
            KEY, "The sale (of nobody) whose receipt the member holds.", ("receipt", "of"), required=True
        ),
    },
    nouns.ReceiptClaim,
    short="sale",
)
HOLD: Final = Record(
    "a hold",
    {
        "member": _MEMBER,
        "reward": Key(KEY, "The reward that is set aside.", ("key",), required=True),
        "id": Key(KEY, "A name for the hold; the reward's key if left out."),
    },
    nouns.Hold,
    short="reward",
)
RELEASE: Final = Record(
    "a hold given back",
    {
        "member": _MEMBER,
        "hold": Key(KEY, "The name of the hold, or its reward.", ("reward", "id"), required=True),
    },
    nouns.Release,
    short="hold",
)
RUN: Final = Record(
    "a job",
    {"jobs": Key(Many(KEY), "Names of jobs, such as expire.", ("job", "name"), required=True)},
    nouns.Run,
    short="jobs",
)

VERBS: Final[Mapping[str, Key]] = {
    "sale": Key(SALE, "A purchase.", ("purchase",)),
    "quote": Key(QUOTE, "What a purchase would cost and bring; written as a sale."),
    "return": Key(
        Returning(), "Lines of a sale, or goods without a receipt, given back (at the store).", ("refund",)
    ),
    "void": Key(VOID, "A sale undone (at the store)."),
    "top_up": Key(TOP_UP, "Money put into the wallet.", ("topup", "top-up")),
    "offer": Key(OFFER, "An offer sent to a member.", ("send", "send_offer")),
    "seen": Key(OFFER, "The member looks at an offer.", ("see",)),
    "activate": Key(OFFER, "The member activates an offer."),
    "event": Key(EVENT, "Something else that happened to a member."),
    "adjust": Key(ADJUST, "Points given or taken by hand.", ("adjustment",)),
    "merge": Key(Merging(), "Two accounts become one: {from, into}."),
    "apply": Key(Applying(), "Another program version comes into force."),
    "claim": Key(CLAIM, "A member claims the receipt of a sale of nobody."),
    "hold": Key(HOLD, "A member sets a reward aside before the sale."),
    "release": Key(RELEASE, "A member gives a held reward back."),
    "run": Key(RUN, "A job: expire brings every member up to date, and other jobs by their name.", ("job",)),
}
AROUND: Final[Mapping[str, Key]] = {
    "at": Key(MOMENT, "Store-local time: the clock of everything in the step; the last step's if left out."),
    "channel": Key(CHANNEL, "app, web or store: the step always goes through that door."),
    "store": Key(KEY, "The store; the scenario's if left out."),
    "note": Key(TEXT, "Anything, for people.", ("name", "comment", "about", "golden")),
    "expect": Key(EXPECT, "What is expected afterwards.", ("expected", "then")),
}


def _step(
    at: Any, channel: Any, store: Any, note: Any, expect: Any, **done: Any
) -> tuple[Any, Any, Any, Any, Any, dict[str, Any]]:
    return at, channel, store, note, expect, done


class Steps:
    """The list of steps, numbered from 1."""

    record: Final = Record("a step", {**AROUND, **VERBS}, _step)

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[nouns.Step, ...]:
        """Return the steps."""
        if not isinstance(value, list) or not value:
            problems.add(path, "expected a list of steps")
            return ()
        steps = (self._one(each, (*path, place), place + 1, problems) for place, each in enumerate(value))
        return tuple(step for step in steps if step is not None)

    def _one(self, value: Any, path: Path, number: int, problems: Problems) -> nouns.Step | None:
        read = self.record.read(value, path, problems)
        if read is None:
            return None
        at, channel, store, note, expect, done = read
        verbs = [verb for verb in done if done[verb] is not None]
        if len(verbs) > 1:
            problems.add(path, f"a step does one thing, not {' and '.join(verbs)}: make them two steps")
            return None
        verb = verbs[0] if verbs else ""
        return nouns.Step(number, at, verb, done.get(verb), expect, channel, store, note)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "array", "items": self.record.schema(), "minItems": 1}
