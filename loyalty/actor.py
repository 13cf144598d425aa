"""Who acts: the caller of a verb, as a plain value the domain can trust."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loyalty.errors import Denied

ActorKind = Literal["member", "till", "staff", "vendor", "system"]


class PermissionDenied(Denied):
    """The caller lacks a permission: the one code for it, whoever asks for the permission."""

    code = "permission_missing"
    text = "This needs the permission {permission}."


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who was authenticated by a face, and what they may do.

    ``id`` is the device of a member, the till, the staff account or the vendor's connection; ``client`` (its
    string form) is the scope of idempotency keys.
    """

    kind: ActorKind
    id: str
    channel: Literal["app", "web", "store"] = "store"
    member_id: int | None = None
    store: str | None = None
    staff_id: str | None = None
    permissions: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def client(self) -> str:
        """Return the scope in which this actor's idempotency keys are unique."""
        return f"{self.kind}:{self.id}"

    def may(self, permission: str) -> bool:
        """Tell whether this actor holds ``permission`` (the system holds all)."""
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise ``PermissionDenied`` unless this actor holds ``permission``."""
        if not self.may(permission):
            raise PermissionDenied(permission=permission)


SYSTEM = Actor(kind="system", id="system")
