"""The settings of a running Regulars, read once from ``REGULARS_*`` environment variables."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal, cast, get_args
from urllib.parse import urlsplit

Mode = Literal["production", "demo", "dev", "test"]

SECRET_BYTES: Final = 32
_SAMPLES: Final = (
    "change",
    "secret",
    "example",
    "sample",
    "password",
    "regulars",
    "default",
    "insecure",
    "12345",
)
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


class ConfigError(Exception):
    """A setting is missing or wrong; the text names the variable and what would be right."""


def _said(help: str, default: str = "") -> str:  # noqa: A002 - the word a reader expects
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator decides. ``regulars config`` prints the variables with these texts."""

    secret_key: str = field(
        repr=False,
        metadata={"help": "Signs tokens; at least 32 random bytes. Made by itself in demo and dev."},
    )
    mode: Mode = field(default="production", metadata={"help": "production, demo, dev or test."})
    data_dir: Path = field(
        default=Path(".data"), metadata={"help": "Folder of the embedded database and of generated secrets."}
    )
    database_url: str = field(
        default="",
        repr=False,
        metadata={"help": "PostgreSQL 15 or newer, as postgresql://…; empty: the embedded server."},
    )
    public_url: str = _said("Where people reach this server; in links and mails.", "http://localhost:8000")
    trusted_proxies: int = field(
        default=0, metadata={"help": "How many reverse proxies in front set X-Forwarded-For; 0: none."}
    )
    rate_limits: bool = field(
        default=True, metadata={"help": "Limit sign-in, PIN and code attempts: on or off."}
    )
    old_secret_keys: str = field(
        default="",
        repr=False,
        metadata={"help": "Former secret keys, by comma: what they signed stays valid until it expires."},
    )
    cors_origins: str = _said("Other sites whose pages may call the APIs, by comma; empty: none.")
    metrics_token: str = field(
        default="",
        repr=False,
        metadata={"help": "Lets a scraper elsewhere read /metrics; empty: only this machine."},
    )
    smtp_url: str = field(
        default="",
        repr=False,
        metadata={"help": "Mail server: smtp://, smtp+starttls:// or smtps://user:password@host:port."},
    )
    mail_from: str = _said("Sender of mails.", "Regulars <regulars@localhost>")
    stripe_secret_key: str = field(
        default="",
        repr=False,
        metadata={"help": "Stripe's secret key; empty: the demo's test-card provider."},
    )
    stripe_webhook_secret: str = field(
        default="", repr=False, metadata={"help": "Signing secret of Stripe's webhook endpoint."}
    )
    stripe_api_base: str = _said("Another address of Stripe's API, for tests against localstripe.")
    apple_pass_type_id: str = _said("Pass type of Apple Wallet, such as pass.com.example.card; empty: none.")
    apple_pass_team_id: str = _said("Apple's name of your team, ten characters.")
    apple_pass_certificate: str = _said("File with the pass type's certificate (PEM).")
    apple_pass_key: str = _said("File with the certificate's key (PEM, without password).")
    apple_pass_intermediate: str = _said("File with Apple's WWDR certificate (PEM).")
    google_wallet_issuer_id: str = _said("Your issuer id of Google Wallet; empty: none.")
    google_wallet_account: str = _said("File of the service account that signs (JSON).")
    log_format: str = _said("json, or console for people.", "json")
    sentry_dsn: str = field(
        default="", repr=False, metadata={"help": "Sentry's address; needs the extra 'sentry'."}
    )

    def __post_init__(self) -> None:
        _check(self)

    @property
    def is_public(self) -> bool:
        """Tell whether strangers can reach it: then nothing generated, nothing unlimited, nothing shown."""
        return self.mode == "production"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **given: object) -> Settings:
        """Read ``REGULARS_*`` (from ``os.environ`` if not given); ``given`` values come first.

        In the modes demo and dev a missing secret key is made once and kept in ``<data_dir>/secret``.
        """
        environ = os.environ if environ is None else environ
        known = {f"REGULARS_{each.name.upper()}": each.name for each in fields(cls)}
        read: dict[str, object] = {
            name: _parsed(variable, environ[variable])
            for variable, name in known.items()
            if environ.get(variable, "") != ""
        }
        read.update(given)
        if not read.get("secret_key") and read.get("mode") in ("demo", "dev"):
            read["secret_key"] = _kept_secret(cast(Path, read.get("data_dir", Path(".data"))))
        read.setdefault("secret_key", "")
        return cls(**read)  # pyright: ignore[reportArgumentType] - _parsed and _check look at every value


