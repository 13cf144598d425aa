"""Stored value.

Money in by card, cash and gift card, money back, auto-reload, the payment provider's gateway.
"""
