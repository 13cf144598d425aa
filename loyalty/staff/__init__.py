"""The staff: who works here, who may do what, tills and sign-ins, and what everybody did."""

from loyalty.actor import PermissionDenied
from loyalty.staff.accounts import add, deactivate, require, set_pin, set_role
from loyalty.staff.audit import record
from loyalty.staff.enrollment import SEEN_EVERY, enroll, offer_enrollment, revoke, seen, set_key
from loyalty.staff.models import Staff, StaffAct, Till
from loyalty.staff.policy import ENROLLMENT_LIFETIME, GRANTS, PERMISSIONS, ROLES, permissions_of
from loyalty.staff.queries import (
    STANDING,
    Standing,
    acts,
    cashiers_of,
    people,
    person,
    person_named,
    session_at,
    standing,
    standing_of,
    till,
    tills,
)
from loyalty.staff.refusals import (
    EmailTaken,
    EnrollmentInvalid,
    PinInvalid,
    PinLocked,
    PinWrong,
    RoleTooHigh,
    RoleUnknown,
    StaffMissing,
    TillMissing,
)
from loyalty.staff.shifts import count_pin_try, sign_in, sign_out

__all__ = [
    "ENROLLMENT_LIFETIME",
    "GRANTS",
    "PERMISSIONS",
    "ROLES",
    "SEEN_EVERY",
    "STANDING",
    "EmailTaken",
    "EnrollmentInvalid",
    "PermissionDenied",
    "PinInvalid",
    "PinLocked",
    "PinWrong",
    "RoleTooHigh",
    "RoleUnknown",
    "Staff",
    "StaffAct",
    "StaffMissing",
    "Standing",
    "Till",
    "TillMissing",
    "acts",
    "add",
    "cashiers_of",
    "count_pin_try",
    "deactivate",
    "enroll",
    "offer_enrollment",
    "people",
    "permissions_of",
    "person",
    "person_named",
    "record",
    "require",
    "revoke",
    "seen",
    "session_at",
    "set_key",
    "set_pin",
    "set_role",
    "sign_in",
    "sign_out",
    "standing",
    "standing_of",
    "till",
    "tills",
]
