"""What a step may expect: of its own answer and member, and of any member by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.format.baskets import TENDER
from loyalty.scenarios.format.start import END
from loyalty.scenarios.scalars import COUNT, FLAG, KEY, MOMENT, NUMBER, TEXT, Path, Problems, Scalar
from loyalty.scenarios.shapes import Key, Many, Maybe, Pairs, Record, Table
from loyalty.scenarios.values import Unreadable, decimal_of

UNSAID: Final = object()
_DONE: Final = frozenset({"done", "completed", "complete"})


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not UNSAID}


def _challenge_text(value: Any) -> nouns.ChallengeAt:
    if isinstance(value, str):
        word, _, of = value.strip().lower().partition(" of ")
        if word in _DONE:
            return nouns.ChallengeAt(None, True)
        if of:
            return nouns.ChallengeAt(decimal_of(word), decimal_of(word) >= decimal_of(of))
    try:
        return nouns.ChallengeAt(decimal_of(value), None)
    except Unreadable:
        raise Unreadable('expected a progress such as 2, "2 of 3", or done') from None


_CHALLENGE: Final = Record(
    "the state of a challenge",
    {
        "progress": Key(NUMBER, "How much of the target is reached."),
        "done": Key(FLAG, "Whether it is completed.", ("completed",)),
        "target": Key(NUMBER, "What is to be reached."),
        "state": Key(KEY, "sent, seen, activated, in_progress, completed or expired."),
    },
    nouns.ChallengeAt,
)


class Challenge:
    """The state of a challenge: a number, ``2 of 3``, ``done``, or {progress, done}."""

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the state."""
        if isinstance(value, dict):
            return _CHALLENGE.read(value, path, problems)
        return Scalar(_challenge_text, {}).read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [_CHALLENGE.schema(), {"type": ["string", "number"]}]}


def _expected(shape: Any, about: str, *also: str) -> Key:
    return Key(shape, about, also, default=UNSAID)


class Refusal:
    """The code of a refusal, null for none, or {code, missing}."""

    _object: Final = Record(
        "a refusal",
        {
            "code": Key(KEY, "Its code.", required=True),
            "missing": _expected(NUMBER, "The points (or money) that it says are missing."),
        },
        _said,
    )

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the code, or the object."""
        return (self._object if isinstance(value, dict) else Maybe(KEY)).read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [self._object.schema(), Maybe(KEY).schema()]}


class Refund:
    """What goes back to each tender."""

    _pairs: Final = Pairs(TENDER, NUMBER, "refunds such as {wallet: 1.25}")

    def read(self, value: Any, path: Path, problems: Problems) -> dict[str, Decimal]:
        """Return the amounts by tender."""
        amounts: dict[str, Decimal] = {}
        for kind, amount in self._pairs.read(value, path, problems):
            if amount is not None:
                amounts[kind] = amounts.get(kind, Decimal(0)) + amount
        return amounts

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return self._pairs.schema()


LOT: Final = Record(
    "a lot",
    {
        "points": _expected(NUMBER, "What is left in it.", "amount"),
        "earned_at": _expected(MOMENT, "When it was earned.", "earned"),
        "expires_at": _expected(
            END, "When it is gone: the end of this day, or this moment.", "expires", "until"
        ),
    },
    _said,
    short="points",
)
GRANT: Final = Record(
    "a reward given",
    {
        "reward": _expected(KEY, "The program's reward.", "key"),
        "valid_until": _expected(END, "The end of its last day.", "until", "expires_at"),
    },
    _said,
    short="reward",
)

_MEMBER_KEYS: Final = {
    "points": _expected(NUMBER, "Points that can be spent afterwards."),
    "held": _expected(NUMBER, "Points set aside in holds."),
    "owed": _expected(NUMBER, "Points owed."),
    "wallet": _expected(NUMBER, "Stored value afterwards."),
    "tier": _expected(KEY, "The tier."),
    "tier_points": _expected(NUMBER, "The tier counter."),
    "tier_until": _expected(Maybe(MOMENT), "The last day of the tier's validity; null: it has no end."),
    "lots": _expected(Many(LOT), "The lots with points in them, first expiring first."),
    "grants": _expected(Many(GRANT), "The rewards given and not yet used, first ending first."),
    "challenge": _expected(
        Table(Many(Challenge())),
        'How far challenges are: {three-days: "2 of 3"}, done; several in a list.',
        "challenges",
    ),
    "visits": _expected(COUNT, "How many visits are counted."),
}
MEMBER: Final = Record("what is expected of a member", _MEMBER_KEYS, _said)


def _expectation(others: dict[str, Any], **values: Any) -> nouns.Expectation:
    said = _said(**values)
    if isinstance(said.get("error"), dict):
        refusal = said.pop("error")
        said |= {"error": refusal.pop("code"), **refusal}
    return nouns.Expectation(said, others)


_LINE: Final = Record(
    "what is expected of a line",
    {
        "discount": _expected(NUMBER, "What is taken off this line."),
        "net": _expected(NUMBER, "What this line costs.", "total"),
        "earned": _expected(NUMBER, "The points this line earned."),
    },
    _said,
)

EXPECT: Final = Record(
    "an expectation",
    {
        "discount": _expected(NUMBER, "What is taken off the sale."),
        "total": _expected(NUMBER, "What the sale costs after that."),
        "due": _expected(NUMBER, "The total less the payments that the step lists."),
        "change": _expected(NUMBER, "What goes back in cash."),
        "earned": _expected(NUMBER, "The points the step gave."),
        "spent": _expected(NUMBER, "The points its rewards cost."),
        "taken": _expected(NUMBER, "The points a return took back."),
        "restored": _expected(NUMBER, "The points a return gave back."),
        "refund": _expected(Refund(), "What a return gives back: {wallet: 1.25}.", "refunds"),
        "warnings": _expected(
            Many(KEY),
            "Codes of warnings (or what they say, or their number); an empty list: none.",
            "warning",
        ),
        "near": _expected(Many(KEY), "Codes or keys of what nearly applied (quotes).", "near_misses"),
        "says": _expected(Many(TEXT), "Texts that its explanation has in it.", "why"),
        "lines": _expected(Table(_LINE), "By the line's id: {discount, net, earned}."),
        "risk": _expected(NUMBER, "What the wallet did not cover of an offline sale."),
        "error": _expected(Refusal(), "The code of the refusal; null: none."),
        "missing": _expected(NUMBER, "The points (or money) that the refusal says are missing."),
        **_MEMBER_KEYS,
    },
    _expectation,
    free=MEMBER,
)
