"""The usual, favorites, store, dietary notes, \"how I take it\", and what the member allows."""
