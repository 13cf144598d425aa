"""A café to try Regulars in: its program and staff, the story of a sale told over HTTP, a crowd of members."""
