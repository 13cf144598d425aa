"""The tills' face: a JSON API for tills and adapters for vendors' tills."""
