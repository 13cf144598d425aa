"""The statement: filtered, as a table, and signed so that whoever keeps it can prove it."""

from __future__ import annotations

import csv
import json
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from loyalty import codes, ledger, sales
from loyalty.clock import SetClock
from loyalty.commands.statement import command
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.ledger import RootKey
from mobile_api.routes import statement as routes
from mobile_api.routes.statement import harmless
from tests.joined import Joined
from tests.paying import Counter, actor_of, put_program_in_force


@pytest.fixture
def counter(app: Flask, settings: Settings, clock: SetClock) -> Counter:
    put_program_in_force()
    return Counter(app, settings, clock)


@pytest.fixture
def ann(counter: Counter, clock: SetClock) -> Joined:
    """Ann topped up three times, a day apart, and bought once."""
    who = counter.join()
    for amount in (3_000, 5_000, 6_000):
        counter.top_up(who, amount)
        clock.advance(days=1)
    buy(counter, who)
    return who


def buy(counter: Counter, who: Joined) -> None:
    with transaction() as session:
        priced = sales.SaleRequest(lines=(sales.LineRequest("donut"),))
        _, answer = sales.quote(
            session, actor=actor_of(who), request=priced, secret=secret_of(counter), now=counter.now
        )
    paid = (sales.TenderRequest("wallet", answer["due_minor"]),)
    with transaction() as session:
        request = sales.SaleRequest(lines=(sales.LineRequest("donut"),), tenders=paid)
        sales.settle(
            session,
            actor=actor_of(who),
            request=request,
            key=counter.key(),
            secret=secret_of(counter),
            now=counter.now,
        )


def secret_of(counter: Counter) -> codes.CodeSecret:
    return codes.code_secret(counter.settings.secret_key)


@pytest.fixture
def get(counter: Counter, client: FlaskClient, ann: Joined) -> Any:
    return lambda path: client.get(f"/api/v1{path}", headers=ann.headers(counter.now))


def test_the_statement_can_be_narrowed(get: Any) -> None:
    every = get("/statement").get_json()["items"]
    tops = get("/statement?kind=top_up").get_json()["items"]
    assert {each["kind"] for each in tops} == {"top_up"}
    assert len(tops) == 3 < len(every)
    later = get("/statement?from=2026-03-03T12:00:00Z&until=2026-03-04T12:00:00Z").get_json()["items"]
    assert [each["occurred_at"] for each in later] == ["2026-03-03T12:00:00Z"]
    money = get("/statement?of=wallet").get_json()["items"]
    assert all(each["wallet_minor"] for each in money)
    points = get("/statement?of=points&kind=top_up,sale").get_json()["items"]
    assert all(each["points_milli"] for each in points)
    assert get("/statement?kind=TOP").status_code == 422


def test_a_narrowed_statement_is_paged_without_gaps(get: Any) -> None:
    first = get("/statement?kind=top_up&limit=2").get_json()
    second = get(f"/statement?kind=top_up&limit=2&cursor={first['next']}").get_json()
    assert len({each["seq"] for each in first["items"] + second["items"]}) == 3
    assert second["next"] is None


