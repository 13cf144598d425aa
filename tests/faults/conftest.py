"""A house for the tests of one module: made once, set on fire by each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.house import House, house


@pytest.fixture(scope="module")
def home() -> Iterator[House]:
    """Return a house with its web server running; whoever changes its database changes it back."""
    with house() as made:
        made.open()
        yield made
