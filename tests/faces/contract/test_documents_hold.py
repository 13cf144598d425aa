"""schemathesis sends what the OpenAPI documents allow and what they do not: no 5xx, no undocumented answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings

import mobile_api
import pos_adapter
from tests.faces.contract.here import HERE

MEMBERS = schemathesis.openapi.from_dict(mobile_api.FACE.document)
TILLS = schemathesis.openapi.from_dict(pos_adapter.FACE.document)
MEMBERS.app = TILLS.app = HERE
FEW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Meets = Callable[[Any, dict[str, str]], None]


@FEW
@MEMBERS.parametrize()
def test_the_members_api_answers_as_documented(
    case: Any, meets: Meets, member_headers: dict[str, str]
) -> None:
    meets(case, member_headers)


@FEW
@TILLS.parametrize()
def test_the_tills_api_answers_as_documented(case: Any, meets: Meets, till_headers: dict[str, str]) -> None:
    meets(case, till_headers)
