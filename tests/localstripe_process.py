"""localstripe, deaf for ``return_url``: Stripe documents it, localstripe refuses it and has no page to return from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localstripe import resources


def deaf(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``answer`` as it is, but for that one field."""
    return lambda **fields: answer(**{name: value for name, value in fields.items() if name != "return_url"})


resources.extra_apis[:] = [(method, path, deaf(answer)) for method, path, answer in resources.extra_apis]

if __name__ == "__main__":
    from localstripe import server  # reads the table above when it is imported

    server.start()
