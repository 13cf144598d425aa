"""What browsers put into JSON by themselves: bytes, and objects that grow members with every version."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE
from marshmallow.types import UnknownOption

from loyalty.web.fields import Input, Pattern


class Base64Url(Pattern):
    """Bytes, as browsers write them into JSON."""

    def __init__(self, *, max: int, **options: Any) -> None:  # noqa: A002
        super().__init__(r"^[A-Za-z0-9_-]*$", expected="base64url without padding", min=0, max=max, **options)


class BrowserMade(Input):
    """What `PublicKeyCredential.toJSON()` gives: members that we do not need, and those to come, are passed over."""

    class Meta:
        unknown: UnknownOption = EXCLUDE
