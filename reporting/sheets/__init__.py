"""The other reports a city owes from the same entries: one module a kind, each a content function and a template."""
