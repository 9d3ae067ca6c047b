"""Files that hold what has become protected since they were made (rule 10): they are locked, their hashes stay public.

What an edition printed is read from the history: a row that is protected now and was not when the file was made.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from commitments.models import (
    Commitment,
    DevelopmentProject,
    EUProject,
    Evidence,
    Measure,
    NetworkMembership,
    Partnership,
    Protection,
    Training,
    User,
)

PRINTED: tuple[type[Any], ...] = (
    Measure,
    Commitment,
    Evidence,
    Partnership,
    EUProject,
    NetworkMembership,
    DevelopmentProject,
    Training,
)
"""What a report prints and what has a class of its own."""


def is_locked(user: User, made_at: datetime) -> bool:
    """Whether a file that was made at that moment must not be handed to this person.

    One query for each kind of rows of which any is protected now, and one to ask that.
    """
    return Protection.PROTECTED not in user.clearance() and holds_protected(made_at)


def holds_protected(made_at: datetime) -> bool:
    """Whether anything is protected now that was not when a file was made."""
    return any(_raised_since(model, made_at) for model in PRINTED)


def _raised_since(model: type[Any], made_at: datetime) -> bool:
    rows: QuerySet[Any] = QuerySet(model).filter(protection=Protection.PROTECTED)
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        return False
    key = model._meta.pk.attname
    before = model.history.filter(history_date__lte=made_at, **{f"{key}__in": ids})
    return bool(before.latest_of_each().exclude(protection=Protection.PROTECTED).exists())
