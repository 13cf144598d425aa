"""What must be true, told from the history of arrivals alone: who won, what is there, what was given.

This is the model. It knows no tables: a thing is the list of edits that arrived, in order, each with what its device
knew when the person acted. Where the service keeps stamps and dots, the truth looks through the history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Violation(AssertionError):
    """Something that must never be was seen."""


def must(condition: bool, what: str, *about: Any) -> None:
    if not condition:
        raise Violation(f"{what}: {about}" if about else what)


@dataclass
class Act:
    """A mutation that arrived: by whom, when the person acted by the server's clock, and when by the device's."""

    uid: str
    device: str
    name: str
    args: dict[str, Any]
    seen: int | None
    true_at: datetime
    at: datetime
    arrived_at: datetime
    version: int = 0

    @property
    def honest(self) -> bool:
        return self.at == self.true_at

    def knew(self, device: str, version: int) -> bool:
        return device == self.device or (self.seen is not None and self.seen >= version)

    def knew_act(self, other: Act) -> bool:
        return self.knew(other.device, other.version)


@dataclass
class Register:
    """One value; ``winner`` and its logical time (time, counter, device)."""

    winner: Act | None = None
    time: tuple[datetime, int, str] | None = None
    value: Any = None
    arrived: list[Act] = field(default_factory=list)

    def write(self, act: Act, value: Any) -> bool:
        won = self.winner is None or act.knew_act(self.winner) or (act.at, 0, act.device) > self.time_of()
        if won:
            behind = self.time is not None and act.at <= self.time[0]
            self.time = (
                (self.time[0], self.time[1] + 1, act.device)
                if behind and self.time
                else (act.at, 0, act.device)
            )
            self.winner, self.value = act, value
        self._check_clocks(act)
        self.arrived.append(act)
        return won

    def time_of(self) -> tuple[datetime, int, str]:
        assert self.time is not None
        return self.time

    def _check_clocks(self, act: Act) -> None:
        """What the rule promises people, whatever it computes."""
        newest = all(act.true_at > other.arrived_at for other in self.arrived)
        must(
            self.winner is act or not (act.honest and newest),
            "an older edit beat what was done after it arrived",
            act,
        )
        everybody = [*self.arrived, act]
        if all(each.honest for each in everybody) and self.winner is not None:
            latest = max(each.true_at for each in everybody)
            must(self.winner.true_at == latest, "clocks were honest and the newest intention lost", everybody)


@dataclass
class Presence:
    """A thing that is there while somebody's touch of it was not taken away by somebody who knew of it."""

    touches: list[Act] = field(default_factory=list)

    @property
    def there(self) -> bool:
        return bool(self.touches)

    def touch(self, act: Act) -> None:
        self.touches.append(act)

    def take_away(self, act: Act) -> bool:
        self.touches = [touch for touch in self.touches if not act.knew_act(touch)]
        return not self.touches


@dataclass
class Consent:
    """Given while there is a giving that knew of every withdrawal that ever arrived."""

    withdrawals: list[Act] = field(default_factory=list)
    giving: Act | None = None

    def give(self, act: Act) -> bool:
        self.withdrawals = [each for each in self.withdrawals if not act.knew_act(each)]
        if not self.withdrawals:
            self.giving = act
        return not self.withdrawals

    def withdraw(self, act: Act) -> None:
        self.withdrawals.append(act)
        self.giving = None


@dataclass
class Line:
    content: Register = field(default_factory=Register)
    presence: Presence = field(default_factory=Presence)
    removed: Act | None = None


@dataclass
class Draft:
    presence: Presence = field(default_factory=Presence)
    header: Register = field(default_factory=Register)
    discarded: Act | None = None
    lines: dict[str, Line] = field(default_factory=dict)


