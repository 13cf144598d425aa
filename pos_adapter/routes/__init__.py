"""The routes of the tills' API, by subject."""
