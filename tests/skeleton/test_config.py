"""Settings are read strictly: what could be dangerous in production is refused with a sentence."""

import stat
from pathlib import Path

import pytest

from loyalty.config import ConfigError, Settings

GOOD = "kP3xJ0uJcJm1xq0nV7w9d2YbT5sQzRfLhGtEaWoIyU"


def read(**variables: str) -> Settings:
    return Settings.from_environ({f"REGULARS_{name.upper()}": value for name, value in variables.items()})


def test_defaults_are_those_of_production() -> None:
    settings = read(secret_key=GOOD)
    assert settings.mode == "production"
    assert settings.is_public
    assert settings.rate_limits


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("", "REGULARS_SECRET_KEY is missing"),
        (GOOD[:31], "REGULARS_SECRET_KEY is too weak"),
        ("a" * 64, "REGULARS_SECRET_KEY is too weak"),
        ("please-change-this-now-please-change-0123456789", "looks like a sample"),
    ],
)
def test_weak_secrets_are_refused(secret: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(secret_key=secret)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"mode": "prod"}, "REGULARS_MODE must be one of production, demo, dev, test"),
        ({"database_url": "mysql://x/y"}, "REGULARS_DATABASE_URL must begin with postgresql://"),
        ({"public_url": "loyalty.example"}, "REGULARS_PUBLIC_URL must begin with http:// or https://"),
        ({"rate_limits": "maybe"}, "REGULARS_RATE_LIMITS must be on or off, not 'maybe'"),
        ({"trusted_proxies": "-1"}, "REGULARS_TRUSTED_PROXIES must be a number"),
        ({"smtp_url": "mail.example"}, "REGULARS_SMTP_URL must begin with smtp://"),
        ({"stripe_secret_key": "sk_x"}, "REGULARS_STRIPE_WEBHOOK_SECRET is missing"),
        ({"log_format": "xml"}, "REGULARS_LOG_FORMAT must be json or console"),
    ],
)
def test_wrong_settings_are_named(variables: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(secret_key=GOOD, **variables)


def test_values_are_read() -> None:
    settings = read(
        secret_key=GOOD,
        database_url="postgres://u:p@h/d",
        rate_limits="off",
        trusted_proxies="2",
        data_dir="/x",
    )
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"
    assert not settings.rate_limits
    assert settings.trusted_proxies == 2
    assert settings.data_dir == Path("/x")


def test_secrets_are_not_printed() -> None:
    assert GOOD not in repr(read(secret_key=GOOD))
    assert "p@h" not in repr(read(secret_key=GOOD, database_url="postgresql://u:p@h/d"))


def test_a_demo_makes_its_secret_once(tmp_path: Path) -> None:
    first = read(mode="demo", data_dir=str(tmp_path / "data"))
    assert read(mode="demo", data_dir=str(tmp_path / "data")).secret_key == first.secret_key
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]
