"""The customers' face: a JSON API for phones and browsers."""
