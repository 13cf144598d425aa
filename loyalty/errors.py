"""The kinds of refusal. A feature subclasses the kind that fits and gives it a stable ``code``.

The domain names the kind and the code; ``loyalty/web/errors.py`` names the HTTP status of each kind, and nobody
compares texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


class DomainError(Exception):
    """Something that was asked for and is refused; nothing was changed.

    ``code`` is stable and made for programs. ``detail`` is one English sentence for a person; ``data`` has the
    facts in it (integers in their units), so that a face can say the same in another language. ``keeps`` is set
    where something written must stay although this is raised: a used-up try, the refusal a retry will get.
    """

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "This was refused."
    keeps: bool = False

    def __init__(self, detail: str | None = None, **data: Any) -> None:
        self.data: dict[str, Any] = data
        self.detail: str = detail if detail is not None else self.text.format(**data)
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with an input: where (an RFC 6901 JSON pointer), what, and what would be right."""

    pointer: str
    detail: str
    code: str = "invalid"


class Invalid(DomainError):
    """The input is not well formed; ``flaws`` says where."""

    code = "invalid"
    text = "The request is not valid."

    def __init__(self, detail: str | None = None, *, flaws: tuple[Flaw, ...] = (), **data: Any) -> None:
        super().__init__(detail, **data)
        self.flaws = flaws


class Refused(DomainError):
    """Well formed, but the state of things does not allow it."""


class Missing(DomainError):
    """There is no such thing, or the caller may not know that there is."""

    code = "not_found"
    text = "There is no such thing."


class Outdated(DomainError):
    """The caller speaks a version of the protocol that is not served; an update helps, and nothing is lost."""

    code = "update_needed"
    text = "This version is not served. Please update."


class Unserved(DomainError):
    """This server cannot do it, whoever asks; another one, or another way, can."""


class Denied(DomainError):
    """The caller is known and may not."""

    code = "not_allowed"
    text = "You are not allowed to do this."


class Unauthenticated(DomainError):
    """The caller is not known, or no longer."""

    code = "unauthenticated"
    text = "Sign in first."


class PaymentDeclined(DomainError):
    """The payment provider or the wallet does not cover it."""

    code = "payment_declined"
    text = "The payment was declined."


class TooMany(DomainError):
    """A limit on attempts; ``retry_after_seconds`` says when to come back."""

    code = "too_many_attempts"
    text = "Too many attempts. Try again in {retry_after_seconds} seconds."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 60, **data: Any) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(detail, retry_after_seconds=retry_after_seconds, **data)


class Busy(DomainError):
    """Somebody else holds what is needed; the same request may be sent again."""

    code = "busy"
    text = "Busy. Send the same request again."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1, **data: Any) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(detail, **data)
