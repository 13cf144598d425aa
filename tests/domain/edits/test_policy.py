"""Who wins, decided on plain values: exhaustively where it is small, by properties where it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from loyalty.edits import EVERYTHING, Edit, Stamp, made_now, newer, saw, stamped, touched, unseen, wins

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_who_saw_it_wins_whatever_the_clock_says() -> None:
    last = Stamp(version=7, time=at(100), counter=0, device="b")
    assert wins(Edit("a", at(-500), seen=7), last)
    assert not wins(Edit("a", at(-500), seen=6), last)


def test_a_state_of_another_epoch_is_not_this_one_seen() -> None:
    last = Stamp(version=7, time=at(100), counter=0, device="b")
    assert not saw(Edit("a", at(0), seen=None), last)
    assert wins(Edit("a", at(101), seen=None), last)


def test_a_device_knows_its_own_last_edit_though_it_never_pulled_it() -> None:
    assert wins(Edit("a", at(-5), seen=0), Stamp(version=9, time=at(0), counter=0, device="a"))


def test_concurrent_edits_at_the_same_instant_are_told_apart_by_the_device() -> None:
    last = Stamp(version=3, time=at(0), counter=0, device="b")
    assert not newer(Edit("a", at(0), seen=0), last)
    assert newer(Edit("c", at(0), seen=0), last)


def test_a_stamp_grows_by_the_counter_where_the_clock_is_behind() -> None:
    first = stamped(Edit("fast", at(10), seen=0), None, 1)
    second = stamped(Edit("slow", at(-300), seen=1), first, 2)
    assert second == Stamp(2, at(10), 1, "slow")
    # ... so that an edit that is really later still beats it, be it by a millisecond.
    assert wins(Edit("other", at(10.001), seen=0), second)


def test_somebody_online_has_seen_everything() -> None:
    assert made_now("x", NOON) == Edit("x", NOON, EVERYTHING)
    assert wins(made_now("x", NOON), Stamp(10**9, at(50), 3, "y"))


def test_taking_away_clears_what_was_seen_and_the_own() -> None:
    dots = {"a": 3, "b": 5, "c": 9}
    assert unseen(dots, Edit("a", NOON, seen=5)) == {"c": 9}
    assert touched(dots, Edit("a", NOON, seen=5), 10) == {"c": 9, "a": 10}
    assert unseen(dots, Edit("z", NOON, seen=None)) == dots


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 50)),
        min_size=1,
        max_size=4,
        unique_by=lambda e: e[0],
    )
)
def test_of_edits_that_saw_nothing_of_each_other_the_newest_stands_in_every_order(
    made: list[tuple[str, int]],
) -> None:
    edits = [Edit(device, at(second), seen=0) for device, second in made]
    outcomes: set[str] = set()
    for order in permutations(edits):
        last: Stamp | None = None
        for version, edit in enumerate(order, 1):
            if wins(edit, last):
                last = stamped(edit, last, version)
        assert last is not None
        outcomes.add(last.device)
    assert outcomes == {max(edits, key=lambda edit: (edit.at, edit.device)).device}


@given(st.data())
def test_with_honest_clocks_the_newest_intention_stands_in_every_order_of_arrival(
    data: st.DataObject,
) -> None:
    """Edits made at rising times, each having seen any prefix of what had arrived when it was made."""
    last: Stamp | None = None
    waiting: list[Edit] = []
    version = 0
    newest: Edit | None = None
    for second in range(data.draw(st.integers(1, 12))):
        # Per device in order, as its queue keeps them.
        device = data.draw(st.sampled_from("abc"))
        newest = Edit(device, at(second), seen=data.draw(st.integers(0, version)))
        waiting.append(newest)
        while waiting and data.draw(st.booleans()):
            sender = data.draw(st.sampled_from(sorted({edit.device for edit in waiting})))
            edit = next(edit for edit in waiting if edit.device == sender)
            waiting.remove(edit)
            if wins(edit, last):
                version += 1
                last = stamped(edit, last, version)
    for edit in waiting:
        if wins(edit, last):
            version += 1
            last = stamped(edit, last, version)
    assert last is not None
    assert newest is not None
    assert (last.time, last.device) == (newest.at, newest.device)
