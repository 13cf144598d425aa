"""A café to try Regulars in: its program, its staff, a till, the story of a sale told over HTTP, and a crowd of members."""
