"""``regulars seed``: a small crowd lives through some days by the real routes, and the books are clean."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from loyalty.commands import seed
from loyalty.config import Settings
from loyalty.db import snapshot
from loyalty.demo import seeding, serving


@pytest.fixture
def invoke(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seed, "play_settings", lambda: nullcontext(settings))
    return lambda *said: CliRunner().invoke(seed.command, list(said))


def test_a_crowd_is_made_counted_and_audited(invoke, settings: Settings) -> None:
    result = invoke("--members", "5", "--days", "14", "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["members"], made["findings"]) == (5, 0)
    assert sum(made["tiers"].values()) == 5
    with serving.own_app(settings, settings.data_dir / "log"), snapshot() as session:
        counts = session.execute(
            text(
                """SELECT (SELECT count(*) FROM sale WHERE member_id > 0),
                          (SELECT sum(total_minor - returned_minor) FROM sale),
                          (SELECT count(*) FROM device_key), (SELECT count(DISTINCT occurred_at::date) FROM sale),
                          (SELECT count(*) FROM offer_instance), (SELECT count(*) FROM outbox)"""
            )
        ).one()
    sold, turnover, phones, days, offers, waiting = counts
    assert (sold, turnover, phones) == (made["sales"], made["turnover_minor"], 5)
    assert days > 5
    assert offers == made["offers"]
    assert waiting == 0

    again = invoke("--members", "2", "--days", "3")
    assert again.exit_code == 1
    assert "5 members have joined already" in again.output
    more = invoke("--members", "2", "--days", "3", "--more", "--json")
    assert more.exit_code == 0, more.output
    assert json.loads(more.stdout)["members"] == 2


def test_no_days_without_a_program(settings: Settings, tmp_path: Path) -> None:
    from loyalty import rules
    from loyalty.actor import SYSTEM
    from loyalty.db import transaction

    now = datetime.now(UTC)
    with serving.own_app(settings, tmp_path / "log"), transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=now, now=now)
    with (
        pytest.raises(seeding.TooSoon),
        seeding.seeding(settings, count=2, days=5, number=1, now=now),
    ):
        pass