def _parsed(variable: str, value: str) -> object:
    match variable:
        case "REGULARS_DATA_DIR":
            return Path(value)
        case "REGULARS_TRUSTED_PROXIES":
            if not value.isascii() or not value.isdigit():
                raise ConfigError(f"{variable} must be a number such as 1, not {value!r}.")
            return int(value)
        case "REGULARS_RATE_LIMITS":
            if value.lower() not in _YES | _NO:
                raise ConfigError(f"{variable} must be on or off, not {value!r}.")
            return value.lower() in _YES
        case "REGULARS_DATABASE_URL":
            return _with_driver(value)
        case _:
            return value


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg"
    return scheme + separator + rest


def _check(settings: Settings) -> None:
    if settings.mode not in get_args(Mode):
        raise ConfigError(f"REGULARS_MODE must be one of {', '.join(get_args(Mode))}, not {settings.mode!r}.")
    _check_secret(settings)
    if settings.database_url and not settings.database_url.startswith("postgresql+psycopg://"):
        raise ConfigError("REGULARS_DATABASE_URL must begin with postgresql://.")
    _check_url("REGULARS_PUBLIC_URL", settings.public_url, ("http", "https"))
    if settings.smtp_url:
        _check_url("REGULARS_SMTP_URL", settings.smtp_url, ("smtp", "smtp+starttls", "smtps"))
    if settings.log_format not in ("json", "console"):
        raise ConfigError(f"REGULARS_LOG_FORMAT must be json or console, not {settings.log_format!r}.")
    _check_passes(settings)
    if settings.stripe_secret_key and not settings.stripe_webhook_secret:
        raise ConfigError(
            "REGULARS_STRIPE_WEBHOOK_SECRET is missing: without it nobody could trust a webhook."
        )


_APPLE_PASS: Final = ("type_id", "team_id", "certificate", "key", "intermediate")
_GOOGLE_WALLET: Final = ("issuer_id", "account")
_FILES: Final = frozenset({"certificate", "key", "intermediate", "account"})


def _check_passes(settings: Settings) -> None:
    for prefix, names in (("apple_pass", _APPLE_PASS), ("google_wallet", _GOOGLE_WALLET)):
        values = {
            f"REGULARS_{prefix}_{name}".upper(): getattr(settings, f"{prefix}_{name}") for name in names
        }
        missing = [variable for variable, value in values.items() if not value]
        if missing and len(missing) < len(values):
            raise ConfigError(
                f"{' and '.join(missing)} missing: a wallet's pass needs all of {', '.join(values)}."
            )
        for (variable, value), name in zip(values.items(), names, strict=True):
            if value and name in _FILES and not Path(value).is_file():
                raise ConfigError(f"{variable} must name a file; there is none at {value}.")


def _check_secret(settings: Settings) -> None:
    key = settings.secret_key
    advice = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if not key:
        raise ConfigError(f"REGULARS_SECRET_KEY is missing; {advice}")
    if len(key.encode()) < SECRET_BYTES or len(set(key)) < SECRET_BYTES // 4:
        raise ConfigError(
            f"REGULARS_SECRET_KEY is too weak ({SECRET_BYTES} random bytes are needed); {advice}"
        )
    if settings.is_public and any(sample in key.lower() for sample in _SAMPLES):
        raise ConfigError(f"REGULARS_SECRET_KEY looks like a sample; {advice}")


def _check_url(variable: str, value: str, schemes: tuple[str, ...]) -> None:
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname:
        raise ConfigError(
            f"{variable} must begin with {' or '.join(f'{each}://' for each in schemes)} and name a host."
        )


def _kept_secret(folder: Path) -> str:
    """Return the secret of this data folder, made once; two processes that start at once agree on one."""
    path = folder / "secret"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = folder / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("ascii").strip()
