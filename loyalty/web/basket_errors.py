"""What a basket, a scanned code and a return may be refused for, wherever they come from."""

from __future__ import annotations

from typing import Final

from loyalty import codes, ledger, rules, wallet
from loyalty.errors import DomainError
from loyalty.rules import refusals as rules_refusals
from loyalty.sales import contention, identity, refusals

# What a basket may be refused for, in the one evaluator, wherever it comes from.
BASKET_ERRORS: Final[tuple[type[DomainError], ...]] = (
    rules.NoProgram,
    rules_refusals.CouponNotApplicable,
    rules_refusals.LimitReached,
    rules_refusals.NotHere,
    rules_refusals.NotNow,
    rules_refusals.RewardNotApplicable,
    rules_refusals.RewardUnknown,
    rules_refusals.TierTooLow,
    rules_refusals.UsedThisPeriod,
    ledger.InsufficientPoints,
    contention.AlreadySpent,
    ledger.InsufficientFunds,
    ledger.HoldMissing,
    ledger.HoldTooSmall,
    refusals.CouponLapsed,
    refusals.CouponMissing,
    refusals.CouponUsedUp,
    refusals.MemberBlocked,
    refusals.NobodyScanned,
    refusals.Overpaid,
    refusals.PriceChanged,
    refusals.SaleExists,
    refusals.SoldOut,
    refusals.TimeInFuture,
    refusals.Underpaid,
    refusals.KeyReused,
    identity.MayNotSellGiftCards,
    identity.NotYours,
    wallet.AmountOutOfRange,
    wallet.PaymentNotUsable,
)


# What a scanned code may be refused for.
CODE_ERRORS: Final[tuple[type[DomainError], ...]] = (
    codes.CodeAlreadyUsed,
    codes.CodeDeviceRevoked,
    codes.CodeExpired,
    codes.CodeForged,
    codes.CodeFromFuture,
    codes.CodeInvalid,
    codes.CodeMistyped,
    codes.CodeRolledBack,
    codes.CodeStaleEpoch,
    codes.CodeTooLong,
    codes.CodeUnknown,
    codes.NumberLocked,
    codes.NumberWrong,
    refusals.CodeCannotPay,
    refusals.NumberCap,
    refusals.TillRevoked,
)


RETURN_ERRORS: Final[tuple[type[DomainError], ...]] = (
    ledger.InsufficientPoints,
    refusals.AlreadyVoided,
    refusals.KeyReused,
    refusals.LineMissing,
    refusals.ReturnTooMuch,
    refusals.SaleMissing,
    refusals.TillRevoked,
    wallet.GiftCardUsed,
)
