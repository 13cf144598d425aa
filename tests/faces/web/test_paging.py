"""A cursor goes on where its own list stopped, and nowhere else."""

from __future__ import annotations

import base64

import pytest
from flask.testing import FlaskClient

from loyalty.web.errors import BadInput
from loyalty.web.paging import Cursors, page_of
from tests.faces.web.sample import SECRET, Cup


@pytest.fixture
def cursors() -> Cursors:
    return Cursors(SECRET)


@pytest.mark.parametrize("position", [[5], ["2026-03-02T12:00:00Z", "a-b"], [None, 0, "é"], []])
def test_a_position_is_read_back(cursors: Cursors, position) -> None:
    cursor = cursors.write("statement:7", position)
    assert cursors.read("statement:7", cursor) == position
    assert len(cursor) < 100


def test_no_cursor_is_the_beginning(cursors: Cursors) -> None:
    assert cursors.read("statement:7", None) is None


def test_a_cursor_of_another_list_or_another_member_is_refused(cursors: Cursors) -> None:
    cursor = cursors.write("statement:7", [5])
    for scope in ("statement:8", "sales:7", "", "statement:7 "):
        with pytest.raises(BadInput):
            cursors.read(scope, cursor)


def test_a_changed_cursor_is_refused(cursors: Cursors) -> None:
    cursor = cursors.write("statement:7", [5])
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(BadInput):
            cursors.read("statement:7", base64.urlsafe_b64encode(changed).decode().rstrip("="))


@pytest.mark.parametrize("cursor", ["", "A", "AAAA", "A" * 16, "A" * 400, "####"])
def test_what_is_no_cursor_is_refused(cursors: Cursors, cursor: str) -> None:
    with pytest.raises(BadInput):
        cursors.read("statement:7", cursor)


def test_a_list_goes_on_by_its_cursor(client: FlaskClient) -> None:
    first = client.get("/sample/cups?limit=10").json["next"]
    second = client.get(f"/sample/cups?limit=10&cursor={first}").json["next"]
    assert first != second
    refused = client.get(f"/sample/cups?cursor={first[:-1]}A")
    assert refused.json["errors"][0]["parameter"] == "cursor"


def test_a_page_is_named_after_its_item() -> None:
    assert page_of(Cup).__name__ == "CupPage"
