"""A rewards log that is made up: as a folder, like the real one, with every kind of offer and of luck."""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OFFERS: list[dict[str, Any]] = [
    {
        "idx": 0,
        "type": "bogo",
        "difficulty": 10,
        "reward": 10,
        "duration_h": 48,
        "channels": ["email", "mobile"],
    },
    {"idx": 1, "type": "discount", "difficulty": 20, "reward": 5, "duration_h": 72, "channels": ["web"]},
    {
        "idx": 2,
        "type": "informational",
        "difficulty": 0,
        "reward": 0,
        "duration_h": 24,
        "channels": ["social"],
    },
    {"idx": 3, "type": "discount", "difficulty": 7, "reward": 3, "duration_h": 24, "channels": []},
]
BOGO, DISCOUNT, NEWS, SMALL = range(4)


@dataclass
class Writing:
    """A log in the making; ``save`` writes the files."""

    members: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def join(self, person: int, joined_on: str = "2017-05-01", age: str = "", gender: str = "") -> int:
        self.members.append(f"{person},{joined_on},{age},{gender}")
        return person

    def _happens(self, person: int, hour: int, rest: str) -> None:
        self.rows.append(f"{len(self.rows)},{person},{hour},{rest}")

    def receive(self, person: int, hour: int, offer: int) -> None:
        self._happens(person, hour, f"R,{offer},,")

    def view(self, person: int, hour: int, offer: int) -> None:
        self._happens(person, hour, f"V,{offer},,")

    def buy(self, person: int, hour: int, cents: int, completes: Iterable[int] = ()) -> None:
        self._happens(person, hour, f"T,,{cents},")
        for offer in completes:
            self._happens(person, hour, f"C,{offer},,{OFFERS[offer]['reward']}")

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "compact_offers.json").write_text(json.dumps(OFFERS))
        for name, head, rows in (
            ("members", "person,joined_on,age,gender", self.members),
            ("compact_events", "seq,person,hour,kind,offer,cents,reward", self.rows),
        ):
            text = "\n".join([head, *rows, ""])
            (folder / f"{name}.csv.xz").write_bytes(lzma.compress(text.encode(), preset=0))
        return folder


def told() -> Writing:
    """Return a log whose completions are worked out by hand; its settings are those of the real one."""
    log = Writing()
    ann, bob, cid, dot, eve = (
        log.join(7, age="34", gender="F"),
        log.join(3, age="118", gender="O"),
        log.join(9, gender="M"),
        log.join(1, joined_on="2018-01-31"),
        log.join(5),
    )
    # Ann: exactly 10 dollars are not above 10; two receipts of one bogo complete at one purchase, with the discount.
    log.receive(ann, 0, BOGO)
    log.view(ann, 0, BOGO)
    log.buy(ann, 1, 1000)
    log.receive(ann, 2, BOGO)
    log.receive(ann, 2, DISCOUNT)
    log.receive(ann, 2, NEWS)
    log.view(ann, 3, BOGO)
    log.view(ann, 3, NEWS)
    log.view(ann, 3, BOGO)
    log.buy(ann, 5, 2000, (BOGO, BOGO, DISCOUNT))
    log.buy(ann, 6, 2500)
    # Bob: adds up over days; the last hour of the window counts, the next one does not.
    log.receive(bob, 10, DISCOUNT)
    log.receive(bob, 10, SMALL)
    log.buy(bob, 11, 350)
    log.buy(bob, 34, 350, (SMALL,))
    log.buy(bob, 82, 1300, (DISCOUNT,))
    log.receive(bob, 83, SMALL)
    log.receive(bob, 90, BOGO)
    log.buy(bob, 108, 700)
    log.buy(bob, 139, 5000)
    # Cid buys without an offer, and again long after the last one ended; Dot only receives; of Eve nothing is told.
    log.buy(cid, 0, 5)
    log.receive(cid, 4, SMALL)
    log.receive(cid, 20, SMALL)
    log.buy(cid, 24, 650)
    log.buy(cid, 30, 700, (SMALL,))
    log.buy(cid, 700, 0)
    log.receive(dot, 168, NEWS)
    log.view(dot, 170, NEWS)
    assert eve == 5
    return log


def random_log(seed: int, *, people: int, events: int) -> Writing:
    """Return a log of chance; it states no completions."""
    dice = random.Random(seed)
    log = Writing()
    persons = [log.join(100 + place, age=dice.choice(["", "40"])) for place in range(people)]
    for hour in sorted(dice.randrange(0, 500, 6) for _ in range(people * events)):
        person, kind = dice.choice(persons), dice.random()
        if kind < 0.3:
            log.receive(person, hour, dice.randrange(len(OFFERS)))
        elif kind < 0.5:
            log.view(person, hour, dice.randrange(len(OFFERS)))
        else:
            log.buy(person, hour, dice.choice([1, 350, 700, 999, 1000, 1001, 2000, 2600]))
    return log


TABLES_OF_CHANCE = {
    "member": ("public_id", "account_number", "card_number"),
    "code_handle": ("handle",),
    "replay": ("began_at", "finished_at"),
    "replay_chunk": ("loaded_at",),
    "program_version": ("live_from", "created_at", "approved_at"),
}
"""Columns that are drawn or that tell when it ran: they differ between two runs that did the same."""
