"""Files that hold what has become protected or was erased since they were made (rule 10): their hashes stay public.

What an edition printed is read from the history: a row that is protected now and was not when the file was made. Which
editions hold what was erased is found out when it is erased; those, and drafts from before, are handed to nobody.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from commitments.models import (
    Commitment,
    DevelopmentProject,
    Erasure,
    ErasureKind,
    EUProject,
    Evidence,
    Measure,
    NetworkMembership,
    Partnership,
    Protection,
    Training,
    User,
)
from reporting.models import LockedEdition, ReportEdition

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


def holds_erased(edition: ReportEdition, drawn_at: datetime | None = None) -> bool:
    """Whether an edition says what was erased since: nobody is handed its files. One query.

    ``drawn_at`` is when the draft of a document was drawn; drafts from before an erasure are drawn anew.
    """
    if drawn_at is None:
        return LockedEdition.objects.filter(edition=edition).exists()
    return Erasure.objects.carried_out().filter(kind=ErasureKind.CONTENT, carried_out_at__gt=drawn_at).exists()


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
