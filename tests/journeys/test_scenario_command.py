"""The scenario command itself: a wrong expectation fails and is shown, a wrong file says where, exit statuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from loyalty import scenarios
from loyalty.commands.scenario import command
from loyalty.postgres import Server

FOLDER = Path(__file__).parents[1] / "scenarios"
LATTE = "{member: ann, lines: [{sku: latte, price: '6.90'}]}"
SALE = f"""
name: a latte
members: {{ann: {{tier: green}}}}
steps:
  - at: 2026-03-10T09:00
    sale: {LATTE}
    expect: {{earned: EARNED}}
"""


@pytest.fixture(scope="module")
def workshop(server: Server) -> Iterator[scenarios.Workshop]:
    with (
        TemporaryDirectory() as folder,
        scenarios.Workshop(server, mode="test", data_dir=Path(folder)) as workshop,
    ):
        yield workshop


@pytest.fixture
def play(workshop: scenarios.Workshop) -> Callable[..., scenarios.Result]:
    def run(text: str, door: str = "store") -> scenarios.Result:
        (document,) = scenarios.load_text(text, path="here.yaml")
        return scenarios.play(workshop, scenarios.read(document, path="here.yaml"), door)

    return run


def read(text: str) -> list[scenarios.Scenario]:
    return [scenarios.read(each, path="here.yaml") for each in scenarios.load_text(text, path="here.yaml")]


def flaws_of(text: str) -> list[str]:
    with pytest.raises(scenarios.FormatInvalid) as invalid:
        read(text)
    return [f"{flaw.pointer}: {flaw.detail}" for flaw in invalid.value.flaws]


def regulars(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


# What is not as expected


def differences(result: scenarios.Result) -> list[tuple[str, str, str]]:
    return [
        (each.key, each.expected, each.got) for failure in result.failures for each in failure.differences
    ]


def test_a_wrong_expectation_fails_and_says_what_came(play: Any) -> None:
    result = play(SALE.replace("EARNED", "7"))
    assert differences(result) == [("earned", "7.000", "6.900")]
    assert (result.failures[0].step, result.failures[0].what) == (1, "sale")


@pytest.mark.parametrize(
    ("expect", "expected"),
    [
        ("{discount: 1}", [("discount", "1.00", "0.00")]),
        ("{due: 1}", [("due", "1.00", "6.90")]),
        ("{total: '6.905'}", None),
        ("{points: '6.901'}", [("points", "6.901", "6.900")]),
        ("{tier: gold}", [("tier", "gold", "green")]),
        ("{tier_until: 2027-01-01}", [("tier_until", "2027-01-01", "none")]),
        ("{wallet: 1}", [("wallet", "1.00", "0.00")]),
        ("{error: code_expired}", [("error", "code_expired", "no refusal")]),
        ("{warnings: [value_lost]}", [("warnings", "value_lost", "none")]),
        ("{refund: {cash: 1}}", [("refund", "cash 1.00", "nothing")]),
        ("{says: [nonsense]}", None),
        ("{lots: []}", None),
        ("{lots: [{points: '6.90', expires_at: 2026-09-29}]}", None),
        ("{grants: [birthday-item]}", [("grants", "reward birthday-item", "none")]),
        ("{challenge: {three-days: 1}}", [("challenge.three-days", "1", "none")]),
        ("{ann: {points: 1}}", [("ann.points", "1.000", "6.900")]),
        ("{taken: 1}", [("taken", "1", "nothing: this step has no such value")]),
        ("{lines: {'1': {earned: 1}}}", [("lines.1.earned", "1.000", "6.900")]),
        ("{visits: 2}", [("visits", "2", "1")]),
    ],
)
def test_every_kind_of_expectation_can_fail(play: Any, expect: str, expected: Any) -> None:
    result = play(SALE.replace("{earned: EARNED}", expect))
    assert not result.ok
    if expected is not None:
        assert differences(result) == expected


def test_a_refusal_that_nobody_expected_fails(play: Any) -> None:
    text = SALE.replace("EARNED", "0").replace("price: '6.90'}]", "price: '6.90'}], rewards: [ladder-200]")
    ((key, _, got),) = differences(play(text))
    assert key == "error"
    assert got.startswith("insufficient_points (")


def test_a_quote_is_left_out_by_a_till_without_a_network_and_nothing_else(play: Any) -> None:
    result = play(SALE.replace("sale:", "quote:").replace("EARNED", "99"), "offline")
    assert result.ok
    assert result.notes == ["step 1 is left out: a till without a network quotes nothing"]


def test_what_a_phone_cannot_do_is_said(play: Any) -> None:
    text = SALE.replace("EARNED", "6.90").replace("'6.90'}]", "'6.90'}], pay: [{cash: 10}]")
    result = play(text, "app")
    assert result.ok
    assert result.notes == ["step 1: paid by card: nobody can hand cash to a phone"]


# What a file may say


def test_an_unknown_key_is_an_error_that_names_the_nearest_one() -> None:
    (flaw,) = flaws_of(SALE.replace("members", "membres").replace("EARNED", "1"))
    assert flaw.startswith("/membres: unknown key membres; did you mean members?")
    (flaw,) = flaws_of(SALE.replace("price", "prise").replace("EARNED", "1"))
    assert flaw.startswith("/steps/0/sale/lines/0/prise: unknown key prise; did you mean price?")
    (flaw,) = flaws_of(SALE.replace("earned: EARNED", "eanred: 1"))
    assert flaw.startswith("/steps/0/expect/eanred: unknown key eanred; did you mean earned?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", ": expected a scenario"),
        ("name: x", ": expected steps in a scenario"),
        ("steps: []", "/steps: expected a list of steps"),
        ("steps: [{at: tomorrow}]", "/steps/0/at: expected 2026-05-10"),
        (
            "steps: [{sale: {lines: [x], pay: [{shells: 1}]}}]",
            "/steps/0/sale/pay/0/shells: expected one of wallet",
        ),
        ("steps: [{sale: {lines: [x]}, void: s}]", "/steps/0: a step does one thing, not sale and void"),
        (
            "steps: [{sale: {lines: [{sku: x, price: 1e3}]}}]",
            "/steps/0/sale/lines/0/price: expected a number",
        ),
        ("steps: [{sale: {member: bob, lines: [x]}}]", "/steps/0: there is no member bob"),
        ("steps: [{expect: {bob: {points: 1}}}]", "/steps/0: there is no member bob"),
        ("steps: [{top_up: {member: ann}}]", "/steps/0/top_up: expected amount in a top-up"),
        ("steps: [{void: s}", ": expected YAML"),
        ("{name: x, name: y, steps: [{}]}", ": expected YAML; the key name is there twice"),
        ("", ": expected a scenario: the file is empty"),
    ],
)
def test_a_wrong_file_says_where_and_what_was_expected(text: str, expected: str) -> None:
    assert any(flaw.startswith(expected) for flaw in flaws_of(text)), flaws_of(text)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(flaws_of("steps: [{at: never}, {sale: {lines: [{price: x}]}}]")) == 3


def test_yaml_is_read_as_people_mean_it() -> None:
    (document,) = scenarios.load_text(
        "{on: no, price: 11.250, day: 2026-05-10, hour: 12:30, off: true}", path="x"
    )
    assert document == {
        "on": "no",
        "price": pytest.approx(11.25),
        "day": "2026-05-10",
        "hour": "12:30",
        "off": True,
    }
    assert str(document["price"]) == "11.250"


def test_the_program_of_a_scenario_is_checked_with_its_paths(play: Any) -> None:
    with pytest.raises(scenarios.FormatInvalid) as invalid:
        play(SALE.replace("EARNED", "1") + "program: {settings: {roundign: exact}}")
    assert invalid.value.flaws[0].pointer == "/program/settings/roundign"


# The published schema


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_fits_the_published_schema(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(scenarios.json_schema())
    for document in scenarios.load(path):
        if "steps" in document:
            validator.validate(document)


def test_the_schema_is_a_schema_and_refuses_unknown_keys() -> None:
    schema = scenarios.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not validator.is_valid({"steps": [{"sale": {"lines": ["latte"], "prise": 1}}]})
    assert not validator.is_valid({"steps": []})
    assert validator.is_valid({"steps": [{"at": "2026-01-01", "sale": {"lines": ["latte"]}}]})


# The command


def test_the_command_ends_with_0_1_or_2(tmp_path: Path) -> None:
    good, bad, broken = (tmp_path / name for name in ("good.yaml", "bad.yml", "broken.yaml"))
    good.write_text(SALE.replace("EARNED", "6.90"))
    bad.write_text(SALE.replace("EARNED", "7"))
    passed = regulars(str(good), "--through", "store")
    assert (passed.exit_code, "1 passed, 0 failed" in passed.output) == (0, True)
    assert '"event": "request"' not in passed.output
    failed = regulars(str(tmp_path), "--through", "store", "--json")
    assert failed.exit_code == 1
    report = json.loads(failed.stdout)
    assert (report["ok"], report["passed"], report["failed"]) == (False, 1, 1)
    (result,) = [each for each in report["results"] if not each["ok"]]
    assert result["failures"][0]["differences"] == [{"key": "earned", "expected": "7.000", "got": "6.900"}]
    broken.write_text("steps: 1")
    invalid = regulars(str(broken))
    assert invalid.exit_code == 2
    assert "/steps: expected a list of steps" in invalid.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name scenario files"),
        (("nowhere.yaml",), "There is no nowhere.yaml."),
        ((str(FOLDER), "--through", "stroe"), "there is no door stroe; did you mean store?"),
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    result = regulars(*arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_help_documents_every_key_and_the_schema_is_printed() -> None:
    told = regulars("--help").output
    for _, rows in scenarios.described():
        for key, _ in rows:
            assert f"  {key} " in told or f"  {key}\n" in told, key
    assert json.loads(regulars("--schema").stdout) == scenarios.json_schema()


def test_an_unexpected_error_is_a_failure_of_that_scenario_only(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty.scenarios.doors.store import Store

    def fail(*_: object) -> None:
        raise ZeroDivisionError("oh")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "sale", fail)
        assert differences(play(SALE.replace("EARNED", "1"))) == [
            ("besides", "an answer", "ZeroDivisionError: oh")
        ]
    assert play(SALE.replace("EARNED", "6.90")).ok


def test_a_wrong_file_names_the_line_in_every_document_of_it(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(
        "name: one\nmembers: [ann]\nsteps: [{at: 2026-03-10, expect: {}}]\n---\nname: two\n"
        "members: {ann: {}}\nsteps:\n  - at: 2026-03-10T09:00\n    expekt: {points: 0}\n"
        "---\nname: three\nmembers:\n  ann:\n    tier: golden\nsteps: [{at: 2026-03-10, expect: {}}]\n"
    )
    wrong = regulars(str(file), "--through", "store", "--json")
    assert wrong.exit_code == 2
    flaws = [flaw for each in json.loads(wrong.stdout)["invalid"] for flaw in each["flaws"]]
    assert [(flaw["line"], flaw["pointer"]) for flaw in flaws] == [
        (9, "/steps/0/expekt"),
        (14, "/members/ann/tier"),
    ]


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("{name: x, members: {ann: {wallet: -5}}, steps: [{expect: {}}]}", "/members/ann/wallet"),
        ("{name: x, members: {ann: {lots: [-1]}}, steps: [{expect: {}}]}", "/members/ann/lots/0/points"),
        ("{name: x, steps: [{return: }]}", "/steps/0/return"),
        ("{name: x, steps: [{return: {lines: [{line: a}]}}]}", "/steps/0/return/lines/0"),
    ],
)
def test_what_cannot_be_at_the_beginning_is_a_flaw(text: str, pointer: str) -> None:
    assert any(flaw.startswith(f"{pointer}: expected") for flaw in flaws_of(text))


@pytest.mark.parametrize("start", ["tier: golden", "offers: [nope]", "coupons: [nope]", "grants: [nope]"])
def test_a_name_that_the_program_does_not_know_is_a_flaw(play: Any, start: str) -> None:
    with pytest.raises(scenarios.FormatInvalid, match="the program has no"):
        play(f"{{name: x, members: {{ann: {{{start}}}}}, steps: [{{expect: {{}}}}]}}")


def test_removing_what_a_program_does_not_have_is_a_flaw(play: Any) -> None:
    with pytest.raises(scenarios.FormatInvalid, match="no green-bass to remove; did you mean green-base"):
        play("{name: x, program: {rules: [{key: green-bass, remove: true}]}, steps: [{expect: {}}]}")


def test_a_till_without_a_network_takes_no_more_from_a_wallet_than_it_knows_to_be_there(play: Any) -> None:
    text = (
        "{name: x, members: {ann: {wallet: 5}}, steps: [{at: 2026-03-10T09:00, sale: {member: ann, "
        "lines: [{sku: latte, price: 7}], pay: [{wallet: 7}] LATE}, expect: EXPECT}]}"
    )
    refused = "{error: insufficient_funds, missing: 2, wallet: 5}"
    assert play(text.replace(" LATE", "").replace("EXPECT", refused), "offline").ok
    late = text.replace(" LATE", ", offline: true").replace("EXPECT", "{earned: 7, wallet: 0, risk: 2}")
    assert play(late, "offline").ok
