"""Files that hold what has become protected or was erased since they were made (rule 10): their hashes stay public.

What an edition printed is read from the history: a row that is protected now and was not when the file was made. Which
editions hold what was erased is found out when it is erased; those, and drafts from before, are handed to nobody.
"""

from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import CharField, Count, Max, Model, QuerySet, Value

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
from commitments.tracking import history_model
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

    Two queries, or one where nothing is protected.
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
    """Whether anything is protected now that was not when a file was made. Two queries, or one if nothing is."""
    now: dict[int, list[int]] = defaultdict(list)
    marked = [
        QuerySet(model).filter(protection=Protection.PROTECTED).order_by().annotate(place=Value(place))
        for place, model in enumerate(PRINTED)
    ]
    first, *others = (rows.values_list("place", "pk") for rows in marked)
    for place, pk in first.union(*others, all=True):
        now[place].append(pk)
    before = [_seen_before(PRINTED[place], keys, made_at) for place, keys in now.items()]
    return bool(before and before[0].union(*before[1:], all=True)[:1])


def protected_now() -> str:
    """Changes whenever a row becomes protected, ceases to be, or is written while it is. One query."""
    parts = [_protected_rows(model) for model in PRINTED]
    first, *others = parts
    return ";".join(f"{name}:{count}:{last}" for name, count, last in sorted(first.union(*others, all=True)))


def _protected_rows(model: type[Model]) -> "QuerySet[Any, Any]":
    """How many rows of a kind are protected, and the last entry in their history."""
    assert model._meta.pk
    key = model._meta.pk.attname
    rows: QuerySet[Any] = QuerySet(model).filter(protection=Protection.PROTECTED)
    history: Any = history_model(model)
    past: QuerySet[Any, Any] = QuerySet(history).order_by().filter(**{f"{key}__in": rows.values(key)})
    name = Value(str(model._meta.model_name), output_field=CharField())
    counted = past.annotate(of=name).values("of").annotate(rows=Count(key, distinct=True), last=Max("history_id"))
    found: QuerySet[Any, Any] = counted.values_list("of", "rows", "last")
    return found


def holds_protected_kept(made_at: datetime, protected: str) -> bool:
    """As ``holds_protected``, kept while ``protected_now`` says the same: for pages that everybody asks for."""
    if not protected:
        return False
    key = f"raised-since:{sha256(f'{made_at.isoformat()} {protected}'.encode()).hexdigest()}"
    known = cache.get(key)
    if known is None:
        known = holds_protected(made_at)
        cache.set(key, known, timeout=None)
    return bool(known)


def _seen_before(model: type[Any], keys: list[int], made_at: datetime) -> QuerySet[Any, Any]:
    """Of these rows, what they were at that moment where it was not protected."""
    key = model._meta.pk.attname
    rows = model.history.filter(history_date__lte=made_at, **{f"{key}__in": keys})
    found: QuerySet[Any, Any] = rows.latest_of_each().exclude(protection=Protection.PROTECTED)
    return found.order_by().values_list("history_id")