@dataclass
class Truth:
    """Everything of one member. ``arrive`` says how an act must end; ``expected`` what everybody must see then."""

    registers: dict[str, Register] = field(default_factory=dict)
    sets: dict[str, Presence] = field(default_factory=dict)
    consent: Consent = field(default_factory=Consent)
    drafts: dict[str, Draft] = field(default_factory=dict)
    outcomes: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    sales: dict[str, int] = field(default_factory=dict)

    def arrive(self, act: Act) -> str:
        """Take in an act and return the status it must get (``rejected`` changes nothing)."""
        kind, _, verb = act.name.partition(".")
        match kind:
            case "preference":
                register = self.registers.setdefault(act.args["name"], Register())
                return _status(register.write(act, act.args.get("value")))
            case "favorite":
                return self._mark(self.sets.setdefault(act.args["sku"], Presence()), verb, act)
            case "consent" if verb == "give":
                return _status(self.consent.give(act))
            case "consent":
                self.consent.withdraw(act)
                return "ok"
            case "draft":
                return self._draft(verb, act)
            case _:
                return "rejected"

    def expected(self) -> dict[str, Any]:
        """Return what must be seen, by entity: the value of a register, ``True`` for what is there."""
        seen: dict[str, Any] = {"consent/marketing": self.consent.giving is not None}
        seen |= {
            f"preference/{name}": each.value
            for name, each in self.registers.items()
            if each.value is not None
        }
        seen |= {f"favorite/{sku}": True for sku, each in self.sets.items() if each.there}
        for key, draft in self.drafts.items():
            if draft.presence.there:
                seen[f"draft/{key}"] = draft.header.value
                for name, line in draft.lines.items():
                    if line.presence.there:
                        seen[f"draft/{key}/line/{name}"] = line.content.value
        seen["balance"] = sum(self.sales.values())
        return seen

    def _mark(self, presence: Presence, verb: str, act: Act) -> str:
        if verb == "add":
            presence.touch(act)
            return "ok"
        return _status(presence.take_away(act))

    def _draft(self, verb: str, act: Act) -> str:
        key = act.args["draft"]
        draft = self.drafts.get(key)
        if draft is None:
            if verb != "create":
                return "ok" if verb in ("discard", "line.remove") else "rejected"
            self.drafts[key] = draft = Draft()
            draft.header.write(act, act.args["note"])
            draft.presence.touch(act)
            return "ok"
        if verb == "discard":
            return self._discard(draft, act)
        if verb == "line.remove":
            return self._remove(draft, act)
        if not draft.presence.there and draft.discarded is not None and act.knew_act(draft.discarded):
            return "rejected"
        if verb == "create":
            won = draft.header.write(act, act.args["note"])
            return self._kept(draft, None, act, won)
        line = draft.lines.get(act.args["line"])
        if line is None:
            if verb == "line.edit":
                return "rejected"
            line = draft.lines[act.args["line"]] = Line()
        if not line.presence.there and line.removed is not None and act.knew_act(line.removed):
            return "rejected"
        return self._kept(draft, line, act, line.content.write(act, act.args["quantity"]))

    def _kept(self, draft: Draft, line: Line | None, act: Act, won: bool) -> str:
        back = not draft.presence.there or (line is not None and line.removed is not None)
        if not won and not back:
            return "superseded"
        draft.presence.touch(act)
        draft.discarded = None
        if line is not None:
            line.presence.touch(act)
            line.removed = None
        return "merged" if back else "ok"

    def _discard(self, draft: Draft, act: Act) -> str:
        if not draft.presence.there:
            return "ok"
        gone = draft.presence.take_away(act)
        draft.discarded = act if gone else None
        return _status(gone)

    def _remove(self, draft: Draft, act: Act) -> str:
        line = draft.lines.get(act.args["line"])
        if line is None or not line.presence.there:
            return "ok"
        gone = line.presence.take_away(act)
        line.removed = act if gone else None
        return _status(gone)


def _status(won: bool) -> str:
    return "ok" if won else "superseded"
