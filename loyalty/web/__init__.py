"""What the faces share: the decorator that declares a route, problem documents, tokens, limits, headers, logs."""
