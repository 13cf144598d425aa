"""Why there is no pass."""

from __future__ import annotations

from loyalty.errors import Missing, Unauthenticated


class PassNotOffered(Missing):
    """The operator has not set up this kind of pass."""

    code = "pass_not_offered"
    text = "This kind of pass is not offered here."


class PassUnknown(Unauthenticated):
    """No such pass, or the token is not its own."""

    code = "pass_unknown"
    text = "This is not the token of the pass."
