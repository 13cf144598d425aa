"""The routes of the members' API, by subject."""
