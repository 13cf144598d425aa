"""Who invited whom: the link a member shares, the newcomer it brings, and the moment both are thanked for."""

from loyalty.referrals.policy import code_of, read_code
from loyalty.referrals.service import OCCASIONS, Referrals, join_by, of_member, thank

__all__ = ["OCCASIONS", "Referrals", "code_of", "join_by", "of_member", "read_code", "thank"]
