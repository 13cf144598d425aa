"""No table that names a member is forgotten."""

from __future__ import annotations

from collections import Counter

from loyalty.dossier import PARTS
from loyalty.models import metadata

# Columns that hold a member's number under another name.
OTHER_NAMES = {"referrer", "merged_into", "bought_by", "claimed_by"}
# Numbers that were drawn before anybody had them; they say nothing about a member.
RESERVED = {("replay_chunk", "member_ids")}


def test_every_column_that_names_a_member_says_what_becomes_of_it() -> None:
    import loyalty.web.limits  # noqa: F401 - its table names nobody

    there = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name == "member_id" or column.name in OTHER_NAMES
    }
    assert {(part.table, part.column) for part in PARTS} == there


def test_no_other_column_looks_like_a_members_number() -> None:
    suspects = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if "member" in column.name and column.name != "member_id"
    }
    assert suspects == RESERVED


def test_nothing_stands_there_twice_and_parents_before_children() -> None:
    assert Counter((part.table, part.column) for part in PARTS).most_common(1)[0][1] == 1
    places = {part.table: place for place, part in reversed(list(enumerate(PARTS)))}
    for part in PARTS:
        for key in metadata.tables[part.table].foreign_keys:
            parent = key.column.table.name
            if parent != part.table:
                assert places[parent] < places[part.table], f"{parent} before {part.table}"


def test_secrets_and_hashes_are_not_exported() -> None:
    for part in PARTS:
        # The hash chain of the ledger is the member's own proof.
        if part.export and part.table != "ledger_transaction":
            shown = {column.name for column in metadata.tables[part.table].columns} - set(part.hide)
            assert not {name for name in shown if "hash" in name or "seed" in name or "secret" in name}, (
                part.table
            )
