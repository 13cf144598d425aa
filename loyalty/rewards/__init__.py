"""What points buy: rewards given to members, and what is left of those that run out."""

from loyalty.rewards.queries import open_grants

__all__ = ["open_grants"]
