"""Documents drawn from a content. Nothing here reads the database."""
