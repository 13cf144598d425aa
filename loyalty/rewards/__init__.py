"""What points buy: rewards given to members, and what is left of those that run out."""