def test_the_table_has_every_line(get: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PART", 2)  # several parts
    answer = get("/statement.csv")
    assert answer.mimetype == "text/csv"
    assert not answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.endswith(b"\r\n")
    heading, *rows = csv.reader(StringIO(answer.text, newline=""))
    assert heading[0] == "Number"
    assert [int(row[0]) for row in rows] == list(range(len(rows), 0, -1))
    assert sorted(row[5] for row in rows if row[3] == "top_up") == ["30.00", "50.00", "60.00"]
    assert all(len(row) == len(heading) for row in rows)


def test_the_table_is_in_the_members_language(
    get: Any, client: FlaskClient, counter: Counter, ann: Joined
) -> None:
    client.patch("/api/v1/me", json={"locale": "fr"}, headers=ann.headers(counter.now))
    assert get("/statement.csv").text.startswith("Numéro,Date,")


@given(st.text())
def test_no_cell_is_run_by_a_spreadsheet(cell: str) -> None:
    safe = harmless(cell)
    assert not safe.startswith(("=", "+", "@", "\t", "\r"))
    if safe.startswith("-"):
        assert safe[1:].replace(".", "", 1).isascii()
        assert safe[1:].replace(".", "", 1).isdigit()
    assert safe.removeprefix("'") == cell.removeprefix("'")


@pytest.mark.parametrize(
    ("cell", "kept"), [("-4.20", "-4.20"), ("=1+1", "'=1+1"), ("-1+1", "'-1+1"), ("+3", "'+3")]
)
def test_numbers_stay_numbers_and_formulas_become_text(cell: str, kept: str) -> None:
    assert harmless(cell) == kept


# The signed statement.


@pytest.fixture
def kept(
    get: Any, client: FlaskClient, counter: Counter, ann: Joined
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Ann's signed statement, with a root on the way, and the published keys."""
    with transaction() as session:
        ledger.take_root(session, key=RootKey.of(counter.settings.secret_key), now=counter.now)
    counter.top_up(ann, 1_000)
    return json.loads(get("/statement.json").data), client.get("/.well-known/regulars-keys.json").get_json()


def test_a_kept_statement_is_sound_with_the_published_keys(kept: Any, counter: Counter, ann: Joined) -> None:
    document, keys = kept
    assert list(ledger.verify(document, keys)) == []
    said = document["statement"]
    assert said["member"] == ann.public_id
    assert said["balances"]["wallet_minor"] == counter.wallet(ann)
    assert [each["seq"] for each in said["lines"]] == list(range(1, said["seq"] + 1))
    assert len(said["roots"]) == 1
    assert said["roots"][0]["seq"] < said["seq"]
    assert "ann@example.com" not in json.dumps(document)
    assert "d" not in keys["keys"][0]  # the private half


def _set(path: str, value: Any) -> Any:
    def change(document: Any) -> None:
        *way, last = [int(each) if each.isdigit() else each for each in path.split("/")]
        for each in way:
            document = document[each]
        assert document[last] != value
        document[last] = value

    return change


@pytest.mark.parametrize(
    "tamper",
    [
        _set("statement/balances/wallet_minor", 99_999),
        _set("statement/lines/0/postings/0/amount", 1),
        _set("statement/lines/0/occurred_at", "2020-01-01T00:00:00Z"),
        _set("statement/head", "00" * 32),
        _set("statement/member", "m_somebody"),
        _set("signature", "eyJhbGciOiJub25lIn0.."),
        _set("signature", None),
        lambda document: document["statement"]["lines"].pop(),
        lambda document: document["statement"].pop("lines"),
        lambda document: document["statement"]["lines"][0].update(more=1),
        lambda document: document["statement"].update(roots=[]),
    ],
)
def test_a_changed_statement_is_not_sound(kept: Any, tamper: Any) -> None:
    document, keys = kept
    changed = deepcopy(document)
    tamper(changed)
    assert list(ledger.verify(changed, keys))


def test_a_statement_signed_by_somebody_else_is_not_sound(kept: Any) -> None:
    document, keys = kept
    forger = RootKey.of("another secret altogether, of somebody else")
    assert list(ledger.verify(ledger.sign(document["statement"], forger), keys)) == [
        "the signature is by a key that is not among the known ones"
    ]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_set("lines/1/seq", 7), "without a gap"),
        (_set("balances/points_milli", 1), "points_milli"),
        (_set("head", "00" * 32), "head"),
        (_set("roots/0/head", "00" * 32), "root 1"),
        (_set("roots/0/root", "00" * 32), "root 1"),
    ],
)
def test_a_statement_must_agree_with_itself_even_when_it_is_signed(
    kept: Any, counter: Counter, tamper: Any, said: str
) -> None:
    document, keys = kept
    statement = deepcopy(document["statement"])
    tamper(statement)
    again = ledger.sign(statement, RootKey.of(counter.settings.secret_key))
    assert any(said in each for each in ledger.verify(again, keys))


@pytest.mark.parametrize("nonsense", [None, [], 5, "x", {}, {"statement": 1, "signature": 2}])
def test_what_is_no_statement_is_refused(kept: Any, nonsense: Any) -> None:
    assert list(ledger.verify(nonsense, kept[1]))
    assert list(ledger.verify(kept[0], nonsense))


def test_the_command_says_by_its_exit_status(kept: Any, tmp_path: Path) -> None:
    document, keys = kept
    files = {"good": document, "bad": {**document, "signature": "a..b"}, "keys": keys}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content, indent=2))
    (tmp_path / "text").write_text("not JSON")
    run = CliRunner().invoke
    known = ["--keys", str(tmp_path / "keys")]
    good = run(command, ["verify", str(tmp_path / "good"), *known])
    assert (good.exit_code, good.output[:5]) == (0, "Sound")
    assert run(command, ["verify", str(tmp_path / "bad"), *known]).exit_code == 1
    assert run(command, ["verify", str(tmp_path / "text"), *known]).exit_code == 1
    assert run(command, ["verify", str(tmp_path / "missing")]).exit_code == 2
