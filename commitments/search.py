"""Finding rows by the words that people type, in German or English, without a search engine."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)

LONGEST = 120
"""More than this nobody types; what follows is ignored."""


def matching(rows: QuerySet[Row], fields: Sequence[str], typed: str) -> QuerySet[Row]:
    """Rows in which each typed word occurs in one of the fields, wherever in it and in whatever case."""
    for word in typed[:LONGEST].split():
        rows = rows.filter(_anywhere(fields, word))
    return rows


def _anywhere(fields: Sequence[str], word: str) -> Q:
    """SQLite folds the case of ASCII letters only, so an umlaut is asked for in each case."""
    found = Q()
    for variant in {word, word.lower(), word.capitalize(), word.upper()}:
        for field in fields:
            found |= Q(**{f"{field}__icontains": variant})
    return found
